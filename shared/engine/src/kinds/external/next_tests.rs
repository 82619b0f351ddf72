//! The next thing to do, as a table: what a look shows, what was done before it, and what comes of it.

use super::{next, unseen};
use crate::kinds::external::state::{Change, Goal, Seen, TRIES, Target, Way, digest};
use crate::kinds::{BegunChange, LookContext, Next, SentChange};
use crate::ports::PinnedFunction;
use serde_json::{Value, json};
use windlass_domain::declaration::kinds::external::{Look, ReleaseBytes, State};
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;

const NOW: Time = Time(1_000_000_000_000);
const MINUTE_MS: u64 = 60_000;

/// The state with this tree; the release goes from `old` to `new`.
fn state(tree: &str) -> State {
    json!({"format": "1", "tree": tree}).as_object().unwrap().clone()
}

fn target() -> Target {
    Target {
        function: PinnedFunction { name: "book".into(), version: "7".into(), timeout_s: 30 },
        look: None,
        settings: serde_json::Map::new(),
        owns: "github:org/book".into(),
        within_s: 30 * 60,
        release: Some(ReleaseBytes::Image { image: "book@sha256:ab".into() }),
    }
}

/// A look: the tree, and `ready`, `waits` or `failed`; `other` where it is of another thing, and `prepared`.
fn seen(look: &str, way: Way) -> Seen {
    let has = |word: &str| look.split(' ').any(|one| one == word);
    let tree = look.split(' ').next().unwrap();
    let owns = if has("other") { "github:org/pamphlet" } else { "github:org/book" };
    let look = Look {
        owns: owns.into(),
        state: Some(state(tree)),
        mark: Some("c0ffee".into()),
        guarded: true,
        ready: has("ready"),
        prepared: has("prepared"),
        says: None,
        failed: has("failed").then(|| "the build broke".into()),
        reads: vec!["1".into()],
        value: None,
        goal: None,
    };
    Seen { now: NOW, look, says: "as book:7 says".into(), state: state(tree), way }
}

fn ago(minutes: u64) -> Time {
    Time(NOW.0 - minutes * MINUTE_MS)
}

/// A way that is gone since so many minutes: forward, or back behind a change to `new`.
fn way(is_back: bool, minutes: u64) -> Way {
    let forward = is_back.then(|| digest(&state("new")));
    Way { is_driven: true, is_back, since: Some(ago(minutes)), forward, ..Way::default() }
}

fn sent(way: Way, upon: &str, answered: bool) -> Way {
    Way { sent: Some((state(upon), answered)), ..way }
}

/// The same, behind a note of so many milliseconds ago.
fn noted(way: Way, ms: u64, ready: bool) -> Way {
    Way { noted: Some((Time(NOW.0 - ms), ready)), ..way }
}

fn words(next: &Next<Change>) -> String {
    match next {
        Next::Done => "done".into(),
        Next::Wait(seconds) => format!("wait {seconds}"),
        Next::WaitForHours => "wait for hours".into(),
        Next::Failed(finding) => format!("failed {:?}", finding.name),
        Next::Theirs(finding) => format!("theirs {:?}", finding.name),
        Next::TakenBack(_) => "taken back".into(),
        Next::Do(Change::Prepare { nth, .. }) => format!("prepare {nth}"),
        Next::Do(Change::Note { ready, nth, .. }) => format!("note {ready} {nth}"),
        Next::Do(Change::Send { mark, is_back, .. }) => {
            format!("send {}{}", mark.as_deref().unwrap_or("-"), if *is_back { " back" } else { "" })
        }
    }
}

fn goal(tree: &str) -> Goal {
    Goal { state: state(tree) }
}

fn check(goal_tree: &str, table: &[(&str, &str, Way, &str)]) {
    for (what, look, way, wanted) in table {
        let seen = seen(look, way.clone());
        let found = next(&target(), &seen, &goal(goal_tree));
        assert_eq!(words(&found), *wanted, "{what}: {seen:?}");
    }
}

