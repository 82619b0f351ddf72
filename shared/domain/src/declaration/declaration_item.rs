//! The ledger's item of a declaration, and the decision when an upload takes its place.

use super::environment_order::order;
use super::{Declaration, read};
use crate::release::request::ObjectRef;
use crate::text::digest::Digest;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::AppName;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A declaration as the ledger keeps it: the text that was accepted. Read it again with
/// [`Declared::read`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Declared {
    /// The text of `app.yaml`; at most [`super::LARGEST`] bytes, well below the 400 KB that a
    /// DynamoDB item may have.
    pub text: String,
    /// Its version.
    #[schemars(with = "String")]
    pub version: semver::Version,
    /// The digest of its content.
    pub digest: Digest,
    /// The time at which it was accepted.
    pub accepted: Time,
    /// The object that it was uploaded as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
}

/// The result of an upload of a declaration without mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclarationUpload {
    /// It takes the place of the one in force.
    TakesForce,
    /// It says the same as the one in force.
    Unchanged,
    /// It says the same with its environments in another order. The text of a version stays as it was accepted, so that
    /// the former order stays in force until a higher version brings the other one.
    Reordered,
}

impl Declared {
    /// Makes the item for a declaration that takes force.
    pub fn new(declaration: &Declaration, text: impl Into<String>, accepted: Time, object: Option<ObjectRef>) -> Self {
        Self {
            text: text.into(),
            version: declaration.version().clone(),
            digest: declaration.digest().clone(),
            accepted,
            object,
        }
    }

    /// Reads the declaration again. It was checked when it was accepted, so it is not checked
    /// again: a newer Windlass with more checks must not take a declaration out of force.
    ///
    /// # Errors
    /// The text is not that of a declaration: the item was edited by hand, or a newer Windlass took
    /// a field away.
    pub fn read(&self) -> Result<Declaration, Vec<Finding>> {
        let document = read::accepted(&self.text)?;
        Ok(Declaration { order: order(&self.text, &document), document, digest: self.digest.clone() })
    }
}

impl Declaration {
    /// Decides about an upload to the place of `app`, beside the declaration that is in force.
    ///
    /// # Errors
    /// `VersionNotHigher` if the content changed and the version did not rise; `BadValue` if it
    /// declares another application than the place that it was uploaded to.
    pub fn uploaded(&self, app: &AppName, in_force: Option<&Declared>) -> Result<DeclarationUpload, Finding> {
        if self.app() != app {
            return Err(other_app(self.app(), app));
        }
        match in_force {
            None => Ok(DeclarationUpload::TakesForce),
            Some(former) if former.digest == *self.digest() => Ok(self.beside(former)),
            Some(former) if self.version().cmp_precedence(&former.version).is_gt() => Ok(DeclarationUpload::TakesForce),
            // A member that is to be taken out again does not make it another one.
            Some(former) if self.says_the_same_as(former) => Ok(self.beside(former)),
            Some(former) => Err(not_higher(self.version(), former)),
        }
    }

    /// Decides about one that says the same.
    fn beside(&self, former: &Declared) -> DeclarationUpload {
        let is_reordered = former.read().is_ok_and(|former| !former.environments().eq(self.environments()));
        if is_reordered { DeclarationUpload::Reordered } else { DeclarationUpload::Unchanged }
    }

    fn says_the_same_as(&self, former: &Declared) -> bool {
        let former = read::accepted(&former.text);
        former.is_ok_and(|former| former == self.document)
    }
}

fn other_app(declared: &AppName, place: &AppName) -> Finding {
    Finding::bad_value(
        "app",
        format!("The declaration is of `{declared}`, and its place is `apps/{place}/app.yaml`."),
        format!("Write `app: {place}`, or upload it to `apps/{declared}/app.yaml`."),
    )
    .seen(declared, place)
}

