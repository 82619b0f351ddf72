//! The header `Idempotency-Key`: the same key is the same request, and another key is another request.

use crate::api::call::{
    PROD, RELEASES, STARTS, begun, call, call_with, ending, executions, get, program, refused, release, until,
};
use serde_json::{Value, json};
use windlass_machine::shop::{FUNCTIONS, Shop};

#[test]
fn the_same_key_is_the_same_deployment_for_ever_and_another_one_is_another() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let post = |shop: &Shop<'_>, key| call_with(shop, Some(key), "POST", RELEASES, Some(body.clone()));
    let first = begun(&post(&shop, "run-812"));
    assert_eq!(begun(&post(&shop, "run-812")), first);
    shop.region.run();
    assert_eq!(begun(&post(&shop, "run-812")), first);
    assert_eq!(executions(&shop), 1);
    let second = begun(&post(&shop, "run-813"));
    assert_ne!(second.0, first.0);
    shop.region.run();
    assert_eq!(ending(&shop, &first.0), "Succeeded");
    assert_eq!(ending(&shop, &second.0), "NothingToDo");
    let record = get(&shop, &format!("/apps/shop/deployments/{}", second.0));
    assert_eq!(record["deployment"]["ending"]["cause_name"], "AlreadyThere");
    assert_eq!(record["deployment"]["keyed"]["key"], "run-813");
}

#[test]
fn a_key_is_printable_and_bounded() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let longest = "k".repeat(255);
    let bad = ["", "a\nb", "\u{1b}[2J", "a\u{7f}", "clé", &format!("{longest}k")];
    for (method, path) in [("POST", RELEASES), ("POST", "/renames/shop/store")] {
        for key in bad {
            let reply = call_with(&shop, Some(key), method, path, Some(body.clone()));
            assert_eq!(refused(&reply), (400, vec!["BadValue"]), "{path} {key:?}");
        }
    }
    begun(&call_with(&shop, Some(&longest), "POST", RELEASES, Some(body)));
    assert_eq!(executions(&shop), 1);
}

#[test]
fn the_same_key_with_another_content_is_refused() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let mut other = body.clone();
    other["reason"] = json!("for another reason");
    begun(&call_with(&shop, Some("run-812"), "POST", RELEASES, Some(body)));
    shop.region.run();
    let reply = call_with(&shop, Some("run-812"), "POST", RELEASES, Some(other.clone()));
    assert_eq!(refused(&reply), (409, vec!["KeyReused"]));
    assert_eq!(executions(&shop), 1);
    begun(&call_with(&shop, Some("run-813"), "POST", RELEASES, Some(other)));
}

/// A key counts before its execution has recorded anything, while it works, and after its end.
#[test]
fn a_key_stands_for_one_content_from_the_first_moment_on() {
    let program = program();
    let reason = |text: &str| json!({"reason": text});
    let operators = ["POST rollbacks", "POST recover", "POST accept", "PUT hold"];
    for way in [&["POST starts"][..], &operators].concat() {
        let mut shop = Shop::new(&program, FUNCTIONS);
        let first = release(&mut shop, "1.0.0");
        begun(&call(&shop, "POST", RELEASES, Some(first)));
        shop.region.step();
        shop.region.run();
        let (asked, others) = if way == "POST starts" {
            let one = release(&mut shop, "1.1.0");
            let newer = release(&mut shop, "1.2.0");
            let promoted = json!({"version": "1.0.0"});
            let mut again = one.clone();
            again["again"] = json!(true);
            again["reason"] = json!("again");
            (one, vec![newer, promoted, again])
        } else {
            (reason("one"), vec![reason("another")])
        };
        let (method, path) = way.split_once(' ').unwrap();
        let path = format!("{PROD}/{path}");
        let send = |shop: &Shop<'_>, body: &Value| call_with(shop, Some("run-812"), method, &path, Some(body.clone()));
        let before = executions(&shop);
        let began = send(&shop, &asked);
        assert_eq!(began.status, 202, "{way}: {}", began.body);
        for moment in ["at once", "under way", "ended"] {
            match moment {
                "under way" => assert!(shop.region.step()),
                "ended" => shop.region.run(),
                _ => {}
            }
            assert_eq!(send(&shop, &asked).body, began.body, "{way} {moment}");
            for other in &others {
                let reply = send(&shop, other);
                let wanted = (409, vec!["KeyReused"]);
                assert_eq!(refused(&reply), wanted, "{way} {moment}: {other}");
            }
            assert_eq!(executions(&shop), before + 1, "{way} {moment}");
        }
    }
}

