//! Keys, tags, refs, names, digests and addresses: whatever short text comes from outside.

use crate::mutate::{bytes, word};
use crate::{Outcome, Try};
use std::net::IpAddr;
use windlass_domain::address;
use windlass_domain::digest::Digest;
use windlass_domain::git_rule::{GitRef, glob, version_of_tag};
use windlass_domain::identity::execution_name;
use windlass_domain::key::{FINDINGS_SUFFIX, upload};
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

pub fn ready() -> Box<Try> {
    Box::new(|rng, shown| {
        let word = word(rng).into_bytes();
        *shown = bytes(rng, &[word]);
        let text = String::from_utf8_lossy(shown).into_owned();
        let taken = [
            AppName::new(&text).is_ok(),
            EnvironmentName::new(&text).is_ok(),
            ComponentName::new(&text).is_ok(),
            Digest::parse(&text).is_ok(),
            glob(&text).is_ok(),
            version_of_tag(&text).is_some(),
        ];
        let _ = GitRef::of(&text);
        if let Ok(address) = text.parse::<IpAddr>() {
            let _ = (
                address::kind_of(address),
                address::forbidden(address, rng.bool()),
            );
        }
        let uploaded = upload(&text).is_some();
        if uploaded && (text.ends_with(FINDINGS_SUFFIX) || text.starts_with("windlass/")) {
            return Err("what Windlass writes itself is taken for an upload".into());
        }
        let name = execution_name(&[&text, &text], &text);
        let good = |one: char| one.is_ascii_alphanumeric() || ".-_".contains(one);
        if name.is_empty() || name.len() > 80 || !name.chars().all(good) {
            return Err(format!("no name for an execution: {name:?}"));
        }
        if uploaded || taken.contains(&true) {
            Ok(Outcome::Taken)
        } else {
            Ok(Outcome::Refused(vec!["BadValue".into()]))
        }
    })
}
