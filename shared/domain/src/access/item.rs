//! The ledger's item of an access file, and the decision when an upload takes its place. Pure.

use crate::access::caller::Caller;
use crate::access::decide::Rules;
use crate::access::right::AccessRight;
use crate::document::syntax;
use crate::release::request::{ObjectRef, Requester, Route};
use crate::text::digest::Digest;
use crate::text::finding::{Finding, FindingName};
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An access file as the ledger keeps it: the text that was accepted. Read it again with
/// [`AccessFile::accepted`](super::AccessFile::accepted).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessItem {
    /// The text; at most [`super::LARGEST`] bytes, well below the 400 KB that a DynamoDB item may have.
    pub text: String,
    /// Its version.
    pub version: u64,
    /// The digest of its content.
    pub digest: Digest,
    /// The time at which it was accepted.
    pub accepted: Time,
    /// The object that it was uploaded as.
    pub object: ObjectRef,
}

impl AccessItem {
    /// Returns the digest of the content of a file, also of one with mistakes; `None` if it is no YAML.
    pub fn digest(text: &str) -> Option<Digest> {
        Some(Digest::of_content(&syntax::yaml("the access file", text, super::LARGEST).ok()?))
    }

    /// Returns whether it takes the place of the file that is in force; false if it says the same.
    ///
    /// # Errors
    /// `VersionNotHigher` if the content changed and the version did not rise.
    pub fn takes_force(&self, in_force: Option<&Self>) -> Result<bool, Finding> {
        match in_force {
            Some(former) if former.digest == self.digest => Ok(false),
            Some(former) if self.version <= former.version => Err(not_higher(self.version, former)),
            _ => Ok(true),
        }
    }
}

fn not_higher(offered: u64, former: &AccessItem) -> Finding {
    let next = former.version.saturating_add(1);
    Finding::new(
        FindingName::VersionNotHigher,
        "version",
        format!(
            "The content changed, but version {offered} is not higher than {}, which is in force since {}.",
            former.version, former.accepted
        ),
        format!("Write a higher version, such as `{next}`."),
    )
    .seen(offered, next)
}

/// The rules where a file that is in force cannot be read any more.
impl Rules {
    /// Makes the rules of a file that is in force and cannot be read any more: nobody knows who may do what.
    pub fn unread(file: String) -> Self {
        let mut rules = Self::of(None, None);
        rules.unread = Some(file);
        rules
    }

    /// Returns whether they can be read.
    pub fn are_known(&self) -> bool {
        self.unread.is_none()
    }

    /// Returns the finding that nobody knows who has a right. `None` where the rules can be read, and for whatever
    /// brings back or only looks: that is IAM's alone then, because no file may stand in its way, and who goes back has
    /// to see what comes of it. A CI job has no right by IAM.
    pub fn unknown(&self, by: &Requester, right: AccessRight) -> Option<Finding> {
        let is_iams = matches!(right, AccessRight::RollBack | AccessRight::Read) && by.route != Route::Ci;
        let file = self.unread.as_ref().filter(|_| !is_iams)?;
        let you = Caller::of(by).to_string();
        let reason = format!("nobody knows whether {you} may: this version of Windlass cannot read the file.");
        let remedy = "Upload a file that this version can read, with a higher `version`; or install the version of \
                      Windlass again that took it.";
        Some(Finding::new(FindingName::NotAllowed, file, reason, remedy).seen(you, "it cannot be read"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_content_needs_a_higher_version() {
        let item = |version, text: &str| AccessItem {
            text: text.into(),
            version,
            digest: Digest::of(text.as_bytes()),
            accepted: Time(0),
            object: ObjectRef { key: "access/all.yaml".into(), version_id: None },
        };
        for (version, text, wanted) in [
            (4, "a", Ok(false)),
            (3, "a", Ok(false)),
            (5, "b", Ok(true)),
            (4, "b", Err(FindingName::VersionNotHigher)),
            (3, "b", Err(FindingName::VersionNotHigher)),
        ] {
            let takes_force = item(version, text).takes_force(Some(&item(4, "a")));
            assert_eq!(takes_force.map_err(|finding| finding.name), wanted, "{version} {text}");
        }
        assert_eq!(item(1, "a").takes_force(None), Ok(true));
    }
}
