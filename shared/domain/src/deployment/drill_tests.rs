use crate::declaration::gate::{Measurement, Verdict};
use crate::deployment::admission_scene::id;
use crate::deployment::drill::*;
use crate::deployment::judgement::Judgement;
use crate::deployment::{Ended, Resolved, Status, Why};
use crate::release::identity::EnvironmentId;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::time::Span;
use serde_json::json;

fn shop() -> (AppName, EnvironmentName) {
    (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap())
}

/// A deployment of a drill: `there`, or one that comes back.
fn deployment(name: &str) -> Deployment {
    let record = json!({
        "id": name, "app": "shop", "environment": "prod", "action": "drill", "attempt": 1,
        "release": {"app": "shop", "version": "1.1.0", "components": {}}, "release_digest": "a".repeat(64),
        "drill": (name != "there").then_some("there"), "declaration": "1.0.0", "requester": {"route": "console"},
        "order": {"accepted": 0, "id": name}, "allow_older": true, "accept_red": false, "again": false,
        "by_person": true, "accepted": 5, "executions": [], "status": "running", "started": 1000,
    });
    serde_json::from_value(record).unwrap()
}

fn ended(name: &str, ending: Ending, cause_name: &str) -> Deployment {
    let mut record = deployment(name);
    record.status = Status::Ended;
    record.ending = Some(Ended {
        ending,
        cause_name: cause_name.into(),
        cause: "it is so.\nand more".into(),
        findings: vec![],
        added: vec![],
        stays_reachable: vec![],
        at: Time(42_000),
        resolved: None,
        cost: None,
    });
    record
}

fn undone(name: &str, why: &str) -> Deployment {
    let mut record = ended(name, Ending::RolledBack, why);
    record.undoing = Some(Why { name: why.into(), text: format!("because of {why}.").into() });
    record
}

pub(super) fn begun() -> Drills {
    let mut drill = Drill::begin(&deployment("there"));
    let standing = |snapshot, version: &str| {
        let version = version.to_owned();
        Some(SnapshotVersion { snapshot, version })
    };
    drill.from = standing(3, "1.2.0");
    drill.to = standing(2, "1.1.0");
    Drills { under_way: Some(drill), ..Drills::default() }
}

fn take(drills: &mut Drills, record: &Deployment, judgements: &[Judgement]) -> Option<Drill> {
    end(drills, &EndedDeployment { record, steps: &[], judgements, snapshot: 4, kept_files: None })
}

fn end(drills: &mut Drills, end: &EndedDeployment<'_>) -> Option<Drill> {
    let (app, env) = shop();
    drills.drill_deployment_ended(EnvironmentId::new(&app, &env), end)
}

/// Drills whose way there succeeded, and whose way back is tried for the so many-th time.
pub(super) fn coming_back(tries: u32) -> Drills {
    let mut drills = begun();
    let arrived = take(&mut drills, &ended("there", Ending::Succeeded, ""), &[]);
    assert_eq!(arrived, None);
    let drill = drills.under_way.as_mut().unwrap();
    drill.tries = tries - 1;
    drill.come_back(id("back"));
    drills
}

fn in_words(drills: &Drills) -> String {
    match (&drills.under_way, &drills.last) {
        (Some(drill), None) if drill.awaits_back() => "awaits the way back".into(),
        (Some(_), None) => "under way".into(),
        (None, Some(last)) if last.restored => format!("{}", last.outcome),
        (None, Some(last)) => format!("{}, not restored", last.outcome),
        _ => "?".into(),
    }
}

#[test]
fn what_the_end_of_the_way_there_means() {
    use Ending::{NeedsOperator, NothingToDo, Rejected, Succeeded};
    let stopped = |mut record: Deployment| {
        record.stopped = true;
        record
    };
    let table = vec![
        (ended("there", Succeeded, ""), "awaits the way back"),
        (ended("there", NothingToDo, "AlreadyThere"), "awaits the way back"),
        (ended("there", Rejected, "Held"), "refused"),
        (undone("there", "GateFailed"), "failed"),
        (undone("there", "ExecutionTimedOut"), "failed"),
        (undone("there", PREEMPTED), "overtaken"),
        (undone("there", PREEMPTED_BY_DEPLOY), "overtaken"),
        (stopped(undone("there", "ExecutionStopped")), "overtaken"),
        (ended("there", NeedsOperator, "GateFailed"), "failed, not restored"),
        (ended("other", Succeeded, ""), "under way"),
        (deployment("there"), "under way"),
    ];
    for (number, (record, wanted)) in table.into_iter().enumerate() {
        let mut drills = begun();
        take(&mut drills, &record, &[]);
        assert_eq!(in_words(&drills), wanted, "row {number}");
    }
}

