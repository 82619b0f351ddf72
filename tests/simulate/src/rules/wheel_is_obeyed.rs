use crate::happening::Event;
use crate::outcome::Outcome;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::declaration::gate::{PauseThen, Verdict};
use windlass_domain::declaration::plan::{Plan, Timing};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::steering::{BY_ITSELF, Paused, SteeringRecord};
use windlass_domain::release::action::ActionName;

/// "A pause is bounded and ends as declared; meanwhile gates are judged, and red undoes": no wave passes while it is
/// paused, before its bake is over unless a person has skipped that, or with a red gate that decides. A wave that AWS
/// times is neither paused nor skipped.
///
/// Safety: person at the wheel: No wave passes while it is paused, before its bake is over unless a person has skipped
/// that, or with a red gate that decides.
pub fn wheel_is_obeyed(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut steered: BTreeMap<String, Vec<SteeringRecord>> = BTreeMap::new();
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        let Some(after) = change.after.as_ref() else {
            continue;
        };
        let pk = &after.key.pk;
        if let Some(record) = outcome.read::<Deployment>(Some(after), "record") {
            let known = steered.entry(pk.clone()).or_default();
            for (number, turn) in record.wheel.iter().enumerate().skip(known.len()) {
                ours(outcome, pk, turn)?;
                ended_by_its_bound(&record.wheel[..number], turn)?;
            }
            known.clone_from(&record.wheel);
        }
        if let Some(judgement) = outcome.read::<Judgement>(Some(after), "judgement#") {
            let turns = steered.get(pk).map_or(&[][..], Vec::as_slice);
            judged_as_steered(&judgement, turns).map_err(|why| {
                let wave = judgement.wave + 1;
                format!("{pk} wave {wave}, looked at {}: {why}", judgement.looked)
            })?;
        }
    }
    Ok(())
}

fn judged_as_steered(judgement: &Judgement, turns: &[SteeringRecord]) -> Result<(), String> {
    let is_red = |verdict| verdict == Verdict::Fail;
    let mut measured = judgement.measurements.iter();
    let red = measured.any(|one| is_red(one.verdict));
    if red && judgement.decides && judgement.verdict != Verdict::Fail {
        return Err("a gate is red, and it is not failed".into());
    }
    if judgement.verdict != Verdict::Pass {
        return Ok(());
    }
    let looked = judgement.looked;
    let of_it: Vec<&SteeringRecord> = turns.iter().filter(|turn| turn.wave == judgement.wave).collect();
    let skipped = of_it.iter().any(|turn| turn.action == ActionName::SkipBake);
    if looked < judgement.until && !skipped {
        return Err("it passed before its bake was over".into());
    }
    let Some(pause) = of_it.last().and_then(|turn| turn.pause) else {
        return Ok(());
    };
    if looked < pause.until {
        return Err("it passed while it was paused".into());
    }
    if pause.then == PauseThen::Undo {
        return Err("its pause ran out, and it passed".into());
    }
    Err("its pause was over, it passed, and nobody was notified".into())
}

/// Checks that Windlass itself ends a pause only after its time, if the pause is to go on then.
fn ended_by_its_bound(before: &[SteeringRecord], turn: &SteeringRecord) -> Result<(), String> {
    if turn.by != BY_ITSELF {
        return Ok(());
    }
    let last = before.iter().rfind(|one| one.wave == turn.wave);
    let pause = last.and_then(|one| one.pause);
    let is_over = |pause: Paused| turn.at >= pause.until && pause.then == PauseThen::Continue;
    match pause.filter(|pause| is_over(*pause)) {
        Some(_) => Ok(()),
        None => Err(format!("{} by itself, and no pause was over", turn.in_words())),
    }
}

/// Checks that Windlass may steer the wave that was steered.
fn ours(outcome: &Outcome<'_>, pk: &str, turn: &SteeringRecord) -> Result<(), String> {
    let plans: Vec<Rc<Plan>> = outcome.all(pk, "plan");
    let so_far = plans.iter().flat_map(|plan| &plan.waves);
    let so_far: Vec<_> = so_far.take(turn.wave as usize + 1).collect();
    let latest: BTreeMap<_, _> =
        so_far.iter().flat_map(|wave| &wave.changes).map(|change| (&change.component, change)).collect();
    let timed = latest.values().find(|change| matches!(change.timing, Some(Timing::GoesOn(_))));
    match timed {
        Some(change) if turn.action != ActionName::Continue => Err(format!(
            "{pk}: `{}` in wave {}, where AWS goes on with {}",
            turn.action,
            turn.wave + 1,
            change.component
        )),
        _ => Ok(()),
    }
}
