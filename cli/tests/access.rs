//! A refusal by an access file reaches the one who asked: the real program against an API that answers 403.

#![allow(clippy::unwrap_used)]

use crate::records::ID;
use crate::standin::{Call, StandIn, code, err, folder, out, reply};
use serde_json::{Value, json};

const RULE: &str = "environments.prod.release of access/apps/shop.yaml, version 4";

/// The body of a refusal, as the API writes it.
fn problem() -> Value {
    let you = "role shop-dev, account 111111111111 (developers)";
    let finding = json!({"name": "NotAllowed", "path": RULE, "remedy": "Ask one of ci, leads.",
        "reason": format!("{you} is not among those who may: ci, leads."),
        "seen": {"found": you, "expected": "ci, leads"}});
    json!({"type": "docs/findings.md#notallowed", "title": "NotAllowed", "status": 403, "detail": "d",
        "findings": [finding]})
}

/// The text for a person of whom something is refused.
fn text(what: &str) -> String {
    format!(
        "windlass: {what} was refused: NotAllowed. Nothing was changed.\n  \
         you: role shop-dev, account 111111111111 (developers)\n  \
         rule: {RULE}: ci, leads\n  \
         next: Ask one of ci, leads.\n"
    )
}

/// An API that refuses whatever is asked for by these methods. It starts and knows the rest.
fn refusing(methods: &'static [&'static str]) -> StandIn {
    let unknown = json!({"name": "UnknownName", "path": "version", "reason": "r", "remedy": "m"});
    let unknown = json!({"detail": "d", "findings": [unknown]});
    StandIn::new(move |call: &Call| match call.method.as_str() {
        method if methods.contains(&method) => reply(403, &problem()),
        "GET" => reply(404, &unknown),
        _ => reply(202, &json!({"id": ID, "version": "1.4.0", "execution": "arn:one", "status": "url"})),
    })
}

#[test]
fn who_may_not_act_reads_the_rule_and_what_to_do() {
    let api = refusing(&["POST", "PUT"]);
    let cancelled = format!("shop prod {ID} cancel");
    for (arguments, what) in [
        (&["deploy", "shop", "prod", "1.4.0"][..], "shop prod 1.4.0"),
        (&["plan", "deploy", "shop", "prod", "1.4.0"], "shop prod 1.4.0"),
        (&["rollback", "shop", "prod", "--reason", "r"], "shop prod rollback"),
        (&["hold", "shop", "prod", "--reason", "r"], "shop prod hold"),
        (&["cancel", "shop", "prod", ID, "--reason", "r"], &cancelled),
    ] {
        let output = api.windlass(&folder("refused_by_rules"), arguments);
        assert_eq!(code(&output), 3, "{}", err(&output));
        assert!(err(&output).contains(&text(what)), "{}", err(&output));
    }
    let output = api.windlass(&folder("refused_as_json"), &["deploy", "shop", "prod", "1.4.0", "--json"]);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!((&document["exit"], &document["findings"][0]["path"]), (&json!(3), &json!(RULE)));
}

/// A deployment was started before a look is refused: nobody reads that nothing was changed.
#[test]
fn who_may_not_look_is_not_let_in_and_nothing_is_said_of_what_goes_on() {
    let api = refusing(&["GET"]);
    for arguments in [
        &["status", "shop", "prod"][..],
        &["history", "shop", "prod"],
        &["deploy", "shop", "prod", "1.4.0", "--watch", "--every", "1ms"],
        &["rollback", "shop", "prod", "--reason", "r", "--every", "1ms"],
    ] {
        let output = api.windlass(&folder("not_shown"), arguments);
        let said = err(&output);
        assert_eq!(code(&output), 6, "{said}");
        assert!(said.contains(&format!("whom {RULE}, does not name")), "{said}");
        assert!(said.contains("Ask one of ci, leads.") && !said.contains("Nothing was changed"), "{said}");
    }
}
