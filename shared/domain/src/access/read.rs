//! Reading an access file: its shape, and the names in it of people, of groups and of those who have a right. Pure.

use crate::access::caller::{Arn, ArnSort};
use crate::access::file::{AccessFile, AccessFileForAll, EnvironmentRules, Member, Person, PromotionSource};
use crate::access::right::AccessRight;
use crate::declaration::drill_schedule::Days;
use crate::document::partial_document::PartialDocument;
use crate::document::shape::{Language, Shape, unknown_name};
use crate::document::source::DocumentText;
use crate::document::syntax;
use crate::release::key::AccessPlace;
use crate::text::digest::Digest;
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, EnvironmentName, WhoName};
use crate::text::time::Span;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The largest access file that is read, in bytes.
pub const LARGEST: usize = 128 * 1024;

/// The longest time for which approvals are waited for.
const LONGEST_APPROVAL: Days = Days(3);

static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::of::<AccessFile>(WHAT, Language::Yaml));
static SHAPE_FOR_ALL: LazyLock<Shape> = LazyLock::new(|| Shape::of::<AccessFileForAll>(WHAT, Language::Yaml));

/// The document's name for a person.
const WHAT: &str = "the access file";

/// Returns the JSON Schema of `access/apps/<app>.yaml`.
pub fn schema() -> &'static Value {
    SHAPE.schema()
}

/// Returns the JSON Schema of `access/all.yaml`.
pub fn schema_for_all() -> &'static Value {
    SHAPE_FOR_ALL.schema()
}

impl AccessFile {
    /// Reads an application's file, and the digest of its content. Its rules may also name those of the file `all` that
    /// is in force.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(
        text: &str,
        app: &AppName,
        all: Option<&AccessFileForAll>,
    ) -> Result<(Self, Digest), PartialDocument<Self>> {
        read(&SHAPE, text, |file: &Self| {
            let names = Names { people: &file.people, who: &file.who, all };
            let mut findings = Vec::from_iter((file.app != *app).then(|| of_another(&file.app, app)));
            findings.extend(names.findings());
            for (environment, rules) in &file.environments {
                let at = format!("environments.{environment}");
                for (i, window) in rules.windows.iter().enumerate() {
                    findings.extend(window.findings(&format!("{at}.windows[{i}]")));
                }
                for (member, listed, ways) in rules.each() {
                    for (i, name) in listed.iter().enumerate() {
                        findings.extend(names.unknown(&format!("{at}.{member}[{i}]"), name, ways));
                    }
                }
                findings.extend(rules.from.iter().flat_map(|from| not_to_promote_from(from, environment)));
            }
            findings.extend(too_many_automatic(file));
            findings.extend(file.environments.iter().filter_map(|(name, rules)| rules.bad_approval(name)));
            let is_empty = file.people.is_empty() && file.who.is_empty() && file.environments.is_empty();
            if file.rules.is_some() && !is_empty {
                findings.push(Finding::new(
                    FindingName::Duplicate,
                    "rules",
                    "`rules: none` withdraws all rules, and rules stand beside it.",
                    "Leave out `rules`, or everything but `app`, `version` and `rules`.",
                ));
            }
            findings
        })
    }

    /// Reads a file again that was accepted, without what makes its names known.
    ///
    /// # Errors
    /// The text is not that of an access file: the item was edited by hand, or a newer Windlass took a field away.
    pub fn accepted(text: &str) -> Result<Self, Vec<Finding>> {
        SHAPE.typed(&syntax::yaml(WHAT, text, LARGEST).map_err(|finding| vec![finding])?, &DocumentText::of(text))
    }

    /// Returns the warnings about a file that is in order.
    pub fn warnings(&self) -> Vec<Finding> {
        let is_without = |listed: &Vec<String>| !listed.iter().any(|name| name == "console");
        let without = self.environments.iter().filter(|(_, rules)| rules.roll_back.as_ref().is_some_and(is_without));
        let warnings = without.map(|(environment, _)| {
            Finding::new(
                FindingName::NoWayInAtTheConsole,
                format!("environments.{environment}.roll_back"),
                "Nobody may roll back by the console of Step Functions: where the API or the command line cannot be \
                 reached, an incident waits for them.",
                "Add `console` to `roll_back`; or keep credentials at hand that may write this file.",
            )
        });
        warnings.collect()
    }
}

