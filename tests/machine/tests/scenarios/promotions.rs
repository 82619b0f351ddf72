//! Promotion of what one environment has verified into another one: by hand, by itself, and what is refused.

use crate::scenarios::scene::{declare, ended, failure, pass_minutes, program};
use serde_json::{Value, json};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, PromotedFrom, Veto};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::DynamoDbApi;
use windlass_engine::routes::api::{self, ApiCall};
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, FUNCTIONS, Shop};
use windlass_machine::shop_world::{put_access, put_access_for_all};
use windlass_world::run::run;

const BOTH_ENVIRONMENTS: &str = "
app: shop
version: 1.1.0
environments:
  staging: {sources: [api, console]}
  prod: {deploy: {branch: main}, sources: [api, console]}
components:
  api: {kind: lambda, function: 'shop-api-{environment}', alias: live}
  jobs: {kind: lambda, function: 'shop-jobs-{environment}', alias: live}
gates: {bake: 1m, alarms: [shop-5xx]}
";

const PROMOTES: &str = "from: {environment: staging, live_for: 2h}";
pub const BY_ITSELF: &str = "from: {environment: staging, live_for: 30m, promote: automatic}";

/// Puts an access file with this rule of `prod` into force.
pub fn put_rule(shop: &Shop<'_>, rule: &str) {
    let text = format!(
        "app: shop\nversion: 1\nwho: {{ci: ['arn:aws:iam::111111111111:role/ci']}}\nenvironments:\n  \
         staging: {{release: [console]}}\n  prod: {{release: [console, ci], {rule}}}\n"
    );
    put_access(shop.world(), "shop", &text);
}

/// Makes both environments, and puts an access file with this rule of `prod` into force; none if it is empty.
pub fn shop<'p>(program: &'p Program, rule: &str) -> Shop<'p> {
    let shop = Shop::new(program, FUNCTIONS);
    for name in ["shop-api-staging", "shop-jobs-staging", "shop-api-prod", "shop-jobs-prod"] {
        let mut functions = shop.world().lambda();
        let function = functions.make(name, b"as found");
        let environment = name.rsplit('-').next().unwrap_or_default();
        function.tags.insert("windlass:environment".to_owned(), environment.to_owned());
        function.publish_as("live", "as found");
    }
    declare(&shop, BOTH_ENVIRONMENTS);
    if !rule.is_empty() {
        put_rule(&shop, rule);
    }
    shop
}

/// Releases these components into `staging`.
pub fn stage(shop: &mut Shop<'_>, version: &str, components: &[&str]) {
    let request = shop.release_into("staging", version, components);
    let arn = shop.start(&request);
    shop.region.run();
    assert_eq!(ended(shop, &arn).ending, Ending::Succeeded, "{}", ended(shop, &arn).cause.written());
}

fn promotion() -> Value {
    json!({"action": "deploy", "app": "shop", "environment": "prod", "from": "staging"})
}

/// Starts this at the console, and returns its record.
fn deployed(shop: &mut Shop<'_>, request: &Value) -> Deployment {
    let arn = shop.start(request);
    shop.region.run();
    shop.deployment(&arn)
}

fn refused(shop: &mut Shop<'_>, request: &Value) -> String {
    let arn = shop.start(request);
    shop.region.run();
    assert_eq!(shop.path(&arn), "Admit Admitted Rejected");
    failure(shop, &arn).1
}

fn state(shop: &Shop<'_>, environment: &str) -> EnvironmentState {
    let (app, environment) = (AppName::new("shop").unwrap(), EnvironmentName::new(environment).unwrap());
    let key = ledger::state(EnvironmentId::new(&app, &environment));
    run(ledger::load_or_default(shop.world(), &key)).unwrap().value
}

/// Returns the version that `api` runs in `prod`, if Windlass has brought it.
pub fn runs(shop: &Shop<'_>) -> Option<String> {
    let state = state(shop, "prod");
    state.running.get(&ComponentName::new("api").unwrap()).map(|ran| ran.version().to_owned())
}

/// Lets minutes pass, runs the schedule, and all that comes of it.
pub fn wait(shop: &mut Shop<'_>, minutes: u64) {
    pass_minutes(shop, minutes);
    shop.region.scheduled();
    shop.region.run();
}

fn call(shop: &Shop<'_>, body: &Value) -> (u16, Value) {
    post(shop, "releases", body)
}

fn post(shop: &Shop<'_>, what: &str, body: &Value) -> (u16, Value) {
    let call = ApiCall {
        method: "POST".into(),
        path: format!("/apps/shop/environments/prod/{what}"),
        body: Some(body.to_string()),
        caller: Some("arn:aws:sts::111111111111:assumed-role/ci/run-812".into()),
        ..ApiCall::default()
    };
    let reply = run(api::handle(shop.world(), call));
    (reply.status, reply.body)
}

