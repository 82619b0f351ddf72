//! Rollbacks across irreversible runs.

use crate::environment::irreversible::*;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::name::{AppName, EnvironmentName};
use crate::text::prose::Prose;
use crate::text::time::Time;
use serde_json::json;

fn ran(by: &[(&str, &str)]) -> Irreversible {
    let ran = by.iter().map(|(name, deployment)| {
        let ran =
            IrreversibleRun { deployment: DeploymentId((*deployment).into()), version: "1.1.0".into(), at: Time(0) };
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
    let (shop, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let at = EnvironmentId::new(&shop, &prod);
    let may_lose = ["infra.Messages".parse().unwrap()].into();
    let findings = refusals((at, None, &may_lose), goal, &crossed(goal, state), &across.collect());
    let lines: Vec<String> = findings.iter().map(Finding::written).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[test]
fn a_rollback_past_an_irreversible_run_must_name_it() {
    // The environment's runs, the snapshot's runs, the components that are named, and whether it may go.
    type Runs<'a> = &'a [(&'a str, &'a str)];
    let table: [(Runs<'_>, Runs<'_>, &[&str], bool); 12] = [
        (&[], &[], &[], true),
        (&[("a", "1")], &[("a", "1")], &[], true),
        (&[("a", "1")], &[], &[], false),
        (&[("a", "1")], &[], &["a"], true),
        (&[("a", "1")], &[], &["b"], false),
        (&[("a", "2")], &[("a", "1")], &[], false),
        (&[("a", "1"), ("b", "1")], &[], &["a"], false),
        (&[("a", "1"), ("b", "1")], &[], &["a", "b"], true),
        // A run that it does not cross must not be named.
        (&[], &[], &["a"], false),
        (&[("a", "1")], &[("a", "1")], &["a"], false),
        (&[("a", "1")], &[], &["a", "b"], false),
        (&[("a", "1"), ("b", "1")], &[("b", "1")], &["a", "b"], false),
    ];
    for (has, had, across, goes) in table {
        let state = EnvironmentState { irreversible: ran(has), snapshot: 3, ..EnvironmentState::default() };
        let refusal = refused(&snapshot(2, &ran(had)), &state, across);
        assert_eq!(refusal.is_none(), goes, "{has:?} {had:?} {across:?}: {refusal:?}");
        // The snapshot that runs now is no way back.
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
        @r#"Irreversible: across: Going back to snapshot 2 (1.0.0) crosses what is irreversible: migrate of 1.1.0, run by deployment 5b1e0c2d9a4b6f70 (1970-01-01T00:00:00Z). What came before must not run after it. Remedy: Deploy a fix forward. Where you know that it may run after it, start {"action":"rollback","across":["migrate"],"app":"shop","environment":"prod","may_lose":["infra.Messages"],"reason":"…","snapshot":2}."#
    );
}

#[test]
fn the_step_that_goes_back_has_all_that_it_needs() {
    let (shop, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let infra = ComponentName::new("infra").unwrap();
    for (component, may_lose, crossed) in
        [(None, vec![], ran(&[])), (Some(&infra), vec!["infra.Messages".parse().unwrap()], ran(&[("migrate", "1")]))]
    {
        let may_lose = may_lose.into_iter().collect();
        let start = back_to((EnvironmentId::new(&shop, &prod), component, &may_lose), 2, &crossed);
        let wanted = if crossed.is_empty() {
            r#"{"action":"rollback","app":"shop","environment":"prod","reason":"…","snapshot":2}"#
        } else {
            r#"{"action":"rollback","across":["migrate"],"app":"shop","component":"infra","environment":"prod","may_lose":["infra.Messages"],"reason":"…","snapshot":2}"#
        };
        assert_eq!(Prose::from(start).written(), wanted);
    }
}

#[test]
fn every_name_that_is_not_crossed_is_listed_at_once() {
    let state = EnvironmentState {
        irreversible: ran(&[("migrate", "5b1e0c2d9a4b6f70")]),
        snapshot: 3,
        ..EnvironmentState::default()
    };
    let refusal = refused(&snapshot(2, &ran(&[])), &state, &["migrat", "seed"]).unwrap();
    let names: Vec<&str> = refusal.lines().map(|line| &line[..22]).collect();
    assert_eq!(names, ["UnknownName: across: G", "UnknownName: across: G", "Irreversible: across: "], "{refusal}");
    assert!(refusal.contains("no irreversible run of `seed`"), "{refusal}");
    assert!(refusal.contains("Did you mean `migrate`?"), "{refusal}");
    let present = refused(&snapshot(3, &ran(&[])), &state, &["migrate"]).unwrap();
    assert!(present.contains("Leave out `migrate`: nothing that is irreversible is crossed."), "{present}");
}

#[test]
fn what_a_release_leaves_comes_after_what_ran_there_and_its_own() {
    type Runs<'a> = &'a [(&'a str, &'a str)];
    // The present snapshot's runs, the environment's runs, whose runs are its own, the next snapshot's runs.
    let table: [(Runs<'_>, Runs<'_>, &[&str], Runs<'_>); 6] = [
        (&[], &[], &[], &[]),
        (&[("a", "1")], &[("a", "1")], &[], &[("a", "1")]),
        // It was gone back across, and what is released has nothing to do with it.
        (&[], &[("a", "1")], &[], &[]),
        (&[("a", "1")], &[("a", "2")], &[], &[("a", "1")]),
        (&[("a", "1")], &[("a", "2")], &["2"], &[("a", "2")]),
        (&[("a", "1")], &[("a", "2"), ("b", "3")], &["3"], &[("a", "1"), ("b", "3")]),
    ];
    for (present, has, own, wanted) in table {
        let state = EnvironmentState { irreversible: ran(has), ..EnvironmentState::default() };
        let present = snapshot(3, &ran(present));
        let is_own = |_: &ComponentName, ran: &IrreversibleRun| own.contains(&ran.deployment.0.as_str());
        let kept = kept(Some(&present), &state, is_own);
        assert_eq!(kept, ran(wanted), "{has:?} {own:?}");
    }
    assert_eq!(kept(None, &EnvironmentState::default(), |_, _| true), ran(&[]));
}