impl AccessFileForAll {
    /// Reads the file of all applications, and the digest of its content.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(text: &str) -> Result<(Self, Digest), PartialDocument<Self>> {
        read(&SHAPE_FOR_ALL, text, |file: &Self| {
            let mut findings = Names { people: &file.people, who: &file.who, all: None }.findings();
            let freezes = file.freezes.iter().enumerate();
            findings.extend(freezes.flat_map(|(i, freeze)| freeze.findings(&format!("freezes[{i}]"))));
            findings
        })
    }

    /// Reads a file again that was accepted.
    ///
    /// # Errors
    /// As [`AccessFile::accepted`].
    pub fn accepted(text: &str) -> Result<Self, Vec<Finding>> {
        SHAPE_FOR_ALL
            .typed(&syntax::yaml(WHAT, text, LARGEST).map_err(|finding| vec![finding])?, &DocumentText::of(text))
    }
}

fn read<T: DeserializeOwned>(
    shape: &Shape,
    text: &str,
    meaning: impl Fn(&T) -> Vec<Finding>,
) -> Result<(T, Digest), PartialDocument<T>> {
    let value = syntax::yaml(WHAT, text, LARGEST).map_err(|finding| PartialDocument::unread(vec![finding]))?;
    let read = shape.checked(&value, &DocumentText::of(text), meaning)?;
    Ok((read, Digest::of_content(&value)))
}

fn of_another(named: &AppName, app: &AppName) -> Finding {
    let place = |app: &AppName| AccessPlace::App(app.clone());
    Finding::bad_value(
        "app",
        format!("The access file is of `{named}`, and its place is `{}`.", place(app)),
        format!("Write `app: {app}`, or upload it to `{}`.", place(named)),
    )
    .seen(named, app)
}

impl EnvironmentRules {
    /// Returns the members that give rights, each with those who have it and the ways in that it may name.
    pub(super) fn each(&self) -> Vec<(&'static str, &[String], &'static [&'static str])> {
        let rights = [
            ("read", self.read.as_deref(), &["console"][..]),
            ("release", Some(self.release.as_slice()), &["console", "s3", "ecr"]),
            ("record", Some(self.record.as_slice()), &["console", "s3", "ecr"]),
            ("roll_back", self.roll_back.as_deref(), &["console"]),
            ("operate", self.operate.as_deref(), &["console", "windlass"]),
            ("approve.by", self.approve.as_ref().map(|approve| approve.by.as_slice()), &[]),
        ];
        rights.into_iter().filter_map(|(right, listed, ways)| Some((right, listed?, ways))).collect()
    }

    /// Returns those who have a right; `None` where no member is about it.
    pub(super) fn listed(&self, right: AccessRight) -> Option<&[String]> {
        let right = right.to_string();
        let of_right = |member: &str| member.split('.').next() == Some(right.as_str());
        self.each().into_iter().find(|(member, ..)| of_right(member)).map(|(_, listed, _)| listed)
    }

    /// Returns the finding that an approval is waited for for too long.
    fn bad_approval(&self, environment: &EnvironmentName) -> Option<Finding> {
        let expires = self.approve.as_ref()?.expires;
        (expires > LONGEST_APPROVAL).then(|| {
            Finding::bad_value(
                format!("environments.{environment}.approve.expires"),
                format!("`{expires}` is longer than `{LONGEST_APPROVAL}`."),
                format!("Write `{LONGEST_APPROVAL}` or less. What has expired is released again."),
            )
            .seen(expires, LONGEST_APPROVAL)
        })
    }
}

/// The longest time for which a snapshot may have to be live: 30 days.
const LONGEST_LIVE: Span = Span::seconds(30 * 24 * 60 * 60);

/// The most environments that get releases by themselves. What has succeeded makes all of them due in the transaction
/// of its ending, which has room for 100 items (Amazon DynamoDB API Reference, `TransactWriteItems`).
const MOST_AUTOMATIC: usize = 20;

/// Returns what is wrong with the source of an environment's releases.
fn not_to_promote_from(from: &PromotionSource, environment: &EnvironmentName) -> Vec<Finding> {
    let at = |member: &str| format!("environments.{environment}.from.{member}");
    let itself = (from.environment == *environment).then(|| {
        let reason = format!("`{environment}` cannot wait for itself.");
        Finding::bad_value(at("environment"), reason, "Write the environment before it.")
    });
    let long = (from.live_for > LONGEST_LIVE).then(|| {
        let reason = format!("`{}` is longer than {LONGEST_LIVE}.", from.live_for);
        Finding::bad_value(at("live_for"), reason, "Write a shorter time, such as `2h`.")
    });
    itself.into_iter().chain(long).collect()
}

fn too_many_automatic(file: &AccessFile) -> Option<Finding> {
    let sources = file.environments.values().filter_map(|rules| rules.from.as_ref());
    (sources.filter(|from| from.is_automatic()).count() > MOST_AUTOMATIC).then(|| {
        Finding::bad_value(
            "environments",
            format!("more than {MOST_AUTOMATIC} environments have `promote: automatic`."),
            "Leave it out where a person may promote.",
        )
    })
}

/// What an access file names beside those who are the application's own.
#[derive(Debug, Clone, Copy)]
struct Names<'a> {
    people: &'a BTreeMap<WhoName, Person>,
    who: &'a BTreeMap<WhoName, Vec<Member>>,
    all: Option<&'a AccessFileForAll>,
}

