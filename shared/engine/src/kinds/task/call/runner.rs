//! Makes the call, in the function `run-task`. An event asks for it, and nobody gets an answer.

use super::prepare::LONGEST_TIMEOUT_S;
use super::state::{CallRequest, Target, key};
use super::{CallPorts, item};
use crate::kinds::from_value;
use crate::kinds::task::lines::{LONGEST, SHOWN, plain};
use crate::kinds::task::once::Direction;
use crate::ledger;
use crate::ports::{CallAnswer, OneCall, Result};
use serde_json::{Value, json};
use windlass_domain::declaration::kinds::task::{CallEnd, CallOutcome, Called, GRACE_S, LIVES_S, TaskUndo};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::foreign::truncate;
use windlass_domain::text::time::Time;

/// The seconds before its own end at which it stops waiting for an answer, so that it can record that.
const LEFT_S: u64 = 15;

/// The seconds for which a function is tried again that Lambda cannot run yet, and the seconds between two tries.
const TRIED_S: u64 = 120;
const TRIED_EVERY_S: u64 = 5;

// A function that no plan warns of ends while its answer is waited for, also where Lambda throttled the call first.
const _: () = assert!(LONGEST_TIMEOUT_S + TRIED_S + TRIED_EVERY_S <= LIVES_S - LEFT_S);

/// The number of times that it tries to write the end of a call.
const WRITES: u32 = 5;

/// Makes a call, unless somebody has made it or it is too late. What came of it is in the ledger.
pub async fn handle(ports: &impl CallPorts, ask: CallRequest) -> Result<Value> {
    let began = ports.now();
    let key = ledger::step(&ask.deployment, &ask.component);
    let step = ledger::require(ports, &key).await?.value;
    let target: Target = from_value("target", &step.target)?;
    if !begin(ports, &ask, &target, began).await? {
        return Ok(json!({"called": false}));
    }
    let there = ports.at(&step.place);
    let end = call(&there, &ask, &target, began).await?;
    note(ports, &ask, &target, &end).await?;
    Ok(json!({"called": true, "outcome": end.outcome}))
}

/// Writes that the call is begun, before it is; false where it must not be made. An answer of the ledger that is lost
/// is a fault, and no call.
async fn begin(ports: &impl CallPorts, ask: &CallRequest, target: &Target, now: Time) -> Result<bool> {
    let key = item(&ask.deployment, target, ask.direction);
    let mut called = ledger::load_or_default(ports, &key).await?;
    let is = &called.value;
    let is_next = ask.attempt == is.attempt + 1 && is.may_be_followed(now, target.how.call.tries());
    if !is_next || now > ask.not_after {
        return Ok(false);
    }
    let lost = is.spent();
    called.value = Called {
        begun: Some(now),
        attempt: ask.attempt,
        lost,
        version: ask.version.clone(),
        over: now.plus_s(LIVES_S + GRACE_S),
        ..Called::default()
    };
    ledger::commit(ports, vec![called.put()?]).await
}

/// The one call. Where Lambda says that it has not run the function, it is asked again for a while.
async fn call(there: &impl CallPorts, ask: &CallRequest, target: &Target, began: Time) -> Result<CallEnd> {
    let payload = payload(ask, target)?;
    loop {
        let spent_s = there.now().ms_since(began).div_ceil(1000);
        let left_s = (LIVES_S - LEFT_S).saturating_sub(spent_s);
        let call = OneCall {
            name: target.how.call.name.clone(),
            version: ask.version.clone(),
            payload: payload.clone(),
            wants_log: target.show_log,
            within_s: target.limit_s.min(left_s),
        };
        let answered = there.call_once(&call).await;
        let may_come = there.now().ms_since(began) < TRIED_S * 1000;
        match answered {
            Err(fault) if is_not_ready(fault.name) && may_come => {
                there.sleep_ms(TRIED_EVERY_S * 1000).await;
            }
            answered => return Ok(end(target, there.now(), answered)),
        }
    }
}

fn is_not_ready(name: FaultName) -> bool {
    matches!(name, FaultName::Throttled | FaultName::StillInProgress)
}

/// Returns the payload that the function gets.
fn payload(ask: &CallRequest, target: &Target) -> Result<Value> {
    let own = match (ask.direction, &target.undo) {
        (Direction::Forward, _) => &target.how.call.payload,
        (Direction::Undo, Some(TaskUndo::Payload(payload))) => payload,
        (Direction::Undo, _) => return Err(Fault::internal("there is no call to take it back")),
    };
    Ok(json!({
        "key": key(&ask.deployment, &ask.component, ask.direction),
        "deployment": ask.deployment,
        "app": target.app,
        "environment": target.environment,
        "component": ask.component,
        "direction": ask.direction,
        "release": {"component": target.how.call.of, "sha256": target.work.sha256},
        "payload": own,
    }))
}

/// Returns what came of the call. An error that Lambda answers before it runs anything has another name than a lost
/// answer.
fn end(target: &Target, at: Time, answered: Result<CallAnswer>) -> CallEnd {
    use CallOutcome::{Failed, NotBegun, Succeeded, Unknown};
    let (outcome, why, tail) = match answered {
        Ok(answer) => match answer.error {
            None => (Succeeded, String::new(), answer.tail),
            Some(error) => (Failed, format!("{error} {}", answer.error_type), answer.tail),
        },
        Err(fault) if fault.name == FaultName::Unavailable => (Unknown, fault.message, String::new()),
        Err(fault) => (NotBegun, fault.message, String::new()),
    };
    let lines: Vec<&str> = tail.lines().filter(|_| target.show_log).collect();
    let last = lines.len().saturating_sub(SHOWN);
    CallEnd {
        at,
        outcome,
        why: truncate(why.trim_end(), LONGEST),
        lines: lines[last..].iter().map(|line| plain(line)).collect(),
    }
}

/// Writes what came of it. Where that cannot be done the call stays begun, and so unknown. `ledger::retry` would stop
/// at a fault; this loop goes on after one as well, because nobody asks this invocation again.
async fn note(ports: &impl CallPorts, ask: &CallRequest, target: &Target, end: &CallEnd) -> Result<()> {
    let mut last = Fault::internal("the end of a call was not written");
    for _ in 0..WRITES {
        match write(ports, ask, target, end).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(fault) => last = fault,
        }
        ports.back_off_ms(1000).await;
    }
    Err(last)
}

/// Writes the end once. Returns whether the ledger has it.
async fn write(ports: &impl CallPorts, ask: &CallRequest, target: &Target, end: &CallEnd) -> Result<bool> {
    let key = item(&ask.deployment, target, ask.direction);
    let mut called = ledger::require(ports, &key).await?;
    if called.value.attempt != ask.attempt || called.value.end.is_some() {
        return Ok(true);
    }
    called.value.end = Some(end.clone());
    ledger::commit(ports, vec![called.put()?]).await
}
