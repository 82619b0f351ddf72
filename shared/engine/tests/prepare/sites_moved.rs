//! Tests of a site that has since been declared elsewhere, in a bucket of several tenants.

use crate::prepare::sites::{Story, play};
use crate::prepare::tenants::Tenants;
use serde_json::json;
use windlass_domain::environment::EnvironmentState;
use windlass_domain::text::finding::FindingName;

/// The files of the former place are still there. An undo goes back to them, and so does a rollback once the site is
/// declared there again.
///
/// Safety: tenancy: A claim stays its component's wherever that is declared later, because an undo goes back there.
#[test]
fn what_a_site_leaves_stays_its_own() {
    let table: [(&str, Story); 6] = [
        (
            "a move that held",
            &[
                ("shop/prod web=web/", ""),
                ("shop/prod web=web/shop/", ""),
                ("shop/prod web=web/shop/", ""),
                ("bank/prod web=web/bank/", "it is in s3://web/, which the component web of shop/prod has."),
                ("shop/prod web=web/", ""),
            ],
        ),
        (
            "a move that was undone",
            &[
                ("shop/prod web=web/a/", ""),
                ("undone shop/prod web=web/b/", ""),
                ("bank/prod web=web/a/bank/", "it is in s3://web/a/,"),
                ("bank/prod web=web/b/bank/", "it is in s3://web/b/,"),
                ("shop/prod web=web/a/", ""),
            ],
        ),
        (
            "a move that an operator accepted",
            &[
                ("shop/prod web=web/a/", ""),
                ("accepted shop/prod web=web/b/", ""),
                ("bank/prod web=web/a/", "web of shop/prod has it"),
                ("bank/prod web=web/b/", "web of shop/prod has it"),
            ],
        ),
        (
            "to another bucket and back",
            &[
                ("shop/prod web=web/", ""),
                ("shop/prod web=docs/", ""),
                ("bank/prod web=web/", "web of shop/prod has it"),
                ("bank/prod web=docs/", "web of shop/prod has it"),
                ("shop/prod web=web/", ""),
            ],
        ),
        (
            "folders per release, and the origin",
            &[
                ("shop/prod web=web/releases/>E1", ""),
                ("shop/prod web=web/new/>E2", ""),
                ("bank/prod web=web/releases/", "web of shop/prod has it"),
                ("bank/prod web=web/bank/>E1", "distribution/E1#web: the component web of shop/prod has it."),
                ("shop/prod web=web/releases/>E1", ""),
            ],
        ),
        (
            "with another name of its component",
            &[
                ("shop/prod web=web/", ""),
                ("undone shop/prod site=web/site/", ""),
                ("bank/prod web=web/bank/", "it is in s3://web/,"),
                ("shop/prod site=web/site/", ""),
                ("bank/prod web=web/bank/", "it is in s3://web/,"),
            ],
        ),
    ];
    for (what, story) in table {
        println!("{what}");
        play(story);
    }
}

/// Nothing that ran there is taken for what runs here.
///
/// Safety: tenancy: Whoever moves a site reads what it leaves until the move held.
#[test]
fn what_a_site_leaves_is_named_until_the_move_held() {
    let mut tenants = Tenants::new();
    for (deployment, left) in [
        ("shop/prod web=web/a/", ""),
        ("undone shop/prod web=web/b/", "s3://web/a/"),
        ("shop/prod web=web/b/", "s3://web/a/"),
        ("shop/prod web=web/b/", ""),
        ("shop/prod web=docs/b/", "s3://web/b/"),
        ("shop/prod web=web/c/>E1", "s3://docs/b/"),
        ("shop/prod web=web/c/>E2", "arn:aws:cloudfront::111111111111:distribution/E1#web"),
        ("shop/prod web=web/c/>E2", ""),
    ] {
        assert_eq!(tenants.deploy(deployment), None, "{deployment}");
        let warned = tenants.warned();
        let found = warned.iter().find(|(name, _)| *name == FindingName::NoLongerDeclared);
        let expected = format!(
            "`web` runs 1.0.0 at {left}, where it is no longer declared: what is there stays as it is, and stays `web`'s."
        );
        let expected = Some(expected.as_str()).filter(|_| !left.is_empty());
        assert_eq!(found.map(|(_, reason)| reason.as_str()), expected, "{deployment}");
        let drift = FindingName::TargetChangedByOther;
        assert!(warned.iter().all(|(name, _)| *name != drift), "{warned:?}");
    }
}

