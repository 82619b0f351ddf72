//! The second look comes 15 minutes after a recovery has ended a deployment. It looks at the targets once more, because
//! a call that AWS held longer than is assumed may have taken effect since. Pure.

use crate::deployment::Deployment;
use crate::deployment::hourly_look::AGAIN_AFTER_S;
use crate::deployment::step::Step;
use crate::environment::drift::{Compared, Drift};
use crate::environment::{EnvironmentState, GivenVersion, Running};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::{self, operators};
use crate::release::ending::Ending;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::count::count;
use crate::text::foreign;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::next_step::{NextStep, Wish};
use crate::text::prose::Prose;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The seconds after the ending at which it is due.
const AFTER_S: u64 = 15 * 60;

/// The most tries before it is reported that nothing is known.
const TRIES: u32 = 6;

/// A second look that is due or done: a deployment's targets are looked at once more.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecondLook {
    /// The deployment that a recovery has ended.
    pub deployment: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The release's version.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// Its ending.
    pub ending: Ending,
    /// The time at which it ended.
    pub ended: Time,
    /// The time of the next look.
    pub due: Time,
    /// The number of looks that were begun.
    pub tries: u32,
    /// The result; absent while it is due.
    pub looked: Option<SecondLookReport>,
    /// The execution that was started last to hold automatic deployments because of it; absent if that failed.
    pub hold: Option<String>,
    /// The number of such executions.
    #[serde(default)]
    pub holds: u32,
    /// True if automatic deployments were held because of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
}

/// The result of the second look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecondLookReport {
    /// The time of it.
    pub at: Time,
    /// The observation.
    pub saw: SecondLookResult,
    /// Each component compared with its record.
    pub components: BTreeMap<ComponentName, Compared>,
    /// The same for a person.
    pub told: Prose,
}

/// The observation of the second look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecondLookResult {
    /// Everything is as the recovery left it.
    AsLeft,
    /// Something is not as the recovery left it.
    Changed,
    /// It could not be seen, however often it was tried.
    Unknown,
    /// Later deployments have changed all of it since.
    Replaced,
}

