//! The share of callers that get what a deployment brings of a component. Pure.

use std::borrow::Cow;
use windlass_domain::foreign;
use windlass_domain::plan::{Plan, Wave};
use windlass_domain::step::{Step, StepStatus};

/// Returns what callers got before the first change, in words.
pub fn before(step: &Step) -> Option<Cow<'_, str>> {
    step.before["noticed"]["shown"].as_str().map(foreign::line)
}

/// Returns the share of the callers that get something else than before, in percent. The text of what they get tells
/// it; it is all of them where the component has reached what its last wave is to bring. Between the two it is `None`:
/// nobody knows how many tasks of a service, or edges of a site, have it.
pub fn share(step: &Step, plan: Option<&Plan>) -> Option<u32> {
    let shown = step.shown.as_deref()?;
    if Some(shown) == before(step).as_deref() {
        return Some(0);
    }
    let told = shown.rsplit_once(" %");
    let told = told.and_then(|(before, _)| before.rsplit_once(' '));
    match told {
        Some((_, percent)) => percent.parse().ok().filter(|percent| *percent <= 100),
        None => is_wholly_there(step, plan?).then_some(100),
    }
}

/// Returns whether it has reached what the last wave that it takes part in is to bring.
fn is_wholly_there(step: &Step, plan: &Plan) -> bool {
    let changes = |wave: &Wave| wave.changes.iter().any(|it| it.component == step.component);
    let last = plan.waves.iter().rposition(changes);
    let reached = step.wave.and_then(|wave| usize::try_from(wave).ok());
    step.status == StepStatus::Changed && step.has_switched() && last.is_some() && last == reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_weight_is_that_of_what_is_new() {
        let table = [
            (Some("41 at 100 %"), None, None),
            (Some("41 at 100 %"), Some("41 at 100 %"), Some(0)),
            (Some("41 at 100 %"), Some("41 with 42 at 10 %"), Some(10)),
            (Some("41 at 100 %"), Some("42 at 100 %"), Some(100)),
            (Some("version 4"), Some("version 5 at 20 % (deployment 7 is DEPLOYING)"), Some(20)),
            (Some("task definition 17"), Some("task definition 18"), None),
            (None, Some("42 at 100 %"), Some(100)),
            (None, Some("at 900 %"), None),
        ];
        for (before, shown, wanted) in table {
            let mut step: Step = serde_json::from_value(json!({"deployment": "1f0c", "app": "shop", "environment": "prod",
                "component": "api", "kind": "lambda", "place": {}, "target": {}, "before": {}, "goals": {}, "attempt": 1,
                "status": "changed"}))
            .unwrap();
            if let Some(before) = before {
                step.before = json!({"goal": {}, "noticed": {"value": {}, "shown": before}});
            }
            step.shown = shown.map(str::to_owned);
            assert_eq!(share(&step, None), wanted, "{before:?} {shown:?}");
        }
    }

    #[test]
    fn a_service_and_a_site_are_there_wholly_once_their_last_wave_is_reached() {
        let change = |component: &str| json!({"component": component, "kind": "static_site", "what": "it"});
        let wave = |changes: &[Value]| json!({"changes": changes, "bake_s": 0});
        let plan = json!({"outcome": "change", "unchanged": [], "warnings": [],
            "waves": [wave(&[change("web")]), wave(&[change("web"), change("agent")]), wave(&[change("agent")])]});
        let plan: Plan = serde_json::from_value(plan).unwrap();
        let table = [
            ("changed", 1, true, Some(100)),
            ("changed", 0, true, None),
            ("changing", 1, true, None),
            ("undoing", 1, true, None),
            ("changed", 1, false, None),
        ];
        for (status, wave, switching, wanted) in table {
            let step = json!({"deployment": "1f0c", "app": "shop", "environment": "prod", "component": "web",
                "kind": "static_site", "place": {}, "target": {}, "before": {"goal": {}, "noticed": {"value": {}, "shown": "at `/1.4.0`"}},
                "goals": {}, "attempt": 1, "status": status, "wave": wave, "shown": "at `/1.5.0`",
                "changes": [{"at": 1, "what": "it", "answered": true, "undo": false, "wave": wave, "switching": switching}]});
            let step: Step = serde_json::from_value(step).unwrap();
            assert_eq!(share(&step, Some(&plan)), wanted, "{status} {wave} {switching}");
            assert_eq!(share(&step, None), None);
        }
    }
}