/// The state that runs of a component is of the kind that brought it.
#[test]
fn a_component_of_another_kind_since_is_prepared_as_one_of_which_nothing_runs() {
    let mut tenants = Tenants::new();
    assert_eq!(tenants.deploy("shop/prod web=web/"), None);
    tenants.was_a_function("shop/prod", "web");
    assert_eq!(tenants.deploy("shop/prod web=web/"), None);
    let warned = tenants.warned();
    let wanted = "`web` runs 1.0.0 at arn:aws:lambda:web, where it is no longer declared";
    assert!(warned.iter().any(|(_, it)| it.starts_with(wanted)), "{warned:?}");
}

/// Safety: tenancy: A rollback goes where its component is declared, and nowhere else.
#[test]
fn a_rollback_goes_where_the_component_is_declared_and_nowhere_else() {
    let (old, new) = ("shop/prod web=web/releases/>E1", "shop/prod web=web/new/>E1");
    let mut tenants = Tenants::new();
    assert_eq!(tenants.deploy(old), None);
    let snapshot = tenants.state("shop/prod");
    for _ in 0..2 {
        assert_eq!(tenants.deploy(new), None);
        let refusal = tenants.roll_back(new, &snapshot).unwrap();
        assert!(refusal.contains("another one now"), "{refusal}");
    }
    for bank in ["bank/prod web=web/releases/", "bank/prod web=web/new/"] {
        let refusal = tenants.deploy(bank).unwrap();
        assert!(refusal.contains("web of shop/prod has it"), "{refusal}");
    }
    assert_eq!(tenants.roll_back(old, &snapshot), None, "it is still there");
    assert_eq!(tenants.deploy(new), None);
}

/// A distribution pointed somewhere before Windlass came. Nothing is ever written there, and nobody else writes there
/// while it is shown.
///
/// Safety: tenancy: A rollback to what was found shows nothing that is somebody else's.
#[test]
fn a_rollback_to_what_was_found_shows_nothing_of_somebody_else() {
    let shop = "shop/prod web=web/releases/>E1";
    let found = |tenants: &Tenants| {
        let mut found: EnvironmentState = tenants.state("shop/prod");
        let goal = json!({"mode": "prefix", "origin_path": "/found", "deployed": true});
        let running = found.running.values_mut().next().unwrap();
        running.state = json!({"goal": goal});
        let page = tenants.world().s3().upload("web", "found/index.html", "found");
        assert!(page.id.is_some());
        found
    };
    let mut tenants = Tenants::new();
    assert_eq!(tenants.deploy(shop), None);
    let snapshot = found(&tenants);
    assert_eq!(tenants.deploy("bank/prod web=web/bank/"), None);
    assert_eq!(tenants.roll_back(shop, &snapshot), None);
    for bank in ["bank/prod web=web/found/", "bank/dev web=web/found/"] {
        let refusal = tenants.deploy(bank).unwrap();
        assert!(refusal.contains("cannot have s3://web/found/: the component web of shop/prod uses it"), "{refusal}");
    }
    let mut tenants = Tenants::new();
    assert_eq!(tenants.deploy(shop), None);
    let snapshot = found(&tenants);
    assert_eq!(tenants.deploy("bank/prod web=web/found/"), None);
    let refusal = tenants.roll_back(shop, &snapshot).unwrap();
    assert!(refusal.contains("cannot use s3://web/found/: the component web of bank/prod has it"), "{refusal}");
}