impl SecondLook {
    /// The environment that it is of.
    pub fn environment_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.environment)
    }

    /// Returns the look that is due after this ending. There is none if no recovery has worked for the deployment, or
    /// if it changed nothing that callers notice. There is none in `NeedsOperator`, because a person looks there.
    pub fn after<'a>(record: &Deployment, steps: impl IntoIterator<Item = &'a Step>) -> Option<Self> {
        let ended = record.ending.as_ref()?;
        let is_left = matches!(ended.ending, Ending::Succeeded | Ending::RolledBack);
        let is_recovered = record.executions.len() > 1;
        let has_switched = steps.into_iter().any(Step::has_switched);
        (is_left && is_recovered && has_switched).then(|| Self {
            deployment: record.id.clone(),
            app: record.app.clone(),
            environment: record.environment.clone(),
            version: record.release.version.clone(),
            ending: ended.ending,
            ended: ended.at,
            due: ended.at.plus_s(AFTER_S),
            tries: 0,
            looked: None,
            hold: None,
            holds: 0,
            held: false,
        })
    }

    /// Returns what must still be there: each component that the deployment changed, as it was seen last. A later
    /// deployment observed, judged and recorded what it brought itself. What the deployment made and took away again
    /// is not there.
    pub fn left<'a>(
        &self,
        steps: impl IntoIterator<Item = &'a Step>,
        state: &EnvironmentState,
    ) -> BTreeMap<ComponentName, Running> {
        let steps: Vec<&Step> = steps.into_iter().collect();
        let stays = |step: &Step| step.has_switched() && !went_away(step, &steps);
        let left = steps.iter().filter(|step| stays(step)).filter(|step| {
            let brought = state.running.get(&step.component).map(|running| &running.names.brought);
            brought.is_none_or(|it| it.deployment == self.deployment || it.since < self.ended)
        });
        left.map(|step| {
            let given = GivenVersion {
                version: self.version.clone(),
                deployment: self.deployment.clone(),
                since: self.ended,
                git: None,
                released_by: None,
            };
            let running = Running::new(None, given, step.seen.clone().unwrap_or_default());
            (step.component.clone(), running)
        })
        .collect()
    }

    /// Looks later, without a try, because another deployment is under way.
    pub fn postpone(&mut self, now: Time) {
        self.due = now.plus_s(AGAIN_AFTER_S);
    }

    /// Begins a try, before anything is observed, so that a look that never ends is counted as well and others have
    /// their turn meanwhile. Returns false if there were enough.
    pub fn begin(&mut self, now: Time) -> bool {
        self.postpone(now);
        let may_try = self.tries < TRIES;
        self.tries += u32::from(may_try);
        may_try
    }

    /// Returns the observation; `None` if it is to be tried again.
    pub fn result_of(&self, compared: &BTreeMap<ComponentName, Compared>) -> Option<SecondLookResult> {
        let any = |drift| compared.values().any(|one| one.drift == drift);
        if compared.is_empty() {
            return Some(SecondLookResult::Replaced);
        }
        if any(Drift::Changed) {
            return Some(SecondLookResult::Changed);
        }
        if any(Drift::Unknown) {
            return (self.tries >= TRIES).then_some(SecondLookResult::Unknown);
        }
        Some(SecondLookResult::AsLeft)
    }

    /// Notes the observation.
    pub fn conclude(&mut self, saw: SecondLookResult, components: BTreeMap<ComponentName, Compared>, at: Time) {
        let words = self.in_words(saw, &components, at);
        self.looked = Some(SecondLookReport { at, saw, components, told: words });
    }

    /// Returns whether nothing is left to do for it.
    pub fn is_over(&self) -> bool {
        // So many executions that should hold automatic deployments have failed that none follows.
        let is_given_up = self.hold.is_none() && self.holds >= TRIES;
        let looked = self.looked.as_ref();
        looked.is_some_and(|looked| looked.saw != SecondLookResult::Changed || self.held || is_given_up)
    }

    fn in_words(&self, saw: SecondLookResult, components: &BTreeMap<ComponentName, Compared>, at: Time) -> Prose {
        let mut lines = vec![self.seen(saw, at)];
        let each = |drift, word: &str| in_line(components, drift, word);
        lines.extend(each(Drift::Changed, CHANGED));
        lines.extend(each(Drift::Unknown, "not known"));
        lines.extend(each(Drift::None, "as recorded"));
        let next = self.next(saw).map(|next| prose!("\n  {}", Prose::next(next)));
        prose!("{}{}", lines.join("\n"), next.unwrap_or_default())
    }

    /// Says what was seen, without the components.
    fn seen(&self, saw: SecondLookResult, at: Time) -> String {
        let (app, environment) = (&self.app, &self.environment);
        let whole = format!("{app} {environment} {}", self.version);
        let minutes = at.ms_since(self.ended) / 60_000;
        let since = format!("{} after it ended {}", count(minutes, "minute"), self.ending);
        match saw {
            SecondLookResult::AsLeft => format!("{whole} was seen again {since}, as it was left."),
            SecondLookResult::Changed => format!("{whole} is NOT as its recovery left it: looked at again {since}."),
            SecondLookResult::Unknown => {
                format!("{whole} could NOT be looked at again: {} looks failed until {since}.", self.tries)
            }
            SecondLookResult::Replaced => format!("What {whole} had left was changed by later deployments."),
        }
    }

    fn next(&self, saw: SecondLookResult) -> Option<Prose> {
        match saw {
            SecondLookResult::Changed => Some(prose!(
                "automatic deployments are being held; find out who changed it (CloudTrail); bring back what is \
                 recorded by {}; where nothing is recorded, deploy what should run with {} and {}; or roll back; then \
                 start {}",
                operators(ActionName::Restore, self.environment_id()),
                NextStep::With(Wish::Again),
                NextStep::With(Wish::ThroughHold),
                operators(ActionName::ReleaseHold, self.environment_id())
            )),
            SecondLookResult::Unknown => {
                Some(prose!("mend what stands in the way, then compare with {}", call::observed(self.environment_id())))
            }
            SecondLookResult::AsLeft | SecondLookResult::Replaced => None,
        }
    }

    /// Returns the reason for which automatic deployments are held, in fewer characters than a request's reason may
    /// have.
    pub fn reason_to_hold(&self) -> String {
        let Some(looked) = &self.looked else { return String::new() };
        let mut words = self.seen(looked.saw, looked.at);
        words.extend(in_line(&looked.components, Drift::Changed, CHANGED));
        words.chars().take(1000).collect()
    }
}

/// Returns whether the target of a step may be gone with what had made it, because that was undone.
fn went_away(step: &Step, steps: &[&Step]) -> bool {
    let mut made = steps.iter().filter(|other| step.stands_on.contains(&other.component));
    step.is_made && made.any(|other| other.is_back())
}

/// The word for components that are not as recorded.
const CHANGED: &str = "NOT as recorded";

/// Lists the components of one drift in a line: `  NOT as recorded: api (recorded 40, seen 41)`.
fn in_line(components: &BTreeMap<ComponentName, Compared>, drift: Drift, word: &str) -> Option<String> {
    let of = components.iter().filter(|(_, one)| one.drift == drift);
    let words: Vec<String> = of
        .map(|(name, one)| {
            let both = &one.both;
            let parts: Vec<String> = match drift {
                Drift::None => both.seen.iter().map(|seen| format!("seen {seen}")).collect(),
                Drift::Changed | Drift::Unknown => both.states().into_iter().chain(both.reason.clone()).collect(),
            };
            format!("{name} ({})", parts.join(", "))
        })
        .collect();
    (!words.is_empty()).then(|| format!("  {word}: {}", words.join("; ")))
}

#[cfg(test)]
#[path = "second_look_tests.rs"]
mod tests;
