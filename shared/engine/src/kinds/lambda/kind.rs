//! A function whose alias Windlass moves, as a kind: its look, its changes, and the words of what callers get.
//!
//! A function may have thousands of versions, which Lambda lists fifty at a time and the oldest first. So a look reads
//! the few that matter by their numbers: Lambda's control plane allows few calls a second for the whole account.
//!
//! The step keeps the number that PublishVersion returns (`made`). If that answer is lost, the call is made again, and
//! Lambda returns the same version as long as nothing is new. A version that neither the alias uses nor this deployment
//! has published is not found: its code is published once more.

use super::alias::{AliasState, Traffic};
use super::change::LambdaKind;
use super::next::{self, next};
use super::state::Change;
use crate::config::Configured;
use crate::kinds::lambda::state::{CodeSource, Goal, Latest, Observed, Target, Version};
use crate::kinds::noticed::plain;
use crate::kinds::{ChangeFacts, Class, FORMER, Kind, LookContext, Next, Noticed, Trail, VERSION, View};
use crate::ports::{Function, LambdaApi, Result, S3Api};
use crate::trouble::if_there;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::{prose, run};

impl<P: LambdaApi + S3Api + Configured> Kind for LambdaKind<P> {
    type Target = Target;
    type Seen = Observed;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Observed> {
        let known = KnownVersions::of(way.goal, way.made);
        let sent_upon = way.sent.as_ref().and_then(|sent| match &sent.upon {
            Goal::Back(was) => Some(was.latest.revision_id.clone()),
            Goal::Release(_) | Goal::Wake(_) => None,
        });
        let has_other_sent = way.begun.is_some_and(|begun| brings_other(begun.change));
        Ok(Observed { sent_upon, has_other_sent, ..observe(&self.at, target, &known).await? })
    }

    fn view(_: &Target, seen: &Observed) -> View {
        let waits_for = waits_for(seen).map(Into::into);
        View { noticed: noticed(seen), waits_for, is_guarded: true, is_consistent: false }
    }

    fn share(seen: &Observed) -> Option<u32> {
        seen.alias.as_ref()?.traffic.share()
    }

    fn back(seen: &Observed) -> Goal {
        // Where Lambda cannot allocate, callers have the former version, and that is gone back to.
        Goal::Back(Observed { alias: seen.alias.clone().map(AliasState::at_rest), ..seen.clone() })
    }

    fn unsettled(target: &Target, seen: &Observed) -> Option<Finding> {
        unsettled(target, seen)
    }

    fn idle(_: &Target, seen: &Observed) -> Option<String> {
        seen.latest.is_barred.then(|| "the function has a reserved concurrency of 0".to_owned())
    }

    fn next(target: &Target, seen: &Observed, goal: &Goal) -> Next<Change> {
        next(&target.function, seen, goal)
    }

    fn facts(change: &Change, seen: &Observed) -> ChangeFacts {
        ChangeFacts {
            class: match change {
                Change::Update { live: true, .. } | Change::Shift { .. } => Class::Switching,
                Change::Update { .. } | Change::Publish { .. } => Class::Additive,
            },
            longer_s: 0,
            value: change.value(),
            what: change.to_string(),
            after: next::after(change, seen).map(|after| noticed(&after)),
        }
    }

