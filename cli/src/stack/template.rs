//! A template that is released as it is, and the folder of `sam build`, whose local folders of code are packed. Every
//! byte of a template stays, but for the paths of these folders.

use crate::ground::packing::{ZIP, archive_of_members};
use crate::init::infrastructure::edit::{Edit, TextChange};
use crate::init::sam_template::{FUNCTION, SamTemplate};
use crate::init::template_tree::{self, Node};
use crate::stack::built::{BuiltStack, FileAsset, WantedStack, file_or_zip};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use windlass_domain::declaration::kinds::stack::code::{CodeMember, IMAGES, MEMBERS};
use windlass_domain::declaration::kinds::stack::package::ASSETS_BUCKET;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::{prose, run};

/// The members of a reference to an object that stands in the place of a path.
type Reference = [&'static str; 2];

const SAM: Option<Reference> = Some(["Bucket", "Key"]);

/// A member that names a file beside those from which code runs.
const SEEDS: CodeMember = (&["AWS::CodeCommit::Repository"], &["Code", "S3"]);

/// Returns how what a type of resource names is packed here; `None` if only others pack it.
fn packed(kind: &str) -> Option<Reference> {
    match kind {
        FUNCTION | "AWS::Serverless::LayerVersion" => SAM,
        "AWS::Lambda::Function" | "AWS::Lambda::LayerVersion" => Some(["S3Bucket", "S3Key"]),
        _ => None,
    }
}

/// Reads the template at a path. `built` is the folder of `sam build` that it is in; without one, no local path is
/// packed. What is wrong is noted in `findings`.
///
/// # Errors
/// A sentence that names what cannot be read.
pub fn read(
    text: &str,
    (name, built): (&str, Option<&Path>),
    wanted: &WantedStack<'_>,
    findings: &mut Vec<Finding>,
) -> Result<BuiltStack, String> {
    let begin = text.len() - text.trim_start_matches('\u{feff}').len();
    let (mark, body) = text.split_at(begin);
    let Some(root) = template_tree::read(body).filter(|root| root.member("Resources").is_some()) else {
        findings.push(no_template(body, name, wanted));
        return Ok(BuiltStack::default());
    };
    let mut reading =
        Reading { name, body, built, wanted, found: Vec::new(), changes: Vec::new(), assets: BTreeMap::new() };
    for node in root.all() {
        reading.part(node)?;
    }
    let common = root.member("Globals").and_then(|(_, globals)| globals.member("Function"));
    if let Some((_, common)) = common {
        reading.member(common, (["CodeUri"].as_slice(), SAM))?;
    }
    let Reading { found, changes, assets, .. } = reading;
    findings.extend(found);
    let template = if changes.is_empty() { body.to_owned() } else { Edit::new(name, body, changes).after };
    let assets = assets.into_iter().map(|(key, bytes)| FileAsset { key, bytes }).collect();
    Ok(BuiltStack { template: format!("{mark}{template}"), assets, account: None, region: None })
}

fn no_template(text: &str, name: &str, wanted: &WantedStack<'_>) -> Finding {
    match SamTemplate::read(text) {
        Err(finding) => Finding { path: wanted.file(&format!("{name}, {}", finding.path)), ..finding },
        Ok(_) => Finding::bad_value(
            wanted.file(name),
            "It has no `Resources`, so it is no template of CloudFormation.",
            "Name a template, the folder `.aws-sam/build` of `sam build`, or the folder `cdk.out` of `cdk synth`.",
        ),
    }
}

struct Reading<'r> {
    name: &'r str,
    /// The text of the template.
    body: &'r str,
    built: Option<&'r Path>,
    wanted: &'r WantedStack<'r>,
    found: Vec<Finding>,
    changes: Vec<TextChange>,
    /// The bytes of each archive by its key.
    assets: BTreeMap<String, Vec<u8>>,
}

