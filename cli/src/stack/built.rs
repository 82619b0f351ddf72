//! The build of one stack as the command line has read it, and the archive that is made of it.

use crate::ground::machine::{self, shown};
use crate::ground::packing;
use std::collections::BTreeMap;
use std::path::Path;
use windlass_domain::declaration::folder::{Destination, Folder, FolderPatterns, FolderRules};
use windlass_domain::declaration::kinds::StackNames;
use windlass_domain::declaration::kinds::stack::package::{STACK_PACKAGE, StackAsset, StackPackage};
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// A stack that a release brings a package for.
#[derive(Debug, Clone, Copy)]
pub struct WantedStack<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// Its names.
    pub names: StackNames<'a>,
    /// The application as it is declared in the environment.
    pub declared: &'a ResolvedEnvironment,
    /// The argument of the command, as findings show it: the component with the path.
    pub given: &'a str,
}

impl WantedStack<'_> {
    /// Returns the path of a member of its component in the declaration.
    pub fn member(&self, name: &str) -> String {
        format!("components.{}.{name}", self.component)
    }

    /// Returns account and region of the environment, as far as it is declared with them.
    pub fn place(&self) -> [Option<&str>; 2] {
        let role = self.declared.role_arn.as_deref();
        [role.and_then(|role| role.split(':').nth(4)), self.declared.region.as_deref()]
    }

    /// Returns how findings call a file of the build.
    pub fn file(&self, name: &str) -> String {
        format!("{}: {name}", self.given)
    }
}

/// A stack as it was built.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuiltStack {
    /// The template.
    pub template: String,
    /// The files that it names.
    pub assets: Vec<FileAsset>,
    /// The account that it was made for; `None` if it fits any.
    pub account: Option<String>,
    /// The region that it was made for; `None` if it fits any.
    pub region: Option<String>,
}

/// A file that a template names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileAsset {
    /// The key of its object.
    pub key: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Reads a file, or packs a folder. Everything that is wrong with the folder's files is noted in `findings`.
///
/// # Errors
/// A sentence that names what cannot be read.
pub fn file_or_zip(path: &Path, findings: &mut Vec<Finding>) -> Result<Vec<u8>, String> {
    if !path.is_dir() {
        return machine::bytes(path, machine::LARGEST_ARTIFACT);
    }
    let folder = Folder { destination: Destination::Function, patterns: FolderPatterns::NONE };
    let rules = FolderRules::new(folder)?;
    let packed = packing::archive_of(path, &rules)?;
    // A stack has no `exclude`: what a tool has built goes whole.
    let remedy = || "Leave it out of what is built, or put a plain file in its place.".into();
    let found = packed.files.findings(&shown(path), &rules).into_iter();
    findings.extend(found.map(|finding| Finding { remedy: remedy(), ..finding }));
    Ok(packed.bytes)
}

impl BuiltStack {
    /// Puts its members into an archive, each file once, and returns what the list says of them.
    fn placed(self, place: &str, members: &mut BTreeMap<String, Vec<u8>>) -> StackPackage {
        let ending = if self.template.trim_start().starts_with('{') { "json" } else { "yaml" };
        let template = format!("{place}.{ending}");
        members.insert(template.clone(), self.template.into_bytes());
        let assets = self.assets.into_iter().map(|FileAsset { key, bytes }| {
            let sha256 = Digest::of(&bytes);
            let file = format!("assets/{sha256}");
            members.insert(file.clone(), bytes);
            StackAsset { file, key, sha256 }
        });
        let assets = assets.collect();
        StackPackage { template, assets, account: self.account, region: self.region, others: BTreeMap::new() }
    }
}

/// Makes the archive of a stack and of the others that are packed with it, by their components.
///
/// # Errors
/// A sentence that names what cannot be packed.
pub fn archive(own: BuiltStack, others: BTreeMap<ComponentName, BuiltStack>) -> Result<Vec<u8>, String> {
    let mut members = BTreeMap::new();
    let mut package = own.placed("template", &mut members);
    for (component, other) in others {
        let placed = other.placed(&format!("stacks/{component}"), &mut members);
        package.others.insert(component, placed);
    }
    let list = serde_json::to_vec_pretty(&package).map_err(|error| format!("{STACK_PACKAGE}: {error}"))?;
    members.insert(STACK_PACKAGE.to_owned(), list);
    packing::archive_of_members(&members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_engine::kinds::archive::{directory, unpacked};

    fn asset(key: &str, bytes: &[u8]) -> FileAsset {
        FileAsset { key: key.to_owned(), bytes: bytes.to_vec() }
    }

    fn stack(template: &str, assets: Vec<FileAsset>) -> BuiltStack {
        BuiltStack { template: template.to_owned(), assets, region: Some("eu-west-1".into()), ..BuiltStack::default() }
    }

    #[test]
    fn the_list_names_each_member_and_the_same_file_is_there_once() {
        let own = stack("Resources: {}\n", vec![asset("a.zip", b"one"), asset("b/a.zip", b"one")]);
        let data = ComponentName::new("data").unwrap();
        let others = BTreeMap::from([(data.clone(), stack("{}", vec![asset("c", b"two")]))]);
        let bytes = archive(own.clone(), others.clone()).unwrap();
        assert_eq!(bytes, archive(own, others).unwrap(), "the same bytes each time");
        let entries = directory("infra", &bytes).unwrap();
        let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
        let mut expected = vec![format!("assets/{one}"), format!("assets/{two}")];
        expected.sort();
        expected.extend(["stack.json", "stacks/data.json", "template.yaml"].map(str::to_owned));
        assert_eq!(entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>(), expected);
        let list = unpacked(&entries[2], &bytes, 10_000);
        let package = StackPackage::read(std::str::from_utf8(&list).unwrap()).unwrap();
        let sizes = |name: &str| entries.iter().find(|entry| entry.name == name).map(|entry| entry.bytes);
        assert!(package.faults_of_members(sizes).is_empty());
        assert_eq!((package.region.as_deref(), package.assets.len()), (Some("eu-west-1"), 2));
        let other = package.of(&data, true).unwrap();
        assert_eq!((other.template.as_str(), &other.assets[0].sha256), ("stacks/data.json", &two));
    }
}