fn not_higher(offered: &semver::Version, former: &Declared) -> Finding {
    let mut next = former.version.clone();
    next.patch = next.patch.saturating_add(1);
    next.pre = semver::Prerelease::EMPTY;
    next.build = semver::BuildMetadata::EMPTY;
    Finding::new(
        FindingName::VersionNotHigher,
        "version",
        format!(
            "The content changed, but version `{offered}` is not higher than `{}`, which is in \
             force since {}.",
            former.version, former.accepted
        ),
        format!("Write a higher version, such as `{next}`."),
    )
    .seen(offered, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declaration(version: &str, bucket: &str) -> Declaration {
        let text = format!(
            "{{app: shop, version: {version}, environments: {{prod: {{}}}}, \
             components: {{web: {{kind: static_site, bucket: {bucket}}}}}}}"
        );
        Declaration::parse(&text).unwrap()
    }

    fn shop() -> AppName {
        AppName::new("shop").unwrap()
    }

    #[test]
    fn changed_content_needs_a_higher_version() {
        let first = declaration("1.0.0", "shop-web");
        let in_force = Declared::new(&first, "text", Time(0), None);
        let uploaded = |version, bucket| declaration(version, bucket).uploaded(&shop(), Some(&in_force));
        assert_eq!(first.uploaded(&shop(), None), Ok(DeclarationUpload::TakesForce));
        assert_eq!(uploaded("1.0.0", "shop-web"), Ok(DeclarationUpload::Unchanged));
        assert_eq!(uploaded("1.0.1", "shop-other"), Ok(DeclarationUpload::TakesForce));
        for version in ["1.0.0", "0.9.0", "1.0.0-rc.1", "1.0.0+build.2"] {
            let finding = uploaded(version, "shop-other").unwrap_err();
            assert_eq!(finding.name, FindingName::VersionNotHigher, "{version}");
            assert!(finding.remedy.written().contains("1.0.1"), "{finding:?}");
            let seen = finding.seen.map(|seen| (seen.found, seen.expected));
            assert_eq!(seen, Some((Some(version.to_owned()), Some("1.0.1".to_owned()))));
        }
    }

    #[test]
    fn another_order_of_the_environments_needs_a_higher_version_and_is_no_mistake() {
        let text = |version: &str, environments: &str| {
            format!(
                "{{app: shop, version: {version}, environments: {environments}, \
                 components: {{web: {{kind: static_site, bucket: 'web-{{environment}}'}}}}}}"
            )
        };
        let first = text("1.0.0", "{prod: {}, dev: {}}");
        let in_force = Declared::new(&Declaration::parse(&first).unwrap(), first, Time(0), None);
        for (version, environments, wanted) in [
            ("1.0.0", "{prod: {}, dev: {}}", DeclarationUpload::Unchanged),
            ("1.0.0", "{dev: {}, prod: {}}", DeclarationUpload::Reordered),
            ("1.0.1", "{dev: {}, prod: {}}", DeclarationUpload::TakesForce),
        ] {
            let upload = Declaration::parse(&text(version, environments)).unwrap();
            assert_eq!(upload.uploaded(&shop(), Some(&in_force)), Ok(wanted), "{version} {environments}");
        }
    }

    #[test]
    fn a_member_that_is_to_be_taken_out_again_asks_for_no_higher_version() {
        let text = include_str!("../../tests/bad_inputs/declaration.yaml");
        let first = Declaration::parse(text).unwrap();
        let in_force = Declared::new(&first, text, Time(0), None);
        let refusal = |text: String| {
            let part = Declaration::read(&text, &crate::declaration::Exceptions::default()).unwrap_err();
            part.rest()
                .expect("it can be read but for a member")
                .uploaded(&shop(), Some(&in_force))
                .err()
                .map(|it| it.name)
        };
        assert_eq!(refusal(format!("{text}\ncolour: blue\n")), None);
        let other = text.replace("shop/agent", "shop/agents");
        let changed = refusal(format!("{other}\ncolour: blue\n"));
        assert_eq!(changed, Some(FindingName::VersionNotHigher));
    }

    #[test]
    fn what_was_accepted_is_read_again_without_checks() {
        let text = include_str!("../../tests/bad_inputs/declaration.yaml");
        let first = Declaration::parse(text).unwrap();
        assert_eq!(Declared::new(&first, text, Time(0), None).read().unwrap(), first);
        let loopback = text.replace("https://{environment}.shop.example", "http://127.0.0.1");
        assert!(Declaration::parse(&loopback).is_err());
        assert!(Declared::new(&first, loopback, Time(0), None).read().is_ok());
        assert!(Declared::new(&first, "app: [", Time(0), None).read().is_err());
    }

    #[test]
    fn a_declaration_of_another_application_is_refused() {
        let bank = AppName::new("bank").unwrap();
        assert_eq!(declaration("1.0.0", "shop-web").uploaded(&bank, None).unwrap_err().path, "app");
    }

    #[test]
    fn layout_order_and_comments_do_not_count() {
        let written = "# a comment\ncomponents:\n  web:\n    bucket: shop-web\n    kind: static_site\n\
                       environments:\n  prod: {}\nversion: 1.0.0\napp: \"shop\"\n";
        assert_eq!(Declaration::parse(written).unwrap().digest(), declaration("1.0.0", "shop-web").digest());
    }
}
