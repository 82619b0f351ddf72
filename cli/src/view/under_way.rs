//! A deployment that is under way, beside what its environment runs: how far each component is, and the share of
//! callers that get what it brings. Pure.

use crate::view::record;
use std::borrow::Cow;
use windlass_domain::declaration::plan::{Plan, Wave};
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::environment::Running;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::text::foreign;
use windlass_domain::text::time::Time;

/// Returns the lines: the moment of the deployment, and for each component what ran, what comes, and how many callers
/// get that.
pub fn lines(record: Option<&Record>, now: &Environment, at: Time) -> Vec<String> {
    let moment = format!("  under way: {}", record::activity(record, at));
    let steps = record
        .into_iter()
        .flat_map(|record| record.steps.iter().map(|step| format!("    {}", of_step(record, step, now))));
    std::iter::once(moment).chain(steps).collect()
}

fn of_step(record: &Record, step: &Step, now: &Environment) -> String {
    let component = &step.component;
    let summary = record.deployment.summary();
    let to = summary.version().unwrap_or("what was there");
    let running = now.running.get(component);
    let from_to = match running.map(Running::version) {
        None => format!("{to}, the first release of it here"),
        Some(from) if from == to => to.to_owned(),
        Some(from) => format!("{from} → {to}"),
    };
    format!("{component}: {from_to}; {}", callers(record, step))
}

fn callers(record: &Record, step: &Step) -> String {
    match (step.status, share(step, record.plan.as_ref())) {
        (StepStatus::Planned, _) if !step.withdraws.is_empty() && !step.changes.is_empty() => {
            "what is withdrawn is deleted, and its addresses are asked until they answer something else".to_owned()
        }
        (StepStatus::Planned, _) => "not changed yet".to_owned(),
        (StepStatus::Undone, _) => "brought back".to_owned(),
        (StepStatus::UndoFailed, _) => "could NOT be brought back".to_owned(),
        (_, Some(0)) => "no caller gets it yet".to_owned(),
        (_, Some(100)) => "all callers get it".to_owned(),
        (_, Some(percent)) => format!("{percent} % of callers get it"),
        (_, None) => match &step.shown {
            Some(shown) => {
                format!("seen {shown}; how many callers get it already is not known")
            }
            None => "not seen yet".to_owned(),
        },
    }
}

/// Returns what callers got before the first change, in words.
pub fn before(step: &Step) -> Option<Cow<'_, str>> {
    step.before["noticed"]["shown"].as_str().map(foreign::line)
}

/// Returns the share of the callers that get something else than before, in percent. The look has it, or it is all of
/// them where the component has reached what its last wave is to bring. Between the two it is `None`: nobody knows how
/// many tasks of a service, or edges of a site, have it.
pub fn share(step: &Step, plan: Option<&Plan>) -> Option<u32> {
    step.share.or_else(|| is_wholly_there(step, plan?).then_some(100))
}

/// Returns whether it has reached what the last wave that it takes part in is to bring.
fn is_wholly_there(step: &Step, plan: &Plan) -> bool {
    let changes = |wave: &Wave| wave.changes.iter().any(|it| it.component == step.component);
    let last = plan.waves.iter().rposition(changes);
    let reached = step.wave.and_then(|wave| usize::try_from(wave).ok());
    step.status == StepStatus::Changed && step.has_switched() && last.is_some() && last == reached
}

