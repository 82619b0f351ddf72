//! The name under which a release is recorded.

use crate::arriving::pinning::{
    MAIN, PROD_ZIP, ZIP, artifact, manifest, object, pinned, pins, recorded, refused, uploaded,
};
use crate::arriving::place::DECLARATION;
use crate::stage::Stage;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::deployment::{Deployment, Ended};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::pin::Pinned;
use windlass_engine::ports::{DynamoDbApi, Transacted};
use windlass_world::World;
use windlass_world::run::run;

/// Uploads bytes for an environment, and returns a release of them.
fn of(world: &World, version: &str, bytes: &str, environment: &str) -> Value {
    let (key, reference) = match environment {
        "dev" => (ZIP, MAIN.to_owned()),
        _ => (PROD_ZIP, format!("refs/tags/v{}", version.trim_start_matches('v'))),
    };
    world.s3().upload("artifacts", key, bytes.to_owned());
    let mut request = manifest(&reference, json!({"api": object(key, bytes)}));
    request["manifest"]["version"] = version.into();
    request["environment"] = environment.into();
    request
}

/// Safety: tenancy: What is tried out in one environment takes no version's name from the release of its tag.
#[test]
fn what_is_tried_out_under_a_version_leaves_its_name_to_the_release_of_the_tag() {
    let world = uploaded();
    let tried = pinned(&world, of(&world, "8.0.0", "tried", "dev"));
    let name = recorded(&world, &tried);
    assert!(name.starts_with("8.0.0+"), "{name}");
    let again = pinned(&world, of(&world, "8.0.0", "tried", "dev"));
    assert_eq!(again.release.version, name);

    let released = pinned(&world, of(&world, "8.0.0", "the release", "prod"));
    assert_eq!(recorded(&world, &released), "8.0.0");
    // Each is promoted by its own name.
    for (version, of) in [("8.0.0", &released), ("v8.0.0", &released), (name.as_str(), &tried)] {
        let promoted = pinned(&world, json!({"version": version, "environment": "dev"}));
        assert_eq!(promoted.release.version, of.release.version, "{version}");
        assert_eq!(artifact(&promoted, "api"), artifact(of, "api"), "{version}");
    }
    let found = refused(&world, of(&world, "v8.0.0", "others", "prod"));
    assert_eq!(found, ["VersionReused components.api"]);
}

#[test]
fn a_version_alone_promotes_the_one_release_that_has_its_bytes_in_its_name() {
    let world = uploaded();
    let tried = pinned(&world, of(&world, "8.0.0", "tried", "dev"));
    let name = recorded(&world, &tried);
    let by_version = || json!({"version": "8.0.0", "environment": "dev"});
    assert_eq!(pinned(&world, by_version()).release.version, name);
    recorded(&world, &pinned(&world, of(&world, "8.0.0", "others", "dev")));
    assert_eq!(refused(&world, by_version()), ["UnknownName version"]);
}

#[test]
fn who_recorded_a_version_first_is_kept() {
    let world = uploaded();
    let mut request = of(&world, "8.0.0", "the release", "prod");
    let ann = json!({"route": "api", "principal": "ann"});
    request["requester"] = ann.clone();
    recorded(&world, &pinned(&world, request.clone()));
    let web = "artifacts/shop/prod/web/1.zip";
    world.s3().upload("artifacts", web, "web");
    request["requester"]["principal"] = "tom".into();
    request["manifest"]["components"]["web"] = object(web, "web");
    let more = pinned(&world, request).to_record.unwrap().value;
    assert_eq!(json!(more.by), ann);
}

/// The turn of a deployment: at once, after a place in the queue, or never, such as under a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    AtOnce,
    Waited,
    Never,
}

/// Records a deployment of what is pinned as `Admit` does, with its ending. Returns whether the version was to be had.
fn deployed(world: &World, pinned: Pinned, (id, ending, turn): (&str, Option<Ending>, Turn)) -> bool {
    let id = DeploymentId(id.to_owned());
    let ended = |ending| Ended {
        ending,
        cause_name: String::new(),
        cause: "so".into(),
        findings: vec![],
        added: vec![],
        stays_reachable: vec![],
        at: Time(0),
        resolved: None,
        cost: None,
    };
    let record = Stage::new(DECLARATION, BTreeMap::new()).record;
    let started = (turn != Turn::Never).then_some(Time(0));
    let (waited, ending) = (turn == Turn::Waited, ending.map(ended));
    let record = Deployment { id: id.clone(), started, waited, ending, release: pinned.release, ..record };
    let mut writes = vec![Stored::new(ledger::deployment(&id), record).put().unwrap()];
    if let Some(mut recorded) = pinned.to_record {
        recorded.value.note(&id);
        writes.push(recorded.put().unwrap());
    }
    run(world.transact(writes)).unwrap() == Transacted::Done
}

#[test]
fn other_bytes_come_under_a_version_whose_deployments_were_all_refused_in_a_turn_at_once() {
    use Ending::{NothingToDo, Rejected, RolledBack, Succeeded};
    use Turn::{AtOnce, Never, Waited};
    let refused_at_once = (Some(Rejected), AtOnce);
    for (deployments, is_free) in [
        (vec![refused_at_once], true),
        (vec![refused_at_once, refused_at_once], true),
        (vec![(Some(Rejected), Waited)], false),
        (vec![refused_at_once, (Some(Rejected), Waited)], false),
        (vec![(None, AtOnce)], false),
        (vec![refused_at_once, (None, AtOnce)], false),
        (vec![(Some(Succeeded), AtOnce)], false),
        (vec![(Some(Succeeded), AtOnce), refused_at_once], false),
        (vec![(Some(RolledBack), AtOnce)], false),
        // It is recorded for a person to start.
        (vec![(Some(Rejected), Never)], false),
        (vec![refused_at_once, (Some(Rejected), Never)], false),
        (vec![(Some(NothingToDo), Never)], false),
    ] {
        let world = uploaded();
        for (at, (ending, turn)) in deployments.iter().enumerate() {
            let same = pinned(&world, of(&world, "8.0.0", "first", "prod"));
            assert!(deployed(&world, same, (&at.to_string(), *ending, *turn)), "{deployments:?}");
        }
        let other = pins(&world, of(&world, "8.0.0", "other", "prod"));
        assert_eq!(other.is_ok(), is_free, "{deployments:?}");
    }
}

/// Safety: bytes: Of two releases that come at once under a version that was given back, one has it.
#[test]
fn of_two_that_come_at_once_under_a_version_that_was_given_back_one_has_it() {
    let world = uploaded();
    let first = pinned(&world, of(&world, "8.0.0", "first", "prod"));
    assert!(deployed(&world, first, ("first", Some(Ending::Rejected), Turn::AtOnce)));
    let [one, other] = ["one", "other"].map(|bytes| pinned(&world, of(&world, "8.0.0", bytes, "prod")));
    assert!(deployed(&world, one, ("one", None, Turn::AtOnce)));
    assert!(!deployed(&world, other, ("other", None, Turn::AtOnce)));
    for bytes in ["other", "first"] {
        let found = refused(&world, of(&world, "8.0.0", bytes, "prod"));
        assert_eq!(found, ["VersionReused components.api"], "{bytes}");
    }
    let promoted = pinned(&world, json!({"version": "8.0.0", "environment": "dev"}));
    assert!(promoted.to_record.is_some(), "each further deployment is noted, of another environment as well");
}
