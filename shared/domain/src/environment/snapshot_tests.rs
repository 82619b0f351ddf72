use super::*;
use crate::environment::kept::IrreversibleRun;
use crate::environment::{ACCEPTED, GivenVersion};

fn name(text: &str) -> ComponentName {
    ComponentName::new(text).unwrap()
}

fn ran(version: &str) -> Running {
    let given = GivenVersion {
        version: version.into(),
        deployment: DeploymentId(format!("by {version}")),
        since: Time(0),
        git: None,
        released_by: None,
    };
    Running::new(None, given, serde_json::json!(version))
}

fn run(version: &str) -> IrreversibleRun {
    IrreversibleRun { deployment: DeploymentId(version.into()), version: version.into(), at: Time(0) }
}

fn came(version: &str, after: Option<&str>) -> FormerState {
    FormerState::Ran { running: Box::new(ran(version)), after: after.map(run), proven: false }
}

fn called(text: &str) -> FormerState {
    FormerState::Called(name(text))
}

/// A row: number and version of a snapshot, its components, and its irreversible runs; the former state of components
/// before each number; and the snapshot that is read, with the names in whose steps the targets are.
type Row = ((u64, &'static str, &'static str, &'static str), Vec<(&'static str, u64, FormerState)>, &'static str);

#[test]
fn an_older_snapshot_is_read_by_the_names_that_components_have_now() {
    let table: Vec<Row> = vec![
        // The new name, for snapshots that are older.
        ((3, "1", "a", "a"), vec![("b", 4, called("a"))], "b=a@a; b=a"),
        ((4, "1", "a", ""), vec![("b", 4, called("a"))], "a=a@a; "),
        // The former name is another component's by now, which the snapshot did not have.
        ((3, "1", "a b", "b"), vec![("b", 4, called("a")), ("a", 4, called("b"))], "a=b@b b=a@a; a=b"),
        // Renamed twice, and each snapshot has its own name for it.
        ((3, "1", "a", ""), vec![("c", 4, called("a")), ("c", 6, called("b"))], "c=a@a; "),
        ((5, "1", "b", ""), vec![("c", 4, called("a")), ("c", 6, called("b"))], "c=b@b; "),
        ((6, "1", "c", ""), vec![("c", 4, called("a")), ("c", 6, called("b"))], "c=c@c; "),
        // It has nothing of it, because it was not there yet.
        ((3, "1", "x", ""), vec![("b", 4, called("a"))], "x=x@x; "),
        // A component that came from another environment goes back to what it ran then, and after which run.
        ((3, "1", "x", ""), vec![("b", 4, came("9", Some("m")))], "b=9@b x=x@x; b=m"),
        // The first snapshot has what was found.
        ((1, BEFORE_WINDLASS, "x", ""), vec![("b", 4, came("9", None))], "x=x@x; "),
        // It was here before, and went away meanwhile.
        ((3, "1", "b", ""), vec![("b", 4, came("9", None))], "b=b@b; "),
    ];
    for (number, ((at, version, has, runs), before, wanted)) in table.into_iter().enumerate() {
        let mut state = EnvironmentState::default();
        for (of, until, before) in before {
            let known = state.before.entry(name(of)).or_default();
            known.insert(until, before);
        }
        let words = |text: &'static str| text.split_whitespace();
        let snapshot = Snapshot {
            number: at,
            version: version.into(),
            release: None,
            deployment: DeploymentId("1".into()),
            made: Time(0),
            replaced: 0,
            components: words(has).map(|it| (name(it), ran(it))).collect(),
            irreversible: words(runs).map(|it| (name(it), run(it))).collect(),
            proof: Proof::default(),
            partly: None,
        };
        let now = snapshot.with_found(&state);
        let components = now.components.iter().map(|(of, ran)| {
            let brought = &ran.names.brought.deployment;
            format!("{of}={}@{}", ran.version(), ran.name_in(brought, of))
        });
        let runs = now.irreversible.iter();
        let runs = runs.map(|(of, run)| format!("{of}={}", run.version));
        let shown = format!("{}; {}", components.collect::<Vec<_>>().join(" "), runs.collect::<Vec<_>>().join(" "));
        assert_eq!(shown, wanted, "row {number}");
    }
}

#[test]
fn a_proof_is_read_by_the_names_that_components_have_now() {
    let names = |text: &str| text.split_whitespace().map(name).collect();
    let snapshot = Snapshot {
        number: 3,
        version: "1".into(),
        release: Some(Digest::of(b"1")),
        deployment: DeploymentId("1".into()),
        made: Time(0),
        replaced: 0,
        components: [(name("a"), ran("1")), (name("t"), Running { once: true, ..ran("1") })].into(),
        irreversible: [].into(),
        proof: Proof { measured: names("a"), ..Proof::default() },
        partly: None,
    };
    assert!(snapshot.is_verified_good(), "a task is measured by its end");
    let mut state = EnvironmentState::default();
    state.before.insert(name("b"), [(4, called("a"))].into());
    for (came, proven) in [("c", true), ("d", false)] {
        let ran = FormerState::Ran { running: Box::new(ran("9")), after: None, proven };
        state.before.insert(name(came), [(4, ran)].into());
    }
    state.found.insert(name("e"), ran(BEFORE_WINDLASS));
    let mut now = snapshot.with_found(&state);
    assert_eq!(now.proof.measured, names("b c"));
    assert_eq!(now.doubts().unmeasured, names("d"), "nobody brought what was found");
    assert!(!Snapshot { release: None, ..now.clone() }.is_verified_good(), "nobody judged it");
    now.components.insert(name("f"), ran(ACCEPTED));
    let proven = |changed: &'static str| now.is_proven(|name, _| changed.contains(name.as_str()));
    assert_eq!(["b c", "b d", "e", "f", "t", ""].map(proven), [true, false, false, false, true, true]);
    // Of what runs otherwise by now nothing is known.
    state.running = [(name("b"), ran("1")), (name("c"), ran("8"))].into();
    assert_eq!(now.proof_of_what_runs(&state).measured, names("b"));
}

#[test]
fn what_was_is_written_and_read() {
    let mut state = EnvironmentState::default();
    let before = [(4, called("a")), (6, came("9", Some("m")))];
    state.before.insert(name("b"), before.into());
    let written = serde_json::to_value(&state).unwrap();
    assert_eq!(serde_json::from_value::<EnvironmentState>(written).unwrap(), state);
}
