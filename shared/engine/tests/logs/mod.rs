//! Tests of counts of lines in logs, against the in-memory world.

mod before_changes;
mod scene;

use crate::logs::scene::{GROUP, begin, calls, gate, look, one_look, pass_seconds, whole};
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::gates::LogsGate;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::measurements::{Judging, measure};
use windlass_engine::ports::{AssumeRole, Clock};
use windlass_world::World;
use windlass_world::run::run;

#[test]
fn lines_are_counted_until_there_are_too_many() {
    let world = World::default();
    world.log(GROUP, "ERROR before the change");
    pass_seconds(&world, 2);
    let mut judgement = begin(&world);
    let gates = whole(gate());
    for _ in 0..2 {
        pass_seconds(&world, 60);
        world.log(GROUP, "ERROR no table");
    }
    world.log(GROUP, "fine");
    pass_seconds(&world, 1);
    let seen = look(&world, &gates, &mut judgement);
    assert_eq!((seen.verdict, seen.measured.as_str()), (Verdict::Pass, "2 lines"));
    assert_eq!(seen.window, "14:00-14:02 UTC");
    assert_eq!(seen.threshold, "at most 2 lines in 5m");
    assert_eq!(seen.gate, "/aws/lambda/shop-api @message like /ERROR|FATAL/");
    assert_eq!(seen.look_at, "CloudWatch Logs Insights over /aws/lambda/shop-api: filter @message like /ERROR|FATAL/");
    world.log(GROUP, "FATAL no table");
    pass_seconds(&world, 1);
    let seen = look(&world, &gates, &mut judgement);
    assert_eq!((seen.verdict, seen.measured.as_str()), (Verdict::Fail, "3 lines"));
}

#[test]
fn lines_of_two_windows_are_not_added_up() {
    let world = World::default();
    let gates = whole(gate());
    let mut judgement = begin(&world);
    for _ in 0..3 {
        world.log(GROUP, "ERROR");
        pass_seconds(&world, 200);
        let seen = look(&world, &gates, &mut judgement);
        assert_eq!(seen.verdict, Verdict::Pass, "{}", seen.measured);
    }
}

#[test]
fn where_looks_are_far_apart_each_window_between_them_is_counted() {
    let world = World::default();
    let gates = whole(gate());
    let mut judgement = begin(&world);
    world.log(GROUP, "fine");
    pass_seconds(&world, 10);
    assert_eq!(look(&world, &gates, &mut judgement).verdict, Verdict::Pass);
    for _ in 0..3 {
        world.log(GROUP, "ERROR");
    }
    pass_seconds(&world, 900);
    let before = calls(&world, "StartQuery");
    let seen = look(&world, &gates, &mut judgement);
    assert_eq!((seen.verdict, seen.measured.as_str()), (Verdict::Fail, "3 lines"));
    assert!(calls(&world, "StartQuery") - before <= 4);
    // If they are not, one query is enough.
    let mut judgement = begin(&world);
    world.speak(GROUP, Some("fine"));
    for _ in 0..5 {
        pass_seconds(&world, 120);
        let before = calls(&world, "StartQuery");
        look(&world, &gates, &mut judgement);
        assert_eq!(calls(&world, "StartQuery") - before, 1);
    }
}

#[test]
fn what_came_while_it_was_unknown_is_counted_when_it_is_known_again() {
    let world = World::default();
    let gates = whole(gate());
    let mut judgement = begin(&world);
    world.log(GROUP, "fine");
    pass_seconds(&world, 10);
    look(&world, &gates, &mut judgement);
    for _ in 0..3 {
        world.log(GROUP, "ERROR");
    }
    pass_seconds(&world, 600);
    let throttle = Fault::new(FaultName::Throttled, "slowly");
    let start = "Logs_20140328.StartQuery";
    world.mishaps().refused.insert(start, throttle);
    assert_eq!(look(&world, &gates, &mut judgement).verdict, Verdict::Unknown);
    world.mishaps().refused.clear();
    pass_seconds(&world, 5);
    assert_eq!(look(&world, &gates, &mut judgement).verdict, Verdict::Fail);
}