#[test]
fn what_the_end_of_the_way_back_means() {
    use Ending::{NeedsOperator, NothingToDo, Rejected, Succeeded};
    let table = vec![
        (1, ended("back", Succeeded, ""), "proved"),
        (3, ended("back", Succeeded, ""), "proved"),
        (1, ended("back", NothingToDo, "AlreadyThere"), "failed"),
        (1, ended("back", NothingToDo, "Superseded"), "overtaken, not restored"),
        (1, undone("back", PREEMPTED), "overtaken, not restored"),
        (1, undone("back", "ChangeFailed"), "awaits the way back"),
        (2, ended("back", Rejected, "TargetMissing"), "awaits the way back"),
        (3, undone("back", "ChangeFailed"), "failed, not restored"),
        (3, ended("back", Rejected, "TargetMissing"), "failed, not restored"),
        (1, ended("back", NeedsOperator, "Failed"), "failed, not restored"),
        (1, ended("there", Rejected, ""), "under way"),
    ];
    for (number, (tries, record, wanted)) in table.into_iter().enumerate() {
        let mut drills = coming_back(tries);
        let over = take(&mut drills, &record, &[]);
        assert_eq!(in_words(&drills), wanted, "row {number}");
        assert_eq!(over.is_some(), drills.under_way.is_none(), "row {number}");
        assert_eq!(drills.proved.is_some(), wanted == "proved", "row {number}");
    }
}

#[test]
fn a_drill_that_changed_nothing_because_only_kept_files_differ_says_that() {
    let nothing = |name| ended(name, Ending::NothingToDo, "NothingChanged");
    // By how many files alone they differed, on the way there and back; whether that is why.
    for (there, back, is_why) in [(Some(2), Some(2), true), (Some(2), None, false), (None, Some(2), false)] {
        let of = |record, kept_files| EndedDeployment { record, steps: &[], judgements: &[], snapshot: 4, kept_files };
        let (mut drills, gone, come) = (begun(), nothing("there"), nothing("back"));
        assert_eq!(end(&mut drills, &of(&gone, there)), None);
        drills.under_way.as_mut().unwrap().come_back(id("back"));
        let drill = end(&mut drills, &of(&come, back)).unwrap();
        assert_eq!(drill.there.ended.unwrap().kept_files, there);
        let over = drill.ended.unwrap();
        assert_eq!((over.outcome, over.restored), (DrillOutcome::Failed, true));
        let words = "the site of 1.1.0 (snapshot 2) differs only by 2 files, which stay there";
        assert_eq!(over.cause.written().contains(words), is_why, "{:?}", over.cause);
    }
}

#[test]
fn a_gate_that_is_red_on_the_way_back_fails_the_drill_and_what_ran_before_runs() {
    let mut judgement = Judgement::begin(0, Time(0), Time(2_000), Span::seconds(0), false);
    judgement.verdict = Verdict::Pass;
    judgement.against = Some(Measurement {
        gate: "shop-5xx".into(),
        source: "alarm".into(),
        component: None,
        verdict: Verdict::Fail,
        measured: "7 errors".into(),
        threshold: "5".into(),
        value: None,
        limit: None,
        window: String::new(),
        look_at: String::new(),
        not_ready: false,
        counts_later: false,
        at: Time(2_000),
    });
    let mut drills = coming_back(1);
    let drill = take(&mut drills, &ended("back", Ending::Succeeded, ""), &[judgement]).unwrap();
    let over = drill.ended.unwrap();
    assert_eq!((over.outcome, over.restored), (DrillOutcome::Failed, true));
    assert!(over.cause.written().contains("came back to 1.2.0 (snapshot 3)"), "{:?}", over.cause);
    assert!(over.cause.written().contains("gate `shop-5xx` is red, measured 7 errors, threshold 5"));
    let step = &drill.back.unwrap().steps[0];
    assert_eq!((step.at, step.verdict), (Time(2_000), Some(Verdict::Fail)));
}