    fn outputs(seen: &Observed, goal: &Goal) -> BTreeMap<String, String> {
        let version = next::brought(seen, goal);
        let former = match goal {
            Goal::Release(wanted) if wanted.is_shared() => Some(wanted.from.clone()),
            Goal::Release(_) | Goal::Back(_) | Goal::Wake(_) => None,
        };
        let named = [(VERSION, version), (FORMER, former)];
        let named = named.into_iter();
        named.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    fn field(member: &str, value: &Value) -> (String, String) {
        field(member, value)
    }

    fn own_part(target: &Target) -> Option<&str> {
        target.alias.as_deref()
    }

    fn trail(target: &Target) -> Option<Trail> {
        Some(Trail { resource: target.function.clone(), region: None })
    }

    fn owned(target: &Target) -> String {
        let code = format!("the code of function {}", target.function);
        match &target.alias {
            Some(alias) => format!("{code}, and version and weights of its alias {alias}"),
            None => code,
        }
    }

    async fn ready(&self, target: &Target, change: &Change) -> Result<()> {
        if let Change::Update { to, source, .. } = change {
            let code = self.code(&target.function, to, source).await?;
            *self.fetched.borrow_mut() = Some((source.clone(), code));
        }
        Ok(())
    }

    async fn change(&self, target: &Target, change: &Change, deployment: &DeploymentId) -> Result<Option<String>> {
        self.make(&target.function, change, deployment).await
    }
}

/// Returns the name and the value, for people, of one member of what callers get.
pub(super) fn field(member: &str, value: &Value) -> (String, String) {
    let (name, value) = match member {
        "version" => ("version of the alias", plain(value)),
        "shares" => ("weights of the alias", weights(value)),
        "code" => ("code of $LATEST", plain(value).chars().take(12).collect()),
        "moved_by" => ("being moved by CodeDeploy", plain(value)),
        other => (other, plain(value)),
    };
    (name.to_owned(), value)
}

/// Formats shares in millionths, as [`super::alias::Traffic::noticed`] has them, in percent.
fn weights(shares: &Value) -> String {
    let each = shares.as_array().into_iter().flatten();
    let each = each.filter_map(|share| {
        let (version, millionths) = (share.get(0)?.as_str()?, share.get(1)?.as_u64()?);
        let (whole, tenths) = (millionths / 10_000, millionths / 1_000 % 10);
        Some(match tenths {
            0 => format!("{version} at {whole} %"),
            tenths => format!("{version} at {whole}.{tenths} %"),
        })
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() {
        return "none".to_owned();
    }
    each.join(", ")
}

/// Says what the function waits for.
pub(super) fn waits_for(seen: &Observed) -> Option<String> {
    seen.alias.as_ref()?.waits_for()
}

/// Returns the finding that Lambda has not given all callers to the alias's version yet.
pub(super) fn unsettled(target: &Target, seen: &Observed) -> Option<Finding> {
    let Target { function, .. } = target;
    let alias = seen.alias.as_ref().filter(|alias| alias.kept_at.is_some())?;
    let name = &alias.name;
    let move_all = prose!(
        "give its callers to one version by {}; then accept again.",
        run!(
            "aws lambda update-alias --function-name {function} --name {name} --function-version <number> --routing-config AdditionalVersionWeights={{}}"
        )
    );
    let remedy = match alias.lacks_concurrency() {
        Some(_) => prose!("Lambda cannot allocate its provisioned concurrency: {}", move_all),
        None => prose!(
            "Wait until its provisioned concurrency is `READY` ({}), or {}",
            run!("aws lambda get-provisioned-concurrency-config --function-name {function} --qualifier {name}"),
            move_all
        ),
    };
    Some(Finding::new(
        FindingName::TargetBusy,
        format!("alias {name} of function {function}"),
        format!("What callers of {function} get is not final, so it cannot be accepted: alias {name} is at {alias}."),
        remedy,
    ))
}

/// Returns what callers get.
pub(super) fn noticed(seen: &Observed) -> Noticed {
    Noticed {
        value: match &seen.alias {
            Some(alias) => alias.traffic.noticed(),
            None => json!({"code": seen.latest.code()}),
        },
        shown: seen.to_string(),
    }
}

/// The versions that matter and that the alias does not name.
#[derive(Debug, Clone, Default)]
pub struct KnownVersions {
    /// The version that was published for this deployment.
    published: Option<String>,
    /// The versions that are gone back to, or whose code is brought.
    wanted: Vec<String>,
    /// The code that is to be live again, if callers use `$LATEST` and no record names which version keeps it.
    former: Option<String>,
}

impl KnownVersions {
    /// Puts together the versions to look at on the way to a goal. `made` is the version that was published.
    pub fn of(goal: Option<&Goal>, made: Option<&str>) -> Self {
        let mut known = Self { published: made.map(str::to_owned), ..Self::default() };
        match goal {
            Some(Goal::Back(Observed { alias: Some(alias), .. })) => known.wanted.extend(alias.traffic.versions()),
            Some(Goal::Back(was)) if made.is_none() && !was.latest.is_image() => {
                known.former = Some(was.latest.code_sha256.clone());
            }
            Some(Goal::Release(wanted)) => {
                if let CodeSource::Version(version) = &wanted.source {
                    known.wanted.push(version.clone());
                }
            }
            Some(Goal::Back(_) | Goal::Wake(_)) | None => {}
        }
        known
    }
}

/// Reads the function, its alias, and the versions that matter.
pub async fn observe(at: &impl LambdaApi, target: &Target, known: &KnownVersions) -> Result<Observed> {
    let latest = latest(at.function(&target.function, None).await?);
    let alias = match &target.alias {
        Some(alias) => Some(read_alias(at, &target.function, alias).await?),
        None => None,
    };
    let published = match (&known.published, &known.former) {
        // The code of an update that failed may have to be sent once more.
        (None, Some(code)) if latest.code_sha256 != *code || latest.last_update == "Failed" => {
            keeper(at, &target.function, code).await?
        }
        (published, _) => published.clone(),
    };
    let used = alias.iter().flat_map(|alias| alias.traffic.versions().chain(alias.kept_at.clone()));
    let named = used.chain(known.wanted.clone()).chain(published.clone());
    let versions = read(at, &target.function, named).await?;
    Ok(Observed { latest, versions, published, alias, sent_upon: None, has_other_sent: false })
}

/// Returns whether a change that was recorded ([`Change::value`]) brings other code to `$LATEST` than it found there.
fn brings_other(change: &Value) -> bool {
    let Value::Array(to) = &change["update"]["to"] else { return false };
    !to.contains(&change["update"]["from"])
}

/// Returns the newest version that keeps a code. Only here all versions are listed.
async fn keeper(at: &impl LambdaApi, function: &str, code: &str) -> Result<Option<String>> {
    let mut newest_first = at.versions(function).await?.into_iter().rev();
    let found = newest_first.find(|version| version.code_sha256 == code);
    Ok(found.map(|version| version.version))
}

/// Reads versions by their numbers, oldest first. A version that is not there, or not seen yet, is left out.
async fn read(at: &impl LambdaApi, function: &str, named: impl Iterator<Item = String>) -> Result<Vec<Version>> {
    let mut numbers: Vec<u64> = named.filter_map(|number| number.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut versions = Vec::new();
    for number in numbers {
        let version = if_there(at.function(function, Some(&number.to_string())).await)?;
        versions.extend(version.map(Version::of));
    }
    Ok(versions)
}

fn latest(function: Function) -> Latest {
    Latest {
        code_sha256: function.code_sha256,
        image: function.image,
        code_key: function.code_key,
        configuration: function.configuration,
        revision_id: function.revision_id,
        state: function.state,
        last_update: function.last_update,
        reason: function.reason,
        reason_code: function.reason_code,
        is_barred: function.reserved == Some(0),
    }
}

async fn read_alias(at: &impl LambdaApi, function: &str, name: &str) -> Result<AliasState> {
    let alias = at.alias(function, name).await?;
    let provisioned = at.provisioned(function, name).await?;
    Ok(AliasState::of(name, alias, provisioned))
}

impl Traffic {
    /// Returns the versions that callers may get: two at most (AWS Lambda Developer Guide, "Implement Lambda canary
    /// deployments using a weighted alias").
    pub(super) fn versions(&self) -> impl Iterator<Item = String> {
        let weighted = self.weights.iter().map(|(version, _)| version.clone());
        weighted.chain([self.version.clone()])
    }
}
