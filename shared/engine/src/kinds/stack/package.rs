//! The archive that a release brings for a stack: a template and the files that it names.

use crate::config::Configured;
use crate::kinds::archive::{Entry, Limits, Unpacker, bad_archive, check, directory, read_directory, unpacked};
use crate::ports::{ObjectId, S3Api};
use crate::trouble::Trouble;
use serde::{Deserialize, Serialize};
use windlass_domain::declaration::kinds::stack::Stack;
use windlass_domain::declaration::kinds::stack::package::{
    LARGEST_TEMPLATE, PackageFault, STACK_PACKAGE, StackPackage,
};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// The longest name of a member, in bytes.
const LONGEST_NAME: usize = 1024;

/// The largest [`STACK_PACKAGE`], in bytes: it has room for the assets of several stacks.
const LARGEST_LIST: u64 = 4 * 1024 * 1024;

/// The pinned archive in the artifacts bucket, as the target of a step keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedStack {
    /// Its key.
    pub key: String,
    /// Its version id.
    pub version_id: String,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
}

impl PackedStack {
    /// Returns the archive of a pinned artifact; `None` for an artifact of another sort.
    pub fn of(artifact: &Artifact) -> Option<Self> {
        let Artifact::Object { key, version_id, sha256, bytes } = artifact else {
            return None;
        };
        Some(Self { key: key.clone(), version_id: version_id.clone(), sha256: sha256.clone(), bytes: *bytes })
    }

    fn object(&self, home: &impl Configured) -> ObjectId {
        home.artifact(&self.key, Some(&self.version_id))
    }
}

/// An archive whose list of members was read.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenPackage {
    /// The archive.
    archive: PackedStack,
    /// All that is in it.
    entries: Vec<Entry>,
    /// What it brings for the stack.
    pub package: StackPackage,
}

impl OpenPackage {
    /// Reads what an archive brings for the stack of this name. `home` are the ports at the deployer's own place.
    ///
    /// # Errors
    /// Everything that is wrong with the archive's list; that the bytes of an asset are those of its digest is found
    /// when it is published.
    pub async fn read(home: &(impl S3Api + Configured), archive: PackedStack, stack: &str) -> Result<Self, Trouble> {
        let entries = read_directory(home, &archive.object(home), archive.bytes).await?;
        let list = list_of(&archive.key, &entries, archive.bytes)?;
        let mut unpacker =
            Unpacker::new(home, archive.object(home), archive.bytes, &entries, std::slice::from_ref(&list));
        let package = understood(&archive.key, &entries, &unpacker.unpack(&list).await?)?.of(stack);
        Ok(Self { archive, entries, package })
    }

    /// Reads the template.
    ///
    /// # Errors
    /// A finding if its bytes are broken, or no text.
    pub async fn template(&self, home: &(impl S3Api + Configured)) -> Result<String, Trouble> {
        let name = &self.package.template;
        let bad = |reason: &str| bad_archive(&self.archive.key, name, reason.to_owned());
        let entry = self.entry(name).ok_or_else(|| bad("it is not there"))?;
        let bytes = self.unpacker(home, std::slice::from_ref(entry)).unpack(entry).await?;
        String::from_utf8(bytes.into()).map_err(|_| bad("it is no text in UTF-8").into())
    }

    /// Returns the entry of a member.
    pub fn entry(&self, member: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == member)
    }

    /// Returns a reader of these entries.
    pub fn unpacker<'a, P: S3Api + Configured>(&self, home: &'a P, wanted: &[Entry]) -> Unpacker<'a, P> {
        Unpacker::new(home, self.archive.object(home), self.archive.bytes, &self.entries, wanted)
    }

    /// Returns the key of the archive, as findings call it.
    pub fn key(&self) -> &str {
        &self.archive.key
    }
}

/// Returns the entry of the archive's list.
fn list_of(archive: &str, entries: &[Entry], size: u64) -> Result<Entry, Vec<Finding>> {
    let mut findings = check(archive, entries, size, LONGEST_NAME, &Limits::default());
    let list = entries.iter().find(|entry| entry.name == STACK_PACKAGE);
    findings.extend(
        match list {
            None => Some("it is not there; the command line packs it from a template, `cdk.out` or a `sam build`"),
            Some(list) if list.bytes > LARGEST_LIST => Some("it is too large"),
            Some(_) => None,
        }
        .map(|reason| bad_archive(archive, STACK_PACKAGE, reason.to_owned())),
    );
    match list {
        Some(list) if findings.is_empty() => Ok(list.clone()),
        _ => Err(findings),
    }
}

/// Returns what the list says, if all that it names is there.
fn understood(archive: &str, entries: &[Entry], list: &[u8]) -> Result<StackPackage, Vec<Finding>> {
    let found = |faults: Vec<PackageFault>| {
        let findings = faults.into_iter().map(|fault| bad_archive(archive, &fault.member, fault.reason));
        findings.collect::<Vec<Finding>>()
    };
    let package = StackPackage::read(&String::from_utf8_lossy(list)).map_err(found)?;
    let bytes = |name: &str| entries.iter().find(|entry| entry.name == name && !entry.folder).map(|entry| entry.bytes);
    let all = std::iter::once(&package).chain(package.others.values());
    let findings = found(all.flat_map(|one| one.faults_of_members(bytes)).collect());
    if findings.is_empty() { Ok(package) } else { Err(findings) }
}

/// Returns a finding if the template names files, and no bucket is declared for them.
pub fn without_bucket(component: &ComponentName, assets: Option<&str>, package: &StackPackage) -> Option<Finding> {
    let is_lacking = assets.is_none() && !package.assets.is_empty();
    is_lacking.then(|| {
        Finding::missing_field(
            format!("components.{component}.assets"),
            "The template names files, and no bucket is declared for them.",
            "Write `assets`, the bucket in which the template expects them.",
        )
    })
}

/// Finds what is wrong with the archive of a stack, as far as its bytes and the declaration show; see
/// [`crate::kinds::check_artifact`].
pub fn check_artifact(component: &ComponentName, spec: &Stack, named: &str, bytes: &[u8]) -> Vec<Finding> {
    let read = || {
        let entries = directory(named, bytes)?;
        let list = list_of(named, &entries, bytes.len() as u64)?;
        let size = usize::try_from(list.bytes.min(LARGEST_LIST)).unwrap_or_default();
        let package = understood(named, &entries, &unpacked(&list, bytes, size))?.of(&spec.stack);
        let template = entries.iter().find(|entry| entry.name == package.template);
        let size = usize::try_from(LARGEST_TEMPLATE).unwrap_or(usize::MAX);
        let template = template.map(|entry| unpacked(entry, bytes, size));
        Ok::<_, Trouble>((template.unwrap_or_default(), package))
    };
    match read() {
        Err(Trouble::Findings(findings)) => findings,
        Err(Trouble::Fault(_)) => vec![],
        Ok((template, package)) => {
            let is_text = std::str::from_utf8(&template).is_ok() && !template.is_empty();
            let no_text = || bad_archive(named, &package.template, "it is no text in UTF-8, or empty".to_owned());
            let no_text = (!is_text).then(no_text);
            no_text.into_iter().chain(without_bucket(component, spec.assets.as_deref(), &package)).collect()
        }
    }
}