/// Safety: tenancy: Where a rule names the environment before, nothing is deployed that one snapshot there has not
/// verified, whatever the request wishes.
#[test]
fn a_release_goes_on_only_once_one_snapshot_before_has_verified_it() {
    let program = program();
    let mut shop = shop(&program, PROMOTES);
    stage(&mut shop, "1.4.0", &["api", "jobs"]);
    pass_minutes(&shop, 30);
    let cause = refused(&mut shop, &promotion());
    assert!(cause.contains("NotVerified") && cause.contains("it was live for 3"), "{cause}");
    let mut wishing = shop.release_into("prod", "1.4.0", &["api", "jobs"]);
    for wish in ["again", "allow_older", "accept_red", "through_hold", "preempt"] {
        wishing[wish] = true.into();
    }
    wishing["reason"] = "no wish passes".into();
    assert!(refused(&mut shop, &wishing).contains("NotVerified"));
    let (status, answer) = call(&shop, &json!({"from": "staging"}));
    assert_eq!((status, &answer["title"]), (400, &json!("NotVerified")), "{answer}");
    pass_minutes(&shop, 120);
    // Other bytes than those that ran there, under another version.
    let other = shop.release_into("prod", "1.5.0", &["api", "jobs"]);
    let cause = refused(&mut shop, &other);
    assert!(cause.contains("it did not run these bytes of api; it did not run these bytes of jobs"), "{cause}");
    let record = deployed(&mut shop, &promotion());
    assert_eq!(record.ending.as_ref().unwrap().ending, Ending::Succeeded);
    assert_eq!((record.release.version.as_str(), record.release.components.len()), ("1.4.0", 2));
    let staging = EnvironmentName::new("staging").unwrap();
    let snapshot = state(&shop, "staging").snapshot;
    assert_eq!(record.promoted_from, Some(PromotedFrom { environment: staging, snapshot }));
    assert_eq!(runs(&shop).as_deref(), Some("1.4.0"));
}

#[test]
fn what_nothing_measured_is_not_verified() {
    let program = program();
    let mut shop = shop(&program, "from: {environment: staging}");
    declare(&shop, &BOTH_ENVIRONMENTS.replace("1.1.0", "1.2.0").replace("gates: {bake: 1m, alarms: [shop-5xx]}", ""));
    stage(&mut shop, "1.4.0", &["api"]);
    let cause = refused(&mut shop, &promotion());
    assert!(cause.contains("it passed; nothing was measured of api"), "{cause}");
}

/// The snapshot that is named was replaced too soon; the one after it ran the same bytes for long enough.
#[test]
fn the_record_names_the_snapshot_that_has_verified_it() {
    let program = program();
    let mut shop = shop(&program, PROMOTES);
    stage(&mut shop, "1.4.0", &["api"]);
    let mut request = promotion();
    request["snapshot"] = json!(state(&shop, "staging").snapshot);
    stage(&mut shop, "1.5.0", &["jobs"]);
    pass_minutes(&shop, 130);
    let record = deployed(&mut shop, &request);
    assert_eq!(record.ending.map(|ended| ended.ending), Some(Ending::Succeeded));
    let snapshot = state(&shop, "staging").snapshot;
    assert_eq!(record.verified_by.map(|from| from.snapshot), Some(snapshot));
    // It goes by what was asked for, where somebody asks once more.
    assert_eq!(record.promoted_from.map(|from| json!(from.snapshot)), Some(request["snapshot"].clone()));
}

#[test]
fn a_promotion_is_planned_first_and_the_snapshot_of_its_plan_is_the_one_that_starts() {
    let program = program();
    let mut shop = shop(&program, "");
    stage(&mut shop, "1.4.0", &["api", "jobs"]);
    let (status, answer) = post(&shop, "plans", &json!({"from": "staging"}));
    assert_eq!(status, 202, "{answer}");
    shop.region.step();
    shop.region.run();
    let id = DeploymentId(answer["id"].as_str().unwrap().to_owned());
    let planned = run(ledger::require(shop.world(), &ledger::planned(&id))).unwrap().value;
    assert_eq!(planned.drawn.map(|drawn| drawn.changes.len()), Some(2));
    assert_eq!(runs(&shop), None);
    let from = planned.deployment.promoted_from.unwrap();
    assert_eq!(from.snapshot, state(&shop, "staging").snapshot);
    stage(&mut shop, "1.5.0", &["api"]);
    let (status, answer) = call(&shop, &json!({"from": from.environment, "snapshot": from.snapshot}));
    assert_eq!((status, &answer["version"]), (202, &json!("1.4.0")), "{answer}");
    shop.region.step();
    shop.region.run();
    assert_eq!(runs(&shop).as_deref(), Some("1.4.0"));
}

