//! Who may do what by the access files in force: each action by each way in, and what is shown to those who may not.

use crate::scenarios::scene::{BOTH, both, ended, executions, failure, live_with, manifest, program, serves, upload};
use serde_json::{Value, json};
use windlass_domain::environment::{EnvironmentState, Hold};
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::planned::{Becomes, Planned};
use windlass_domain::text::finding::FindingName;
use windlass_engine::ledger;
use windlass_engine::routes::api::{self, ApiCall};
use windlass_machine::program::Program;
use windlass_machine::shop::Shop;
use windlass_machine::shop_world::{put_access, put_access_for_all, put_unreadable_access};
use windlass_world::run::run;

const FILE: &str = r#"
app: shop
version: 4
who:
  leads: ["arn:aws:iam::111111111111:role/shop-lead"]
  developers: ["arn:aws:iam::111111111111:role/shop-dev"]
  ci: ["arn:aws:iam::111111111111:role/shop-ci"]
environments:
  prod:
    release: [ci, leads]
    roll_back: [developers, leads, console]
    operate: [leads]
"#;

/// Returns the same file in which developers may release as well.
fn with_developers() -> String {
    FILE.replace("release: [ci, leads]", "release: [ci, leads, developers]").replace("version: 4", "version: 3")
}

/// Makes the shop with two releases live, so that version 3 of each function is served.
fn shop(program: &Program) -> Shop<'_> {
    live_with(program, &["1.0.0", "1.1.0"])
}

/// Calls the API with a session of a role. Returns the execution that it began; else the name of the first finding.
fn call(shop: &Shop<'_>, role: &str, (method, path): (&str, &str), body: &Value) -> Result<String, String> {
    let call = ApiCall {
        method: method.into(),
        path: format!("/apps/shop/{path}"),
        body: Some(body.to_string()),
        caller: Some(format!("arn:aws:sts::111111111111:assumed-role/{role}/ann")),
        ..ApiCall::default()
    };
    let reply = run(api::handle(shop.world(), call));
    match reply.body["execution"].as_str() {
        Some(execution) => Ok(execution.to_owned()),
        None => Err(reply.body["findings"][0]["name"].as_str().unwrap().to_owned()),
    }
}

/// Posts a release of both functions with a session of a role, and lets it come to a state. Returns its execution.
fn post_until(shop: &mut Shop<'_>, role: &str, version: &str, state: &str) -> String {
    let body = shop.release(version, &BOTH)["manifest"].take();
    let arn = call(shop, role, ("POST", "environments/prod/releases"), &body).unwrap();
    shop.region.step();
    assert!(shop.region.run_until(&arn, state), "{:?}", shop.region.ended(&arn).map(|ended| &ended.cause));
    arn
}

/// Returns the input of an execution that asks for something, and how the API is asked for the same.
fn asks(shop: &Shop<'_>, what: &str) -> (Value, (&'static str, &'static str), Value) {
    let with = |more: Value, way, body: Value| {
        let mut input = json!({"action": what, "app": "shop", "environment": "prod", "reason": "so"});
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        (input, way, body)
    };
    let so = json!({"reason": "so"});
    match what {
        "release" | "wish" => {
            let mut input = shop.release("1.4.0", &BOTH);
            let mut body = input["manifest"].clone();
            if what == "release" {
                return (input, ("POST", "environments/prod/releases"), body);
            }
            for wishing in [&mut input, &mut body] {
                wishing["through_hold"] = json!(true);
                wishing["reason"] = json!("so");
            }
            (input, ("POST", "environments/prod/starts"), body)
        }
        "rollback" => with(json!({}), ("POST", "environments/prod/rollbacks"), so),
        "hold" => with(json!({}), ("PUT", "environments/prod/hold"), so),
        "release_hold" => with(json!({}), ("DELETE", "environments/prod/hold"), so),
        "drill" => with(json!({}), ("POST", "environments/prod/drills"), so),
        "remove" => {
            let jobs = json!({"component": "jobs", "reason": "so"});
            with(jobs.clone(), ("POST", "environments/prod/remove"), jobs)
        }
        other => panic!("nobody asks for {other}"),
    }
}

