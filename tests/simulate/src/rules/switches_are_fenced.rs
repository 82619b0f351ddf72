use crate::happening::{Event, Who};
use crate::outcome::Outcome;
use crate::times::SKEW_MS;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::deployment::step::{OPEN_CALL_GRACE_S, OpenCall, Step};
use windlass_domain::environment::Lock;
use windlass_domain::text::time::Time;

/// The call that was recorded last as open for a component.
struct Opened {
    who: Who,
    open: OpenCall,
    at: Time,
}

/// "Before a switching call the function records it as open in its step item, in one transaction that checks the lock's
/// token and its own step attempt; it starts no send after that" (Safety). So a change that callers notice is made only
/// by the deployer of that component that recorded the last open call, under the token that the lock had then, and in
/// its time.
///
/// Safety: fence: No switching call is made without a valid fence of the lock's owner, or after its time.
pub fn switches_are_fenced(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut opened: BTreeMap<String, Opened> = BTreeMap::new();
    let mut lock = Rc::new(outcome.lock_before.clone());
    for happening in &outcome.happened {
        match &happening.what {
            Event::Wrote(who, change) => {
                if let Some(now) = outcome.read::<Lock>(change.after.as_ref(), "lock") {
                    lock = now;
                }
                let step: Option<Rc<Step>> = outcome.read(change.after.as_ref(), "step#");
                let Some(step) = step else { continue };
                let before: Option<Rc<Step>> = outcome.read(change.before.as_ref(), "step#");
                if step.open == before.and_then(|before| before.open.clone()) {
                    continue;
                }
                let name = step.component.to_string();
                let Some(open) = step.open.clone() else {
                    opened.remove(&name);
                    continue;
                };
                is_owner(&lock, who).map_err(|why| format!("`{}` was recorded as open {why}", open.what))?;
                let at = happening.at;
                opened.insert(name, Opened { who: who.clone(), open, at });
            }
            Event::Switched { who, component, call, sent } => {
                let own = who.work.as_ref().map(|work| work.component.as_str());
                if own != Some(component) {
                    return Err(format!(
                        "{call} of {component} was made by {}#{}, which works for {own:?}",
                        who.function, who.number
                    ));
                }
                let found = opened.get(*component);
                is_in_time(found, who, *sent, happening.at)
                    .map_err(|why| format!("{call} of {component} took effect {why}"))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_owner(lock: &Lock, who: &Who) -> Result<(), String> {
    let asked = who.work.as_ref().map(|work| work.token);
    if asked != Some(lock.token) {
        return Err(format!("under the token {asked:?}, and the lock has {}", lock.token));
    }
    let owner = lock.held.as_ref().map(|held| held.execution.as_str());
    if owner != who.execution.as_deref() {
        return Err(format!("for {:?}, and the lock is held by {owner:?}", who.execution));
    }
    Ok(())
}

fn is_in_time(found: Option<&Opened>, who: &Who, sent: Time, at: Time) -> Result<(), String> {
    let Some(found) = found else {
        return Err("without an open call that is recorded".into());
    };
    if found.who.number != who.number {
        return Err(format!(
            "by {}#{}, when the last open call was recorded by #{} at {}",
            who.function, who.number, found.who.number, found.at
        ));
    }
    if sent > found.open.not_after.plus_ms(SKEW_MS) {
        return Err(format!("sent at {sent} after {}", found.open.not_after));
    }
    if at > found.open.not_after.plus_s(OPEN_CALL_GRACE_S).plus_ms(SKEW_MS) {
        return Err(format!("at {at}, long after {}", found.open.not_after));
    }
    Ok(())
}
