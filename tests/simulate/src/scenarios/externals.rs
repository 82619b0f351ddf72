//! A book behind a user's function: deployed, undone, rolled back, given up by the outside; a function whose alias moves
//! meanwhile; and functions that lie.

use super::basics::FUNCTION;
use super::declarations::{BOOK_ALONE, FUNCTION_THEN_BOOK};
use super::people::rings;
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, after, next, quiet, when_in};
use windlass_domain::text::digest::Digest;
use windlass_machine::shop_world::BOOK;
use windlass_world::World;
use windlass_world::lambda::LiveAlias;
use windlass_world::outside::Lie;

const OWN: &[&str] = &["book"];
const BOTH: &[&str] = &["api", "book"];
const LIVE: &[Act] = &[quiet(Deed::Deploy("1.0.0", OWN))];

/// Gives the outside something else, as a person does past the function.
fn person_at_book(world: &World) {
    let now = world.true_time();
    world.external().of(BOOK).commit(Some("by-hand"), now);
}

/// Lets the outside fail to build what 1.1.0 brings.
fn cannot_build(world: &World) {
    let tree = Digest::of(b"book 1.1.0").as_str().to_owned();
    world.external().of(BOOK).broken.insert(tree);
}

/// Lets the outside build for eight minutes.
fn is_slow(world: &World) {
    world.external().of(BOOK).builds_s = 480;
}

/// Publishes the function once more, and moves its alias, as a person does who mends it meanwhile.
fn alias_moves(world: &World) {
    let mut functions = world.lambda();
    if let Some(function) = functions.functions.get_mut(BOOK) {
        let version = function.publish_by_hand("a handler that was mended");
        function.aliases.insert("live".into(), LiveAlias::at(&version));
    }
}

fn lies(world: &World, lie: Lie) {
    world.external().of(BOOK).lie = Some(lie);
}

pub(super) const DEPLOYED: Scenario = Scenario {
    name: "book",
    declaration: BOOK_ALONE,
    before: LIVE,
    acts: &[next(Deed::Deploy("1.1.0", OWN))],
    out_of_band: person_at_book,
    ..FUNCTION
};

/// A gate fails: the former tree is given to the outside once more.
pub(super) const UNDONE: Scenario = Scenario {
    name: "book_undone",
    acts: &[next(Deed::Deploy("1.1.0", OWN)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..DEPLOYED
};

/// A gate fails at the first release: there is nothing again.
pub(super) const FIRST_UNDONE: Scenario = Scenario {
    name: "book_first_undone",
    before: &[],
    acts: &[next(Deed::Deploy("1.0.0", OWN)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 RolledBack (GateFailed)"],
    ..DEPLOYED
};

pub(super) const ROLLBACK: Scenario = Scenario {
    name: "book_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", OWN)), quiet(Deed::Deploy("1.1.0", OWN))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..DEPLOYED
};

/// The outside gives the goal up.
pub(super) const GIVEN_UP: Scenario = Scenario {
    name: "book_given_up",
    acts: &[
        next(Deed::Change("the outside cannot build what comes next", cannot_build)),
        next(Deed::Deploy("1.1.0", OWN)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..DEPLOYED
};

/// The outside is slow, which is no failure.
pub(super) const SLOW: Scenario = Scenario { name: "book_slow", scene: is_slow, ..DEPLOYED };

/// The function's alias moves to another version before a gate fails: what has changed it brings it back.
pub(super) const PINNED: Scenario = Scenario {
    name: "book_pinned",
    acts: &[
        next(Deed::Deploy("1.1.0", OWN)),
        when_in("Bake", Deed::Change("somebody publishes the function, and moves its alias", alias_moves)),
        next(Deed::Ail("the alarm rings", rings)),
    ],
    ..UNDONE
};

/// The book comes after a function, and goes back before it.
pub(super) const AFTER_FUNCTION_UNDONE: Scenario = Scenario {
    name: "book_after_function_undone",
    declaration: FUNCTION_THEN_BOOK,
    before: &[quiet(Deed::Deploy("1.0.0", BOTH))],
    acts: &[next(Deed::Deploy("1.1.0", BOTH)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    steady: false,
    ..UNDONE
};

/// Lets the function say too early what is ready, of an outside that is slower than anybody watches.
fn is_early(world: &World) {
    is_slow(world);
    lies(world, Lie::ReadyTooEarly);
}

/// It says too early that the book is ready. The second look does not find it so.
pub(super) const READY_TOO_EARLY: Scenario = Scenario {
    name: "book_ready_too_early",
    acts: &[
        next(Deed::Change("the function says too early what is ready", is_early)),
        next(Deed::Deploy("1.1.0", OWN)),
    ],
    steady: false,
    ..DEPLOYED
};

/// It says that it has sent what it has not: that is waited for until the declared time is over.
pub(super) const SENT_NOT_DONE: Scenario = Scenario {
    name: "book_sent_not_done",
    acts: &[
        next(Deed::Change("the function sends nothing, and says that it has", |world| lies(world, Lie::SentNotDone))),
        next(Deed::Deploy("1.1.0", OWN)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    // Where nothing answers when that time is over.
    may: &["1.1.0 RolledBack (Refused)"],
    steady: false,
    ..DEPLOYED
};

/// It says that it has refused what it has done: that is taken for somebody else's change, which nobody takes back.
pub(super) const DONE_BUT_REFUSED: Scenario = Scenario {
    name: "book_done_but_refused",
    acts: &[
        next(Deed::Change("the function says that it has refused what it does", |world| {
            lies(world, Lie::DoneButRefused);
        })),
        next(Deed::Deploy("1.1.0", OWN)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (TargetChangedByOther)"],
    // Where the answer is lost as well the next look decides; and an undo that has begun finds that change.
    may: &["1.1.0 Succeeded", "1.1.0 NeedsOperator (TargetChangedByOther)"],
    steady: false,
    ..DEPLOYED
};

/// It makes each change twice. No look shows that: what callers get is the goal.
pub(super) const DONE_TWICE: Scenario = Scenario {
    name: "book_done_twice",
    acts: &[
        next(Deed::Change("the function makes each change twice", |world| lies(world, Lie::DoneTwice))),
        next(Deed::Deploy("1.1.0", OWN)),
    ],
    ..DEPLOYED
};

/// It shows another state at each look: two that do not agree refuse the release.
pub(super) const FLIPS: Scenario = Scenario {
    name: "book_flips",
    acts: &[
        next(Deed::Change("the function shows another state at each look", |world| lies(world, Lie::Flips))),
        next(Deed::Deploy("1.1.0", OWN)),
        after(120, Deed::Change("the function is honest again", |world| world.external().of(BOOK).lie = None)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Rejected (PromiseBroken)"],
    // Where it is planned only then.
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..DEPLOYED
};

/// It does not know for a while what it was given: unknown is not healthy, and slow is not failed.
pub(super) const FORGETS: Scenario = Scenario {
    name: "book_forgets",
    acts: &[
        next(Deed::Change("the function forgets for a while what it was given", |world| lies(world, Lie::Forgets))),
        next(Deed::Deploy("1.1.0", OWN)),
    ],
    // Nobody knows what a person has changed, for as long as it forgets.
    may: &["1.1.0 Rejected (TargetNotReady)"],
    steady: false,
    ..DEPLOYED
};

/// It changes something long after it has answered: only the hourly look finds it.
pub(super) const CHANGES_LATE: Scenario = Scenario {
    name: "book_changes_late",
    acts: &[next(Deed::Drift("the function changes something long after its answer", person_at_book))],
    ends: &["1.0.0 Succeeded"],
    ..DEPLOYED
};
