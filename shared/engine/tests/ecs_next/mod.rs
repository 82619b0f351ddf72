//! A table of the next step of an ECS service. The goal is always `t:1`.

mod scene;

use scene::{
    Case, agent, failures, gone_back, listed, own, primary, sent, sent_while_complete, steady, table, target, unknown,
    wanted, word,
};
use std::collections::BTreeSet;
use windlass_domain::text::time::Time;
use windlass_engine::kinds::ecs::{Ecs, Goal, Registered, Seen, Until};
use windlass_engine::kinds::{Kind, Next};
use windlass_world::World;

#[test]
fn a_rollout_is_judged_by_what_ecs_says_of_it() {
    let cases: &[Case] = &[
        ("steady", |_| {}),
        ("elsewhere", |is| {
            is.task_definition = "arn/t:2".into();
        }),
        ("under way", |is| primary(is).rollout = "IN_PROGRESS".into()),
        ("too few run", |is| primary(is).running = 1),
        ("some still start", |is| primary(is).pending = 1),
        ("the former drains", |is| {
            let former = listed("e0", "ACTIVE", "t:0", "COMPLETED", 1);
            is.deployments.push(former);
        }),
        ("a failed one stays listed", |is| {
            let former = listed("e0", "ACTIVE", "t:0", "FAILED", 0);
            is.deployments.push(former);
        }),
        ("no state shown, behind a Classic Load Balancer", |is| {
            primary(is).rollout = String::new();
        }),
        ("no state shown, the former is listed", |is| {
            primary(is).rollout = String::new();
            let former = listed("e0", "ACTIVE", "t:0", "", 0);
            is.deployments.push(former);
        }),
        ("no primary", |is| is.deployments.clear()),
        ("no primary, overdue", |is| {
            is.deployments.clear();
            is.overdue = true;
        }),
        ("other bytes", |is| {
            is.images.insert("agent".into(), own("b"));
        }),
        ("unknown bytes", |is| unknown(is, "agent")),
        ("unknown bytes, overdue", |is| {
            unknown(is, "agent");
            is.overdue = true;
        }),
        ("no task shows", |is| {
            let all = is.images.values_mut();
            all.for_each(|own| own.digests.clear());
        }),
        ("a container that is not gone for", |is| {
            is.images.insert("log".into(), own("z"));
            unknown(is, "log");
        }),
        ("no tasks wanted", |is| {
            is.desired = 0;
            primary(is).rollout = "IN_PROGRESS".into();
        }),
        ("some start for hours", |is| {
            primary(is).running = 1;
            is.waited_ms = 20 * 60_000 + 1;
        }),
        ("overdue", |is| {
            primary(is).running = 1;
            is.overdue = true;
        }),
        ("tasks fail, the breaker counts", |is| {
            primary(is).rollout = "IN_PROGRESS".into();
            failures(is, 9);
        }),
        ("two tasks fail, no breaker", |is| {
            primary(is).rollout = "IN_PROGRESS".into();
            is.breaker = false;
            failures(is, 2);
        }),
        ("three tasks fail, no breaker", |is| {
            primary(is).rollout = "IN_PROGRESS".into();
            is.breaker = false;
            failures(is, 3);
        }),
    ];
    insta::assert_snapshot!(table(cases, &wanted()), @r#"
    steady: done
    elsewhere: task definition t:2 → t:1
    under way: wait
    too few run: wait
    some still start: wait
    the former drains: wait
    a failed one stays listed: done
    no state shown, behind a Classic Load Balancer: done
    no state shown, the former is listed: wait
    no primary: wait
    no primary, overdue: failed: ChangeFailed
    other bytes: failed: ChangeFailed
    unknown bytes: wait
    unknown bytes, overdue: failed: ChangeFailed
    no task shows: wait
    a container that is not gone for: done
    no tasks wanted: done
    some start for hours: wait for hours
    overdue: failed: ChangeFailed
    tasks fail, the breaker counts: wait
    two tasks fail, no breaker: wait
    three tasks fail, no breaker: failed: ChangeFailed
    "#);
}

#[test]
fn a_new_task_that_dies_after_ecs_has_called_it_complete_is_a_failure() {
    let cases: &[Case] = &[
        ("before, too few run", |is| {
            failures(is, 1);
            primary(is).running = 1;
            is.finished = Some(Time(3_000));
        }),
        ("before, all run", |is| {
            failures(is, 1);
            is.finished = Some(Time(3_000));
        }),
        ("since, too few run", |is| {
            failures(is, 1);
            primary(is).running = 1;
            is.finished = Some(Time(1_000));
        }),
        ("since, another one runs in its place", |is| {
            failures(is, 1);
            is.finished = Some(Time(1_000));
        }),
        ("nobody knows since when it is complete", |is| failures(is, 1)),
    ];
    let brought = |(name, change): &Case| {
        let mut is = steady();
        is.registered = Some(Registered {
            arn: "arn/t:1".into(),
            images: [("agent".to_owned(), "repo@sha256:a".to_owned())].into(),
        });
        change(&mut is);
        let forward = word(&is, &Goal { task_definition: None, ..wanted() });
        format!("{name}: {forward}; on the way back: {}", word(&is, &wanted()))
    };
    insta::assert_snapshot!(cases.iter().map(brought).collect::<Vec<_>>().join("\n"), @r#"
    before, too few run: wait; on the way back: wait
    before, all run: done; on the way back: done
    since, too few run: failed: ChangeFailed; on the way back: wait
    since, another one runs in its place: failed: ChangeFailed; on the way back: done
    nobody knows since when it is complete: done; on the way back: done
    "#);
}

#[test]
fn what_ecs_gave_up_is_observed_and_not_raced() {
    let cases: &[Case] = &[
        ("given up, rollback to come", |is| {
            primary(is).rollout = "FAILED".into();
        }),
        ("given up, no rollback", |is| {
            primary(is).rollout = "FAILED".into();
            is.rolls_back = false;
        }),
        ("going back", |is| {
            gone_back(is, "IN_PROGRESS");
            sent(is, "t:2");
        }),
        ("gone back", |is| {
            gone_back(is, "COMPLETED");
            sent(is, "t:2");
        }),
        ("gone back, forgotten by ECS, tasks show", |is| {
            gone_back(is, "COMPLETED");
            is.deployments.truncate(1);
            failures(is, 3);
            sent(is, "t:2");
        }),
        ("gone back, forgotten by ECS, its events show", |is| {
            gone_back(is, "COMPLETED");
            is.deployments.truncate(1);
            is.events = vec!["(deployment e2) deployment failed: alarm detected.".into()];
            sent(is, "t:2");
        }),
        ("failed under an earlier token", |is| {
            gone_back(is, "COMPLETED");
        }),
        ("the observation is old", |is| {
            gone_back(is, "COMPLETED");
            is.deployments.truncate(1);
            sent(is, "t:2");
        }),
        ("set to something else", |is| {
            gone_back(is, "COMPLETED");
            is.deployments.truncate(1);
            sent(is, "t:0");
        }),
        ("set to something else, tasks failed", |is| {
            gone_back(is, "COMPLETED");
            is.deployments.truncate(1);
            failures(is, 3);
            sent(is, "t:0");
        }),
        ("set to something else, given up", |is| {
            gone_back(is, "COMPLETED");
            sent(is, "t:0");
        }),
        ("gone further back, ECS says so", |is| {
            gone_back(is, "IN_PROGRESS");
            primary(is).reason = "ECS deployment circuit breaker: rolling back to e0.".into();
            sent(is, "t:0");
        }),
        ("gone back to what was complete, given up", |is| {
            gone_back(is, "COMPLETED");
            sent_while_complete(is, "t:0", "t:2");
        }),
        ("gone back to what was complete, its events show", |is| {
            gone_back(is, "COMPLETED");
            is.deployments.truncate(1);
            is.events = vec!["(deployment e2) deployment failed: tasks failed".into()];
            sent_while_complete(is, "t:0", "t:2");
        }),
        ("set to something else, a rollback by its service deployment", |is| {
            gone_back(is, "COMPLETED");
            is.deployments.truncate(1);
            is.rolled_back = Some("circuit breaker".into());
            sent(is, "t:0");
        }),
        ("set to what was complete, nothing given up", |is| {
            gone_back(is, "COMPLETED");
            is.deployments.truncate(1);
            sent_while_complete(is, "t:0", "t:2");
        }),
    ];
    insta::assert_snapshot!(table(cases, &wanted()), @r#"
    given up, rollback to come: wait
    given up, no rollback: failed: ChangeFailed
    going back: wait
    gone back: failed: ChangeFailed
    gone back, forgotten by ECS, tasks show: failed: ChangeFailed
    gone back, forgotten by ECS, its events show: failed: ChangeFailed
    failed under an earlier token: task definition t:2 → t:1
    the observation is old: task definition t:2 → t:1
    set to something else: failed: TargetChangedByOther
    set to something else, tasks failed: failed: TargetChangedByOther
    set to something else, given up: failed: TargetChangedByOther
    gone further back, ECS says so: wait
    gone back to what was complete, given up: failed: ChangeFailed
    gone back to what was complete, its events show: failed: ChangeFailed
    set to something else, a rollback by its service deployment: failed: ChangeFailed
    set to what was complete, nothing given up: failed: TargetChangedByOther
    "#);
}

/// The digests of the second container, how many of its tasks show none, and what follows.
type Two = (&'static str, &'static [&'static str], &'static str);

#[test]
fn each_of_several_containers_is_seen_to_run_its_bytes() {
    let both = Goal { images: [("agent".to_owned(), own("a")), ("log".to_owned(), own("l"))].into(), ..wanted() };
    let log = |is: &mut Seen, digest: &str| {
        is.images.insert("log".into(), own(digest));
    };
    let table: [Two; 5] = [
        ("l", &[], "done"),
        ("x", &[], "failed: ChangeFailed"),
        ("l", &["log"], "wait"),
        ("l", &["agent"], "wait"),
        ("x", &["agent"], "failed: ChangeFailed"),
    ];
    for (digest, silent, wanted) in table {
        let mut is = steady();
        log(&mut is, digest);
        for container in silent {
            unknown(&mut is, container);
        }
        let outcome = match Ecs::<World>::next(&target(), &is, &both) {
            Next::Done => "done".to_owned(),
            Next::Failed(finding) => format!("failed: {}", finding.name),
            _ => "wait".to_owned(),
        };
        assert_eq!(outcome, wanted, "{digest} {silent:?}");
    }
    let mut is = steady();
    log(&mut is, "x");
    let Next::Failed(finding) = Ecs::<World>::next(&target(), &is, &both) else {
        panic!("other bytes");
    };
    assert!(finding.reason.written().contains("in container log"), "{finding:?}");
}

#[test]
fn forward_registers_first() {
    let cases: &[Case] = &[
        ("nothing registered", |_| {}),
        ("another image registered", |is| {
            is.registered = Some(Registered {
                arn: "arn/t:3".into(),
                images: [("agent".to_owned(), "repo@sha256:c".to_owned())].into(),
            });
        }),
        ("registered", |is| {
            is.registered = Some(Registered {
                arn: "arn/t:2".into(),
                images: [("agent".to_owned(), "repo@sha256:b".to_owned())].into(),
            });
        }),
    ];
    let wanted =
        Goal { task_definition: None, images: agent("b"), completed: BTreeSet::new(), until: Until::default() };
    insta::assert_snapshot!(table(cases, &wanted), @r#"
    nothing registered: register a task definition with repo@sha256:b
    another image registered: register a task definition with repo@sha256:b
    registered: task definition t:1 → t:2
    "#);
}