#[test]
fn a_key_is_bounded_and_printable() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    for key in ["", "run\n812", "rün", &"x".repeat(256)] {
        let reply = call_with(&shop, Some(key), "POST", RELEASES, Some(body.clone()));
        assert_eq!(refused(&reply), (400, vec!["BadValue"]), "{key}");
    }
    let longest = "x".repeat(255);
    begun(&call_with(&shop, Some(&longest), "POST", RELEASES, Some(body)));
}

/// Safety: truth: What succeeded once is answered with what is so now.
#[test]
fn what_succeeded_once_is_answered_with_what_is_so_now() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let mut ids = Vec::new();
    for version in ["1.0.0", "1.1.0"] {
        let body = release(&mut shop, version);
        ids.push(begun(&call_with(&shop, Some(version), "POST", RELEASES, Some(body))).0);
        shop.region.run();
    }
    let now = |shop: &Shop<'_>, id: &str| get(shop, &format!("/apps/shop/deployments/{id}"))["now"].clone();
    assert_eq!(now(&shop, &ids[1])["runs"], true);
    assert_eq!(now(&shop, &ids[0])["runs"], false);
    let back = json!({"reason": "checkout is broken"});
    let back = call(&shop, "POST", &format!("{PROD}/rollbacks"), Some(back));
    assert_eq!(back.status, 202);
    shop.region.step();
    shop.region.run();
    let gone = now(&shop, &ids[1]);
    assert_eq!(gone["runs"], false);
    let text = gone["text"].as_str().unwrap();
    assert!(text.contains("1.0.0 since") && text.contains("checkout is broken"), "{text}");
    assert_eq!(now(&shop, &ids[0])["runs"], true);
}

#[test]
fn an_operators_action_with_a_key_is_done_once() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        let body = release(&mut shop, version);
        begun(&call(&shop, "POST", RELEASES, Some(body)));
        shop.region.step();
        shop.region.run();
    }
    let press = |shop: &Shop<'_>, key, reason: &str| {
        let path = format!("{PROD}/rollbacks");
        call_with(shop, key, "POST", &path, Some(json!({"reason": reason})))
    };
    let before = executions(&shop);
    let first = press(&shop, Some("press-1"), "broken");
    assert_eq!(press(&shop, Some("press-1"), "broken").body, first.body);
    shop.region.step();
    shop.region.run();
    assert_eq!(press(&shop, Some("press-1"), "broken").body, first.body);
    assert_eq!(executions(&shop), before + 1);
    let other = press(&shop, Some("press-1"), "for another reason");
    assert_eq!(refused(&other), (409, vec!["KeyReused"]));
    let runs = |shop: &Shop<'_>| get(shop, PROD)["running"]["api"]["version"].clone();
    assert_eq!(runs(&shop), "1.1.0");
    press(&shop, Some("press-2"), "broken");
    shop.region.step();
    shop.region.run();
    assert_eq!(runs(&shop), "1.0.0", "another key walks further back");
}

#[test]
fn a_cancel_with_a_key_is_answered_the_same_however_far_it_has_come() {
    let program = program();
    for waits in [false, true] {
        let mut shop = Shop::new(&program, FUNCTIONS);
        let release = |shop: &mut Shop<'_>, version: &str| {
            let body = release(shop, version);
            begun(&call(shop, "POST", RELEASES, Some(body)))
        };
        let (mut id, running) = release(&mut shop, "1.0.0");
        until(&mut shop, &running, "Bake");
        if waits {
            let waiting = release(&mut shop, "1.1.0");
            until(&mut shop, &waiting.1, "AwaitTurn");
            shop.region.step();
            id = waiting.0;
        }
        let cancel = |shop: &Shop<'_>, key, reason: &str| {
            let path = format!("/apps/shop/environments/prod/deployments/{id}/cancel");
            call_with(shop, key, "POST", &path, Some(json!({"reason": reason})))
        };
        let first = cancel(&shop, Some("press-1"), "wrong one");
        assert_eq!(first.status, 202, "{}", first.body);
        let count = executions(&shop);
        for ended in [false, true] {
            if ended {
                shop.region.run();
            }
            let again = cancel(&shop, Some("press-1"), "wrong one");
            assert_eq!((again.status, again.body), (202, first.body.clone()));
            let other = cancel(&shop, Some("press-1"), "for another reason");
            assert_eq!(refused(&other), (409, vec!["KeyReused"]));
        }
        assert_eq!(executions(&shop), count);
        for key in [Some("press-2"), None] {
            let refusal = cancel(&shop, key, "wrong one");
            assert_eq!(refused(&refusal), (409, vec!["NothingToCancel"]));
        }
        let record = get(&shop, &format!("/apps/shop/deployments/{id}"));
        let cause = record["deployment"]["ending"]["cause"].as_str().unwrap();
        let sentence = "Cancelled by arn:aws:sts::111111111111:assumed-role/ci/run-812: \"wrong one\"";
        assert!(cause.contains(sentence) && !cause.contains("[call"), "{cause}");
        let bad = cancel(&shop, Some("rün"), "wrong one");
        assert_eq!(refused(&bad), (400, vec!["BadValue"]));
    }
}

