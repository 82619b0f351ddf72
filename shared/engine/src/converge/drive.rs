//! The loop: observe, decide, fence, change.

use super::attempt::{Attempt, SwitchingCall};
use crate::converge::invocation::{Budget, InvocationEnd};
use crate::kinds::{
    BegunChange, ChangeFacts, Class, Kind, LookContext, Next, Noticed, Recorded, SentChange, View, from_value, to_value,
};
use crate::ports::{Clock, DynamoDbApi, Result};
use serde_json::Value;
use windlass_domain::deployment::step::{ChangeRecord, Step};
use windlass_domain::prose;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::prose::Prose;
use windlass_domain::text::time::Time;

/// The wait, in milliseconds, when an observation may be older than the change that it should show.
const SETTLE_MS: u64 = 2_000;

/// The shortest wait before the next look at a target that is not ready, in milliseconds.
pub(super) const SOONEST_MS: u64 = 500;

/// The number of times in one invocation that a condition may fail to hold.
const CONFLICTS: u32 = 5;

/// The most looks of one invocation. Its budget is time; this is the last resort.
const ROUNDS: u32 = 2_000;

/// The time that a send usually takes at most, in seconds (the adapters' limit). No send begins that could outlast the
/// time of its open call; so the grace after that time covers clocks and the network alone.
pub(super) const SEND_S: u64 = 10;

/// The look upon which a switching change is made.
struct ChangeBasis<'i, K: Kind> {
    /// The state that was seen.
    is: &'i K::Seen,
    /// The view of that state.
    view: View,
}

/// Looks in a row that are not believed.
#[derive(Clone, Copy)]
pub(super) struct DoubtfulLooks {
    pub(super) since: Time,
    /// The round of the last such look.
    pub(super) round: u32,
}

/// One invocation on its way.
pub struct Drive<'r, 'a, K: Kind, P> {
    pub(super) attempt: &'r mut Attempt<'a, P>,
    kind: &'r K,
    pub(super) wave: Option<u32>,
    pub(super) target: K::Target,
    goal: K::Goal,
    budget: Budget,
    waited_ms: u64,
    conflicts: u32,
    pub(super) rounds: u32,
    /// The time at which the last look began. A look is as old as its beginning: each of its calls may take long, and
    /// what was read before it shows nothing newer.
    pub(super) looked: Time,
    pub(super) doubt: Option<DoubtfulLooks>,
    /// The additive changes that this invocation made, as the ledger records them.
    made: Vec<Value>,
    /// The state that was seen before a switching change whose condition did not hold.
    pub(super) refused_upon: Option<Noticed>,
    /// True if this invocation has made a change that was answered.
    has_made_some: bool,
}

impl<'r, 'a, K: Kind, P: DynamoDbApi + Clock> Drive<'r, 'a, K, P> {
    /// Reads the target and the goal from the step.
    pub fn new(attempt: &'r mut Attempt<'a, P>, kind: &'r K, wave: Option<u32>, budget: Budget) -> Result<Self> {
        let step = &attempt.step.value;
        let target = from_value("target", &step.target)?;
        let goal = from_value("goal", &goal(step, wave)?)?;
        let looked = attempt.ports.now();
        Ok(Self {
            attempt,
            kind,
            wave,
            target,
            goal,
            budget,
            waited_ms: 0,
            conflicts: 0,
            rounds: 0,
            looked,
            doubt: None,
            made: Vec::new(),
            refused_upon: None,
            has_made_some: false,
        })
    }

