//! The folder `cdk.out` of AWS CDK: which stacks it has, over nested assemblies, and the template and file assets of
//! one (AWS CDK, `cloud-assembly-schema`).

use crate::ground::machine::{self, shown};
use crate::stack::built::{BuiltStack, FileAsset, WantedStack, file_or_zip};
use crate::stack::images::{StackImage, filled};
use crate::stack::manifest::{
    AssemblyArtifact, AssemblyManifest, Asset, AssetList, AssetPlace, MANIFEST, MissingContext, parsed,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use windlass_domain::declaration::inputs::before;
use windlass_domain::document::git_rule::glob_matches;
use windlass_domain::prose;
use windlass_domain::run;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::partition::Partition;

/// The most assemblies within each other.
const DEEPEST: usize = 10;

/// The type of an artifact that is a stack.
const STACK: &str = "aws:cloudformation:stack";

/// The type of an artifact that is a list of assets.
const ASSETS: &str = "cdk:asset-manifest";

/// A stack of an assembly.
#[derive(Debug, Clone)]
struct AssemblyStack {
    /// Its name in CloudFormation.
    name: String,
    /// The folder of its assembly.
    folder: PathBuf,
    template: String,
    account: Option<String>,
    region: Option<String>,
    /// The files that list its assets.
    lists: Vec<String>,
    /// The names of the stacks that it depends on.
    depends_on: Vec<String>,
    missing: Vec<MissingContext>,
}

/// The stacks of a folder `cdk.out`, those of nested assemblies as well.
#[derive(Debug)]
pub struct Assembly {
    stacks: Vec<AssemblyStack>,
}

impl Assembly {
    /// Reads the folder of an assembly.
    ///
    /// # Errors
    /// A sentence that names what cannot be read.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let mut stacks = Vec::new();
        add(folder, 0, &mut stacks)?;
        Ok(Self { stacks })
    }

    /// Returns what it has for a stack, with the images that its template names. What is wrong is noted in `findings`.
    ///
    /// # Errors
    /// A sentence that names what cannot be read.
    pub fn built(
        &self,
        wanted: &WantedStack<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<(BuiltStack, Vec<StackImage>), String> {
        let stack = match self.stack(wanted) {
            Ok(stack) => stack,
            Err(finding) => {
                findings.push(finding);
                return Ok((BuiltStack::default(), vec![]));
            }
        };
        findings.extend(stack.missing.iter().map(|missing| without_context(wanted, missing)));
        findings.extend(elsewhere(wanted, stack));
        findings.extend(Self::without_after(wanted, stack));
        let mut built = BuiltStack {
            template: machine::text(&stack.folder.join(&stack.template))?,
            assets: vec![],
            account: stack.account.clone(),
            region: stack.region.clone(),
        };
        let mut images = Vec::new();
        for name in &stack.lists {
            let list: AssetList = parsed(&stack.folder.join(name))?;
            for file in list.files.values() {
                built.assets.extend(stack.files(name, file, wanted, findings)?);
            }
            images.extend(list.docker_images.values().flat_map(|image| stack.images(name, image, wanted)));
        }
        Ok((built, images))
    }

    /// Returns the stack of a name; where several have it, such as in two regions, the one of the environment's account
    /// and region.
    fn stack(&self, wanted: &WantedStack<'_>) -> Result<&AssemblyStack, Finding> {
        let name = wanted.names.stack;
        let named: Vec<&AssemblyStack> = self.stacks.iter().filter(|stack| stack.name == name).collect();
        let meant = wanted.place();
        let is_here = |stack: &&&AssemblyStack| {
            let is = [stack.account.as_deref(), stack.region.as_deref()];
            meant.iter().zip(is).all(|(meant, is)| meant.is_none() || is == *meant)
        };
        let here: Vec<&AssemblyStack> = named.iter().filter(is_here).copied().collect();
        match (named.as_slice(), here.as_slice()) {
            ([one], _) | (_, [one]) => Ok(one),
            ([], _) => {
                let known: BTreeSet<String> = self.stacks.iter().map(|stack| format!("`{}`", stack.name)).collect();
                let known = known.into_iter().collect::<Vec<_>>().join(", ");
                let reason = format!("`{}` has no stack `{name}`. It has: {known}.", wanted.given);
                let remedy = "Write the name of one of them, or give the stack this name (`stackName`).";
                Err(Finding::new(FindingName::UnknownName, wanted.member("stack"), reason, remedy))
            }
            _ => {
                let reason = format!("`{}` has several stacks `{name}`.", wanted.given);
                let remedy = "Build one for this environment alone, or give the environment the `region` of one of \
                              them, or a `role_arn` of its account.";
                Err(Finding::bad_value(wanted.member("stack"), reason, remedy))
            }
        }
    }

    /// Returns a finding for each stack that this one depends on, is another component, and need not have changed
    /// before.
    fn without_after(wanted: &WantedStack<'_>, stack: &AssemblyStack) -> Vec<Finding> {
        let before = before(wanted.declared, wanted.component);
        let components = wanted.declared.components.iter();
        let others = components.filter(|(name, _)| *name != wanted.component && !before.contains(name));
        let others = others.filter_map(|(name, component)| Some((name, component.spec.as_kind().built_stack()?.stack)));
        let lacking = others.filter(|(_, other)| stack.depends_on.iter().any(|depends_on| depends_on == other));
        let found = lacking.map(|(name, other)| {
            let of = format!("Its stack depends on `{other}`, which is the component `{name}`");
            let reason = format!("{of}, and need not come after it.");
            Finding::missing_field(wanted.member("after"), reason, format!("Write `{name}` into `after`."))
        });
        found.collect()
    }
}

/// Adds the stacks of an assembly, and of those within it.
fn add(folder: &Path, depth: usize, stacks: &mut Vec<AssemblyStack>) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("{} has too many assemblies within each other", shown(folder)));
    }
    let manifest: AssemblyManifest = parsed(&folder.join(MANIFEST))?;
    for artifact in manifest.artifacts.values() {
        if let Some(nested) = artifact.properties.directory_name.as_ref().filter(|_| artifact.sort != STACK) {
            add(&folder.join(nested), depth + 1, stacks)?;
        }
    }
    let is_list = |(_, artifact): &(&String, &AssemblyArtifact)| artifact.sort == ASSETS;
    let is_stack = |(_, artifact): &(&String, &AssemblyArtifact)| artifact.sort == STACK;
    for (id, artifact) in manifest.artifacts.iter().filter(is_stack) {
        let Some(template) = artifact.properties.template_file.clone() else {
            return Err(format!("{}: the stack `{id}` has no template", shown(&folder.join(MANIFEST))));
        };
        let others = || artifact.dependencies.iter().filter_map(|other| manifest.artifacts.get_key_value(other));
        let place = artifact.environment.as_deref().and_then(|it| it.strip_prefix("aws://"));
        let (account, region) = place.and_then(|place| place.split_once('/')).unzip();
        let known = |name: Option<&str>| name.filter(|name| !name.starts_with("unknown-")).map(str::to_owned);
        stacks.push(AssemblyStack {
            name: name_of(id, artifact),
            folder: folder.to_owned(),
            template,
            account: known(account),
            region: known(region),
            lists: others().filter(is_list).filter_map(|(_, it)| it.properties.file.clone()).collect(),
            depends_on: others().filter(is_stack).map(|(id, it)| name_of(id, it)).collect(),
            missing: manifest.missing.clone(),
        });
    }
    Ok(())
}

