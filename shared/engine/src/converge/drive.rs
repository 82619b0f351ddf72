//! The loop: observe, decide, fence, change.

use super::attempt::Attempt;
use super::budget::Budget;
use crate::kinds::{Class, Kind, Next, to_value};
use crate::ports::{Answered, Clock, Ledger};
use serde::de::DeserializeOwned;
use serde_json::Value;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::step::{OPEN_CALL_GRACE_S, OPEN_CALL_S, Step, StepStatus};

/// How long to wait where an observation may be older than the change that it should show.
const SETTLE_MS: u64 = 2_000;

/// How long to wait at least before the next look at a target that is not ready, in milliseconds.
const SOONEST_MS: u64 = 500;

/// How many observations in a row may not show a confirmed change yet.
const PATIENCE: u32 = 3;

/// How many times in one invocation a condition may not hold.
const CONFLICTS: u32 = 5;

/// How many times one invocation observes at most: its budget is time, this is the last resort.
const ROUNDS: u32 = 2_000;

/// How long a send may take, in seconds (the adapters' limit). None begins that could outlast the
/// time of its open call: then the grace after it covers clocks and the network alone.
const SEND_S: u64 = 10;
/// After so many milliseconds everybody sees a change, in milliseconds: as long as an open call is waited for.
const SEEN_AFTER_MS: u64 = (OPEN_CALL_S + OPEN_CALL_GRACE_S) * 1000;

/// How an invocation ended.
pub enum End {
    /// What is wanted was seen.
    Reached {
        /// What was seen.
        seen: Value,
        /// The same in words.
        shown: String,
    },
    /// Nothing had been changed, so there is nothing to undo.
    Untouched,
    /// It cannot be reached.
    Failed(Finding),
    /// It needs more time than one invocation has: what it waits for.
    NotYet(String),
}

/// One invocation on its way.
pub struct Drive<'r, 'a, K: Kind, P> {
    attempt: &'r mut Attempt<'a, P>,
    kind: &'r K,
    wave: Option<u32>,
    target: K::Target,
    goal: K::State,
    budget: Budget,
    waited_ms: u64,
    conflicts: u32,
    patience: u32,
    /// Additive changes that this invocation made.
    made: Vec<K::Change>,
    /// What was seen before a switching change whose condition did not hold.
    refused_upon: Option<K::State>,
}

impl<'r, 'a, K: Kind, P: Ledger + Clock> Drive<'r, 'a, K, P> {
    /// Reads target and goal from the step.
    pub fn new(
        attempt: &'r mut Attempt<'a, P>,
        kind: &'r K,
        wave: Option<u32>,
        budget: Budget,
    ) -> Answered<Self> {
        let step = &attempt.step.value;
        let target = read("target", &step.target)?;
        let goal = read("goal", goal(step, wave)?)?;
        Ok(Self {
            attempt,
            kind,
            wave,
            target,
            goal,
            budget,
            waited_ms: 0,
            conflicts: 0,
            patience: 0,
            made: Vec::new(),
            refused_upon: None,
        })
    }

    /// Goes on until what is wanted was seen, it cannot be reached, or time is up.
    pub async fn run(&mut self) -> Answered<End> {
        for _ in 0..ROUNDS {
            if self.attempt.elapsed_ms() >= self.budget.work_ms {
                break;
            }
            if let Some(end) = self.round().await? {
                return Ok(end);
            }
        }
        Ok(End::NotYet("it needs more than one invocation".into()))
    }

    async fn round(&mut self) -> Answered<Option<End>> {
        let is = self.kind.observe(&self.target).await?;
        if let Some(expected) = self.expected()?
            && !K::same(&expected, &is)
        {
            let end = self.changed_by_other("since it was last seen", &expected, &is);
            return Ok(Some(end));
        }
        let next = K::next(&is, &self.goal);
        if let Some(before) = self.refused_upon.take()
            && !K::same(&before, &is)
            && next != Next::Done
        {
            return Ok(Some(self.changed_by_other(
                "at the same time",
                &before,
                &is,
            )));
        }
        if next != Next::Done
            && let Some(left) = self.left_otherwise(&is)?
        {
            return Ok(Some(self.changed_by_other(
                "after Windlass had",
                &left,
                &is,
            )));
        }
        if next == Next::Done
            && let Some(ms) = self.until_seen()
        {
            return Ok(self
                .wait(ms, "what was just switched may not be seen yet")
                .await);
        }
        if next == Next::Done && K::is_guarded(&is) {
            self.attempt.step.value.confirmed = Some(to_value(&is)?);
        }
        match next {
            Next::Done => Ok(Some(End::Reached {
                seen: to_value(&is)?,
                shown: K::shown(&is),
            })),
            Next::Failed(finding) => Ok(Some(End::Failed(finding))),
            Next::Wait(seconds) => {
                let ms = self.pace(seconds);
                Ok(self.wait(ms, "the target is not ready").await)
            }
            Next::Do(change) if K::class(&change) == Class::Additive => self.add(change).await,
            Next::Do(change) => self.switch(change, &is).await,
        }
    }

