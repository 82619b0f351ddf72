//! Prepares a configuration: is it ours and free, what is brought, and how long does AppConfig take?

use super::find::{ConfigurationTarget, find};
use super::state::{COMPLETE, Configuration, Goal, Seen, Target, label};
use super::{Appconfig, document, wording};
use crate::config::Configured;
use crate::kinds::{Kind as _, LookContext, PrepareInput, Prepared, Recorded, Stage, from_value, looks, to_value};
use crate::ports::{AppConfigApi, AssumeRole, Clock, ConfigurationStrategy, Result, S3Api};
use crate::trouble::collected;
use std::collections::BTreeSet;
use windlass_domain::declaration::kinds::appconfig::Appconfig as Spec;
use windlass_domain::declaration::output::Output;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};

/// The type of profiles of feature flags (AWS AppConfig API Reference, ConfigurationProfile).
const FLAGS: &str = "AWS.AppConfig.FeatureFlags";

/// The most looks while a rollout grows: each look is a wave.
const LOOKS: u64 = 12;

/// Plans the change of one configuration; see [`crate::kinds::PrepareInput`].
pub async fn prepare<P>(ports: &P, input: &PrepareInput<'_>, spec: &Spec) -> Result<Prepared>
where
    P: AppConfigApi + S3Api + Configured + Clock + AssumeRole,
{
    let found = match find(ports, input, spec).await {
        Ok(found) => found,
        Err(trouble) => return Ok(Prepared::refused(trouble.findings()?)),
    };
    let claims = claims(&found);
    let is_flags = found.profile.kind == FLAGS;
    let home = ports.at(&Place::default());
    let mut findings: Vec<Finding> = hosted(input, &found).into_iter().collect();
    findings.extend(tags(ports, input, &found).await?);
    let brought = match input.goal_state {
        Some(_) => None,
        None if input.is_check => None,
        None => {
            let wanted = document::wanted(&home, input, spec, is_flags).await;
            collected(wanted, &mut findings)?
        }
    };
    let later = input.later();
    let target = Target {
        application: found.application.id.clone(),
        environment: found.environment.id.clone(),
        profile: found.profile.named.id.clone(),
        named: format!("{}/{}/{}", found.application.name, found.environment.name, found.profile.named.name),
        content_type: spec.content_type.clone(),
        is_verbatim: !is_flags,
        document: brought.filter(|_| later.is_empty()),
    };
    let plan = FlagsPlan { input, target, later, strategy: found.strategy };
    let kind = Appconfig::new(home, ports.at(input.place), input.deployment.clone());
    let prepared = plan.make(&kind, findings).await?;
    Ok(Prepared { claims, ..prepared })
}

/// Pure: the claim on a profile in an environment, which no other component may deploy. Their ids name both in the
/// region.
fn claims(found: &ConfigurationTarget) -> Vec<Claim> {
    let ConfigurationTarget { application, environment, profile, .. } = found;
    let ids = [&application.id, &environment.id, &profile.named.id].map(String::as_str);
    vec![Claim::whole(format!("appconfig:{}", ids.join("/")))]
}

/// Refuses a configuration of another store, whose versions AppConfig does not make.
fn hosted(input: &PrepareInput<'_>, found: &ConfigurationTarget) -> Option<Finding> {
    let ConfigurationTarget { profile, .. } = found;
    (profile.location != "hosted").then(|| {
        Finding::not_supported(
            input.path("profile"),
            format!(
                "The profile {} keeps its configuration in {}, and not in AppConfig's own store.",
                profile.named.name, profile.location
            ),
            "Use a profile whose location is `hosted`.",
        )
    })
}

async fn tags(
    ports: &impl AppConfigApi,
    input: &PrepareInput<'_>,
    found: &ConfigurationTarget,
) -> Result<Option<Finding>> {
    if !input.needs_tags() {
        return Ok(None);
    }
    let (application, environment) = (&found.application, &found.environment);
    let tags = ports.environment_tags(&application.id, &environment.id);
    let what = format!("environment {}/{} of AppConfig", application.name, environment.name);
    Ok(input.check_tags("environment", (&what, None), &tags.await?))
}

struct FlagsPlan<'a> {
    input: &'a PrepareInput<'a>,
    target: Target,
    /// The outputs that the document takes and that are known only in a later wave.
    later: BTreeSet<Output>,
    strategy: ConfigurationStrategy,
}