/// Safety: kinds: A function's word that a goal is reached is believed once two looks, 15 s apart, show it ready.
#[test]
fn a_goal_is_reached_by_two_looks_that_show_it_ready() {
    let forward = || way(false, 1);
    check(
        "new",
        &[
            ("seen for the first time", "new ready", forward(), "note true 1"),
            ("seen again at once", "new ready", noted(forward(), 0, true), "wait 15"),
            ("seen again too soon", "new ready", noted(forward(), 14_001, true), "wait 1"),
            ("seen again later", "new ready", noted(forward(), 15_000, true), "done"),
            ("not ready in between", "new waits", noted(forward(), 60_000, true), "note false 1"),
            (
                "ready now and then, for too long",
                "new waits",
                noted(way(false, 31), 5_000, true),
                "failed ChangeFailed",
            ),
            ("ready again after that", "new ready", noted(forward(), 60_000, false), "note true 1"),
            ("not ready yet", "new waits", forward(), "wait 10"),
            ("not ready for long", "new waits", way(false, 25), "wait for hours"),
            ("not ready in its time", "new waits", way(false, 31), "failed ChangeFailed"),
            ("ready at last", "new ready", way(false, 31), "note true 1"),
            ("given up", "new failed", forward(), "failed ChangeFailed"),
            ("given up, and ready", "new ready failed", noted(forward(), 15_000, true), "failed ChangeFailed"),
            ("another thing", "new ready other", noted(forward(), 15_000, true), "failed PromiseBroken"),
            ("nobody goes there", "new ready", Way::default(), "done"),
            ("nobody goes there, and it is not ready", "new waits", Way::default(), "wait 10"),
        ],
    );
}

#[test]
fn a_change_is_prepared_and_sent_upon_the_mark_that_was_seen() {
    let forward = || way(false, 1);
    let prepared = || Way { is_prepared: true, counts: (0, 1), ..forward() };
    check(
        "new",
        &[
            ("nothing is prepared", "old ready", forward(), "prepare 1"),
            ("there is more of it", "old ready", Way { counts: (0, 2), ..forward() }, "prepare 3"),
            ("it goes on for too long", "old ready", Way { counts: (0, 2), ..way(false, 31) }, "failed ChangeFailed"),
            ("the function says that it is done", "old ready", prepared(), "send c0ffee"),
            ("a look says so", "old ready prepared", forward(), "send c0ffee"),
            ("its answer came, and nothing shows", "old waits", sent(forward(), "old", true), "wait 10"),
            ("the same for too long", "old waits", sent(way(false, 31), "old", true), "failed ChangeFailed"),
            ("the same, and given up", "old failed", sent(forward(), "old", true), "failed ChangeFailed"),
            ("no answer came, and it was not made", "old ready prepared", sent(forward(), "old", false), "send c0ffee"),
            ("no answer came, and it was made", "new ready", sent(forward(), "old", false), "note true 1"),
            ("a state of nobody's", "third ready", sent(forward(), "old", true), "theirs TargetChangedByOther"),
            ("the same without an answer", "third ready", sent(forward(), "old", false), "theirs TargetChangedByOther"),
            (
                "it was there, and is gone",
                "old ready",
                noted(sent(forward(), "old", true), 5_000, true),
                "theirs TargetChangedByOther",
            ),
            (
                "no answer came, it was there, and is gone",
                "old ready prepared",
                noted(sent(forward(), "old", false), 5_000, true),
                "theirs TargetChangedByOther",
            ),
            ("the mark moves", "old ready", Way { refused: TRIES - 1, ..prepared() }, "send c0ffee"),
            ("the mark moves each time", "old ready", Way { refused: TRIES, ..prepared() }, "failed ChangeFailed"),
        ],
    );
}

#[test]
fn the_way_back_is_a_change_to_the_state_before() {
    let back = || way(true, 1);
    check(
        "old",
        &[
            ("what was released is there", "new ready", back(), "send c0ffee back"),
            ("the state before is there", "old ready", back(), "note true 1"),
            ("a state of nobody's", "third ready", back(), "theirs TargetChangedByOther"),
            ("an operator has looked at it", "third ready", Way { goes_over: true, ..back() }, "send c0ffee back"),
            ("sent, and nothing shows", "new ready", sent(back(), "new", true), "wait 10"),
            ("no answer came", "new ready", sent(back(), "new", false), "send c0ffee back"),
            ("it is back", "old ready", noted(sent(back(), "new", true), 15_000, true), "done"),
        ],
    );
}