#[test]
fn several_releases_become_one_with_a_name_of_its_own_also_without_a_file() {
    let program = program();
    let mut shop = shop(&program, "");
    stage(&mut shop, "1.4.0", &["api", "jobs"]);
    stage(&mut shop, "1.5.0", &["api"]);
    let (status, answer) = call(&shop, &json!({"from": "qa"}));
    assert_eq!((status, &answer["title"]), (404, &json!("UnknownName")), "{answer}");
    let (status, answer) = call(&shop, &json!({"from": "staging"}));
    assert_eq!(status, 202, "{answer}");
    let name = format!("1.5.0+staging.{}", state(&shop, "staging").snapshot);
    assert_eq!(answer["version"], json!(name));
    shop.region.step();
    shop.region.run();
    assert_eq!(runs(&shop), Some(name.clone()));
    assert_eq!(state(&shop, "prod").running.len(), 2);
    // The same snapshot once more is the same release.
    let record = deployed(&mut shop, &promotion());
    assert_eq!((record.release.version, record.ending.unwrap().ending), (name, Ending::NothingToDo));
}

#[test]
fn what_succeeded_goes_on_by_itself_once_its_time_has_come_and_nothing_is_held() {
    let program = program();
    let mut shop = shop(&program, BY_ITSELF);
    stage(&mut shop, "1.4.0", &["api", "jobs"]);
    wait(&mut shop, 20);
    assert_eq!(runs(&shop), None, "too early");
    let hold = shop.act("hold");
    shop.region.run_to_end(&hold);
    wait(&mut shop, 20);
    assert_eq!(runs(&shop), None, "held");
    let released = shop.act("release_hold");
    shop.region.run_to_end(&released);
    let freeze = "freezes: [{from: 2000-01-01, until: 2100-01-01, zone: UTC, reason: a sale}]";
    put_access_for_all(shop.world(), &format!("version: 1\n{freeze}\n"));
    wait(&mut shop, 5);
    assert_eq!(runs(&shop), None, "frozen");
    put_access_for_all(shop.world(), "version: 2\n");
    wait(&mut shop, 5);
    assert_eq!(runs(&shop).as_deref(), Some("1.4.0"));
    let snapshot = state(&shop, "prod").snapshot;
    wait(&mut shop, 60);
    assert_eq!(state(&shop, "prod").snapshot, snapshot, "it is over");
}

#[test]
fn what_goes_on_by_itself_is_started_again_where_it_died_before_it_was_recorded() {
    let program = program();
    let mut shop = shop(&program, BY_ITSELF);
    stage(&mut shop, "1.4.0", &["api", "jobs"]);
    pass_minutes(&shop, 40);
    shop.region.scheduled();
    let died = shop.world().stepfunctions().executions.keys().find(|arn| arn.contains(":promote-")).unwrap().clone();
    shop.region.stop_unannounced(&died);
    shop.world().stepfunctions().executions.get_mut(&died).unwrap().status = "FAILED".into();
    wait(&mut shop, 5);
    wait(&mut shop, 10);
    assert_eq!(runs(&shop), None, "it is seen to have died");
    wait(&mut shop, 10);
    assert_eq!(runs(&shop).as_deref(), Some("1.4.0"));
}

/// A freeze, or a rule that asks for a longer time, comes between its start and its turn.
#[test]
fn what_comes_at_a_wrong_moment_is_tried_again_and_what_stays_refused_is_over() {
    let program = program();
    let freeze = "freezes: [{from: 2000-01-01, until: 2100-01-01, zone: UTC, reason: a sale}]";
    for is_frozen in [true, false] {
        let mut shop = shop(&program, BY_ITSELF);
        stage(&mut shop, "1.4.0", &["api", "jobs"]);
        pass_minutes(&shop, 40);
        shop.region.scheduled();
        if is_frozen {
            put_access_for_all(shop.world(), &format!("version: 1\n{freeze}\n"));
        } else {
            put_rule(&shop, &BY_ITSELF.replace("30m", "5h"));
        }
        shop.region.run();
        put_access_for_all(shop.world(), "version: 2\n");
        put_rule(&shop, BY_ITSELF);
        wait(&mut shop, 5);
        wait(&mut shop, 10);
        assert_eq!(runs(&shop), None, "{is_frozen}");
        wait(&mut shop, 10);
        assert_eq!(runs(&shop).as_deref(), Some("1.4.0"), "{is_frozen}");
    }

    let mut shop = shop(&program, BY_ITSELF);
    declare(&shop, &BOTH_ENVIRONMENTS.replace("1.1.0", "1.2.0").replace("gates: {bake: 1m, alarms: [shop-5xx]}", ""));
    stage(&mut shop, "1.4.0", &["api"]);
    for _ in 0..6 {
        wait(&mut shop, 40);
    }
    let started = shop.world().stepfunctions().executions.keys().filter(|arn| arn.contains(":promote-")).count();
    assert_eq!((started, runs(&shop)), (2, None), "nothing measured it");
}

