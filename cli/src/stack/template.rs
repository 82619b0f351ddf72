//! A template that is released as it is, and the folder of `sam build`, whose local folders of code are packed. Every
//! byte of a template stays, but for the paths of these folders.

use crate::init::infrastructure::edit::{Change, Edit};
use crate::init::sam_template::{FUNCTION, SamTemplate};
use crate::init::template_tree::{self, Node};
use crate::stack::built::{BuiltStack, FileAsset, WantedStack, file_or_zip};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use windlass_domain::declaration::kinds::stack::package::ASSETS_BUCKET;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::{prose, run};

/// A member that may be a path on this machine (AWS CLI Command Reference, "aws cloudformation package"; AWS SAM, `sam
/// package`).
struct PathMember {
    /// The types of resource.
    kinds: &'static [&'static str],
    /// Its place in the properties.
    place: &'static [&'static str],
    /// The members of a reference to an object that may stand in its place; `None` if only others pack what it names.
    object: Option<[&'static str; 2]>,
}

const fn packed(kinds: &'static [&'static str], place: &'static [&'static str], by_sam: bool) -> PathMember {
    let object = if by_sam { ["Bucket", "Key"] } else { ["S3Bucket", "S3Key"] };
    PathMember { kinds, place, object: Some(object) }
}

const fn refused(kinds: &'static [&'static str], place: &'static [&'static str]) -> PathMember {
    PathMember { kinds, place, object: None }
}

const RESOLVERS: &[&str] = &["AWS::AppSync::Resolver", "AWS::AppSync::FunctionConfiguration"];

const MEMBERS: &[PathMember] = &[
    packed(&[FUNCTION], &["CodeUri"], true),
    packed(&["AWS::Serverless::LayerVersion"], &["ContentUri"], true),
    packed(&["AWS::Lambda::Function"], &["Code"], false),
    packed(&["AWS::Lambda::LayerVersion"], &["Content"], false),
    refused(&["AWS::Serverless::Api", "AWS::Serverless::HttpApi", "AWS::Serverless::StateMachine"], &["DefinitionUri"]),
    refused(&["AWS::Serverless::Application"], &["Location"]),
    refused(&["AWS::Serverless::GraphQLApi"], &["SchemaUri"]),
    refused(&["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"], &["BodyS3Location"]),
    refused(&["AWS::AppSync::GraphQLSchema", "AWS::StepFunctions::StateMachine"], &["DefinitionS3Location"]),
    refused(RESOLVERS, &["RequestMappingTemplateS3Location"]),
    refused(RESOLVERS, &["ResponseMappingTemplateS3Location"]),
    refused(RESOLVERS, &["CodeS3Location"]),
    refused(&["AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet"], &["TemplateURL"]),
    refused(&["AWS::CloudFormation::ModuleVersion"], &["ModulePackage"]),
    refused(&["AWS::CloudFormation::ResourceVersion"], &["SchemaHandlerPackage"]),
    refused(&["AWS::CodeCommit::Repository"], &["Code", "S3"]),
    refused(&["AWS::ElasticBeanstalk::ApplicationVersion"], &["SourceBundle"]),
    refused(&["AWS::Glue::Job"], &["Command", "ScriptLocation"]),
];

/// The members that name an image of a function.
const IMAGES: &[(&str, &[&str])] = &[(FUNCTION, &["ImageUri"]), ("AWS::Lambda::Function", &["Code", "ImageUri"])];

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
        reading.resource(node)?;
    }
    let common = root.member("Globals").and_then(|(_, globals)| globals.member("Function"));
    if let Some((member, (_, common))) = MEMBERS.first().zip(common) {
        reading.member(common, member)?;
    }
    let Reading { found, changes, assets, .. } = reading;
    findings.extend(found);
    if wanted.names.assets.is_none() && !assets.is_empty() {
        findings.push(Finding::missing_field(
            wanted.member("assets"),
            format!("The template in `{}` names folders of code, and no bucket is declared for them.", wanted.given),
            "Write `assets`, the bucket to which their archives go.",
        ));
    }
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
    changes: Vec<Change>,
    /// The bytes of each archive by its key.
    assets: BTreeMap<String, Vec<u8>>,
}

