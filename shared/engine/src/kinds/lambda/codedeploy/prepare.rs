//! What `Prepare` asks of CodeDeploy: is the group there, of Lambda, and free; does it deploy this alias, and in which
//! steps? What a function needs has been planned by then.

use super::state::{Goal, Group};
use super::{observe, tell};
use crate::kinds::lambda::{self, Back, Observed, Target};
use crate::kinds::{PrepareInput, Prepared, Recorded, Stage, from_value, to_value};
use crate::ports::{Answered, CodeDeploy, DeploymentGroup, Revision, Routing};
use windlass_domain::appspec::AppSpec;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::kinds::codedeploy::Group as Declared;
use windlass_domain::kinds::lambda::Lambda;
use windlass_domain::tenancy::Claim;

/// How many minutes of a move are watched before it is looked whether CodeDeploy has gone back by itself.
const LOOK_MIN: u64 = 5;

/// The most of those looks: each is a wave.
const LOOKS: u64 = 12;

/// Plans the move by the group of what is planned of the function.
pub(in crate::kinds::lambda) async fn prepare<P: CodeDeploy>(
    there: &P,
    input: &PrepareInput<'_>,
    spec: &Lambda,
    declared: &Declared,
    planned: Prepared,
) -> Answered<Prepared> {
    let asks = Asks {
        there,
        input,
        spec,
        declared,
    };
    let mut findings = planned.findings.clone();
    let found = asks.find().await?;
    let found = match found {
        Ok(found) => found,
        Err(group) => {
            findings.extend(group);
            return Ok(refused(findings, planned.claims));
        }
    };
    let target = Target {
        function: spec.function.clone(),
        alias: spec.alias.clone(),
        codedeploy: Some(found.group.clone()),
    };
    findings.extend(asks.busy(&target).await?);
    findings.extend(asks.shared(&target, &planned)?);
    if !findings.is_empty() {
        return Ok(refused(findings, planned.claims));
    }
    let stages = stages(&found, planned.stages)?;
    Ok(Prepared {
        target: to_value(&target)?,
        stages,
        ..planned
    })
}

fn refused(findings: Vec<Finding>, claims: Vec<Claim>) -> Prepared {
    Prepared {
        claims,
        ..Prepared::refused(findings)
    }
}

/// The move goes by itself. So that gates watch it, and that what CodeDeploy takes back is told soon, it is looked at
/// in waves, as long as the configuration says; the last one waits for its end. A way back is the alias itself.
fn stages(found: &Found, planned: Vec<Stage>) -> Answered<Vec<Stage>> {
    let mut stages = Vec::new();
    for stage in planned {
        let of: lambda::Goal = from_value("goal", &stage.goal)?;
        let is_moved = matches!(&of, lambda::Goal::Release(wanted) if !wanted.is_ahead());
        if !is_moved {
            stages.push(stage);
            continue;
        }
        let minutes = found.group.minutes;
        let looks = match minutes {
            0 => 0,
            minutes => (minutes / LOOK_MIN).clamp(1, LOOKS),
        };
        let moving = to_value(&Goal {
            of: of.clone(),
            moves: true,
        })?;
        let what = |look: u64| match (look, looks) {
            (0, 0) | (1, _) => format!("{} by CodeDeploy's {}", stage.what, found.words),
            (0, _) => format!("{}, complete", stage.what),
            _ => format!("{}, look {look} of {looks}", stage.what),
        };
        stages.extend((1..=looks).map(|look| Stage {
            bake_s: Some(minutes * 60 / looks),
            ..Stage::new(moving.clone(), what(look))
        }));
        stages.push(Stage::new(to_value(&Goal::to(of))?, what(0)));
    }
    Ok(stages)
}

/// A group that can deploy this alias.
struct Found {
    group: Group,
    /// The group and what it will do, in words.
    words: String,
}

struct Asks<'a, P> {
    there: &'a P,
    input: &'a PrepareInput<'a>,
    spec: &'a Lambda,
    declared: &'a Declared,
}