#[test]
fn a_line_that_arrives_late_is_counted_when_it_is_there_also_in_the_next_wave() {
    let world = World::default();
    let gates = whole(gate());
    let mut judgement = begin(&world);
    world.log(GROUP, "fine");
    pass_seconds(&world, 290);
    for _ in 0..3 {
        world.log_late(GROUP, "ERROR", 60_000);
    }
    pass_seconds(&world, 10);
    assert_eq!(look(&world, &gates, &mut judgement).verdict, Verdict::Pass);
    // The wave has passed; the next one begins.
    let mut next = begin(&world);
    next.wave = 1;
    let first_change = judgement.changed;
    pass_seconds(&world, 60);
    let judging = Judging {
        gates: &gates,
        place: &Place::default(),
        waves: &[],
        steps: &[],
        judgement: &next,
        first_change,
        now: world.now(),
    };
    let seen = run(measure(&world, &judging)).remove(0);
    assert_eq!((seen.verdict, seen.measured.as_str()), (Verdict::Fail, "3 lines"));
}

#[test]
fn where_nothing_is_logged_nothing_is_known() {
    let world = World::default();
    world.speak(GROUP, None);
    let mut judgement = begin(&world);
    let gates = whole(gate());
    for (seconds, not_ready) in [(1, true), (118, true), (1, false)] {
        pass_seconds(&world, seconds);
        let seen = look(&world, &gates, &mut judgement);
        assert_eq!(seen.verdict, Verdict::Unknown);
        assert_eq!(seen.measured, "nothing is logged yet");
        assert_eq!(seen.not_ready, not_ready, "{seconds}");
    }
    world.speak(GROUP, Some("fine"));
    pass_seconds(&world, 15);
    assert_eq!(look(&world, &gates, &mut judgement).verdict, Verdict::Pass);
}

#[test]
fn what_a_query_does_not_answer_is_unknown() {
    type Make = fn(&World);
    let table: [(&str, Make, &str); 8] = [
        ("fails", |world| world.logs().ends = "Failed", "not measured: the query ended as Failed"),
        ("is cancelled", |world| world.logs().ends = "Cancelled", "not measured: the query ended as Cancelled"),
        ("times out", |world| world.logs().ends = "Timeout", "not measured: the query ended as Timeout"),
        ("is not known", |world| world.logs().ends = "Unknown", "not measured: the query ended as Unknown"),
        ("is slow", |world| world.logs().slow = 99, "not measured: the query had no result after 15 s"),
        (
            "has no group",
            |world| world.logs().groups.clear(),
            "not measured: NotFound: there is no log group /aws/lambda/shop-api",
        ),
        (
            "is throttled",
            |world| {
                let fault = Fault::new(FaultName::Throttled, "slowly");
                world.mishaps().refused.insert("Logs_20140328.StartQuery", fault);
            },
            "not measured: Throttled: slowly",
        ),
        (
            "is forbidden",
            |world| {
                let fault = Fault::new(FaultName::AccessDenied, "no");
                world.mishaps().refused.insert("Logs_20140328.GetQueryResults", fault);
            },
            "not measured: AccessDenied: no",
        ),
    ];
    for (what, make, measured) in table {
        let world = World::default();
        world.speak(GROUP, Some("ERROR"));
        pass_seconds(&world, 300);
        make(&world);
        let seen = one_look(&world);
        assert_eq!((seen.verdict, seen.measured.as_str()), (Verdict::Unknown, measured), "{what}");
    }
}

#[test]
fn a_query_that_takes_a_while_is_waited_for_and_one_that_takes_too_long_is_stopped() {
    let world = World::default();
    world.speak(GROUP, Some("fine"));
    pass_seconds(&world, 300);
    world.logs().slow = 5;
    let began = world.now();
    assert_eq!(one_look(&world).verdict, Verdict::Pass);
    assert!(world.now().ms_since(began) <= 16_000);
    assert_eq!(calls(&world, "StopQuery"), 0);
    world.logs().slow = 6;
    assert_eq!(one_look(&world).verdict, Verdict::Unknown);
    assert_eq!(calls(&world, "StopQuery"), 1);
}

#[test]
fn groups_are_looked_for_in_their_region() {
    let there = Place::default().in_region(Some("us-east-1"));
    let world = World::default();
    world.at(&there).speak(GROUP, Some("ERROR"));
    world.speak(GROUP, Some("fine"));
    pass_seconds(&world, 240);
    let mut judgement = begin(&World::default());
    let elsewhere = LogsGate { region: Some("us-east-1".into()), ..gate() };
    let seen = look(&world, &whole(elsewhere), &mut judgement);
    assert_eq!(seen.verdict, Verdict::Fail);
    let mut judgement = begin(&World::default());
    assert_eq!(look(&world, &whole(gate()), &mut judgement).verdict, Verdict::Pass);
}