#[test]
fn another_snapshot_ends_what_would_go_on_and_what_went_back_does_not() {
    let program = program();
    let mut shop = shop(&program, BY_ITSELF);
    stage(&mut shop, "1.4.0", &["api", "jobs"]);
    wait(&mut shop, 20);
    stage(&mut shop, "1.5.0", &["api", "jobs"]);
    wait(&mut shop, 20);
    assert_eq!(runs(&shop), None, "the newer one begins anew");
    let reason = "because a test says so";
    let back = json!({"action": "rollback", "app": "shop", "environment": "staging", "reason": reason});
    assert_eq!(deployed(&mut shop, &back).ending.unwrap().ending, Ending::Succeeded);
    wait(&mut shop, 120);
    assert_eq!(runs(&shop), None);
}

/// A newer release that is undone leaves the snapshot that is to go on as the present one.
#[test]
fn what_was_undone_before_keeps_nothing_from_going_on() {
    let program = program();
    let mut shop = shop(&program, BY_ITSELF);
    stage(&mut shop, "1.4.0", &["api", "jobs"]);
    let request = shop.release_into("staging", "1.5.0", &["api"]);
    let bad = shop.start(&request);
    assert!(shop.region.run_until(&bad, "Bake"));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    assert_eq!(ended(&shop, &bad).ending, Ending::RolledBack);
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    wait(&mut shop, 60);
    assert_eq!(runs(&shop).as_deref(), Some("1.4.0"));
}

#[test]
fn a_veto_ends_what_would_go_on_and_keeps_it_from_going_on_by_hand() {
    let program = program();
    let mut shop = shop(&program, BY_ITSELF);
    stage(&mut shop, "1.4.0", &["api", "jobs"]);
    let (app, staging) = (AppName::new("shop").unwrap(), EnvironmentName::new("staging").unwrap());
    let of = EnvironmentId::new(&app, &staging);
    let snapshot = run(ledger::require(shop.world(), &ledger::snapshot(of, state(&shop, "staging").snapshot))).unwrap();
    let (release, deployment) = (snapshot.value.release.unwrap(), snapshot.value.deployment);
    let veto = Veto {
        release: release.clone(),
        version: "1.4.0".into(),
        by: [deployment.clone()].into(),
        deployment,
        since: shop.world().true_time(),
        cause: "it was undone when it was brought once more".into(),
    };
    let put = Stored::new(ledger::veto(of, &release), veto).put().unwrap();
    run(shop.world().transact(vec![put])).unwrap();
    wait(&mut shop, 60);
    assert_eq!(runs(&shop), None);
    let cause = refused(&mut shop, &promotion());
    assert!(cause.contains("its release was undone there, and is vetoed"), "{cause}");
}

#[test]
fn the_plan_names_a_declaration_in_force_that_is_not_the_one_of_that_time() {
    let program = program();
    let mut shop = shop(&program, "");
    stage(&mut shop, "1.4.0", &["api", "jobs"]);
    let mut planned = promotion();
    planned["plan"] = true.into();
    let warns = |shop: &mut Shop<'_>| {
        let arn = shop.start(&planned);
        shop.region.run();
        let key = ledger::planned(&DeploymentId::planned(&arn));
        let planned = run(ledger::require(shop.world(), &key)).unwrap().value;
        assert_eq!(planned.deployment.release.version, "1.4.0");
        planned.turn.text.written().contains("version 1.1.0 of the declaration, and version 1.2.0 is in force")
    };
    assert!(!warns(&mut shop));
    declare(&shop, &BOTH_ENVIRONMENTS.replace("1.1.0", "1.2.0"));
    assert!(warns(&mut shop));
}

#[test]
fn a_declaration_that_says_who_may_release_is_warned_about_where_a_file_decides() {
    let program = program();
    let mut shop = shop(&program, "");
    let warns = |shop: &mut Shop<'_>, version: &str| {
        let arn = shop.start(&shop.release_into("staging", version, &["api"]));
        shop.region.run();
        let plan = run(ledger::require(shop.world(), &ledger::plan(&shop.deployment(&arn).id))).unwrap().value;
        plan.warnings.iter().any(|warning| warning.name == FindingName::OverruledByAccessFile)
    };
    let manual = BOTH_ENVIRONMENTS.replace("1.1.0", "1.2.0").replace("staging: {", "staging: {start: manual, ");
    declare(&shop, &manual);
    assert!(!warns(&mut shop, "1.3.0"));
    put_rule(&shop, PROMOTES);
    assert!(warns(&mut shop, "1.4.0"));
    declare(&shop, &BOTH_ENVIRONMENTS.replace("1.1.0", "1.3.0"));
    assert!(!warns(&mut shop, "1.5.0"));
}
