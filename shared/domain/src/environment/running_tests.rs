use super::*;

fn given(version: &str, deployment: &str, at: u64) -> GivenVersion {
    GivenVersion {
        version: version.into(),
        deployment: DeploymentId(deployment.into()),
        since: Time(at),
        git: None,
        released_by: None,
    }
}

#[test]
fn a_name_is_shown_with_the_one_under_which_the_bytes_came() {
    let mut names = VersionNames::of(given("2.0.0", "first", 0));
    assert_eq!(names.in_words("by ann"), "2.0.0 since 1970-01-01T00:00:00Z, by ann");
    names.rename(given("2.1.0", "second", 60_000));
    assert_eq!(
        names.in_words("by tom"),
        "2.1.0 since 1970-01-01T00:01:00Z, by tom; its bytes came with 2.0.0 by deployment first and are there since \
         1970-01-01T00:00:00Z"
    );
    // The same name once more stays with whoever gave it first.
    let known = names.clone();
    names.rename(given("2.1.0", "third", 120_000));
    assert_eq!(names, known);
    for (id, is_its) in [("first", true), ("second", true), ("third", false)] {
        assert_eq!(names.are_of(&DeploymentId(id.into())), is_its, "{id}");
    }
}

#[test]
fn both_names_are_written_and_neither_is_read_alone() {
    let mut running = Running::new(None, given("2.0.0", "first", 0), 1.into());
    running.names.rename(given("2.1.0", "second", 60_000));
    let written = serde_json::json!({
        "version": "2.1.0", "deployment": "second", "since": 60_000,
        "brought": {"version": "2.0.0", "deployment": "first", "since": 0},
        "state": 1,
    });
    assert_eq!(serde_json::to_value(&running).unwrap(), written);
    assert_eq!(serde_json::from_value::<Running>(written.clone()).unwrap(), running);
    for member in ["version", "deployment", "since", "brought"] {
        let mut partly = written.clone();
        partly.as_object_mut().unwrap().remove(member);
        assert!(serde_json::from_value::<Running>(partly).is_err(), "{member}");
    }
}

#[test]
fn what_was_found_is_written_as_found_and_brought_by_nobody() {
    let mut running = Running::new(None, given(BEFORE_WINDLASS, "first", 0), 1.into());
    running.names.rename(given("accepted", "second", 60_000));
    let written = serde_json::to_value(&running).unwrap();
    assert_eq!(written.get("brought"), None);
    let found = serde_json::json!({"version": BEFORE_WINDLASS, "deployment": "first", "since": 0});
    assert_eq!(written["found"], found);
    assert_eq!(serde_json::from_value::<Running>(written).unwrap(), running);
    let origin = running.names.origin().unwrap();
    assert!(origin.contains("deployment first found it") && !origin.contains("came with"), "{origin}");
    // Rolled back to it, it is there since the rollback; nobody found it then.
    running.names.brought.since = Time(60_000);
    assert_eq!(running.names.origin().unwrap(), origin);
}