impl Reading<'_> {
    /// Looks at a part of the template, which is a resource, a transform or something else.
    fn part(&mut self, node: &Node) -> Result<(), String> {
        for (named, below) in [("Type", "Properties"), ("Name", "Parameters")] {
            let kind = node.member(named).and_then(|(_, kind)| kind.text());
            let (Some(kind), Some((_, properties))) = (kind, node.member(below)) else {
                continue;
            };
            for (_, place) in MEMBERS.iter().chain([&SEEDS]).filter(|(kinds, _)| kinds.contains(&kind)) {
                self.member(properties, (*place, packed(kind)))?;
            }
            for (_, place) in IMAGES.iter().filter(|(kinds, _)| kinds.contains(&kind)) {
                let images = at(properties, place).into_iter().filter_map(local);
                let images = images.filter(|image| !image.contains(".dkr.ecr."));
                let findings: Vec<Finding> = images.map(|image| self.unpushed(image)).collect();
                self.found.extend(findings);
            }
        }
        Ok(())
    }

    /// Packs what a member names, or refuses it.
    fn member(&mut self, properties: &Node, (place, object): (&[&str], Option<Reference>)) -> Result<(), String> {
        let named = at(properties, place).into_iter().filter_map(|node| Some((node, local(node)?)));
        for (node, path) in named {
            match (self.built, object) {
                (Some(folder), Some(object)) => self.pack(node, &folder.join(path), &object)?,
                _ => self.found.push(self.unpacked(path)),
            }
        }
        Ok(())
    }

    /// Packs what is at a path, and puts the reference to the archive in its place.
    fn pack(&mut self, node: &Node, path: &Path, [bucket, key]: &[&str; 2]) -> Result<(), String> {
        let mut bytes = file_or_zip(path, &mut self.found)?;
        // A source file by itself becomes an archive, as in `sam package`.
        if path.is_file() && !bytes.starts_with(ZIP) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            bytes = archive_of_members(&BTreeMap::from([(name, bytes)]))?;
        }
        let object = format!("windlass/{}.zip", Digest::of(&bytes));
        // In JSON and in YAML alike.
        let reference = format!("{{{}: {}, {}: {}}}", json!(bucket), json!(ASSETS_BUCKET), json!(key), json!(object));
        let (start, end) = (node.place.start, node.place.end);
        let written = self.body.get(start..end).unwrap_or_default().trim_end();
        self.changes.push((start..start + written.len(), reference));
        self.assets.insert(object, bytes);
        Ok(())
    }

    /// Returns the command that packs the template, with these options as well.
    fn package(&self, more: &str) -> String {
        let (name, bucket) = (self.name, self.wanted.names.assets.unwrap_or("…"));
        format!("sam package --template-file {name}{more} --s3-bucket {bucket} --output-template-file packaged.yaml")
    }

    /// Makes the finding for a path on this machine that is not packed here.
    fn unpacked(&self, path: &str) -> Finding {
        let package = self.package("");
        let pack = match self.built {
            Some(_) => "Pack it first, and release packaged.yaml",
            None => "Build it with `sam build`, and release `.aws-sam/build`; or pack it, and release packaged.yaml",
        };
        let reason = format!("It names `{path}`, a path on this machine, which is not packed.");
        let remedy = prose!("{}: {}.", pack, run!("{package}"));
        Finding::new(FindingName::NotSupported, self.wanted.file(self.name), reason, remedy)
    }

    /// Makes the finding for an image that is on this machine alone.
    fn unpushed(&self, image: &str) -> Finding {
        let package = self.package(" --resolve-image-repos");
        let reason = format!("It names the image `{image}`, which is in no repository of Amazon ECR.");
        let remedy = prose!("Push it, and release packaged.yaml: {}.", run!("{package}"));
        Finding::new(FindingName::ArtifactMissing, self.wanted.file(self.name), reason, remedy)
    }
}

/// Returns the parts of the properties at a place, in which `*` stands for every name.
fn at<'n>(properties: &'n Node, place: &[&str]) -> Vec<&'n Node> {
    place.iter().fold(vec![properties], |nodes, name| {
        let members = nodes.into_iter().flat_map(Node::members);
        members.filter(|(key, _)| *name == "*" || key.text() == Some(*name)).map(|(_, value)| value).collect()
    })
}

/// Returns the text of a part that is a path on this machine: no address, and nothing that CloudFormation makes.
fn local(node: &Node) -> Option<&str> {
    let text = node.text().filter(|text| !text.is_empty() && node.tag.is_none())?;
    let is_elsewhere = ["s3://", "http://", "https://"].iter().any(|begin| text.starts_with(begin));
    (!is_elsewhere && !text.contains("{{resolve:") && !text.contains("${")).then_some(text)
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
