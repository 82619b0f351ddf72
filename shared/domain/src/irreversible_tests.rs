//! Rollbacks across what is irreversible.

use super::*;
use serde_json::json;

fn ran(by: &[(&str, &str)]) -> Irreversible {
    let ran = by.iter().map(|(name, deployment)| {
        let ran = Ran {
            deployment: DeploymentId((*deployment).into()),
            version: "1.1.0".into(),
            at: Time(0),
        };
        (ComponentName::new(*name).unwrap(), ran)
    });
    ran.collect()
}

fn snapshot(number: u64, irreversible: &Irreversible) -> Snapshot {
    serde_json::from_value(json!({
        "number": number, "version": "1.0.0", "deployment": "d", "made": 0, "replaced": 1, "components": {},
        "irreversible": irreversible,
    }))
    .unwrap()
}

fn refused(goal: &Snapshot, state: &EnvironmentState, across: &[&str]) -> Option<String> {
    let across = across.iter().map(|name| ComponentName::new(*name).unwrap());
    let at = (
        &AppName::new("shop").unwrap(),
        &EnvironmentName::new("prod").unwrap(),
    );
    let finding = refusal(at, goal, &crossed(goal, state), &across.collect());
    finding.map(|finding| finding.to_string())
}

#[test]
fn a_rollback_past_an_irreversible_run_must_name_it() {
    // What the environment has run, what had been run then, what is named, whether it may go.
    type Runs<'a> = &'a [(&'a str, &'a str)];
    let table: [(Runs<'_>, Runs<'_>, &[&str], bool); 8] = [
        (&[], &[], &[], true),
        (&[("a", "1")], &[("a", "1")], &[], true),
        (&[("a", "1")], &[], &[], false),
        (&[("a", "1")], &[], &["a"], true),
        (&[("a", "1")], &[], &["b"], false),
        (&[("a", "2")], &[("a", "1")], &[], false),
        (&[("a", "1"), ("b", "1")], &[], &["a"], false),
        (&[("a", "1"), ("b", "1")], &[], &["a", "b"], true),
    ];
    for (has, had, across, goes) in table {
        let state = EnvironmentState {
            irreversible: ran(has),
            snapshot: 3,
            ..EnvironmentState::default()
        };
        let told = refused(&snapshot(2, &ran(had)), &state, across);
        assert_eq!(told.is_none(), goes, "{has:?} {had:?} {across:?}: {told:?}");
        // What runs now is no way back.
        assert_eq!(refused(&snapshot(3, &ran(had)), &state, &[]), None);
    }
}

#[test]
fn it_is_refused_with_its_name_its_deployment_and_the_way_across() {
    let state = EnvironmentState {
        irreversible: ran(&[("migrate", "5b1e0c2d9a4b6f70")]),
        snapshot: 3,
        ..EnvironmentState::default()
    };
    insta::assert_snapshot!(
        refused(&snapshot(2, &ran(&[])), &state, &[]).unwrap(),
        @r#"Irreversible: across: Going back to snapshot 2 (1.0.0) crosses what is irreversible: migrate of 1.1.0, run by deployment 5b1e0c2d9a4b6f70 (1970-01-01T00:00:00Z). What came before must not run after it. Remedy: Deploy a fix forward. Where you know that it may run after it, start {"action":"rollback","across":["migrate"],"app":"shop","environment":"prod","reason":"…","snapshot":2}."#
    );
}