    /// Returns what the next look is for, and what was done before it.
    fn way(&self) -> Result<LookContext<'_, K::Goal>> {
        let step = &self.attempt.step.value;
        let sent = match (self.attempt.last_sent(self.wave.is_none()), &step.seen) {
            (Some(last), Some(seen)) => Some(SentChange {
                change: last.change.clone(),
                at: last.at,
                upon: from_value("state seen", &Recorded::read("state seen", seen)?.goal)?,
            }),
            _ => None,
        };
        let forward = |change: &&ChangeRecord| change.switching && !change.undo;
        let begun = step.changes.iter().rfind(forward);
        let mut additions = step.changes.iter().rev().filter(|change| !change.switching);
        Ok(LookContext {
            goal: Some(&self.goal),
            sent,
            begun: begun.map(|begun| BegunChange { change: &begun.change, at: begun.at }),
            entered: step.entered.map(|(_, at)| at).filter(|_| self.wave.is_some()),
            made: additions.find_map(|change| change.made.as_deref()),
            changes: &step.changes,
            behind: step.behind.filter(|behind| self.wave == Some(*behind)),
            refused: step.refused,
            goes_over: step.goes_over,
            token: self.attempt.fence.token,
            claimed: None,
        })
    }

    /// Returns the goal in words.
    fn goal_shown(&self) -> Result<String> {
        if self.wave.is_some() {
            return Ok("the release".to_owned());
        }
        let before = &self.attempt.step.value.before;
        Ok(Recorded::read("state before", before)?.noticed.shown)
    }

    /// Goes on until the goal was seen, or cannot be reached, or time is up.
    pub async fn run(&mut self) -> Result<InvocationEnd> {
        for _ in 0..ROUNDS {
            if self.attempt.elapsed_ms() >= self.budget.work_ms {
                break;
            }
            let said = match self.round().await {
                Err(fault) if fault.name == FaultName::NotFound => self.unless_behind(Err(fault)).await?,
                said => said?,
            };
            if let Some(end) = said {
                return Ok(end);
            }
        }
        Ok(self.out_of_time("it needs more than one invocation".into()))
    }

    /// Ends an invocation that has no time left. Another one goes on at once only if this one has made a part; so an
    /// invocation that makes none is not repeated at once for ever.
    fn out_of_time(&self, why: String) -> InvocationEnd {
        if self.has_made_some { InvocationEnd::More(why) } else { InvocationEnd::NotYet(why.into()) }
    }

    async fn round(&mut self) -> Result<Option<InvocationEnd>> {
        self.rounds += 1;
        self.looked = self.attempt.ports.now();
        let is = self.kind.observe(&self.target, &self.way()?).await?;
        let next = K::next(&self.target, &is, &self.goal);
        let is_done = matches!(next, Next::Done);
        let view = K::view(&self.target, &is);
        let step = &mut self.attempt.step.value;
        step.waits_for.clone_from(&view.waits_for);
        step.asks_people = K::asks_people(&self.target, &is);
        let is_taken_back = matches!(next, Next::TakenBack(_));
        if !is_taken_back && let Some(other) = self.out_of_band_change(&view, is_done)? {
            return self.leave_unless_behind(&is, &view, other).await;
        }
        self.refused_upon = None;
        let is_last = matches!(next, Next::Done | Next::Failed(_) | Next::TakenBack(_));
        if is_last && let Some(ms) = self.until_seen(&view, is_done) {
            let why = "what was just switched may not be seen yet";
            return Ok(self.pause(ms, why).await);
        }
        if is_done {
            let step = &mut self.attempt.step.value;
            step.unanswered.clear();
            if view.is_guarded {
                step.confirmed = Some(to_value(&view.noticed)?);
            }
        }
        match next {
            Next::Done => Ok(Some(InvocationEnd::Reached {
                seen: Recorded::of::<K>(&self.target, &is)?,
                share: K::share(&is),
                outputs: K::outputs(&is, &self.goal),
                idle: K::idle(&self.target, &is),
            })),
            Next::Failed(finding) => Ok(Some(InvocationEnd::Failed(finding))),
            Next::TakenBack(finding) => {
                self.note_taken_back(&is)?;
                Ok(Some(InvocationEnd::Failed(finding)))
            }
            Next::Theirs(finding) => {
                let other = InvocationEnd::Failed(finding);
                self.leave_unless_behind(&is, &view, other).await
            }
            Next::Wait(seconds) => {
                let ms = self.pace(seconds);
                let held = view.waits_for;
                let why = held.unwrap_or_else(|| "the target is not ready".into());
                Ok(self.wait(ms, why).await)
            }
            Next::WaitForHours => {
                let held = view.waits_for;
                let why = held.unwrap_or_else(|| "the target takes long".into());
                Ok(Some(InvocationEnd::TakesHours(why)))
            }
            Next::Do(change) => {
                let facts = K::facts(&change, &is);
                match facts.class {
                    Class::Additive => self.add(&change, facts).await,
                    Class::Switching => {
                        let upon = ChangeBasis { is: &is, view };
                        self.switch(&change, facts, upon).await
                    }
                }
            }
        }
    }

    /// Returns the wait for a target, in milliseconds: half as long as it was waited already, up to what the kind asks
    /// for. So the target is seen to be ready after at most one and a half times the time that it took.
    fn pace(&self, seconds: u64) -> u64 {
        (self.waited_ms / 2).max(SOONEST_MS).min(seconds * 1000)
    }

    /// Waits for the target within the budget.
    async fn wait(&mut self, ms: u64, why: impl Into<Prose>) -> Option<InvocationEnd> {
        let ms = ms.clamp(100, 20_000);
        if self.waited_ms + ms > self.budget.wait_ms {
            return Some(InvocationEnd::NotYet(why.into()));
        }
        self.waited_ms += ms;
        self.pause(ms, why).await
    }

    /// Waits for another look, while there is time to work.
    pub(super) async fn pause(&mut self, ms: u64, why: impl Into<Prose>) -> Option<InvocationEnd> {
        if self.attempt.elapsed_ms() + ms > self.budget.work_ms {
            return Some(InvocationEnd::NotYet(why.into()));
        }
        self.attempt.ports.sleep_ms(ms).await;
        None
    }

    async fn add(&mut self, change: &K::Change, facts: ChangeFacts) -> Result<Option<InvocationEnd>> {
        let ChangeFacts { value, what, longer_s, .. } = facts;
        if self.made.contains(&value) {
            let why = format!("`{what}` is done but not seen yet");
            return Ok(self.wait(SETTLE_MS, &why).await);
        }
        if let Some(end) = self.unless_in_time(longer_s, &what) {
            return Ok(Some(end));
        }
        self.attempt.begin(self.wave).await?;
        match self.send(change, &what).await {
            Ok(made) => {
                let record = (value.clone(), what, made);
                self.attempt.note_additive(record, self.wave);
                self.made.push(value);
                self.has_made_some = true;
                Ok(None)
            }
            Err(fault) if fault.name == FaultName::Conflict => Ok(self.conflict(&fault).await),
            Err(fault) => Err(fault),
        }
    }

    /// Ends the invocation if a call that may take longer than usual does not fit into what is left of its time.
    fn unless_in_time(&self, longer_s: u64, what: &str) -> Option<InvocationEnd> {
        let is_late = self.attempt.elapsed_ms() + longer_s * 1000 >= self.budget.work_ms;
        is_late.then(|| self.out_of_time(format!("there was no time left to send `{what}`")))
    }

    async fn send(&self, change: &K::Change, what: &str) -> Result<Option<String>> {
        let deployment = &self.attempt.step.value.deployment;
        let answer = self.kind.change(&self.target, change, deployment).await;
        answer.map_err(|fault| fault.while_doing(what))
    }

    async fn switch(
        &mut self,
        change: &K::Change,
        facts: ChangeFacts,
        upon: ChangeBasis<'_, K>,
    ) -> Result<Option<InvocationEnd>> {
        let undo = self.wave.is_none();
        let tried = self.attempt.tried(&facts.value, undo);
        match tried.map(|tried| tried.answered) {
            None => self.send_switching(change, facts, upon).await,
            Some(true) => {
                // The look is old, or somebody has reverted the change.
                let when = format!("after `{}` was confirmed", facts.what);
                let made = self.confirmed()?.map(|made| made.shown);
                let made = made.map_or_else(|| self.goal_shown(), Ok)?;
                let other = self.changed_by_other(&when, &made, &upon.view);
                self.leave_unless_behind(upon.is, &upon.view, other).await
            }
            Some(false) => match self.seen_otherwise(&upon.view)? {
                None => self.send_switching(change, facts, upon).await,
                Some(seen) => {
                    let when = format!("while `{}` was sent", facts.what);
                    let other = self.changed_by_other(&when, &seen.shown, &upon.view);
                    self.leave_unless_behind(upon.is, &upon.view, other).await
                }
            },
        }
    }

    async fn send_switching(
        &mut self,
        change: &K::Change,
        facts: ChangeFacts,
        upon: ChangeBasis<'_, K>,
    ) -> Result<Option<InvocationEnd>> {
        let ChangeFacts { value, what, longer_s, after, .. } = facts;
        let undo = self.wave.is_none();
        let ready = self.kind.ready(&self.target, change).await;
        ready.map_err(|fault| fault.while_doing(&what))?;
        if let Some(end) = self.unless_in_time(longer_s, &what) {
            return Ok(Some(end));
        }
        let call = SwitchingCall {
            change: value.clone(),
            what: what.clone(),
            seen: to_value(&Recorded::of::<K>(&self.target, upon.is)?)?,
            unanswered: self.unanswered_with(after.as_ref())?,
            longer_s,
        };
        let not_after = self.attempt.open(call, self.wave).await?;
        if self.attempt.ports.now().plus_s(SEND_S + longer_s) > not_after {
            // Otherwise the target would no longer be compared with what it was before the first send.
            self.attempt.close_refused(&value, undo).await?;
            return Ok(Some(InvocationEnd::NotYet(prose!("`{}` was not sent in time", what))));
        }
        match self.send(change, &what).await {
            Ok(made) => {
                let confirmed = after.as_ref().map(to_value).transpose()?;
                let record = (&value, made);
                self.attempt.close(record, undo, confirmed).await?;
                self.has_made_some = true;
                Ok(None)
            }
            Err(fault) if fault.name == FaultName::Unavailable => Ok(Some(InvocationEnd::NotYet(prose!(
                "the answer to `{}` was lost; waiting until it cannot take effect any more",
                what
            )))),
            Err(fault) if fault.name.is_transient() => {
                if K::SENDS_ONCE && fault.name == FaultName::Throttled {
                    self.attempt.close_refused(&value, undo).await?;
                }
                Err(fault)
            }
            Err(fault) if fault.name == FaultName::Conflict => {
                self.attempt.step.value.refused += 1;
                self.attempt.close_refused(&value, undo).await?;
                self.refused_upon = Some(upon.view.noticed);
                Ok(self.conflict(&fault).await)
            }
            Err(fault) => {
                self.attempt.close_refused(&value, undo).await?;
                Err(fault)
            }
        }
    }

    /// Looks again after a condition did not hold, a few times.
    async fn conflict(&mut self, fault: &Fault) -> Option<InvocationEnd> {
        self.conflicts += 1;
        if self.conflicts > CONFLICTS {
            return Some(InvocationEnd::NotYet(Prose::from(&fault.message)));
        }
        self.wait(500, &fault.message).await
    }
}

fn goal(step: &Step, wave: Option<u32>) -> Result<Value> {
    match wave {
        None => Ok(Recorded::read("state before", &step.before)?.goal),
        Some(wave) => {
            let goal = step.goals.get(&wave).filter(|goal| !goal.is_null());
            goal.cloned()
                .ok_or_else(|| Fault::internal(format!("component {} has no goal in wave {wave}", step.component)))
        }
    }
}