fn record(minutes: u64, change: Value, switching: bool, made: Option<&str>) -> ChangeRecord {
    ChangeRecord {
        at: ago(minutes),
        change,
        what: String::new(),
        made: made.map(str::to_owned),
        answered: true,
        answered_at: None,
        wave: Some(0),
        undo: false,
        switching,
        token: 1,
    }
}

#[test]
fn what_was_done_before_is_read_from_the_step() {
    let goal = goal("new");
    let note = |tree: &str, ready: bool| json!({"ready": ready, "of": digest(&state(tree)), "nth": 1});
    let to = json!({"to": digest(&state("new"))});
    let changes = [
        record(9, json!({"prepare": 1}), false, None),
        record(8, json!({"prepare": 2}), false, Some("done")),
        record(7, note("new", true), false, None),
        record(6, to.clone(), true, None),
        record(5, note("new", true), false, None),
        record(4, note("old", false), false, None),
    ];
    let sent = || SentChange { change: to.clone(), at: ago(6), upon: Goal { state: state("old") } };
    let read = |changes: &[ChangeRecord], sent: Option<SentChange<Goal>>| {
        Way::of(&LookContext { goal: Some(&goal), sent, entered: Some(ago(10)), changes, ..LookContext::default() })
    };
    let all = read(&changes, Some(sent()));
    assert_eq!(all.noted, Some((ago(5), true)), "a note of another state does not count");
    assert_eq!((all.counts, all.is_prepared), ((3, 2), true));
    assert_eq!(all.sent, Some((state("old"), true)));
    assert_eq!((all.since, all.is_driven, all.is_back), (Some(ago(6)), true, false));
    let before = read(&changes[..1], None);
    assert_eq!((before.counts, before.is_prepared, before.sent), ((0, 1), false, None));
    assert_eq!(before.since, Some(ago(10)), "the wave's beginning");
    assert_eq!(read(&changes[..4], Some(sent())).noted, None, "a note from before the change does not count");
    let begun = Some(BegunChange { change: &to, at: ago(6) });
    let back =
        Way::of(&LookContext { goal: Some(&goal), begun, changes: &changes, token: 1, ..LookContext::default() });
    assert_eq!((back.is_back, back.forward, back.sent), (true, Some(digest(&state("new"))), None));
    let early =
        Way::of(&LookContext { begun, changes: &changes, token: 2, goal: Some(&goal), ..LookContext::default() });
    assert_eq!((back.noted, early.noted), (Some((ago(5), true)), None), "a former undo's note does not count");
    let only_looks = Way::of(&LookContext { goal: Some(&goal), ..LookContext::default() });
    assert!(!only_looks.is_driven);
    let hourly = Way::of(&LookContext { changes: &changes, ..LookContext::default() });
    assert!(!hourly.is_driven, "nobody wants anything");
}

/// Safety: kinds: A look that shows nothing is neither healthy nor somebody else's change: it is waited for.
#[test]
fn a_look_that_shows_nothing_is_waited_for() {
    use FaultName::{AccessDenied, NotFound, Refused, StillInProgress, TakesHours, Throttled, Unavailable};
    let table = [
        (Unavailable, None, false, StillInProgress),
        (Unavailable, Some(1), false, StillInProgress),
        (Throttled, Some(1), false, StillInProgress),
        (Unavailable, Some(21), false, TakesHours),
        (Unavailable, Some(31), false, Refused),
        (Throttled, Some(31), true, TakesHours),
        (AccessDenied, Some(1), true, AccessDenied),
        (NotFound, Some(1), false, NotFound),
    ];
    for (name, minutes, is_back, wanted) in table {
        let fault = Fault::new(name, "why");
        let way = Way { since: minutes.map(ago), is_back, ..Way::default() };
        let found = unseen(&target(), &way, NOW, fault);
        assert_eq!((found.name, found.message.as_str()), (wanted, "why"), "{name} {minutes:?}");
    }
}