impl<P: CodeDeploy> Asks<'_, P> {
    fn finding(&self, name: FindingName, reason: String, remedy: impl Into<String>) -> Finding {
        let path = self.input.path("codedeploy.group");
        Finding::new(name, path, reason, remedy)
    }

    fn named(&self) -> String {
        let Declared { application, group } = self.declared;
        format!("group {application}/{group}")
    }

    async fn find(&self) -> Answered<Result<Found, Vec<Finding>>> {
        let Declared { application, group } = self.declared;
        let found = match self.there.deployment_group(application, group).await {
            Err(fault) if fault.name == FaultName::NotFound => {
                return Ok(Err(vec![self.finding(
                    FindingName::TargetMissing,
                    format!("CodeDeploy has no {} here.", self.named()),
                    "Make it with your infrastructure code before the first deployment, or mend the names.",
                )]));
            }
            found => found?,
        };
        if found.platform != "Lambda" {
            return Ok(Err(vec![self.finding(
                FindingName::NotSupported,
                format!(
                    "CodeDeploy's {} deploys to {}, and not to Lambda.",
                    self.named(),
                    found.platform
                ),
                "Name a deployment group whose application has the compute platform Lambda.",
            )]));
        }
        let routing = self.there.routing(&found.configuration).await?;
        let minutes = self.minutes(&found, &routing);
        let appspec = self.appspec(&found).await?;
        Ok(match (minutes, appspec) {
            (Ok(minutes), Ok(appspec)) => {
                let hooks = appspec.hooks();
                let hooks = match hooks.as_slice() {
                    [] => String::new(),
                    hooks => format!(", with {}", hooks.join(" and ")),
                };
                Ok(Found {
                    words: format!("{}: {}{hooks}", self.named(), tell::routing(&routing)),
                    group: Group {
                        application: application.clone(),
                        group: group.clone(),
                        minutes,
                        appspec,
                    },
                })
            }
            (minutes, appspec) => Err([minutes.err(), appspec.err()]
                .into_iter()
                .flatten()
                .collect()),
        })
    }

    /// The minutes in which all callers are moved.
    fn minutes(&self, found: &DeploymentGroup, routing: &Routing) -> Result<u64, Finding> {
        match routing {
            Routing::AllAtOnce => Ok(0),
            Routing::Canary(_, minutes) => Ok(*minutes),
            Routing::Linear(percent, minutes) => {
                Ok(minutes * (100_u64.div_ceil((*percent).max(1)) - 1))
            }
            Routing::Other(other) => Err(self.finding(
                FindingName::NotSupported,
                format!(
                    "The deployment configuration {} of CodeDeploy's {} moves callers by {other}, which this Windlass does not know.",
                    found.configuration,
                    self.named()
                ),
                "Use a configuration that moves all at once, by a canary or linearly.",
            )),
        }
    }

    /// The document of the group's last revision. On a way back nothing is deployed by it.
    async fn appspec(&self, found: &DeploymentGroup) -> Answered<Result<AppSpec, Finding>> {
        let alias = self.spec.alias.as_deref().unwrap_or_default();
        let function = &self.spec.function;
        let new = || AppSpec::new(function, alias);
        if self.input.goal_state.is_some() {
            return Ok(Ok(new()));
        }
        let text = match self.last_revision(found).await? {
            None => return Ok(Ok(new())),
            Some(Revision::Kept { kind, sha256 }) => {
                let application = &self.declared.application;
                self.there.revision(application, &kind, &sha256).await?
            }
            Some(Revision::Elsewhere(place)) => {
                return Ok(Err(self.finding(
                    FindingName::NotSupported,
                    format!(
                        "The last revision of CodeDeploy's {} is kept in {place}, so that its hooks cannot be read and kept.",
                        self.named()
                    ),
                    "Deploy once with the AppSpec as a text (`aws deploy create-deployment --revision revisionType=AppSpecContent,…`); Windlass goes on from there.",
                )));
            }
        };
        let read = match AppSpec::read(&text) {
            Ok(read) => read,
            Err(why) => {
                return Ok(Err(self.finding(
                    FindingName::NotSupported,
                    format!(
                        "The AppSpec of the last revision of CodeDeploy's {} cannot be gone on from: {why}.",
                        self.named()
                    ),
                    "Deploy once with an AppSpec of this function and its alias alone; Windlass goes on from there.",
                )));
            }
        };
        if read.is_of(function, alias) {
            return Ok(Ok(read));
        }
        let (its_function, its_alias) = read.deploys();
        Ok(Err(self.finding(
            FindingName::BadValue,
            format!(
                "CodeDeploy's {} deployed the alias {its_alias} of {its_function} last, and not {alias} of {function}.",
                self.named()
            ),
            "Name the deployment group that moves this alias.",
        )))
    }

    /// The group's last revision. Where the group itself does not tell it, its last deployments do.
    async fn last_revision(&self, found: &DeploymentGroup) -> Answered<Option<Revision>> {
        if found.revision.is_some() {
            return Ok(found.revision.clone());
        }
        for id in &found.last {
            match self.there.deployed(id).await {
                Ok(deployed) if deployed.revision.is_some() => return Ok(deployed.revision),
                Ok(_) => {}
                Err(fault) if fault.name == FaultName::NotFound => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(None)
    }

    /// Somebody's deployment under way in the group: it moves the alias, whatever else is sent.
    async fn busy(&self, target: &Target) -> Answered<Option<Finding>> {
        let Some(group) = &target.codedeploy else {
            return Ok(None);
        };
        let all = observe::deployments(self.there, group, None).await?;
        let other = all.iter().find(|one| !one.is_over());
        Ok(other.map(|other| Finding {
            path: self.input.path("codedeploy.group"),
            ..tell::busy(target, other)
        }))
    }

    /// An alias that shares its callers, from which CodeDeploy deploys nothing.
    fn shared(&self, target: &Target, planned: &Prepared) -> Answered<Option<Finding>> {
        if self.input.goal_state.is_some() || planned.before.is_null() || planned.stages.is_empty()
        {
            return Ok(None);
        }
        let before = Recorded::read("state before", &planned.before)?;
        let Back { back } = from_value("state before", &before.goal)?;
        let Observed { alias, .. } = back;
        let shared = alias.filter(|alias| !alias.traffic.weights.is_empty());
        Ok(shared.map(|alias| Finding {
            path: self.input.path("alias"),
            ..tell::shared(target, &alias.traffic)
        }))
    }
}