    /// How long an undo that finds the state before, although nothing was brought back yet, does not
    /// believe it, in milliseconds: what it sees may be older than the change that is to be undone (Amazon
    /// ECS API Reference, DescribeServices, and others answer eventually).
    fn until_seen(&self) -> Option<u64> {
        let changes = &self.attempt.step.value.changes;
        let last = changes.iter().rfind(|change| change.switching)?;
        let since = self.attempt.ports.now().ms_since(last.at);
        let is_new = self.wave.is_none() && !last.undo && since < SEEN_AFTER_MS;
        is_new.then(|| SEEN_AFTER_MS - since)
    }

    /// What callers of the target must still see if nobody else changed it: the state before,
    /// until this deployment switched something; at the begin of a later wave, what the wave
    /// before has reached.
    fn expected(&self) -> Answered<Option<K::State>> {
        let step = &self.attempt.step.value;
        if self.wave.is_none() {
            return Ok(None);
        }
        if !self.attempt.has_switched() {
            return read("state before", &step.before).map(Some);
        }
        match &step.seen {
            Some(seen) if step.status == StepStatus::Changed => read("state seen", seen).map(Some),
            _ => Ok(None),
        }
    }

    /// What the last confirmed change made, where callers get something else now. An observation may
    /// be older than that change, and then shows what was seen before it.
    fn left_otherwise(&self, is: &K::State) -> Answered<Option<K::State>> {
        let confirmed = self.confirmed()?;
        let is_older = self.seen_otherwise(is)?.is_none();
        Ok(confirmed.filter(|confirmed| !K::same(confirmed, is) && !is_older))
    }

    /// What callers got by the last confirmed change, where that is known.
    fn confirmed(&self) -> Answered<Option<K::State>> {
        let confirmed = self.attempt.step.value.confirmed.as_ref();
        let read = |state| read("state that was confirmed", state);
        confirmed.map(read).transpose()
    }

    /// How long to wait for a target: half as long as was waited already, so that it is seen to be ready
    /// at most half as late again as it is; up to what its kind asks for.
    fn pace(&self, seconds: u64) -> u64 {
        (self.waited_ms / 2).max(SOONEST_MS).min(seconds * 1000)
    }

    /// Waits within the budget.
    async fn wait(&mut self, ms: u64, why: &str) -> Option<End> {
        let ms = ms.clamp(100, 20_000);
        let in_time = self.attempt.elapsed_ms() + ms <= self.budget.work_ms;
        if self.waited_ms + ms > self.budget.wait_ms || !in_time {
            return Some(End::NotYet(why.to_owned()));
        }
        self.waited_ms += ms;
        self.attempt.ports.sleep_ms(ms).await;
        None
    }

    async fn add(&mut self, change: K::Change) -> Answered<Option<End>> {
        if self.made.contains(&change) {
            let why = format!("`{}` is done but not seen yet", K::what(&change));
            return Ok(self.wait(SETTLE_MS, &why).await);
        }
        self.attempt.begin(self.wave).await?;
        match self.send(&change).await {
            Ok(()) => {
                let undo = self.wave.is_none();
                self.attempt.note_additive(K::what(&change), undo);
                self.made.push(change);
                Ok(None)
            }
            Err(fault) if fault.name == FaultName::Conflict => Ok(self.conflict(&fault).await),
            Err(fault) => Err(fault),
        }
    }

    async fn send(&self, change: &K::Change) -> Answered<()> {
        let deployment = &self.attempt.step.value.deployment;
        let answer = self.kind.change(&self.target, change, deployment).await;
        answer.map_err(|fault| fault.while_doing(K::what(change)))
    }

    async fn switch(&mut self, change: K::Change, is: &K::State) -> Answered<Option<End>> {
        let what = K::what(&change);
        let undo = self.wave.is_none();
        match self.attempt.tried(&what, undo).map(|tried| tried.answered) {
            None => self.send_switching(change, is).await,
            Some(true) => self.confirmed_but_needed(&what, is).await,
            Some(false) => match self.seen_otherwise(is)? {
                None => self.send_switching(change, is).await,
                Some(seen) => {
                    // What is there now is neither what this change makes nor what it was sent upon.
                    self.attempt.forget(&what, undo);
                    let when = format!("while `{what}` was sent");
                    Ok(Some(self.changed_by_other(&when, &seen, is)))
                }
            },
        }
    }

