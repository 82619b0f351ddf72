//! Checks an archive that is in no release yet by its own bytes.

use super::archive::{directory, select, unreleased, without_keys_in};
use super::prepare::lacks_root;
use super::rules::Rules;
use super::target::room;
use windlass_domain::finding::Finding;
use windlass_domain::kinds::site::StaticSite;
use windlass_domain::name::ComponentName;

/// Returns what is wrong with the archive, as far as its bytes and the declaration tell; see [`crate::kinds::brought`].
/// Only AWS knows the default root object of a distribution, so that is not checked.
pub fn check_artifact(component: &ComponentName, site: &StaticSite, named: &str, bytes: &[u8]) -> Vec<Finding> {
    let findings = found(component, site, named, bytes);
    findings.into_iter().map(unreleased).collect()
}

fn found(component: &ComponentName, site: &StaticSite, named: &str, bytes: &[u8]) -> Vec<Finding> {
    let entries = match directory(named, bytes) {
        Ok(entries) => entries,
        Err(finding) => return vec![finding],
    };
    // A declaration with a pattern that is none is refused when it is uploaded.
    let Ok(Rules { folder, .. }) = Rules::new(site) else {
        return vec![];
    };
    let whole = bytes.len() as u64;
    let selected = select(named, entries, whole, room(site), &folder);
    let selected = selected.and_then(|it| without_keys_in(named, bytes, it, &folder));
    let entries = match selected {
        Ok(selection) => selection.entries,
        Err(findings) => return findings,
    };
    let is_told = site.root.is_some() || site.distribution.is_none();
    let declared = format!("components.{component}.root");
    let lacks = is_told.then(|| lacks_root(&declared, site, None, (named, &entries)));
    lacks.flatten().into_iter().collect()
}