/// Asks for something, at the console or with a session of a role. Returns the name of the error, which is empty if all
/// is well.
fn ask(shop: &mut Shop<'_>, who: &str, what: &str) -> String {
    let (input, way, body) = asks(shop, what);
    let begun = if who == "console" { Ok(shop.start(&input)) } else { call(shop, who, way, &body) };
    match begun {
        Ok(arn) => {
            shop.region.run();
            shop.region.ended(&arn).unwrap().error.clone()
        }
        Err(name) => name,
    }
}

/// Safety: access: Who is not named does nothing, by whatever way in, and without a file everything is as it was.
#[test]
fn who_is_not_named_does_nothing() {
    let program = program();
    for (who, what, by_the_file, without_one) in [
        ("shop-ci", "release", "", ""),
        ("shop-lead", "release", "", ""),
        ("shop-dev", "release", "NotAllowed", ""),
        ("console", "release", "NotAllowed", ""),
        ("shop-ci", "wish", "NotAllowed", ""),
        ("shop-lead", "wish", "", ""),
        ("shop-dev", "rollback", "", ""),
        ("console", "rollback", "", ""),
        ("shop-ci", "rollback", "NotAllowed", ""),
        ("shop-dev", "hold", "", ""),
        ("console", "hold", "", ""),
        ("shop-ci", "hold", "NotAllowed", ""),
        ("shop-lead", "drill", "", ""),
        ("shop-dev", "drill", "NotAllowed", ""),
        ("console", "drill", "NotAllowed", ""),
        ("shop-lead", "remove", "StillDeclared", "StillDeclared"),
        ("shop-dev", "remove", "NotAllowed", "StillDeclared"),
        ("console", "remove", "NotAllowed", "StillDeclared"),
    ] {
        for (file, wanted) in [(Some(FILE), by_the_file), (None, without_one)] {
            let mut shop = shop(&program);
            if let Some(file) = file {
                put_access(shop.world(), "shop", file);
            }
            assert_eq!(ask(&mut shop, who, what), wanted, "{who} {what} {file:?}");
            if wanted == "NotAllowed" {
                assert_eq!(serves(&shop), both("3"), "{who} {what}");
                assert_eq!(shop.environment().hold, None, "{who} {what}");
                assert_eq!(shop.lock().held, None, "{who} {what}");
            }
        }
    }
}

#[test]
fn a_hold_and_its_end_are_recorded_with_the_rule_that_let_them_in() {
    let program = program();
    let rule = |hold: Option<Hold>| hold.and_then(|hold| hold.allowed_by?.rule);
    let by = Some("environments.prod.roll_back");
    for (file, roll_back, operate) in [(None, None, None), (Some(FILE), by, Some("environments.prod.operate"))] {
        let mut shop = shop(&program);
        if let Some(file) = file {
            put_access(shop.world(), "shop", file);
        }
        assert_eq!(ask(&mut shop, "shop-lead", "hold"), "");
        assert_eq!(rule(shop.environment().hold).as_deref(), roll_back);
        assert_eq!(ask(&mut shop, "shop-lead", "release_hold"), "");
        let EnvironmentState { hold, released, .. } = shop.environment();
        assert_eq!((hold, rule(released).as_deref()), (None, operate));
        assert_eq!(ask(&mut shop, "shop-dev", "rollback"), "");
        assert_eq!(rule(shop.environment().hold).as_deref(), roll_back);
    }
}

/// Safety: access: Each turn is decided on by the file that is in force then, and what it has ended stays so.
#[test]
fn the_file_in_force_at_its_turn_refuses_what_waits() {
    let program = program();
    let mut shop = shop(&program);
    put_access(shop.world(), "shop", &with_developers());
    let running = post_until(&mut shop, "shop-lead", "1.3.0", "Bake");
    let waiting = post_until(&mut shop, "shop-dev", "1.4.0", "AwaitTurn");
    put_access(shop.world(), "shop", FILE);
    shop.region.run();
    assert_eq!(ended(&shop, &running).ending, Ending::Succeeded);
    let cause = "shop prod 1.4.0 was refused: NotAllowed. Nothing was changed.\n  \
                 you: role shop-dev, account 111111111111 (developers)\n  \
                 rule: environments.prod.release of access/apps/shop.yaml, version 4: ci, leads\n  \
                 next: Ask one of ci, leads.";
    assert_eq!(failure(&shop, &waiting), ("NotAllowed".to_owned(), cause.to_owned()));
    put_access(shop.world(), "shop", &with_developers().replace("version: 3", "version: 5"));
    shop.region.scheduled();
    shop.region.run();
    assert_eq!(ended(&shop, &waiting).ending, Ending::Rejected);
    assert_eq!(serves(&shop), both("4"));
}