impl Reading<'_> {
    /// Looks at a part of the template, which is a resource or something else.
    fn resource(&mut self, node: &Node) -> Result<(), String> {
        if let Some(parameters) = included(node) {
            let location = parameters.member("Location").and_then(|(_, location)| local(location));
            let finding = location.map(|path| self.unpacked(path));
            self.found.extend(finding);
        }
        let kind = node.member("Type").and_then(|(_, kind)| kind.text());
        let (Some(kind), Some((_, properties))) = (kind, node.member("Properties")) else {
            return Ok(());
        };
        for member in MEMBERS.iter().filter(|member| member.kinds.contains(&kind)) {
            self.member(properties, member)?;
        }
        for (_, place) in IMAGES.iter().filter(|(of, _)| *of == kind) {
            let image = at(properties, place).and_then(local);
            let image = image.filter(|image| !image.contains(".dkr.ecr."));
            let finding = image.map(|image| self.unpushed(image));
            self.found.extend(finding);
        }
        Ok(())
    }

    /// Packs what a member names, and puts the reference to the archive in its place; or refuses it.
    fn member(&mut self, properties: &Node, member: &PathMember) -> Result<(), String> {
        let Some((node, path)) = at(properties, member.place).and_then(|node| Some((node, local(node)?))) else {
            return Ok(());
        };
        let (Some(folder), Some([bucket, key])) = (self.built, member.object) else {
            let finding = self.unpacked(path);
            self.found.push(finding);
            return Ok(());
        };
        let bytes = file_or_zip(&folder.join(path), &mut self.found)?;
        let object = format!("windlass/{}.zip", Digest::of(&bytes));
        // In JSON and in YAML alike.
        let reference = format!("{{{}: {}, {}: {}}}", json!(bucket), json!(ASSETS_BUCKET), json!(key), json!(object));
        let (start, end) = (node.place.start, node.place.end);
        let written = self.body.get(start..end).unwrap_or_default().trim_end();
        self.changes.push((start..start + written.len(), reference));
        self.assets.insert(object, bytes);
        Ok(())
    }

    /// The finding for a path on this machine that is not packed here.
    fn unpacked(&self, path: &str) -> Finding {
        let bucket = self.wanted.names.assets.unwrap_or("…");
        let package = format!(
            "sam package --template-file {} --s3-bucket {bucket} --output-template-file packaged.yaml",
            self.name
        );
        let remedy = if self.built.is_some() {
            prose!("Pack it first, and release packaged.yaml: {}.", run!("{package}"))
        } else {
            let built =
                "Build it with `sam build`, and release `.aws-sam/build`; or pack it, and release packaged.yaml";
            prose!("{}: {}.", built, run!("{package}"))
        };
        Finding::new(
            FindingName::NotSupported,
            self.wanted.file(self.name),
            format!("It names `{path}`, a path on this machine, which is not packed."),
            remedy,
        )
    }

    /// The finding for an image that is on this machine alone.
    fn unpushed(&self, image: &str) -> Finding {
        let package = format!(
            "sam package --template-file {} --resolve-image-repos --s3-bucket {} --output-template-file packaged.yaml",
            self.name,
            self.wanted.names.assets.unwrap_or("…")
        );
        Finding::new(
            FindingName::ArtifactMissing,
            self.wanted.file(self.name),
            format!("It names the image `{image}`, which is in no repository of Amazon ECR."),
            prose!("Push it, and release packaged.yaml: {}.", run!("{package}")),
        )
    }
}

/// Returns the parameters of a part that another file is included into (AWS CloudFormation User Guide, "AWS::Include
/// transform").
fn included(node: &Node) -> Option<&Node> {
    let (_, name) = node.member("Name")?;
    let (_, parameters) = node.member("Parameters")?;
    (name.text() == Some("AWS::Include")).then_some(parameters)
}

/// Returns the part of the properties at a place.
fn at<'n>(properties: &'n Node, place: &[&str]) -> Option<&'n Node> {
    place.iter().try_fold(properties, |node, name| node.member(name).map(|(_, value)| value))
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