impl FlagsPlan<'_> {
    async fn make<P>(&self, kind: &Appconfig<P>, findings: Vec<Finding>) -> Result<Prepared>
    where
        P: AppConfigApi + S3Api + Configured + Clock,
    {
        let target = &self.target;
        let goal = self.goal()?;
        let way = LookContext { goal: goal.as_ref(), ..LookContext::default() };
        let seen = kind.observe(target, &way).await?;
        let mut findings = findings;
        findings.extend(self.busy(&seen));
        findings.extend(self.gone(kind).await?);
        let Some(goal) = goal.filter(|_| findings.is_empty()) else { return Ok(Prepared::refused(findings)) };
        let before = Recorded::of::<Appconfig<P>>(target, &seen)?;
        let unchanged = self.unchanged(&seen, &goal).filter(|_| self.later.is_empty() && !self.input.is_check);
        let stages = match &unchanged {
            Some(_) => vec![],
            None => self.stages(&goal)?,
        };
        let warnings = match &unchanged {
            Some(_) => vec![],
            None => self.first(&seen).into_iter().collect(),
        };
        Ok(Prepared {
            target: to_value(target)?,
            before: to_value(&before)?,
            stages,
            unchanged,
            warnings,
            ..Prepared::default()
        })
    }

    /// Returns the goal; `None` if the document that is brought cannot be read.
    fn goal(&self) -> Result<Option<Goal>> {
        if let Some(recorded) = self.input.goal_state {
            return from_value("recorded state", recorded).map(Some);
        }
        let brought = self.target.document.as_ref();
        let is_brought = brought.is_some() || !self.later.is_empty() || self.input.is_check;
        Ok(is_brought.then(|| Goal {
            live: Some(Configuration { version: None, label: brought.map(|document| label(document.deployed())) }),
            strategy: Some(self.strategy.named.id.clone()),
            grows: false,
        }))
    }

    /// Returns a finding if another deployment is under way in the environment. A rollback goes on: it may be the way
    /// out of it.
    fn busy(&self, seen: &Seen) -> Option<Finding> {
        let other = seen.under_way()?;
        let is_in_the_way = self.input.goal_state.is_none();
        is_in_the_way.then(|| {
            let finding = wording::busy(&self.target, other);
            Finding { path: self.input.path("environment"), ..finding }
        })
    }

    /// Returns a finding if the version to which a rollback goes back no longer exists.
    async fn gone<P>(&self, kind: &Appconfig<P>) -> Result<Option<Finding>>
    where
        P: AppConfigApi,
    {
        let Some(recorded) = self.input.goal_state else { return Ok(None) };
        let version = from_value::<Goal>("recorded state", recorded)?.live.and_then(|live| live.version);
        let Some(number) = version.and_then(|version| version.parse().ok()) else { return Ok(None) };
        match kind.content(&self.target, number).await {
            Ok(()) => Ok(None),
            Err(fault) if fault.name == FaultName::NotFound => Ok(Some(Finding::new(
                FindingName::ArtifactMissing,
                self.input.path("profile"),
                format!("Version {number} that was deployed then does not exist any more."),
                self.input.to_another_snapshot(),
            ))),
            Err(fault) => Err(fault),
        }
    }

    fn unchanged(&self, seen: &Seen, goal: &Goal) -> Option<String> {
        let wanted = goal.live.as_ref().map(|live| {
            let made = seen.made.as_ref().filter(|made| !made.is_other);
            live.version.as_ref().or(made.map(|made| &made.version))
        });
        match (wanted, seen.live()) {
            (None, None) => Some(format!("{} is not deployed", self.target.named)),
            (Some(Some(wanted)), Some(live)) if live.version == *wanted && live.state == COMPLETE => {
                Some(format!("{} has version {wanted} already (deployment {})", self.target.named, live.number))
            }
            _ => None,
        }
    }

    /// Returns the waves. The rollout grows by itself. It is looked at in waves, as long as the strategy says, so that
    /// gates watch it, and so that it is soon seen if AppConfig takes it back by itself. The last wave waits for its
    /// end. One wave that waits for the end would let no gate be judged for up to two days, and a measurement of the
    /// rollout would let the judge know a kind.
    fn stages(&self, goal: &Goal) -> Result<Vec<Stage>> {
        let (grows, bakes) = self.strategy.minutes;
        let minutes = grows + bakes;
        let looks = goal.strategy.as_ref().map_or(0, |_| looks(minutes, LOOKS));
        let growing = to_value(&Goal { grows: true, ..goal.clone() })?;
        let mut stages: Vec<Stage> = (1..=looks)
            .map(|look| Stage {
                bake_s: Some(minutes * 60 / looks),
                look: look > 1,
                timed_by: Some("AppConfig"),
                ..Stage::new(growing.clone(), self.what(goal, look, looks))
            })
            .collect();
        stages.push(Stage::new(to_value(goal)?, self.what(goal, 0, looks)));
        if let Some(first) = stages.first_mut() {
            first.later.clone_from(&self.later);
        }
        Ok(stages)
    }

    /// Returns what a wave does, in words. The last one is wave 0.
    fn what(&self, goal: &Goal, look: u64, looks: u64) -> String {
        let named = &self.target.named;
        let (grows, bakes) = self.strategy.minutes;
        let content = match (&self.target.document, &goal.live) {
            _ if !self.later.is_empty() => wording::filled_later(&self.later),
            (Some(document), _) => wording::document(document),
            (None, Some(live)) => format!("version {}", live.version.as_deref().unwrap_or("?")),
            (None, None) => "nothing".to_owned(),
        };
        match (look, looks) {
            (0, 0) => format!("{named} to {content}"),
            (0, _) => format!("{named} to {content}, complete"),
            (1, _) => format!(
                "{named} to {content} by {} ({grows} min and {bakes} min of watching alarms)",
                self.strategy.named.name
            ),
            _ => format!("{named} to {content}, look {look} of {looks}"),
        }
    }

    /// Warns of a first deployment: it is documented nowhere whether AppConfig reverts it once it is complete.
    fn first(&self, seen: &Seen) -> Option<Finding> {
        let is_first = seen.live().is_none() && self.input.goal_state.is_none();
        is_first.then(|| {
            Finding::new(
                FindingName::MayStay,
                self.input.path("profile"),
                format!(
                    "Nothing was deployed of {} before. An undo stops it while it grows; whether AppConfig takes it away once it is complete is only seen then.",
                    self.target.named
                ),
                "Nothing, or deploy a first configuration with your infrastructure code.",
            )
        })
    }
}

impl<P: AppConfigApi> Appconfig<P> {
    /// Reads a version's content, to see whether the version exists.
    async fn content(&self, target: &Target, number: u32) -> Result<()> {
        let (application, profile) = (&target.application, &target.profile);
        self.at.content(application, profile, number).await.map(drop)
    }
}
