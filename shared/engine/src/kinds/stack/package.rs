//! The archive that a release brings for a stack: a template and the files that it names.

use crate::config::Configured;
use crate::kinds::archive::{
    Archive, Entry, Limits, Unpacker, bad_archive, check, directory, read_directory, unpacked,
};
use crate::ports::S3Api;
use crate::trouble::Trouble;
use windlass_domain::declaration::kinds::stack::Stack;
use windlass_domain::declaration::kinds::stack::package::{ASSETS_BUCKET, STACK_PACKAGE, StackPackage};
use windlass_domain::declaration::kinds::stack::template::MOST_BYTES;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// The longest name of a member, in bytes.
const LONGEST_NAME: usize = 1024;

/// The largest [`STACK_PACKAGE`], in bytes: it has room for the assets of several stacks.
const LARGEST_LIST: u64 = 4 * 1024 * 1024;

/// An archive whose list of members was read.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenPackage {
    /// The archive.
    archive: Archive,
    /// All that is in it.
    entries: Vec<Entry>,
    /// The list of its members for the stack.
    pub package: StackPackage,
}

impl OpenPackage {
    /// Reads what an archive brings for a component, which may take what is packed for another one (true). `home` are
    /// the ports at the deployer's own place.
    ///
    /// # Errors
    /// Everything that is wrong with the archive's list; that the bytes of an asset are those of its digest is found
    /// when it is published.
    pub async fn read(
        home: &(impl S3Api + Configured),
        archive: Archive,
        of: (&ComponentName, bool),
    ) -> Result<Self, Trouble> {
        let object = archive.object(&home.config().artifacts_bucket);
        let entries = read_directory(home, &object, archive.bytes).await?;
        let list = list_of(&archive.key, &entries, archive.bytes)?;
        let mut unpacker = Unpacker::new(home, object, archive.bytes, &entries, std::slice::from_ref(&list));
        let package = understood(&archive.key, &entries, &unpacker.unpack(&list).await?, of)?;
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
        let object = self.archive.object(&home.config().artifacts_bucket);
        Unpacker::new(home, object, self.archive.bytes, &self.entries, wanted)
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

/// Returns what the list says for a component, if all that it names is there.
fn understood(
    archive: &str,
    entries: &[Entry],
    list: &[u8],
    (component, is_other): (&ComponentName, bool),
) -> Result<StackPackage, Vec<Finding>> {
    let found = |(member, reason): (String, String)| bad_archive(archive, &member, reason);
    let in_list = |reason: String| found((STACK_PACKAGE.to_owned(), reason));
    let package = StackPackage::read(&String::from_utf8_lossy(list));
    let package = package.map_err(|reasons| reasons.into_iter().map(in_list).collect::<Vec<Finding>>())?;
    let bytes = |name: &str| entries.iter().find(|entry| entry.name == name && !entry.folder).map(|entry| entry.bytes);
    let all = std::iter::once(&package).chain(package.others.values());
    let findings: Vec<Finding> = all.flat_map(|one| one.faults_of_members(bytes)).map(found).collect();
    if !findings.is_empty() {
        return Err(findings);
    }
    package.of(component, is_other).ok_or_else(|| {
        let reason = format!("it has no stack for `{component}`, which takes one that is packed for another component");
        let remedy = "Pack it anew by the declaration that has this component.".into();
        vec![Finding { remedy, ..bad_archive(archive, STACK_PACKAGE, reason) }]
    })
}

/// Returns a finding if the template names files, or their bucket, and no bucket is declared for them.
pub fn without_bucket(
    component: &ComponentName,
    assets: Option<&str>,
    package: &StackPackage,
    template: &str,
) -> Option<Finding> {
    let is_lacking = assets.is_none() && (!package.assets.is_empty() || template.contains(ASSETS_BUCKET));
    let reason = "The template names files, and no bucket is declared for them.";
    let remedy = "Write `assets`, the bucket in which the template expects them.";
    is_lacking.then(|| Finding::missing_field(format!("components.{component}.assets"), reason, remedy))
}

/// Finds what is wrong with the archive of a stack, as far as its bytes and the declaration show; see
/// [`crate::kinds::check_artifact`].
pub fn check_artifact(component: &ComponentName, spec: &Stack, named: &str, bytes: &[u8]) -> Vec<Finding> {
    let read = || {
        let entries = directory(named, bytes)?;
        let list = list_of(named, &entries, bytes.len() as u64)?;
        let size = usize::try_from(list.bytes.min(LARGEST_LIST)).unwrap_or_default();
        let of = (component, spec.artifact.is_some());
        let package = understood(named, &entries, &unpacked(&list, bytes, size), of)?;
        let template = entries.iter().find(|entry| entry.name == package.template);
        let template = template.map(|entry| unpacked(entry, bytes, MOST_BYTES));
        Ok::<_, Trouble>((template.unwrap_or_default(), package))
    };
    match read() {
        Err(Trouble::Findings(findings)) => findings,
        Err(Trouble::Fault(_)) => vec![],
        Ok((template, package)) => {
            let text = std::str::from_utf8(&template).unwrap_or_default();
            let no_text = || bad_archive(named, &package.template, "it is no text in UTF-8, or empty".to_owned());
            let no_bucket = without_bucket(component, spec.assets.as_deref(), &package, text);
            text.is_empty().then(no_text).into_iter().chain(no_bucket).collect()
        }
    }
}
