use crate::declaration::plan::KindName;
use crate::deployment::accept::*;
use crate::deployment::step::{ChangeRecord, SEEN_AFTER_MS, StepStatus};
use crate::release::identity::DeploymentId;
use crate::text::fault::{Fault, FaultName};
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::Time;
use serde_json::json;

const TOKEN: u64 = 7;
/// The time of the deployment's last switching change.
const CHANGED: Time = Time(1_000_000);

fn step(status: StepStatus) -> Step {
    Step {
        status,
        before: json!(40),
        seen: Some(json!(40)),
        ..Step::planned(
            DeploymentId("1f0c2d9a4b5e6f70".into()),
            AppName::new("shop").unwrap(),
            EnvironmentName::new("prod").unwrap(),
            ComponentName::new("api").unwrap(),
            KindName::Lambda,
        )
    }
}

fn change(at: Time, answered_at: Option<Time>) -> ChangeRecord {
    ChangeRecord {
        at,
        change: serde_json::Value::Null,
        made: None,
        what: "alias live 40 → 41".into(),
        answered: answered_at.is_some(),
        answered_at,
        wave: Some(0),
        undo: false,
        switching: true,
        token: 3,
    }
}

fn look(at: Time, token: u64, saw: Live) -> AcceptLook {
    AcceptLook { at, token, saw }
}

/// The state from before the deployment.
fn as_before() -> Live {
    Live::There { state: json!(40), shown: "40 at 100 %".into(), as_before: true, as_recorded: false }
}

fn there() -> Live {
    Live::There { state: json!(41), shown: "41 at 100 %".into(), as_before: false, as_recorded: false }
}

/// Somebody may also have repaired by hand a component that the deployment has not touched, or has seen back.
#[test]
fn what_was_not_changed_or_is_back_is_as_recorded_unless_a_look_shows_more() {
    let fault = Fault::new(FaultName::AccessDenied, "lambda:GetAlias is not allowed");
    let denied = Live::Unknown(fault);
    let runs = Accepted::Runs { state: &json!(41), shown: "41 at 100 %", as_before: false, as_recorded: false };
    for status in [StepStatus::Planned, StepStatus::Undone] {
        let table = [
            (None, Accepted::AsRecorded),
            (Some(look(CHANGED, TOKEN - 1, there())), Accepted::AsRecorded),
            (Some(look(CHANGED, TOKEN, denied.clone())), Accepted::AsRecorded),
            (Some(look(CHANGED, TOKEN, there())), runs),
            (Some(look(CHANGED, TOKEN, as_before())), Accepted::AsRecorded),
            (Some(look(CHANGED, TOKEN, Live::Gone("gone".into()))), Accepted::Nothing("gone")),
        ];
        for (looked, what) in table {
            let mut step = step(status);
            step.looked = looked;
            assert_eq!(accepted(&step, TOKEN), Ok(what), "{status:?}");
        }
    }
}

#[test]
fn what_is_live_is_accepted_and_not_what_was_seen_before_the_last_change() {
    let answered = change(CHANGED, Some(CHANGED.plus_s(1)));
    let (unanswered, old) = (change(CHANGED, None), change(Time(0), Some(Time(1))));
    let additive = ChangeRecord { switching: false, ..change(CHANGED.plus_s(3600), None) };
    // The changes, and after how many milliseconds a look shows all of them.
    let table = [
        (vec![old.clone(), answered.clone()], 1_000 + SEEN_AFTER_MS),
        (vec![answered, old], 1_000 + SEEN_AFTER_MS),
        (vec![unanswered, additive], 2 * SEEN_AFTER_MS),
    ];
    for (changes, after) in table {
        let mut step = step(StepStatus::UndoFailed);
        step.changes = changes;
        step.looked = Some(look(CHANGED.plus_ms(after), TOKEN, there()));
        let runs = Accepted::Runs { state: &json!(41), shown: "41 at 100 %", as_before: false, as_recorded: false };
        assert_eq!(accepted(&step, TOKEN), Ok(runs));
        step.looked = Some(look(CHANGED.plus_ms(after - 1), TOKEN, there()));
        let finding = accepted(&step, TOKEN).unwrap_err();
        assert_eq!(finding.name, FindingName::TargetNotSeen);
        assert!(finding.reason.written().contains("its last change"), "{:?}", finding.reason);
    }
}

#[test]
fn of_a_target_that_is_gone_nothing_runs() {
    let mut step = step(StepStatus::Undoing);
    step.looked = Some(look(CHANGED, TOKEN, Live::Gone("no such function".into())));
    assert_eq!(accepted(&step, TOKEN), Ok(Accepted::Nothing("no such function")));
}

#[test]
fn what_nobody_has_seen_is_not_accepted() {
    let fault = Fault::new(FaultName::AccessDenied, "lambda:GetAlias is not allowed");
    // What was looked at, and a part of the reason.
    let table = [
        (None, "nobody has looked at it"),
        (Some(look(CHANGED, TOKEN - 1, there())), "nobody has looked at it"),
        (Some(look(CHANGED, TOKEN, Live::Unknown(fault))), "AccessDenied: lambda:GetAlias is not allowed"),
    ];
    for (looked, part) in table {
        let mut step = step(StepStatus::Changed);
        step.looked = looked;
        let finding = accepted(&step, TOKEN).unwrap_err();
        assert_eq!(finding.name, FindingName::TargetNotSeen);
        assert_eq!(finding.path, "components.api");
        assert!(finding.reason.written().contains(part), "{:?}", finding.reason);
        assert!(finding.remedy.written().contains("accept again"), "{:?}", finding.remedy);
    }
}

/// Neither is a component that the deployment has not touched: its record would soon be untrue.
#[test]
fn what_aws_still_moves_is_not_accepted() {
    let busy = Finding::new(
        FindingName::TargetBusy,
        "alias live of function shop-api",
        "d-9 moves its callers.",
        "Accept again when it is over.",
    );
    let moving = Live::Moving(busy.clone());
    for status in [StepStatus::Planned, StepStatus::Undone, StepStatus::UndoFailed, StepStatus::Changed] {
        let mut step = step(status);
        step.looked = Some(look(CHANGED, TOKEN, moving.clone()));
        let finding = accepted(&step, TOKEN).unwrap_err();
        assert_eq!(finding.path, "components.api", "{status:?}");
        let parts = (finding.name, &finding.reason, &finding.remedy);
        assert_eq!(parts, (busy.name, &busy.reason, &busy.remedy), "{status:?}");
        // A look for an earlier `accept` does not count.
        step.looked = Some(look(CHANGED, TOKEN - 1, moving.clone()));
        let name = accepted(&step, TOKEN).err().map(|finding| finding.name);
        assert_ne!(name, Some(FindingName::TargetBusy), "{status:?}");
    }
}
