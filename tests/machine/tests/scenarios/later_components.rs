//! Rollbacks over components that came later than others, were renamed or moved, or are not declared any more.

use crate::scenarios::scene::{BOTH, assert_free, both, declare, ended, failure, program, serves};
use serde_json::json;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::ComponentName;
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, FUNCTIONS, Shop};

/// Makes the shop after releases of one component each, which all succeed.
fn with<'p>(program: &'p Program, releases: &[(&str, &str)]) -> Shop<'p> {
    let mut shop = Shop::new(program, FUNCTIONS);
    for (version, component) in releases {
        succeeds(&mut shop, version, component);
    }
    shop
}

fn succeeds(shop: &mut Shop<'_>, version: &str, component: &str) {
    let arn = shop.deploy(version, &[component]);
    shop.region.run();
    assert_eq!(ended(shop, &arn).ending, Ending::Succeeded, "{version}");
}

/// Asks for a rollback, to the snapshot if one is given.
fn go_back(shop: &mut Shop<'_>, snapshot: Option<u64>) -> String {
    let mut input = json!({
        "action": "rollback", "app": "shop", "environment": "prod", "reason": "prices are wrong"
    });
    if let Some(number) = snapshot {
        input["snapshot"] = number.into();
    }
    let arn = shop.start(&input);
    shop.region.run();
    assert_free(shop);
    arn
}

fn goes_back(shop: &mut Shop<'_>, snapshot: Option<u64>) -> String {
    let arn = go_back(shop, snapshot);
    let ended = ended(shop, &arn);
    assert_eq!(ended.ending, Ending::Succeeded, "{}", ended.cause.written());
    let held = "automatic deployments are held since";
    assert!(ended.cause.written().contains(held), "{:?}", ended.cause);
    ended.cause.written()
}

/// Checks that a rollback is refused before anything changes. Returns its error and cause.
fn is_refused(shop: &mut Shop<'_>, snapshot: Option<u64>) -> (String, String) {
    let before = (serves(shop), shop.environment().running);
    let arn = go_back(shop, snapshot);
    assert_eq!(ended(shop, &arn).ending, Ending::Rejected);
    assert_eq!((serves(shop), shop.environment().running), before);
    failure(shop, &arn)
}

