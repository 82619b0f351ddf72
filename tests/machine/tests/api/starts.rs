//! The path for operators beside the one for CI: what only the first takes.

use crate::api::call::{PROD, RELEASES, STARTS, begun, call, ending, executions, program, refused, release};
use serde_json::{Value, json};
use windlass_machine::shop::{FUNCTIONS, Shop};

const WISHES: [&str; 5] = ["again", "allow_older", "accept_red", "through_hold", "preempt"];

/// Returns the members that a refusal names; each of its remedies names the other path.
fn members(shop: &Shop<'_>, body: &Value) -> Vec<String> {
    let reply = call(shop, "POST", RELEASES, Some(body.clone()));
    let (status, names) = refused(&reply);
    assert_eq!(status, 403, "{body}");
    assert!(names.iter().all(|name| *name == "OperatorsPath"), "{body}");
    let findings = reply.body["findings"].as_array().unwrap();
    let there = format!("POST {STARTS}");
    for finding in findings {
        let remedy = finding["remedy"].as_str().unwrap();
        assert!(remedy.contains(&there), "{remedy}");
    }
    let paths = findings.iter().map(|one| one["path"].as_str().unwrap());
    paths.map(str::to_owned).collect()
}

#[test]
fn the_path_of_ci_takes_no_wish_and_nothing_that_is_only_recorded() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let good = release(&mut shop, "1.0.0");
    for wish in WISHES {
        for value in [json!(true), json!("yes"), json!(1), json!(null)] {
            let mut body = good.clone();
            body[wish] = value;
            assert_eq!(members(&shop, &body), [wish], "without a reason");
            body["reason"] = "it mends the checkout".into();
            assert_eq!(members(&shop, &body), [wish]);
        }
        // A wish that is not there, in words.
        let mut body = good.clone();
        body[wish] = false.into();
        begun(&call(&shop, "POST", RELEASES, Some(body)));
    }
    let before = executions(&shop);
    let mut all = good;
    for wish in WISHES {
        all[wish] = true.into();
    }
    assert_eq!(members(&shop, &all), WISHES);
    let lost = json!({"from": "dev", "may_lose": ["infra.Messages"], "reason": "it may go"});
    assert_eq!(members(&shop, &lost), ["may_lose"]);
    for body in
        [json!({"version": "1.0.0"}), json!({"version": "1.0.0", "reason": "it is time"}), json!({"version": "9.9.9"})]
    {
        assert_eq!(members(&shop, &body), ["version"]);
    }
    let both = json!({"version": "1.0.0", "again": true, "reason": "once more"});
    assert_eq!(members(&shop, &both), ["again", "version"]);
    assert_eq!(executions(&shop), before, "nothing was started");
}

#[test]
fn the_path_of_operators_goes_through_a_hold_and_starts_what_is_recorded() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    shop.act("hold");
    shop.region.run();
    let mut body = release(&mut shop, "1.0.0");
    begun(&call(&shop, "POST", RELEASES, Some(body.clone())));
    shop.region.step();
    shop.region.run();
    body["reason"] = "it mends the checkout".into();
    body["through_hold"] = true.into();
    let recorded = json!({"version": "1.0.0", "again": true, "through_hold": true, "reason": "once more"});
    for body in [body, recorded] {
        let (id, _) = begun(&call(&shop, "POST", STARTS, Some(body)));
        shop.region.step();
        shop.region.run();
        let wanted = ["Succeeded", "NothingToDo"];
        let ended = ending(&shop, &id);
        assert!(wanted.contains(&ended.as_str().unwrap()), "{ended}");
    }
    let now = call(&shop, "GET", PROD, None);
    assert!(now.body.to_string().contains("1.0.0"), "{}", now.body);
}
