//! What a run of the schedule of recoveries costs, in calls and in time.

use crate::desk::Desk;
use crate::each::{
    arriving, holding, one_of_each, quiet, scheduled, served, to_look_at, waiting, waiting_for,
};
use windlass_world::mishaps::Visitor;

/// Makes a deployment of that name that has no ending.
type Make = fn(&Desk, &str);

/// How many calls a run makes.
fn calls(desk: &Desk) -> usize {
    let count = || desk.stage.world.mishaps().calls.len();
    let before = count();
    scheduled(desk).unwrap();
    count() - before
}

#[test]
fn a_run_costs_so_much_for_each_that_has_no_ending() {
    // What each is, and how many calls it costs.
    let kinds: [(Make, usize); 7] = [
        (|desk, name| holding(desk, name, "RUNNING"), 1),
        (|desk, name| holding(desk, name, "ABORTED"), 3),
        (|desk, name| arriving(desk, name, "RUNNING"), 1),
        (|desk, name| arriving(desk, name, "TIMED_OUT"), 3),
        (|desk, name| waiting(desk, name, "ABORTED"), 4),
        // Each in an environment of its own: who waits there is read, and woken.
        (|desk, name| waiting(desk, name, "RUNNING"), 5),
        // All in one: they are read once.
        (|desk, name| waiting_for(desk, "dev", name, "RUNNING"), 4),
    ];
    for (kind, (make, each)) in kinds.into_iter().enumerate() {
        let cost = |count: usize| {
            let desk = quiet();
            for number in 0..count {
                make(&desk, &format!("x{number}"));
            }
            calls(&desk)
        };
        let none = cost(0);
        assert_eq!(none, 4, "{kind}");
        let once = cost(100) - none - 100 * each;
        assert!(once <= 1, "{kind}: {once}");
        assert_eq!(cost(400), none + 400 * each + once, "{kind}");
    }
}

#[test]
fn a_run_makes_so_many_second_looks_and_no_more() {
    let cost = |count: usize| {
        let desk = quiet();
        for number in 0..count {
            to_look_at(&desk, &format!("x{number}"));
        }
        calls(&desk)
    };
    let none = cost(0);
    let each = cost(1) - none;
    assert_eq!(cost(25), none + 25 * each);
    assert_eq!(cost(100), cost(25));
}

/// Each call takes a second.
fn slow(desk: &Desk) {
    let visitor = Visitor::new(|world| {
        let mut clock = world.clock();
        clock.now = clock.now.plus_s(1);
    });
    desk.stage.world.mishaps().visitor = visitor;
}

#[test]
fn what_a_slow_run_does_not_come_to_is_looked_at_by_the_next_ones() {
    // With so many at once, a run comes to five or six of them.
    for count in [10, 37, 60, 100] {
        let desk = quiet();
        for number in 0..count {
            holding(&desk, &format!("x{number}"), "ABORTED");
        }
        slow(&desk);
        let mut runs = 0;
        while served(&desk).len() < count {
            let (before, began) = (calls(&desk), desk.now());
            assert!(before <= 4 + 18, "{before} calls");
            let _ = began;
            desk.stage
                .pass_seconds(300 - u64::try_from(before).unwrap());
            runs += 1;
            assert!(runs <= count / 2, "{count}: only {}", served(&desk).len());
        }
    }
}

#[test]
fn a_slow_run_also_makes_second_looks() {
    let desk = one_of_each();
    for number in 0..50 {
        holding(&desk, &format!("x{number}"), "ABORTED");
    }
    slow(&desk);
    scheduled(&desk).unwrap();
    assert!(served(&desk).contains("looked"));
    assert!(served(&desk).len() < 10);
}