/// The words for ways in that name nobody, and for Windlass itself: each is that of its route.
pub(super) const WAYS: [&str; 4] = ["console", "s3", "ecr", "windlass"];

impl Names<'_> {
    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, person) in self.people {
            let at = format!("people.{name}");
            findings.extend(taken(&at, name));
            for (i, arn) in person.aws.iter().enumerate() {
                findings.extend(not_of_a_person(&format!("{at}.aws[{i}]"), arn, person.trusted_sessions));
            }
        }
        for (name, members) in self.who {
            let at = format!("who.{name}");
            findings.extend(taken(&at, name));
            if self.people.contains_key(name) {
                findings.push(Finding::new(
                    FindingName::Duplicate,
                    &at,
                    format!("`{name}` is the name of a person as well."),
                    "Give the group another name.",
                ));
            }
            for (i, member) in members.iter().enumerate() {
                let at = format!("{at}[{i}]");
                match member {
                    Member::Named(name) => findings.extend(self.unknown_member(&at, name)),
                    Member::Jobs(jobs) => findings.extend(jobs.findings(&at)),
                }
            }
        }
        findings
    }

    fn people(&self) -> impl Iterator<Item = &WhoName> {
        self.people.keys().chain(self.all.iter().flat_map(|all| all.people.keys()))
    }

    fn unknown_member(&self, at: &str, member: &str) -> Option<Finding> {
        if self.people().any(|name| name.as_str() == member) {
            return None;
        }
        if !member.starts_with("arn:") {
            let reason = format!("nobody of `people` is called `{member}`.");
            return Some(unknown_name(at, reason, member, self.people(), "Write a person of `people`, or an ARN."));
        }
        let Some(arn) = Arn::read(member) else { return Some(not_an_arn(at, member)) };
        (arn.sort == ArnSort::Session).then(|| {
            Finding::bad_value(
                at,
                format!("`{member}` is a session. A group lists roles, whoever has a session of them."),
                "Write the role's ARN; or write the session under `people`, and the person's name here.",
            )
        })
    }

    /// Returns the finding that a right is given to a name that nobody has.
    fn unknown(&self, at: &str, name: &str, ways: &[&str]) -> Option<Finding> {
        let groups = self.who.keys().chain(self.all.iter().flat_map(|all| all.who.keys()));
        let known: Vec<&str> = groups.chain(self.people()).map(WhoName::as_str).chain(ways.iter().copied()).collect();
        if known.contains(&name) {
            return None;
        }
        let (reason, remedy) = if name.starts_with("arn:") {
            (format!("a right is given to names, and `{name}` is an ARN."), "Write it into a group of `who`.")
        } else if WAYS.contains(&name) {
            (format!("`{name}` does not ask for this right."), "Take it out.")
        } else {
            (format!("nobody is called `{name}`."), "Write a group of `who` or a person of `people`.")
        };
        Some(unknown_name(at, reason, name, known, remedy))
    }
}

/// Returns the finding that a name is that of a way in.
fn taken(at: &str, name: &WhoName) -> Option<Finding> {
    WAYS.contains(&name.as_str())
        .then(|| Finding::bad_value(at, format!("`{name}` is the word for a way in."), "Choose another name."))
}

fn not_of_a_person(at: &str, text: &str, trusted_sessions: bool) -> Option<Finding> {
    let Some(arn) = Arn::read(text) else { return Some(not_an_arn(at, text)) };
    let (reason, remedy) = match arn.sort {
        ArnSort::Role => (
            format!("`{text}` is a role, and several people may assume it."),
            "Write it into a group of `who`; or write the ARN of the person's session here, as a whole.",
        ),
        ArnSort::Session if !trusted_sessions && !arn.is_of_identity_center() => (
            format!("whoever may assume this role chooses the name of the session `{text}`."),
            "Use a session of Identity Center; or, where the role's trust policy binds the name, write \
             `trusted_sessions: true` beside `aws`.",
        ),
        ArnSort::Session | ArnSort::User => return None,
    };
    Some(Finding::bad_value(at, reason, remedy))
}

fn not_an_arn(at: &str, text: &str) -> Finding {
    Finding::bad_value(
        at,
        format!("`{text}` is no ARN of a role, a session or a user."),
        "Write one such as `arn:aws:iam::111111111111:role/shop-dev`.",
    )
}
