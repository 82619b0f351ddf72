use crate::declaration::plan::KindName;
use crate::deployment::Deployment;
use crate::deployment::drill::steps::*;
use crate::deployment::drill::{Drill, Drills, TRIES};
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::digest::Digest;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::Span;
use serde_json::json;

/// The largest item that DynamoDB takes (Amazon DynamoDB Developer Guide, "Quotas", "Item size").
const LARGEST_ITEM: usize = 400 * 1024;

fn place() -> (AppName, EnvironmentName) {
    (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap())
}

/// A deployment of the drill `there` that has ended so.
fn deployment(name: &str, ending: &str) -> Deployment {
    let record = json!({
        "id": name, "app": "shop", "environment": "prod", "action": "drill", "attempt": 1,
        "release": {"app": "shop", "version": "1.1.0", "components": {}}, "release_digest": "a".repeat(64),
        "drill": (name != "there").then_some("there"), "declaration": "1.0.0", "requester": {"route": "console"},
        "order": {"accepted": 0, "id": name}, "allow_older": true, "accept_red": false, "again": false,
        "by_person": true, "accepted": 5, "executions": [], "status": "ended", "started": 1000,
        "ending": {"ending": ending, "cause_name": "", "cause": "", "at": 9_000},
    });
    serde_json::from_value(record).unwrap()
}

fn change(at: u64, what: &str, switching: bool) -> ChangeRecord {
    ChangeRecord {
        at: Time(at),
        change: json!(null),
        made: None,
        what: what.into(),
        answered: true,
        answered_at: None,
        wave: Some(0),
        undo: false,
        switching,
        token: 1,
    }
}

fn step(component: &str, changes: Vec<ChangeRecord>) -> Step {
    let (app, environment) = place();
    Step {
        changes,
        ..Step::planned(
            DeploymentId("there".into()),
            app,
            environment,
            ComponentName::new(component).unwrap(),
            KindName::Lambda,
        )
    }
}

/// The steps of a deployment that made these changes.
fn steps_of(all: &[Step], judgements: &[Judgement]) -> (Vec<DrillStep>, u32) {
    let record = deployment("there", "Succeeded");
    steps(&EndedDeployment {
        record: &record,
        steps: &all.iter().collect::<Vec<_>>(),
        judgements,
        snapshot: 4,
        kept_files: None,
    })
}

/// Texts in which little repeats.
fn texts(from: u64) -> impl Iterator<Item = String> {
    (from..).map(|number| (0..5).map(|part| Digest::of(format!("{number} {part}").as_bytes()).to_string()).collect())
}

#[test]
fn every_change_is_a_step_whether_or_not_callers_could_notice_it() {
    let mut judgement = Judgement::begin(0, Time(0), Time(3), Span::seconds(0), true);
    judgement.looked = Time(3);
    let mut undone = change(5, "alias live 40 → 41", true);
    undone.undo = true;
    undone.answered = false;
    let api = vec![change(1, "published 41", false), change(2, "alias live 41 → 40", true), undone];
    let agent = vec![change(4, "registered agent:18", false)];
    let (steps, left_out) = steps_of(&[step("api", api), step("agent", agent)], &[judgement]);
    let steps: Vec<(u64, &str)> = steps.iter().map(|step| (step.at.0, step.what.as_str())).collect();
    assert_eq!(
        steps,
        [
            (1, "api published 41"),
            (2, "api alias live 41 → 40"),
            (3, "wave 1, 0 gates"),
            (4, "agent registered agent:18"),
            (5, "api alias live 40 → 41, undone, which was not answered"),
        ]
    );
    assert_eq!(left_out, 0);
}

#[test]
fn what_there_is_no_room_for_is_counted() {
    // How long the texts are, and how many of two thousand fit and do not: their bytes, `api ` before each, and those
    // beside it.
    for (bytes, fit, left) in [(20, 872, 1_128), (100, 457, 1_543), (1000, 210, 1_790)] {
        let all = (0..2_000).map(|at| change(at, &"x".repeat(bytes), at % 2 == 0));
        let (steps, left_out) = steps_of(&[step("api", all.collect())], &[]);
        assert_eq!((steps.len(), left_out), (fit, left), "{bytes}");
        let is_next = |pair: &[DrillStep]| pair[0].at.0 + 1 == pair[1].at.0;
        assert!(steps.windows(2).all(is_next), "the oldest are kept");
        let written = serde_json::to_string(&steps).unwrap().len();
        assert!(written <= MOST_BYTES, "{bytes}: {written}");
    }
}

/// A drill whose ways all have more steps than there is room for, and whose way back fails until the last try.
fn largest() -> Drill {
    let (app, environment) = place();
    let first = deployment("there", "Succeeded");
    let mut drills = Drills { under_way: Some(Drill::begin(&first)), ..Drills::default() };
    let mut texts = texts(0);
    for number in 0..=TRIES {
        let record = match number {
            0 => first.clone(),
            TRIES => deployment("back3", "Succeeded"),
            number => deployment(&format!("back{number}"), "RolledBack"),
        };
        if number > 0 {
            drills.under_way.as_mut().unwrap().come_back(record.id.clone());
        }
        let all = (0..1_000).map(|at| change(at, &texts.next().unwrap(), true));
        let step = step("api", all.collect());
        let end = EndedDeployment { record: &record, steps: &[&step], judgements: &[], snapshot: 4, kept_files: None };
        let ended = drills.drill_deployment_ended(EnvironmentId::new(&app, &environment), &end);
        assert_eq!(ended.is_some(), number == TRIES);
        if let Some(drill) = ended {
            return drill;
        }
    }
    unreachable!("the last try has ended")
}

#[test]
fn each_try_of_the_way_back_keeps_its_steps_and_all_of_them_fit_one_item() {
    let drill = largest();
    let deployments = [&drill.there].into_iter().chain(&drill.tried);
    let deployments: Vec<_> = deployments.chain(&drill.back).collect();
    let names: Vec<&str> = deployments.iter().map(|deployment| deployment.deployment.as_str()).collect();
    assert_eq!(names, ["there", "back1", "back2", "back3"]);
    for deployment in deployments {
        assert!(deployment.steps.len() > 200 && deployment.left_out > 0, "{}", deployment.deployment);
        assert_eq!(deployment.steps.len() + deployment.left_out as usize, 1_000);
    }
    let written = serde_json::to_string(&drill).unwrap().len();
    assert!(written < LARGEST_ITEM * 4 / 5, "{written} bytes");
}