fn versions(shop: &Shop<'_>) -> Vec<(String, String)> {
    let running = shop.environment().running.into_iter();
    running.map(|(name, running)| (name.to_string(), running.names.now.version)).collect()
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[test]
fn functions_of_one_zip_change_and_come_back_together() {
    let program = program();
    let jobs = "function: shop-jobs, alias: live";
    let shared = FUNCTIONS.replace(jobs, &format!("{jobs}, artifact: api"));
    assert_ne!(shared, FUNCTIONS);
    let mut shop = Shop::new(&program, &shared);
    for version in ["1.0.0", "1.1.0"] {
        succeeds(&mut shop, version, "api");
        let named = [pair("api", version), pair("jobs", version)];
        assert_eq!(versions(&shop), named);
    }
    assert_eq!(serves(&shop), both("3"));
    let running = shop.environment().running;
    let bytes: Vec<_> = running.values().map(|it| it.artifact.clone()).collect();
    assert_eq!(bytes[0], bytes[1]);
    goes_back(&mut shop, None);
    assert_eq!(serves(&shop), both("2"));
    // Nobody can bring other bytes for the component that has no artifact of its own.
    let arn = shop.deploy("1.2.0", &["api", "jobs"]);
    shop.region.run();
    let (_, cause) = failure(&shop, &arn);
    assert!(cause.contains("`jobs` takes the artifact of `api`"), "{cause}");
    assert_eq!(serves(&shop), both("2"));
}

/// Safety: undo: The first release of a component is taken back to what was found before it.
#[test]
fn the_first_release_of_a_component_is_taken_back() {
    let program = program();
    let mut shop = with(&program, &[("1.0.0", "api"), ("1.1.0", "jobs")]);
    assert_eq!(serves(&shop), both("2"));
    let answer = goes_back(&mut shop, None);
    let wanted = "shop prod is back at 1.0.0 (snapshot 2): jobs changed; api alias live serves";
    assert!(answer.starts_with(wanted), "{answer}");
    assert_eq!(serves(&shop), pair("2", "1"), "jobs as it was found");
    let found = [pair("api", "1.0.0"), pair("jobs", "before-windlass")];
    assert_eq!(versions(&shop), found);

    // A second rollback finds no older snapshot that a gate judged. The finding names the snapshot that is there by its
    // number.
    let (error, cause) = is_refused(&mut shop, None);
    assert_eq!(error, "NothingToGoBackTo");
    assert!(cause.contains(r#""snapshot":1"#), "{cause}");
    let answer = goes_back(&mut shop, Some(1));
    let wanted = "shop prod is back at what was found before the first release (snapshot 1): api changed; jobs";
    assert!(answer.starts_with(wanted), "{answer}");
    assert_eq!(serves(&shop), both("1"));

    // The finding never names a snapshot that runs already.
    let (error, cause) = is_refused(&mut shop, None);
    assert_eq!(error, "NothingToGoBackTo");
    assert!(!cause.contains(r#""snapshot":1"#), "{cause}");
    // What passed is named, although the present one has not replaced it.
    let named = "Passed, and not what runs: 4 (1.0.0), 3 (1.1.0). To go to snapshot 4, start";
    assert!(cause.contains(named), "{cause}");

    // A later release goes on from there, and its rollback comes back to there.
    succeeds(&mut shop, "1.2.0", "jobs");
    assert_eq!(serves(&shop), pair("1", "3"));
    goes_back(&mut shop, Some(1));
    assert_eq!(serves(&shop), both("1"));
}

#[test]
fn each_press_takes_back_one_release_whenever_its_component_came() {
    let program = program();
    let releases = [("1.0.0", "api"), ("1.1.0", "jobs"), ("1.2.0", "api"), ("1.3.0", "jobs")];
    let mut shop = with(&program, &releases);
    assert_eq!(serves(&shop), both("3"));
    for (wanted, version) in [(pair("3", "2"), "1.2.0"), (pair("2", "2"), "1.1.0"), (pair("2", "1"), "1.0.0")] {
        let answer = goes_back(&mut shop, None);
        assert!(answer.contains(&format!("is back at {version} ")), "{answer}");
        assert_eq!(serves(&shop), wanted, "{version}");
    }
    assert_eq!(is_refused(&mut shop, None).0, "NothingToGoBackTo");
    // By its number a rollback also goes forward again, and every component is what that snapshot says.
    goes_back(&mut shop, Some(4));
    assert_eq!(serves(&shop), pair("3", "2"));
}

/// A rollback that stops the very first release undoes it, which is what was asked for.
#[test]
fn a_rollback_that_stops_the_first_release_has_succeeded() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let first = shop.deploy("1.0.0", &BOTH);
    assert!(shop.region.run_until(&first, "Bake"));
    let answer = goes_back(&mut shop, None);
    assert!(answer.contains("is as it was found before the first release"), "{answer}");
    assert!(answer.contains("undone: "), "{answer}");
    assert_eq!(serves(&shop), both("1"));
    assert_eq!(ended(&shop, &first).ending, Ending::RolledBack);
}

const WITHOUT_JOBS: &str = "
app: shop
version: 1.1.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live}
";

/// Safety: undo: What is no longer declared is refused by name only where it would have to be taken back.
#[test]
fn what_is_no_longer_declared_is_refused_by_name_only_where_it_would_have_to_be_taken_back() {
    let program = program();
    let releases = [("1.0.0", "api"), ("1.1.0", "jobs"), ("1.2.0", "api")];
    let mut shop = with(&program, &releases);
    declare(&shop, WITHOUT_JOBS);
    let answer = goes_back(&mut shop, None);
    let left = "has no component `jobs`, so it is left alone";
    assert!(answer.contains(left), "{answer}");
    assert_eq!(serves(&shop), both("2"));

    let (error, cause) = is_refused(&mut shop, None);
    assert_eq!(error, "NoWayBack");
    let runs = "Jobs runs 1.1.0 and ran before-windlass in snapshot 2, and no component of this name is declared";
    assert!(cause.contains(runs), "{cause}");

    // The finding is right: after the component is declared again, the rollback succeeds.
    declare(&shop, &FUNCTIONS.replace("version: 1.0.0", "version: 1.2.0"));
    goes_back(&mut shop, None);
    assert_eq!(serves(&shop), pair("2", "1"));
}

/// A new component has the target of one that has left: it is not released until that is a rename, and then what ran
/// under the former name is its way back.
#[test]
fn what_was_renamed_goes_back_to_what_ran_under_its_former_name() {
    let program = program();
    let mut shop = with(&program, &[("1.0.0", "api"), ("1.1.0", "jobs")]);
    let renamed = FUNCTIONS
        .replace("version: 1.0.0", "version: 1.1.0")
        .replace("jobs: {", "worker: {")
        .replace("[jobs]", "[worker]");
    declare(&shop, &renamed);
    let arn = shop.deploy("1.2.0", &["worker"]);
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Rejected);
    let (error, cause) = failure(&shop, &arn);
    assert_eq!(error, "TargetNotOurs");
    assert!(cause.contains("Rename it, and its way back stays"), "{cause}");
    assert_eq!(serves(&shop), both("2"));

    let rename = json!({
        "action": "rename", "app": "shop", "environment": "prod", "component": "jobs", "to_component": "worker",
        "reason": "it works"
    });
    shop.start(&rename);
    shop.region.run();
    succeeds(&mut shop, "1.2.1", "worker");
    assert_eq!(serves(&shop), pair("2", "3"));
    goes_back(&mut shop, None);
    assert_eq!(serves(&shop), both("2"), "what 1.1.0 brought to it as jobs");
    goes_back(&mut shop, None);
    assert_eq!(serves(&shop), pair("2", "1"), "what was found of jobs");
}

/// Safety: undo: A rollback of a component whose target is another one since is refused.
#[test]
fn a_component_whose_target_is_another_one_since_is_refused() {
    let program = program();
    let mut shop = with(&program, &[("1.0.0", "api"), ("1.1.0", "api")]);
    shop.make_function("shop-other");
    let moved =
        FUNCTIONS.replace("version: 1.0.0", "version: 1.1.0").replace("function: shop-api", "function: shop-other");
    declare(&shop, &moved);
    for _ in 0..2 {
        // The rollback is refused before and after its first release there: version 2 of the other function is another
        // version.
        let (error, cause) = is_refused(&mut shop, Some(2));
        assert_eq!(error, "NoWayBack");
        assert!(cause.contains("The target of api is another one now"), "{cause}");
        if shop.serves("shop-other") == "1" {
            succeeds(&mut shop, "1.2.0", "api");
        }
    }
    assert_eq!(shop.serves("shop-other"), "2");
}

/// A person deployed something by hand, and a release then names the same. It is recorded as the release's own, and a
/// rollback from the next release goes back to it, after it was judged with others.
#[test]
fn what_a_release_finds_in_place_is_recorded_as_its_own() {
    let program = program();
    let mut shop = with(&program, &[("1.0.0", "api"), ("1.0.1", "jobs")]);
    let request = shop.release("1.1.0", &BOTH);
    {
        let mut functions = shop.world().lambda();
        let function = functions.named("shop-api").unwrap();
        let version = function.publish_by_hand("api 1.1.0");
        function.aliases.get_mut("live").unwrap().version = version;
    }
    let arn = shop.start(&request);
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    assert_eq!(serves(&shop), both("3"));
    assert_eq!(versions(&shop), BOTH.map(|name| pair(name, "1.1.0")));
    let running = &shop.environment().running[&ComponentName::new("api").unwrap()];
    assert_eq!(running.names.brought.deployment, shop.deployment(&arn).id);
    assert_eq!(running.state["goal"]["back"]["alias"]["version"], "3");
    succeeds(&mut shop, "1.2.0", "api");
    goes_back(&mut shop, None);
    assert_eq!(serves(&shop), both("3"));
    goes_back(&mut shop, None);
    assert_eq!(serves(&shop), both("2"));
}

/// Somebody had begun to shift the callers of an alias, so the release found two versions.
#[test]
fn what_was_found_in_the_middle_of_a_shift_is_gone_back_to_as_it_was() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    {
        let mut functions = shop.world().lambda();
        let function = functions.named("shop-jobs").unwrap();
        let version = function.publish_by_hand("by hand");
        let alias = function.aliases.get_mut("live").unwrap();
        alias.weights = vec![(version, "0.5".into())];
    }
    let found = shop.serves("shop-jobs");
    succeeds(&mut shop, "1.0.0", "jobs");
    assert_eq!(shop.serves("shop-jobs"), "3");
    goes_back(&mut shop, Some(1));
    assert_eq!((shop.serves("shop-jobs"), found.as_str()), (found.clone(), "1 2@0.5"));
}

const SITE: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  web: {kind: static_site, bucket: shop-web, distribution: E1}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A person puts a page in place back by hand. It is as recorded then, so no new snapshot is needed, although the
/// release changes other files than the one before it.
#[test]
fn what_was_put_back_by_hand_in_place_is_as_it_is_recorded() {
    let program = program();
    let mut shop = Shop::new(&program, SITE);
    succeeds(&mut shop, "1.0.0", "web");
    succeeds(&mut shop, "1.1.0", "web");
    let (is, page) = (shop.environment(), shop.page());
    let arn = shop.deploy("1.2.0", &["web"]);
    assert!(shop.region.run_until(&arn, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    for call in ["s3.put", "s3.copy"] {
        let denied = Fault::new(FaultName::AccessDenied, "it was refused");
        shop.world().mishaps().refused.insert(call, denied);
    }
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::NeedsOperator);
    shop.world().mishaps().refused.clear();
    shop.world().s3().upload("shop-web", "index.html", page.clone());
    let accept = shop.act("accept");
    shop.region.run();
    assert!(shop.path(&accept).ends_with("Succeeded"));
    assert_eq!(shop.page(), page);
    let now = shop.environment();
    assert_eq!((now.snapshot, now.running), (is.snapshot, is.running));
}
