//! `Judge`: measures the gates of a wave, records the judgement, and says where to go from there.

use crate::config::Configured;
use crate::deployment_context::{DeploymentContext, load};
use crate::last_fault;
use crate::ledger::{self, Stored, commit, retry};
use crate::measurements::{self, Judging};
use crate::payload::{Answer, CallingExecution, JudgeInput, JudgeTransition, WorkItem};
use crate::ports::{Condition, DynamoDbApi, Result, Write};
use windlass_domain::declaration::execution_history::WaveHistory;
use windlass_domain::declaration::execution_history::polls::EVERY_S;
use windlass_domain::declaration::gate::Measurement;
use windlass_domain::declaration::name_text::Given;
use windlass_domain::declaration::output::Output;
use windlass_domain::declaration::plan::Plan;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::judgement::{Judged, Judgement};
use windlass_domain::deployment::steering::{PAUSE_RAN_OUT, gone_on, ran_out};
use windlass_domain::deployment::step::Step;
use windlass_domain::release::cause_name::CauseName;
use windlass_domain::shown::message::{changed_in_words, gate_failed};
use windlass_domain::text::count::count;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::{Span, Time};

/// The ports that judging needs.
pub trait Ports: Configured + DynamoDbApi + measurements::Ports {}
impl<P: Configured + DynamoDbApi + measurements::Ports> Ports for P {}

/// Serves the state `Judge`. Asked twice it answers the same: a judgement that is final stays.
pub async fn handle(ports: &impl Ports, input: JudgeInput) -> Result<Answer> {
    let JudgeInput::Judge { by, wave } = input;
    let judged = judge(ports, &by, wave).await;
    Ok(last_fault::kept(ports, ("Judge", &by), judged).await?.widened())
}

async fn judge(ports: &impl Ports, by: &CallingExecution, wave: u32) -> Result<Answer<JudgeTransition>> {
    let case = Case::load(ports, by, wave).await?;
    if let Some(judged) = case.judgement.value.settled() {
        return Ok(answer(&case, &judged));
    }
    let measurements = measurements::measure(ports, &case.judging(ports.now())).await;
    let (judged, judgement) = record(ports, &case, measurements).await?;
    match judged {
        // One state transition instead of the three by `Bake`. The Retry knows one interval.
        Judged::Bake { seconds: EVERY_S } => Err(still_baking(&judgement)),
        judged => Ok(answer(&case, &judged)),
    }
}

/// A wave that is to be judged.
pub(crate) struct Case {
    pub loaded: DeploymentContext,
    pub plan: Plan,
    pub steps: Vec<Step>,
    pub number: u32,
    pub judgement: Stored<Judgement>,
    /// The time at which the deployment's first change began.
    pub first_change: Time,
}

impl Case {
    async fn load(ports: &impl Ports, by: &CallingExecution, number: u32) -> Result<Self> {
        let mut loaded = load(ports, by).await?;
        let id = &loaded.record.id;
        let plan = ledger::require(ports, &ledger::plan(id)).await?;
        let plan = plan.value;
        let wave = plan.waves.get(number as usize);
        let wave = wave.ok_or_else(|| no_such_wave(number, &plan))?;
        let steps = ledger::load_all(ports, &ledger::steps(id)).await?;
        let steps: Vec<Step> = steps.into_iter().map(|step| step.value).collect();
        let gates = std::mem::take(&mut loaded.resolved.gates);
        let origin = ports.config().local_endpoint.as_deref();
        loaded.resolved.gates = gates.filled(&given(&plan, &steps), origin);
        loaded.resolved.gates.late = plan.not_looked_at();
        let id = &loaded.record.id;
        let now = ports.now();
        let first_change = first_change(&steps).unwrap_or(now);
        let before = judged_before(ports, &loaded, number).await?;
        let judgement = ledger::load(ports, &ledger::judgement(id, number)).await?;
        let judgement = judgement.unwrap_or_else(|| {
            let bake = Span::seconds(wave.bake_s);
            let decides = loaded.record.gates_decide();
            let resolved = &loaded.resolved;
            let rule = Some(&resolved.gates.unknown).filter(|_| decides);
            let history = WaveHistory::of(&plan.waves, &resolved.components, rule);
            // The wave before it had passed by then.
            let changed = before.as_ref().map_or(first_change, |before| before.looked);
            let begun = Judgement::begin(number, changed, now, bake, decides)
                .at_pace(history.pace_s())
                .within(history.looks(wave.bake_s));
            let begun = match before {
                Some(before) if wave.look => begun.going_on(&before),
                _ => begun,
            };
            Stored::new(ledger::judgement(id, number), begun)
        });
        Ok(Self { loaded, plan, steps, number, judgement, first_change })
    }

    /// Returns what is to be measured now.
    fn judging(&self, now: Time) -> Judging<'_> {
        Judging {
            gates: &self.loaded.resolved.gates,
            place: &self.loaded.place,
            waves: &self.plan.waves,
            steps: &self.steps,
            judgement: &self.judgement.value,
            first_change: self.first_change,
            now,
        }
    }
}

/// Returns what components give for the outputs in addresses of gates: those that have changed, and else as it was when
/// the deployment was planned.
fn given(plan: &Plan, steps: &[Step]) -> Given {
    let changed = steps.iter().flat_map(|step| {
        let outputs = step.outputs.iter();
        outputs
            .map(move |(name, value)| (Output { component: step.component.clone(), name: name.clone() }, value.clone()))
    });
    plan.given.clone().into_iter().chain(changed).collect()
}