fn name_of(id: &str, artifact: &AssemblyArtifact) -> String {
    artifact.properties.stack_name.clone().unwrap_or_else(|| id.to_owned())
}

impl AssemblyStack {
    /// Returns a file that the template names, under each key that it has.
    fn files(
        &self,
        list: &str,
        file: &Asset,
        wanted: &WantedStack<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<FileAsset>, String> {
        let Some(path) = &file.source.path else {
            let reason = "A file of it is made by a program when it is published.";
            let remedy = "Let the build make it, so that it is there when it is released.";
            findings.push(Finding::not_supported(wanted.file(list), reason, remedy));
            return Ok(vec![]);
        };
        // The template comes with the release itself.
        if *path == self.template {
            return Ok(vec![]);
        }
        if let Some(elsewhere) = file.destinations.values().find(|to| !self.is_in(&to.place, wanted)) {
            findings.push(self.other_bucket(elsewhere, wanted));
            return Ok(vec![]);
        }
        let bytes = file_or_zip(&self.folder.join(path), findings)?;
        let keys: BTreeSet<&String> = file.destinations.values().map(|to| &to.name).collect();
        Ok(keys.into_iter().map(|key| FileAsset { key: key.clone(), bytes: bytes.clone() }).collect())
    }

    fn is_in(&self, bucket: &str, wanted: &WantedStack<'_>) -> bool {
        wanted.names.assets.is_some_and(|declared| glob_matches(&self.bucket(bucket, wanted), declared))
    }

    /// Returns account, region and partition that it goes to, as far as they are known.
    fn place<'s>(&'s self, wanted: &'s WantedStack<'_>) -> [Option<&'s str>; 3] {
        let [account, region] = wanted.place();
        let region = self.region.as_deref().or(region);
        [self.account.as_deref().or(account), region, region.map(|region| Partition::of(region).name)]
    }