/// Safety: access: A file that cannot be read lets nothing begin, and never stands in the way of what brings back.
#[test]
fn a_file_that_cannot_be_read_stops_all_but_what_brings_back() {
    let program = program();
    for (who, what, wanted) in [
        ("shop-lead", "release", "NotAllowed"),
        ("console", "release", "NotAllowed"),
        ("shop-lead", "wish", "NotAllowed"),
        ("shop-lead", "drill", "NotAllowed"),
        ("console", "remove", "NotAllowed"),
        ("console", "rollback", ""),
        ("shop-ci", "rollback", ""),
        ("shop-dev", "hold", ""),
    ] {
        let mut shop = shop(&program);
        put_unreadable_access(shop.world(), "shop");
        assert_eq!(ask(&mut shop, who, what), wanted, "{who} {what}");
    }
    let mut shop = shop(&program);
    put_access(shop.world(), "shop", &with_developers());
    let running = post_until(&mut shop, "shop-lead", "1.3.0", "Bake");
    let waiting = post_until(&mut shop, "shop-dev", "1.4.0", "AwaitTurn");
    put_unreadable_access(shop.world(), "shop");
    shop.region.stop(&running);
    shop.region.run();
    assert_eq!(ended(&shop, &running).ending, Ending::RolledBack);
    assert_eq!(failure(&shop, &waiting).0, "NotAllowed");
    assert_eq!((serves(&shop), shop.lock().held), (both("3"), None));
}

#[test]
fn a_refusal_names_the_rule_of_the_side_that_lacks_it() {
    let program = program();
    let bank = FILE.replace("app: shop", "app: bank");
    let open = FILE.replace("    operate: [leads]\n", "");
    let bank_open = open.replace("app: shop", "app: bank");
    let removed = json!({"action": "remove", "app": "shop", "confirm": "shop", "reason": "so"});
    let given = json!({
        "action": "hand_over", "app": "shop", "environment": "prod", "component": "jobs", "to_component": "work",
        "to_app": "bank", "reason": "so"
    });
    for (input, own, others, what, file) in [
        (&removed, FILE, None, "shop remove", "access/apps/shop.yaml"),
        (&given, FILE, Some(bank_open.as_str()), "shop prod hand_over", "access/apps/shop.yaml"),
        (&given, open.as_str(), Some(bank.as_str()), "shop prod hand_over", "access/apps/bank.yaml"),
    ] {
        let mut shop = shop(&program);
        put_access(shop.world(), "shop", own);
        if let Some(others) = others {
            put_access(shop.world(), "bank", others);
        }
        let arn = shop.start(input);
        shop.region.run();
        let cause = format!(
            "{what} was refused: NotAllowed. Nothing was changed.\n  you: the console, which is nobody\n  \
             rule: environments.prod.operate of {file}, version 4: leads\n  next: Ask one of leads."
        );
        assert_eq!(failure(&shop, &arn), ("NotAllowed".to_owned(), cause));
    }
}

#[test]
fn nothing_is_moved_out_of_the_rules() {
    let program = program();
    let open = FILE.replace("    operate: [leads]\n", "");
    let bank = open.replace("app: shop", "app: bank");
    let renamed = json!({"action": "rename", "app": "shop", "to_app": "bank", "confirm": "shop", "reason": "so"});
    let given = json!({
        "action": "hand_over", "app": "shop", "environment": "prod", "component": "jobs", "to_app": "bank",
        "reason": "so"
    });
    for (input, what) in [(&renamed, "shop rename"), (&given, "shop prod hand_over")] {
        for (own, others, is_refused) in [(true, false, true), (true, true, false), (false, false, false)] {
            let mut shop = shop(&program);
            if own {
                put_access(shop.world(), "shop", &open);
            }
            if others {
                put_access(shop.world(), "bank", &bank);
            }
            let arn = shop.start(input);
            shop.region.run();
            let (error, cause) = failure(&shop, &arn);
            assert_eq!(error == "NotAllowed", is_refused, "{what} {own} {others}: {cause}");
            let wanted = format!(
                "{what} was refused: NotAllowed. Nothing was changed.\n  you: the console, which is nobody\n  rule: \
                 access/apps/bank.yaml: no such file\n  next: Let those who keep access/apps/bank.yaml upload it first."
            );
            assert_eq!(cause == wanted, is_refused, "{cause}");
        }
    }
}