fn no_such_wave(number: u32, plan: &Plan) -> Fault {
    let message = format!("wave {number} is to be judged, but the plan has {}", count(plan.waves.len(), "wave"));
    Fault::new(FaultName::BadInput, message)
}

fn first_change(steps: &[Step]) -> Option<Time> {
    steps.iter().flat_map(|step| &step.changes).map(|change| change.at).min()
}

/// The judgement of the wave before it. A wave whose predecessor did not pass is never judged, because its change must
/// not have begun.
async fn judged_before(ports: &impl Ports, loaded: &DeploymentContext, number: u32) -> Result<Option<Judgement>> {
    let Some(before) = number.checked_sub(1) else { return Ok(None) };
    let key = ledger::judgement(&loaded.record.id, before);
    let judgement = ledger::load(ports, &key).await?;
    match judgement.map(|judgement| judgement.value) {
        Some(passed) if passed.settled() == Some(Judged::Pass) => Ok(Some(passed)),
        _ => Err(Fault::internal(format!(
            "wave {number} of deployment {} is to be judged, but wave {before} has not passed",
            loaded.record.id
        ))),
    }
}

/// Returns the fault after which the state's Retry looks again.
fn still_baking(judgement: &Judgement) -> Fault {
    let message = format!(
        "nothing is wrong so far in wave {}; it {} until {}, and was looked at {}",
        judgement.wave,
        judgement.paused(judgement.looked).map_or("bakes", |_| "is paused"),
        judgement.end(),
        count(judgement.polls as usize, "time")
    );
    Fault::new(FaultName::StillBaking, message)
}

/// Writes what the look came to, while the lock has the token. Answers the judgement as it is written, too.
async fn record(ports: &impl Ports, case: &Case, measurements: Vec<Measurement>) -> Result<(Judged, Judgement)> {
    let mut judgement = case.judgement.clone();
    let key = ledger::deployment(&case.loaded.record.id);
    let mut record = Stored { key: key.clone(), rev: case.loaded.rev, value: case.loaded.record.clone() };
    let rule = &case.loaded.resolved.gates.unknown;
    retry(ports, "recording the judgement", async || {
        let now = ports.now();
        if let Some(judged) = judgement.value.settled() {
            return Ok(Some((judged, judgement.value.clone())));
        }
        judgement.value.steer(&record.value.wheel);
        let judged = judgement.value.look(measurements.clone(), rule, now);
        let steered = steered(&record, case.number, &judged, now)?;
        let writes = vec![case.loaded.fence.check(), steered, judgement.put()?];
        if commit(ports, writes).await? {
            return Ok(Some((judged, judgement.value.clone())));
        }
        case.loaded.fence.lock(ports).await?;
        judgement = ledger::load(ports, &case.judgement.key).await?.unwrap_or_else(|| case.judgement.clone());
        record = ledger::require(ports, &key).await?;
        Ok(None)
    })
    .await
}

/// Returns the write that requires the record to be the one that was read. So a pause that was answered holds: a pass
/// has seen everything that persons have done by then. If a pause is over and the release goes on, the write also
/// records that.
fn steered(record: &Stored<Deployment>, wave: u32, judged: &Judged, now: Time) -> Result<Write> {
    let goes_on = !matches!(judged, Judged::Fail(_));
    match gone_on(&record.value.wheel, wave, now).filter(|_| goes_on) {
        None => Ok(Write::check(record.key.clone(), Condition::Rev(record.rev))),
        Some(turn) => {
            let mut with_turn = record.clone();
            with_turn.value.wheel.push(turn);
            ledger::put_deployment(&with_turn)
        }
    }
}

fn answer(case: &Case, judged: &Judged) -> Answer<JudgeTransition> {
    let next = case.number + 1;
    let next_wave = case.plan.waves.get(next as usize);
    let settle = case.loaded.answer(JudgeTransition::Settle);
    let blank = Answer { wave: case.number, ..settle };
    match (judged, next_wave) {
        (Judged::Bake { seconds }, _) => Answer { verdict: JudgeTransition::Bake, seconds: *seconds, ..blank },
        (Judged::Pass, Some(wave)) if wave.is_planned_later() => {
            Answer { verdict: JudgeTransition::Prepare, wave: next, ..blank }
        }
        (Judged::Pass, Some(wave)) => {
            Answer { verdict: JudgeTransition::Change, wave: next, items: WorkItem::of_wave(wave), ..blank }
        }
        (Judged::Pass, None) => blank,
        (Judged::Fail(measurement), _) => Answer {
            verdict: JudgeTransition::Failed,
            error: CauseName::GateFailed.to_string(),
            cause: cause(case, measurement),
            ..blank
        },
        (Judged::RanOut { until }, _) => Answer {
            verdict: JudgeTransition::Failed,
            error: PAUSE_RAN_OUT.to_owned(),
            cause: ran_out(case.number, &changed_in_words(&case.plan.waves, case.number), *until),
            ..blank
        },
    }
}

fn cause(case: &Case, measurement: &Measurement) -> String {
    let record = &case.loaded.record;
    gate_failed(
        record.environment_id(),
        &record.release.version,
        case.number,
        &changed_in_words(&case.plan.waves, case.number),
        measurement,
    )
}