    /// Returns the name of a bucket; `*` stands for what is not known.
    fn bucket(&self, name: &str, wanted: &WantedStack<'_>) -> String {
        filled(name, self.place(wanted).map(|known| known.or(Some("*"))))
    }

    fn other_bucket(&self, to: &AssetPlace, wanted: &WantedStack<'_>) -> Finding {
        let (path, bucket) = (wanted.member("assets"), self.bucket(&to.place, wanted));
        let expects = format!("The template of `{}` expects files in the bucket `{bucket}`", self.name);
        let write = format!("Write `assets: {bucket}`");
        match wanted.names.assets {
            None => Finding::missing_field(path, format!("{expects}, and none is declared."), format!("{write}.")),
            Some(declared) => {
                let remedy = format!("{write}; or let CDK name the other one (`fileAssetsBucketName`, synthesizer).");
                Finding::bad_value(path, format!("{expects}, and not in `{declared}`."), remedy).seen(declared, bucket)
            }
        }
    }

    fn images(&self, list: &str, image: &Asset, wanted: &WantedStack<'_>) -> Vec<StackImage> {
        let place = self.place(wanted);
        let [account, region, _] = place.map(|known| known.map(str::to_owned));
        let images = image.destinations.values().map(|to| StackImage {
            given: wanted.file(list),
            repository: filled(&to.place, place),
            tag: filled(&to.name, place),
            account: account.clone(),
            region: region.clone(),
            list: shown(&self.folder.join(list)),
        });
        images.collect()
    }
}

fn without_context(wanted: &WantedStack<'_>, missing: &MissingContext) -> Finding {
    let reason = format!("A value was not known when it was built: `{}`.", missing.key);
    let build = "Build it where the account may be read, and keep cdk.context.json in Git";
    Finding::not_supported(wanted.file(MANIFEST), reason, prose!("{}: {}.", build, run!("npx cdk synth")))
}

/// Returns a finding where the stack was built for another account or region than the environment's.
fn elsewhere(wanted: &WantedStack<'_>, stack: &AssemblyStack) -> Option<Finding> {
    let [account, region] = wanted.place();
    let (what, (is, meant)) = differing(stack.account.as_deref(), account)
        .map(|pair| ("account", pair))
        .or_else(|| differing(stack.region.as_deref(), region).map(|pair| ("region", pair)))?;
    let (name, environment) = (&stack.name, &wanted.declared.environment);
    let reason = format!("`{name}` was built for the {what} {is}, and `{environment}` is in {meant}.");
    let remedy = "Build it for this environment (`env` of the stack).";
    Some(Finding::bad_value(wanted.file(MANIFEST), reason, remedy).seen(is, meant))
}

fn differing<'t>(is: Option<&'t str>, meant: Option<&'t str>) -> Option<(&'t str, &'t str)> {
    is.zip(meant).filter(|(is, meant)| is != meant)
}

#[cfg(test)]
#[path = "assembly_tests.rs"]
mod tests;