#[test]
fn without_a_file_of_its_own_an_application_takes_no_release_where_all_refuse() {
    let program = program();
    let mut shop = shop(&program);
    put_access_for_all(shop.world(), "version: 2\nwithout_file: refuse\n");
    let request = shop.release("1.4.0", &BOTH);
    let arn = shop.start(&request);
    shop.region.run();
    let cause = "shop prod 1.4.0 was refused: NotAllowed. Nothing was changed.\n  \
                 you: the console, which is nobody\n  \
                 rule: without_file of access/all.yaml, version 2: nobody\n  \
                 next: Ask those who keep access/apps/shop.yaml to name somebody there.";
    assert_eq!(failure(&shop, &arn), ("NotAllowed".to_owned(), cause.to_owned()));
    assert_eq!(ask(&mut shop, "console", "rollback"), "");
}

#[test]
fn an_upload_starts_nothing_unless_it_is_named_and_is_recorded_where_it_is() {
    let program = program();
    let key = "releases/shop/prod/1.4.0.json";
    for (file, begun) in [(FILE.to_owned(), 0), (FILE.replace("    roll_back", "    record: [s3]\n    roll_back"), 1)] {
        let mut shop = shop(&program);
        put_access(shop.world(), "shop", &file);
        let before = executions(&mut shop);
        let manifest = manifest(&shop, "1.4.0");
        upload(&shop, key, &manifest);
        assert_eq!(executions(&mut shop) - before, begun);
        assert_eq!(serves(&shop), both("3"));
        let texts = shop.world().s3().texts("artifacts");
        let beside = texts.get(&format!("{key}.findings.json")).map(String::as_str).unwrap_or_default();
        assert_eq!(beside.contains("NotAllowed"), begun == 0, "{beside}");
        if begun == 1 {
            let last = shop.region.all_ended().last().unwrap().arn.clone();
            assert_eq!(ended(&shop, &last).cause_name, "Recorded");
            // Whoever may release starts what is recorded.
            let way = ("POST", "environments/prod/starts");
            let arn = call(&shop, "shop-lead", way, &json!({"version": "1.4.0"})).unwrap();
            shop.region.run();
            assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
        }
    }
}

#[test]
fn a_plan_says_what_the_rules_would_refuse() {
    let program = program();
    let mut shop = shop(&program);
    put_access(shop.world(), "shop", &FILE.replace("leads, console]", "leads]"));
    let release = shop.release("1.4.0", &BOTH);
    let back = json!({"action": "rollback", "app": "shop", "environment": "prod"});
    for mut request in [release, back] {
        request["plan"] = json!(true);
        let arn = shop.start(&request);
        shop.region.run();
        let key = ledger::planned(&DeploymentId::planned(&arn));
        let planned: Planned = run(ledger::require(shop.world(), &key)).unwrap().value;
        assert_eq!(planned.turn.becomes, Becomes::Refused);
        let names: Vec<FindingName> = planned.turn.findings.iter().map(|finding| finding.name).collect();
        assert_eq!(names, [FindingName::NotAllowed]);
    }
}

/// Safety: access: Windlass itself recovers what died, also where the file names nobody.
#[test]
fn what_died_is_recovered_whoever_is_named() {
    let program = program();
    let mut shop = shop(&program);
    put_access(shop.world(), "shop", FILE);
    let arn = post_until(&mut shop, "shop-lead", "1.3.0", "Bake");
    let nobody = "app: shop\nversion: 5\nenvironments: {prod: {read: [], roll_back: [], operate: []}}\n";
    put_access(shop.world(), "shop", nobody);
    shop.region.stop(&arn);
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::RolledBack);
    assert_eq!(serves(&shop), both("3"));
}