#[cfg(test)]
mod tests_of_traffic_share {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_service_and_a_site_are_there_wholly_once_their_last_wave_is_reached() {
        let change = |component: &str| json!({"component": component, "kind": "static_site", "what": "it"});
        let wave = |changes: &[Value]| json!({"changes": changes, "bake_s": 0});
        let plan = json!({"outcome": "change", "unchanged": [], "warnings": [],
            "waves": [wave(&[change("web")]), wave(&[change("web"), change("agent")]), wave(&[change("agent")])]});
        let plan: Plan = serde_json::from_value(plan).unwrap();
        let table = [
            ("changed", 1, true, None, Some(100)),
            ("changed", 1, true, Some(20), Some(20)),
            ("changed", 0, true, None, None),
            ("changing", 1, true, None, None),
            ("undoing", 1, true, None, None),
            ("changed", 1, false, None, None),
        ];
        for (status, wave, switching, seen, wanted) in table {
            let step = json!({"deployment": "1f0c", "app": "shop", "environment": "prod", "component": "web",
                "kind": "static_site", "place": {}, "target": {}, "before": {"goal": {}, "noticed": {"value": {}, "shown": "at `/1.4.0`"}},
                "goals": {}, "attempt": 1, "status": status, "wave": wave, "shown": "at `/1.5.0`", "share": seen,
                "changes": [{"at": 1, "what": "it", "answered": true, "undo": false, "wave": wave, "switching": switching}]});
            let step: Step = serde_json::from_value(step).unwrap();
            assert_eq!(share(&step, Some(&plan)), wanted, "{status} {wave} {switching} {seen:?}");
            assert_eq!(share(&step, None), seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::talk::windlass;
    use crate::view::status;
    use serde_json::{Value, json};

    fn record(status: &str, shown: &Value, share: Option<u32>) -> Record {
        let step = json!({"deployment": "1f0c", "app": "shop", "environment": "prod", "component": "api", "kind": "lambda",
            "place": {}, "target": {}, "before": {"goal": {}, "noticed": {"value": {}, "shown": "41 at 100 %"}}, "goals": {},
            "attempt": 1, "status": status, "wave": 0, "shown": shown, "share": share, "entered": [0, 0]});
        let record = json!({
            "deployment": {
                "id": "0123456789abcdef", "app": "shop", "environment": "prod", "action": "deploy", "attempt": 1,
                "release": {"app": "shop", "version": "1.1.0", "components": {}}, "release_digest": "ab".repeat(32),
                "declaration": "1.3.0", "requester": {"route": "api"}, "order": {"accepted": 0, "id": "0123456789abcdef"},
                "allow_older": false, "accept_red": false, "again": false, "by_person": false,
                "accepted": 0, "started": 0, "executions": ["arn:one"], "status": "running",
            },
            "plan": {"outcome": "change", "warnings": [], "unchanged": [], "waves": [
                {"changes": [{"component": "api", "kind": "lambda", "what": "x"}], "bake_s": 300},
                {"changes": [{"component": "api", "kind": "lambda", "what": "x"}], "bake_s": 300},
            ]},
            "steps": [step], "judgements": [],
        });
        record::read(&record).unwrap().unwrap()
    }

    fn environment(version: Option<&str>) -> Environment {
        let given = |version: &str| json!({"version": version, "deployment": "1f0c", "since": 0});
        let runs = |version: &str| {
            let mut runs = given(version);
            runs["brought"] = given(version);
            runs["state"] = json!({});
            json!({"api": runs})
        };
        let running = version.map_or(json!({}), runs);
        let held = json!({"deployment": "0123456789abcdef", "action": "deploy", "execution": "arn:one", "since": 0,
            "state": "running"});
        windlass::read(&json!({"app": "shop", "environment": "prod", "snapshot": u8::from(version.is_some()),
            "running": running, "lock": {"token": 1, "held": held}, "waiting": []}))
        .unwrap()
    }

    #[test]
    fn a_first_release_and_a_shift_are_shown_with_the_share_of_callers_as_far_as_it_is_known() {
        let first = "api: 1.1.0, the first release of it here";
        let table = [
            (None, "changed", json!("41 with 42 at 10 %"), Some(10), format!("{first}; 10 % of callers get it")),
            (None, "planned", Value::Null, None, format!("{first}; not changed yet")),
            (
                None,
                "changing",
                json!("task definition 18"),
                None,
                format!("{first}; seen task definition 18; how many callers get it already is not known"),
            ),
            (Some("1.0.0"), "changed", json!("41"), Some(0), "api: 1.0.0 → 1.1.0; no caller gets it yet".to_owned()),
            (Some("1.0.0"), "changed", json!("42"), Some(100), "api: 1.0.0 → 1.1.0; all callers get it".to_owned()),
            (Some("1.1.0"), "undone", json!("41"), Some(0), "api: 1.1.0; brought back".to_owned()),
        ];
        for (runs, status, shown, share, wanted) in table {
            let now = environment(runs);
            let printed = lines(Some(&record(status, &shown, share)), &now, Time(0));
            assert!(printed[0].starts_with("  under way: wave 1 of 2: "), "{printed:?}");
            assert_eq!(printed[1], format!("    {wanted}"));
            let head = status::words(&now);
            assert!(!head.contains("nothing was deployed"), "{head}");
            assert_eq!(head.contains("its first release is under way"), runs.is_none(), "{head}");
        }
    }
}
