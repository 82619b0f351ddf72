//! A release brings one archive for a stack, with a template and its file assets. Its member [`STACK_PACKAGE`] lists
//! which member is which, so that nothing else has to read what a tool has built. Other stacks of the same build, which
//! change with the same release, are in the same archive.

use super::template::MOST_BYTES;
use crate::text::count::count;
use crate::text::digest::Digest;
use crate::text::name::ComponentName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The member of the archive that says what the others are.
pub const STACK_PACKAGE: &str = "stack.json";

/// The text that stands in a template for the bucket of the stack's file assets, which the declaration names for each
/// environment.
pub const ASSETS_BUCKET: &str = "${windlass:assets}";

/// The largest template, in bytes (AWS CloudFormation User Guide, "Understand CloudFormation quotas").
pub const LARGEST_TEMPLATE: u64 = MOST_BYTES as u64;

/// The most assets of a stack.
pub const MOST_ASSETS: usize = 500;

/// The longest key of an object, in bytes (Amazon S3 User Guide, "Naming Amazon S3 objects").
const LONGEST_KEY: usize = 1024;

/// The package of a stack, as [`STACK_PACKAGE`] has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackPackage {
    /// The member that is the template.
    pub template: String,
    /// The files that the template names in the assets bucket.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<StackAsset>,
    /// The account that the template was made for; `None` if it fits any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The region that the template was made for; `None` if it fits any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Other stacks of the same build, by their components: their names in CloudFormation differ by environment. They
    /// have no others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<ComponentName, StackPackage>,
}

/// A file that a template names in the assets bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackAsset {
    /// The member that has its bytes.
    pub file: String,
    /// The key of the object that the template names.
    pub key: String,
    /// The digest of its bytes.
    pub sha256: Digest,
}

impl StackPackage {
    /// Reads the text of [`STACK_PACKAGE`].
    ///
    /// # Errors
    /// All that is wrong with it, in sentences. Who knows the archive's name makes findings of them.
    pub fn read(text: &str) -> Result<Self, Vec<String>> {
        let package: Self = serde_json::from_str(text).map_err(|error| vec![format!("It is not read: {error}.")])?;
        let others = package.others.values().flat_map(Self::reasons);
        let mut reasons: Vec<String> = package.reasons().into_iter().chain(others).collect();
        let nested = package.others.iter().filter(|(_, other)| !other.others.is_empty());
        reasons.extend(nested.map(|(name, _)| format!("The stack `{name}` has others.")));
        if reasons.is_empty() { Ok(package) } else { Err(reasons) }
    }

    /// Returns the package of a component: that of another stack if there is one for it, else this one. `None` if the
    /// component takes what is packed for another one (`is_other`), and there is none for it.
    pub fn of(mut self, component: &ComponentName, is_other: bool) -> Option<Self> {
        match self.others.remove(component) {
            None if is_other => None,
            other => Some(other.unwrap_or(self)),
        }
    }

    /// Returns each of its members that is wrong among those of the archive, with a sentence: `bytes` has the size of
    /// each, `None` for one that is not there.
    pub fn faults_of_members(&self, bytes: impl Fn(&str) -> Option<u64>) -> Vec<(String, String)> {
        let absent = |what: &str| format!("`{STACK_PACKAGE}` names it as {what}, and it is not there.");
        let template = match bytes(&self.template) {
            None => Some(absent("the template")),
            Some(size) => too_large(size),
        };
        let template = template.map(|reason| (self.template.clone(), reason));
        let assets = self.assets.iter().filter(|asset| bytes(&asset.file).is_none());
        let assets = assets.map(|asset| (asset.file.clone(), absent("an asset")));
        template.into_iter().chain(assets).collect()
    }

    fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.template.is_empty() || self.template == STACK_PACKAGE {
            reasons.push("`template` names no template.".to_owned());
        }
        if self.assets.len() > MOST_ASSETS {
            let assets = count(self.assets.len(), "asset");
            reasons.push(format!("It has {assets}, more than {MOST_ASSETS}: split it into several components."));
        }
        let is_account = |account: &String| account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        if let Some(account) = self.account.as_ref().filter(|account| !is_account(account)) {
            reasons.push(format!("The account `{account}` has not 12 digits."));
        }
        let mut known: BTreeMap<&str, &Digest> = BTreeMap::new();
        for asset in &self.assets {
            let StackAsset { file, key, sha256 } = asset;
            if file.is_empty() || *file == STACK_PACKAGE {
                reasons.push(format!("The asset `{key}` names no file."));
            }
            reasons.extend(key_fault(key));
            if known.insert(key, sha256).is_some_and(|other| other != sha256) {
                reasons.push(format!("Two assets with different bytes have the key `{key}`."));
            }
        }
        reasons
    }
}

