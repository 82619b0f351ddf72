//! Checks an archive that is in no release yet by its own bytes.

use super::archive::{Limits, check, directory, unreleased};
use super::prepare::lacks_root;
use super::target::room;
use windlass_domain::finding::Finding;
use windlass_domain::kinds::site::StaticSite;
use windlass_domain::name::ComponentName;

/// Returns what is wrong with the archive, as far as its bytes and the declaration tell; see [`crate::kinds::brought`].
/// Only AWS knows the default root object of a distribution, so that is not checked.
pub fn check_artifact(
    component: &ComponentName,
    site: &StaticSite,
    named: &str,
    bytes: &[u8],
) -> Vec<Finding> {
    let entries = match directory(named, bytes) {
        Ok(entries) => entries,
        Err(finding) => return vec![finding],
    };
    let whole = bytes.len() as u64;
    let mut findings = check(named, &entries, whole, room(site), &Limits::default());
    let is_told = site.root.is_some() || site.distribution.is_none();
    if findings.is_empty() && is_told {
        let declared = format!("components.{component}.root");
        findings.extend(lacks_root(
            &declared,
            site,
            None,
            (named, entries.as_slice()),
        ));
    }
    findings.into_iter().map(unreleased).collect()
}
