//! Access files as operators write them. The JSON Schemas are made from these types.

use crate::access::jobs::CiJobs;
use crate::access::window::{Freeze, Outside, Window};
use crate::declaration::drill_schedule::Days;
use crate::declaration::kinds::KindName;
use crate::text::name::{AppName, EnvironmentName, WhoName};
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An access file: who may do what in the environments of an application. Unknown fields are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Windlass access file")]
pub struct AccessFile {
    /// The application's name.
    pub app: AppName,
    /// The number of this version, such as `4`. Changed content needs a higher one.
    #[schemars(range(min = 1))]
    pub version: u64,
    /// `none` withdraws the rules: everything is as without an access file.
    pub rules: Option<NoRules>,
    /// The people by name, beside those of `access/all.yaml`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 500))]
    pub people: BTreeMap<WhoName, Person>,
    /// The groups by name, beside those of `access/all.yaml`. Each lists people by their names, roles and users by
    /// their ARNs, and CI jobs by their claims. A role is known by its account and name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 200))]
    pub who: BTreeMap<WhoName, Vec<Member>>,
    /// The rules of each environment. An environment that is not listed takes no release.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 200))]
    pub environments: BTreeMap<EnvironmentName, EnvironmentRules>,
}

/// The access file of all applications. Unknown fields are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Windlass access file for all applications")]
pub struct AccessFileForAll {
    /// The number of this version, such as `4`. Changed content needs a higher one.
    #[schemars(range(min = 1))]
    pub version: u64,
    /// The people by name, whom the access files of all applications may name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 500))]
    pub people: BTreeMap<WhoName, Person>,
    /// The groups by name, which the access files of all applications may name. A group in an application's own file
    /// goes before a group of the same name here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 200))]
    pub who: BTreeMap<WhoName, Vec<Member>>,
    /// With `refuse` an application without an access file takes no release. If absent, only its declaration decides.
    pub without_file: Option<WithoutFile>,
    /// The freezes for all applications: no release starts during a freeze.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = 100))]
    pub freezes: Vec<Freeze>,
}

/// The word that withdraws rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoRules {
    /// There are none.
    None,
}

/// The fate of a release of an application without an access file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WithoutFile {
    /// It is refused.
    Refuse,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Member {
    /// A person's name, or the ARN of a role or of a user.
    Named(String),
    /// CI jobs, by the claims of their tokens.
    Jobs(CiJobs),
}

/// A person, with the identities by which the person is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The whole ARNs of the person's users and sessions. A session belongs to the person only if Identity Center has
    /// named it, or if `trusted_sessions` says that the role's trust policy does so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = 20))]
    pub aws: Vec<String>,
    /// True if sessions of roles other than Identity Center's belong to the person. Anybody who may assume such a role
    /// chooses the name of the session, unless the role's trust policy binds that name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trusted_sessions: bool,
    /// The id of the person's account at GitHub, in digits, which a new name does not change. It shows who has started
    /// a CI job, and gives no job a right.
    #[schemars(extend("pattern" = "^[0-9]{1,20}$"))]
    pub github: Option<String>,
    /// The id of the person's account at GitLab, in digits, likewise.
    #[schemars(extend("pattern" = "^[0-9]{1,20}$"))]
    pub gitlab: Option<String>,
}

/// The rules of an environment. Each right lists groups and people by their names, and ways in that name nobody. Nobody
/// has `release` unless named. If another right is absent, IAM alone decides who has it; an empty list gives it to
/// nobody. A CI job that shows a token never has an absent right, except that it may `read` where it may do something
/// else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentRules {
    /// Who may see and plan.
    #[schemars(extend("maxItems" = 50))]
    pub read: Option<Vec<String>>,
    /// Who may release. `s3` and `ecr` stand for uploads and pushes, which name nobody; `console` stands for an
    /// execution that is started by hand, which names nobody either.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = 50))]
    pub release: Vec<String>,
    /// Whose releases are only recorded: somebody with `release` starts them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = 50))]
    pub record: Vec<String>,
    /// Who may go back: `rollback`, `restore`, `recover`, `hold`, `pause`, and a cancellation.
    #[schemars(extend("maxItems" = 50))]
    pub roll_back: Option<Vec<String>>,
    /// Who may do everything else, also with wishes that override a check, such as `through_hold`. `windlass` stands
    /// for a scheduled drill.
    #[schemars(extend("maxItems" = 50))]
    pub operate: Option<Vec<String>>,
    /// The environment that its releases come from: only a release that one snapshot there has shown to be good is
    /// deployed here.
    pub from: Option<PromotionSource>,
    /// The windows in which releases and drills start. Without any, they start at all times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = 50))]
    pub windows: Vec<Window>,
    /// The fate of a release outside of the windows, or in a freeze: `refuse`, or `wait`.
    #[serde(default, skip_serializing_if = "Outside::is_refuse")]
    pub outside: Outside,
    /// The approval that a release needs before its turn. None is needed if absent.
    pub approve: Option<Approve>,
}

/// The environment that releases come from, and what they must have shown there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionSource {
    /// The environment. One snapshot of it must have run all bytes of the release, and have been judged good by
    /// measurements.
    pub environment: EnvironmentName,
    /// The time for which that snapshot must have been live, such as `2h`; at most 720h.
    #[serde(default)]
    pub live_for: Span,
    /// With `automatic` Windlass promotes by itself what has succeeded there, after that time, unless deployments are
    /// held here. If absent, a person promotes.
    pub promote: Option<Promote>,
}

/// The word for a promotion that no person starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Promote {
    /// Windlass starts it.
    Automatic,
}

impl PromotionSource {
    /// Returns whether Windlass promotes from there by itself.
    pub fn is_automatic(&self) -> bool {
        self.promote == Some(Promote::Automatic)
    }
}

/// The approval that releases into an environment need. People approve the plan of a deployment by its hash. Nobody
/// approves what they have asked for themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// Who may approve: people, and groups. Only people count, each once, whatever group they are in.
    #[schemars(extend("minItems" = 1, "maxItems" = 50))]
    pub by: Vec<String>,
    /// The number of people who must approve; 1 if absent.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 20))]
    pub count: u32,
    /// The time for which a release waits for approvals, in whole days; `1d` if absent, `3d` at most.
    #[serde(default = "a_day")]
    pub expires: Days,
    /// The kinds of components whose releases need approval; every release if absent.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<KindName>,
    /// With `false` the person who requested the deployment counts as well, and Windlass need not know who that is.
    /// With `true` Windlass refuses a deployment that nobody from `people` has requested.
    #[serde(default = "yes")]
    pub not_requester: bool,
}

const fn one() -> u32 {
    1
}

const fn a_day() -> Days {
    Days(1)
}

/// Returns what counts where only a `false` is written.
pub(crate) const fn yes() -> bool {
    true
}

/// The versions of the access files by which something was decided.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileVersions {
    /// That of the application's own file; absent if it has no rules.
    pub app: Option<u64>,
    /// That of the file of all applications; absent if there is none.
    pub all: Option<u64>,
}