#[test]
fn a_drill_that_cannot_come_back_ends_and_names_what_runs() {
    let mut drills = coming_back(TRIES - 1);
    let lost = |drills: &mut Drills| take(drills, &undone("back", "ChangeFailed"), &[]);
    assert_eq!(lost(&mut drills), None);
    assert_eq!(in_words(&drills), "awaits the way back");
    let over = lost(&mut coming_back(TRIES)).unwrap().ended.unwrap();
    assert_eq!((over.outcome, over.restored), (DrillOutcome::Failed, false));
    assert_eq!(
        over.cause.written(),
        "shop prod RUNS 1.1.0 (snapshot 2) and NOT 1.2.0 (snapshot 3): the drill could not come back in 3 tries, at last \
         because: because of ChangeFailed.\n  next: mend that, then start \
         {\"action\":\"rollback\",\"app\":\"shop\",\"environment\":\"prod\",\"reason\":\"…\",\"snapshot\":3} to have 1.2.0 \
         (snapshot 3) back; a release may be deployed at once."
    );
}

/// Safety: drills: What a drill that needed an operator says is true of now once that is over.
#[test]
fn a_drill_that_needs_an_operator_no_more_names_what_runs() {
    use Ending::{NeedsOperator, RolledBack, Succeeded};
    let (app, env) = shop();
    let by = deployment("there").requester;
    let accepted = Resolved { at: Time(50_000), by, allowed_by: None, reason: "repaired by hand".into() };
    let back = |ending| (coming_back(1), ended("back", ending, "x"));
    let there = |ending| (begun(), ended("there", ending, "x"));
    let table = [
        (there(RolledBack), None, true, "shop prod runs 1.2.0 (snapshot 3) again:"),
        (there(Succeeded), None, false, "RUNS 1.1.0 (snapshot 2) and NOT 1.2.0"),
        (back(RolledBack), None, false, "RUNS 1.1.0 (snapshot 2) and NOT 1.2.0"),
        (back(Succeeded), None, true, "shop prod runs 1.2.0 (snapshot 3) again:"),
        (there(NeedsOperator), Some(&accepted), false, "repaired by hand"),
        (there(NeedsOperator), None, false, "NEEDS AN OPERATOR"),
    ];
    for ((mut drills, record), accepted, restored, words) in table {
        let stuck = ended(record.id.as_str(), NeedsOperator, "x");
        let mut drill = take(&mut drills, &stuck, &[]).unwrap();
        let was = drill.clone();
        let is_new = drill.resolve(EnvironmentId::new(&app, &env), &record, accepted);
        drills.update_last(&drill);
        let last = drills.last.as_ref().unwrap();
        assert!(last.cause.written().contains(words), "{:?}", last.cause);
        assert_eq!(is_new, !words.contains("NEEDS"), "{words}");
        assert_eq!(is_new, !drills.in_words().written().contains("NEEDS AN OPERATOR"));
        assert_eq!((last.outcome, last.restored), (DrillOutcome::Failed, restored));
        assert_eq!(drill == was, !is_new);
        assert!(!drill.resolve(EnvironmentId::new(&app, &env), &record, accepted));
    }
}

#[test]
fn each_try_of_the_way_back_is_a_deployment_of_its_own_and_the_same_for_whoever_starts_it() {
    let (app, env) = shop();
    let mut drill = Drill::begin(&deployment("there"));
    let first = drill.next_back(EnvironmentId::new(&app, &env));
    assert_eq!(first, drill.next_back(EnvironmentId::new(&app, &env)));
    drill.come_back(first.clone());
    assert_ne!(first, drill.next_back(EnvironmentId::new(&app, &env)));
    assert_eq!(drill.direction(&first), Some(DrillDirection::Back));
    assert_eq!(drill.direction(&id("there")), Some(DrillDirection::There));
    assert_eq!(drill.direction(&id("other")), None);
}

#[test]
fn an_end_is_taken_in_once() {
    let mut drills = begun();
    take(&mut drills, &ended("there", Ending::Succeeded, ""), &[]);
    let before = drills.clone();
    take(&mut drills, &undone("there", "GateFailed"), &[]);
    assert_eq!(drills, before);
}

#[test]
fn a_length_of_time_is_written_as_people_say_it() {
    let table = [(0, "0 s"), (40_001, "41 s"), (120_000, "2 min"), (725_000, "12 min 5 s"), (11_400_000, "3 h 10 min")];
    for (ms, words) in table {
        assert_eq!(lasted(ms), words);
    }
}