/// Returns the words for a template that is too large. `bytes` is its size.
fn too_large(bytes: u64) -> Option<String> {
    let split = "split it into nested stacks, or into several components";
    let has = count(bytes, "byte");
    let reason = || format!("It has {has}, and CloudFormation takes at most {LARGEST_TEMPLATE}: {split}.");
    (bytes > LARGEST_TEMPLATE).then(reason)
}

fn key_fault(key: &str) -> Option<String> {
    if key.is_empty() {
        return Some("An asset has an empty key.".to_owned());
    }
    if key.len() > LONGEST_KEY {
        return Some(format!("A key has {}, more than {LONGEST_KEY}.", count(key.len(), "byte")));
    }
    let leads_up = key.split('/').any(|part| part == ".." || part == ".");
    let is_odd = leads_up || key.starts_with('/') || key.chars().any(char::is_control);
    is_odd.then(|| format!("`{}` is no key of an asset.", key.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(package: &Value) -> Result<StackPackage, Vec<String>> {
        StackPackage::read(&package.to_string())
    }

    fn asset(key: &str, content: &str) -> Value {
        json!({"file": format!("assets/{content}.zip"), "key": key, "sha256": Digest::of(content.as_bytes())})
    }

    #[test]
    fn a_package_is_what_was_written() {
        let least = json!({"template": "template.yaml"});
        let whole = json!({
            "template": "t.json", "assets": [asset("a.zip", "a"), asset("b/a.zip", "a")],
            "account": "111111111111", "region": "eu-central-1", "others": {"shop-data": least},
        });
        for package in [&least, &whole] {
            assert_eq!(serde_json::to_value(read(package).unwrap()).unwrap(), *package);
        }
        let package = read(&whole).unwrap();
        for (component, is_other, template) in [
            ("shop", false, Some("t.json")),
            ("shop", true, None),
            ("shop-data", true, Some("template.yaml")),
            ("shop-data", false, Some("template.yaml")),
        ] {
            let found = package.clone().of(&ComponentName::new(component).unwrap(), is_other);
            assert_eq!(found.as_ref().map(|it| it.template.as_str()), template, "{component} {is_other}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_found_at_once() {
        let most: Vec<Value> = (0..=MOST_ASSETS).map(|n| asset(&format!("{n}"), "a")).collect();
        let faults = [
            "`template` names no template.",
            "The account `1` has not 12 digits.",
            "The asset `a` names no file.",
            "An asset has an empty key.",
            "Two assets with different bytes have the key `a`.",
        ];
        let several = json!({
            "template": "stack.json", "account": "1",
            "assets": [{"file": "stack.json", "key": "a", "sha256": Digest::of(b"a")}, asset("", "a"), asset("a", "b")],
        });
        let nested = json!({"template": "t", "others": {"a": {"template": "t", "others": {"b": {"template": ""}}}}});
        let table: [(Value, &[&str]); 7] = [
            (nested, &["The stack `a` has others."]),
            (several, &faults),
            (
                json!({"template": "t", "assets": most}),
                &["It has 501 assets, more than 500: split it into several components."],
            ),
            (json!({"template": "t", "assets": [asset("/a", "a")]}), &["`/a` is no key of an asset."]),
            (json!({"template": "t", "assets": [asset("a/../b", "a")]}), &["`a/../b` is no key of an asset."]),
            (json!({"template": "t", "assets": [asset("a\n", "a")]}), &["`a\\n` is no key of an asset."]),
            (
                json!({"template": "t", "assets": [asset(&"k".repeat(1025), "a")]}),
                &["A key has 1025 bytes, more than 1024."],
            ),
        ];
        for (package, expected) in table {
            assert_eq!(read(&package).unwrap_err(), expected, "{package}");
        }
        for package in [json!({}), json!({"template": 1}), json!({"template": "t", "more": 1})] {
            assert_eq!(read(&package).unwrap_err().len(), 1, "{package}");
        }
    }

    #[test]
    fn each_member_is_there_and_a_template_is_not_too_large() {
        let package = read(&json!({"template": "t", "assets": [asset("k", "a")]})).unwrap();
        let table: [(Option<u64>, Option<u64>, &[&str]); 4] = [
            (Some(LARGEST_TEMPLATE), Some(0), &[]),
            (Some(LARGEST_TEMPLATE + 1), Some(0), &["t"]),
            (None, Some(1), &["t"]),
            (None, None, &["t", "assets/a.zip"]),
        ];
        for (template, asset, expected) in table {
            let faults = package.faults_of_members(|name| if name == "t" { template } else { asset });
            let members: Vec<&str> = faults.iter().map(|(member, _)| member.as_str()).collect();
            assert_eq!(members, expected, "{template:?} {asset:?}");
        }
    }
}
