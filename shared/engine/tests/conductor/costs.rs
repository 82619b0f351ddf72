//! Tests of the cost of a run of the schedule of recoveries, in calls and in time.

use crate::conductor::scene::Scene;
use crate::conductor::schedule_of_many::{
    arriving, holding, one_of_each, quiet, scheduled, served, to_look_at, waiting, waiting_for,
};
use windlass_engine::recovery::ScheduleResult;
use windlass_world::mishaps::Visitor;

/// Makes a deployment of that name that has no ending.
type Make = fn(&Scene, &str);

/// Returns the number of calls that a run makes.
fn calls(scene: &Scene) -> usize {
    let count = || scene.stage.world.mishaps().calls.len();
    let before = count();
    scheduled(scene).unwrap();
    count() - before
}

/// Safety: recovery: A run of the schedule costs so many calls for each deployment without an ending: one for a lock
/// whose owner runs, four for a dead one.
#[test]
fn a_run_costs_so_much_for_each_that_has_no_ending() {
    // How a deployment is made, and the number of calls that it costs.
    let kinds: [(Make, usize); 7] = [
        (|scene, name| holding(scene, name, "RUNNING"), 1),
        (|scene, name| holding(scene, name, "ABORTED"), 4),
        (|scene, name| arriving(scene, name, "RUNNING"), 1),
        (|scene, name| arriving(scene, name, "TIMED_OUT"), 4),
        (|scene, name| waiting(scene, name, "ABORTED"), 5),
        // Each waits in an environment of its own: the waiting ones there are read, and woken.
        (|scene, name| waiting(scene, name, "RUNNING"), 5),
        // All wait in one environment: they are read once.
        (|scene, name| waiting_for(scene, "dev", name, "RUNNING"), 4),
    ];
    for (kind, (make, each)) in kinds.into_iter().enumerate() {
        let cost = |count: usize| {
            let scene = quiet();
            for number in 0..count {
                make(&scene, &format!("x{number}"));
            }
            calls(&scene)
        };
        let none = cost(0);
        assert_eq!(none, 8, "{kind}");
        let once = cost(100) - none - 100 * each;
        assert!(once <= 1, "{kind}: {once}");
        assert_eq!(cost(400), none + 400 * each + once, "{kind}");
    }
}

#[test]
fn a_run_makes_so_many_second_looks_and_no_more() {
    let cost = |count: usize| {
        let scene = quiet();
        for number in 0..count {
            to_look_at(&scene, &format!("x{number}"));
        }
        calls(&scene)
    };
    let none = cost(0);
    let each = cost(1) - none;
    assert_eq!(cost(25), none + 25 * each);
    assert_eq!(cost(100), cost(25));
}

/// Makes each call take a second.
fn slow(scene: &Scene) {
    let visitor = Visitor::new(|world| {
        let mut clock = world.clock();
        clock.now = clock.now.plus_s(1);
    });
    scene.stage.world.mishaps().visitor = visitor;
}

/// Safety: recovery: What a slow run does not come to is looked at by the next ones: of n held locks, with m a run,
/// each within 2 n / m runs.
#[test]
fn what_a_slow_run_does_not_come_to_is_looked_at_by_the_next_ones() {
    // With so many at once, a run comes to three or four of them.
    for count in [10, 37, 60, 100] {
        let scene = quiet();
        for number in 0..count {
            holding(&scene, &format!("x{number}"), "ABORTED");
        }
        slow(&scene);
        let mut runs = 0;
        while served(&scene).len() < count {
            let made = calls(&scene);
            assert!(made <= 8 + 18, "{made} calls");
            scene.stage.pass_seconds(300 - u64::try_from(made).unwrap());
            runs += 1;
            assert!(runs <= 2 * count / 3, "{count}: {}", served(&scene).len());
        }
    }
}

/// Returns how many of the environments whose names begin so are recovered or woken by the next run.
fn served_by_a_run(scene: &Scene, beginning: &str) -> usize {
    let served = || {
        let all = served(scene);
        all.iter().filter(|name| name.starts_with(beginning)).count()
    };
    let before = served();
    scheduled(scene).unwrap();
    served() - before
}

/// Safety: recovery: Held locks are looked at before all others.
#[test]
fn held_locks_are_looked_at_before_all_others() {
    for minutes in (0..200).step_by(5) {
        let scene = quiet();
        for number in 0..40 {
            waiting(&scene, &format!("w{number}"), "ABORTED");
            arriving(&scene, &format!("x{number}"), "ABORTED");
        }
        holding(&scene, "held", "ABORTED");
        slow(&scene);
        scene.stage.pass_seconds(minutes * 60);
        assert_eq!(served_by_a_run(&scene, "held"), 1, "{minutes}");
    }
}

/// Safety: recovery: Many held locks leave the others a part of every run: 10 s for locks, then the others until 15 s
/// have passed.
#[test]
fn many_held_locks_leave_the_others_a_part_of_every_run() {
    let scene = quiet();
    for number in 0..40 {
        holding(&scene, &format!("h{number}"), "ABORTED");
        arriving(&scene, &format!("x{number}"), "ABORTED");
    }
    slow(&scene);
    for run in 0..10 {
        assert!(served_by_a_run(&scene, "x") > 0, "{run}");
        scene.stage.pass_seconds(280);
    }
}

/// Safety: recovery: A run answers how many it looked at, and how many are left.
#[test]
fn a_run_answers_whether_it_came_to_all() {
    for is_slow in [false, true] {
        let scene = quiet();
        for number in 0..20 {
            holding(&scene, &format!("h{number}"), "ABORTED");
        }
        for number in 0..3 {
            waiting(&scene, &format!("w{number}"), "ABORTED");
        }
        if is_slow {
            slow(&scene);
        }
        let result = scheduled(&scene).unwrap();
        let looked_at = served(&scene).len();
        let left = 23 - looked_at;
        assert_eq!(result, ScheduleResult { looked_at, left });
        assert_eq!((left > 0, looked_at > 2), (is_slow, true));
    }
}

#[test]
fn a_slow_run_also_makes_second_looks() {
    let scene = one_of_each();
    for number in 0..50 {
        holding(&scene, &format!("x{number}"), "ABORTED");
    }
    slow(&scene);
    scheduled(&scene).unwrap();
    assert!(served(&scene).contains("looked"));
    assert!(served(&scene).len() < 10);
}