    /// What was seen last, where callers get something else now.
    fn seen_otherwise(&self, is: &K::State) -> Answered<Option<K::State>> {
        let seen = self.attempt.step.value.seen.as_ref();
        let seen: Option<K::State> = seen.map(|seen| read("state seen", seen)).transpose()?;
        Ok(seen.filter(|seen| !K::same(seen, is)))
    }

    /// A change whose answer came is needed again: the observation is old, or someone reverted it.
    async fn confirmed_but_needed(&mut self, what: &str, is: &K::State) -> Answered<Option<End>> {
        self.patience += 1;
        if self.patience >= PATIENCE {
            let when = format!("after `{what}` was confirmed");
            let made = self.confirmed()?.unwrap_or_else(|| self.goal.clone());
            return Ok(Some(self.changed_by_other(&when, &made, is)));
        }
        let why = format!("`{what}` is confirmed but not seen yet");
        Ok(self.wait(SETTLE_MS, &why).await)
    }

    async fn send_switching(&mut self, change: K::Change, is: &K::State) -> Answered<Option<End>> {
        let what = K::what(&change);
        let undo = self.wave.is_none();
        let ready = self.kind.ready(&self.target, &change).await;
        ready.map_err(|fault| fault.while_doing(&what))?;
        if self.attempt.elapsed_ms() >= self.budget.work_ms {
            let why = format!("there was no time left to send `{what}`");
            return Ok(Some(End::NotYet(why)));
        }
        let not_after = self.attempt.open(&what, self.wave, to_value(is)?).await?;
        if self.attempt.ports.now().plus_s(SEND_S) > not_after {
            // Or the target would no longer be compared with what it was before the first send.
            self.attempt.close_refused(&what, undo).await?;
            return Ok(Some(End::NotYet(format!("`{what}` was not sent in time"))));
        }
        match self.send(&change).await {
            Ok(()) => {
                self.patience = 0;
                let confirmed = K::after(&change, is).as_ref().map(to_value).transpose()?;
                self.attempt.close(&what, undo, confirmed).await?;
                Ok(None)
            }
            Err(fault) if fault.name == FaultName::Unavailable => Ok(Some(End::NotYet(format!(
                "the answer to `{what}` was lost; waiting until it cannot take effect any more"
            )))),
            Err(fault) if fault.name.is_transient() => Err(fault),
            Err(fault) if fault.name == FaultName::Conflict => {
                self.attempt.close_refused(&what, undo).await?;
                self.refused_upon = Some(is.clone());
                Ok(self.conflict(&fault).await)
            }
            Err(fault) => {
                self.attempt.close_refused(&what, undo).await?;
                Err(fault)
            }
        }
    }

    /// A condition did not hold: look again, a few times.
    async fn conflict(&mut self, fault: &Fault) -> Option<End> {
        self.conflicts += 1;
        if self.conflicts > CONFLICTS {
            return Some(End::NotYet(fault.message.clone()));
        }
        self.wait(500, &fault.message).await
    }

    fn changed_by_other(&self, when: &str, was: &K::State, is: &K::State) -> End {
        let component = &self.attempt.step.value.component;
        let (was, is) = (K::shown(was), K::shown(is));
        // What is shown of a site in place is its release, not each of its files.
        let how = if was == is {
            format!("{is} are no longer all as they were")
        } else {
            format!("from {was} to {is}")
        };
        let owned = K::owned(&self.target);
        End::Failed(Finding::new(
            FindingName::TargetChangedByOther,
            format!("components.{component}"),
            format!(
                "Someone else changed the target of {component} {when}: {how}. Windlass owns {owned}; every other field is yours."
            ),
            "Find out who changed it (CloudTrail), make sure that nobody else changes what Windlass owns, then deploy again.",
        ))
    }
}

fn goal(step: &Step, wave: Option<u32>) -> Answered<&Value> {
    match wave {
        None => Ok(&step.before),
        Some(wave) => step.goals.get(&wave).ok_or_else(|| {
            Fault::internal(format!(
                "component {} has no goal in wave {wave}",
                step.component
            ))
        }),
    }
}

fn read<T: DeserializeOwned>(what: &str, value: &Value) -> Answered<T> {
    T::deserialize(value)
        .map_err(|error| Fault::internal(format!("the {what} of a step cannot be read: {error}")))
}