#[test]
fn a_key_is_given_by_the_header_and_never_by_the_body() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let cancel = format!("{PROD}/deployments/0123456789abcdef/cancel");
    let hold = format!("{PROD}/hold");
    for (method, path, good) in [
        ("POST", STARTS, json!({"version": "1.0.0"})),
        ("POST", &format!("{PROD}/rollbacks"), json!({"reason": "why"})),
        ("POST", &format!("{PROD}/recover"), json!({"reason": "why"})),
        ("POST", &format!("{PROD}/accept"), json!({"reason": "why"})),
        ("PUT", &hold, json!({"reason": "why"})),
        ("POST", &cancel, json!({})),
    ] {
        let mut body = good;
        body["idempotency_key"] = json!("press-1");
        let reply = call(&shop, method, path, Some(body.clone()));
        assert_eq!(refused(&reply), (400, vec!["UnknownField"]), "{method} {path}");
        let finding = &reply.body["findings"][0];
        assert_eq!(finding["path"], "idempotency_key", "{method} {path}");
        let remedy = finding["remedy"].as_str().unwrap();
        assert!(remedy.contains("the header `Idempotency-Key`"), "{method} {path}: {remedy}");
        // Other mistakes are listed beside it.
        body["resaon"] = json!("why");
        let reply = call(&shop, method, path, Some(body));
        assert_eq!(refused(&reply).1, ["UnknownField", "UnknownField"], "{method} {path}");
    }
    assert_eq!(executions(&shop), 0);
}

/// A call without a key is an arrival, which brings back nothing that a person stopped, or that was replaced.
#[test]
fn what_is_named_to_deploy_a_release_says_that_it_needs_a_key() {
    let program = program();
    for is_stopped in [true, false] {
        let mut shop = Shop::new(&program, FUNCTIONS);
        let post = |shop: &mut Shop<'_>, version: &str| {
            let body = release(shop, version);
            begun(&call(shop, "POST", RELEASES, Some(body)))
        };
        let (first, execution) = post(&mut shop, "1.0.0");
        if is_stopped {
            until(&mut shop, &execution, "Bake");
            let cancel = format!("{PROD}/deployments/{first}/cancel");
            call(&shop, "POST", &cancel, Some(json!({"reason": "as asked"})));
            shop.region.run();
            assert_eq!(ending(&shop, &first), "RolledBack");
        } else {
            shop.region.run();
            post(&mut shop, "1.1.0");
            shop.region.run();
        }
        let (arrival, _) = post(&mut shop, "1.0.0");
        shop.region.run();
        let record = get(&shop, &format!("/apps/shop/deployments/{arrival}"));
        let cause = record["deployment"]["ending"]["cause"].as_str().unwrap();
        let (_, named) = cause.split_once(&format!("`POST {STARTS} ")).expect(cause);
        let (body, rest) = named.split_once('`').unwrap();
        assert!(rest.starts_with(" with a new header `Idempotency-Key`"), "{cause}");
        let body: Value = serde_json::from_str(body).unwrap();
        for key in [None, Some("a-new-one")] {
            let (id, _) = begun(&call_with(&shop, key, "POST", STARTS, Some(body.clone())));
            shop.region.run();
            assert_eq!(ending(&shop, &id) == "Succeeded", key.is_some(), "{cause}");
        }
    }
}
