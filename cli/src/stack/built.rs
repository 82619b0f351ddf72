//! What was read of a build for one stack, and the archive that is made of it.

use crate::ground::machine::{self, shown};
use crate::ground::packing;
use std::collections::BTreeMap;
use std::path::Path;
use windlass_domain::declaration::folder::{Destination, Folder, FolderPatterns, FolderRules};
use windlass_domain::declaration::kinds::StackNames;
use windlass_domain::declaration::kinds::stack::package::{
    MOST_ASSETS, STACK_PACKAGE, StackAsset, StackPackage, too_large,
};
use windlass_domain::declaration::resolved::Resolved;
use windlass_domain::text::count::count;
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
    pub declared: &'a Resolved,
    /// The words of the command, as findings call it: the component with the path.
    pub given: &'a str,
}

impl WantedStack<'_> {
    /// Returns the path of a member of its component in the declaration.
    pub fn member(&self, name: &str) -> String {
        format!("components.{}.{name}", self.component)
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
    /// Returns what is larger than a release may bring. `given` is how findings call the build.
    pub fn too_much(&self, given: &str) -> Vec<Finding> {
        let template = too_large(self.template.len() as u64);
        let template = template.map(|reason| {
            let remedy = "Split it into nested stacks, or into several components.";
            Finding::too_large(format!("{given}: the template"), reason, remedy)
        });
        let assets = (self.assets.len() > MOST_ASSETS).then(|| {
            let reason = format!("Its template names {}, more than {MOST_ASSETS}.", count(self.assets.len(), "file"));
            Finding::too_large(format!("{given}: the assets"), reason, "Split it into several components.")
        });
        template.into_iter().chain(assets).collect()
    }

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

/// Makes the archive of a stack and of the others that are packed with it, by their names in CloudFormation.
///
/// # Errors
/// A sentence that names what cannot be packed.
pub fn archive(own: BuiltStack, others: BTreeMap<String, BuiltStack>) -> Result<Vec<u8>, String> {
    let mut members = BTreeMap::new();
    let mut package = own.placed("template", &mut members);
    for (stack, other) in others {
        let placed = other.placed(&format!("stacks/{stack}"), &mut members);
        package.others.insert(stack, placed);
    }
    let list = serde_json::to_vec_pretty(&package).map_err(|error| format!("{STACK_PACKAGE}: {error}"))?;
    members.insert(STACK_PACKAGE.to_owned(), list);
    packing::archive_of_members(&members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::declaration::kinds::stack::package::LARGEST_TEMPLATE;
    use windlass_domain::text::finding::FindingName;
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
        let others = BTreeMap::from([("shop-data".to_owned(), stack("{}", vec![asset("c", b"two")]))]);
        let bytes = archive(own.clone(), others.clone()).unwrap();
        assert_eq!(bytes, archive(own, others).unwrap(), "the same bytes each time");
        let entries = directory("infra", &bytes).unwrap();
        let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
        let mut expected = vec![format!("assets/{one}"), format!("assets/{two}")];
        expected.sort();
        expected.extend(["stack.json", "stacks/shop-data.json", "template.yaml"].map(str::to_owned));
        assert_eq!(entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>(), expected);
        let list = unpacked(&entries[2], &bytes, 10_000);
        let package = StackPackage::read(std::str::from_utf8(&list).unwrap()).unwrap();
        let sizes = |name: &str| entries.iter().find(|entry| entry.name == name).map(|entry| entry.bytes);
        assert!(package.faults_of_members(sizes).is_empty());
        assert_eq!((package.region.as_deref(), package.assets.len()), (Some("eu-west-1"), 2));
        let other = package.of("shop-data");
        assert_eq!((other.template.as_str(), &other.assets[0].sha256), ("stacks/shop-data.json", &two));
    }

    #[test]
    fn what_is_too_much_is_found_at_once() {
        let most = usize::try_from(LARGEST_TEMPLATE).unwrap();
        let assets: Vec<FileAsset> = (0..=MOST_ASSETS).map(|n| asset(&n.to_string(), b"")).collect();
        for (built, number) in [
            (stack(&" ".repeat(most), assets[1..].to_vec()), 0),
            (stack(&" ".repeat(most + 1), vec![]), 1),
            (stack(&" ".repeat(most + 1), assets), 2),
        ] {
            let found = built.too_much("infra=cdk.out");
            assert_eq!(found.len(), number);
            assert!(found.iter().all(|one| one.name == FindingName::TooLarge));
        }
    }
}
