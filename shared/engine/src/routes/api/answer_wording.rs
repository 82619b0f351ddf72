//! Puts answers into the words of the one who asks: what to do next is told as a call, or as a command.

use super::call::Reply;
use serde_json::{Map, Value};
use windlass_domain::way_in::WayIn;

/// The members of an answer that tell a person something. A text that people wrote themselves, such as a reason, stays
/// as it is.
const TOLD: [&str; 7] = ["remedy", "cause", "detail", "text", "next", "told", "warnings"];

/// Returns the same answer in the words of a way in.
pub fn in_words_of(way: WayIn, mut reply: Reply) -> Reply {
    walk(way, &mut reply.body, false);
    reply
}

fn walk(way: WayIn, value: &mut Value, is_told: bool) {
    match value {
        Value::String(text) if is_told => *text = way.tell(text),
        Value::Array(all) => all.iter_mut().for_each(|one| walk(way, one, is_told)),
        Value::Object(members) => {
            let way = if is_refused_input(members) { WayIn::Console } else { way };
            for (name, member) in members {
                walk(way, member, TOLD.contains(&name.as_str()));
            }
        }
        _ => {}
    }
}

/// Returns whether these are the findings on an input that somebody wrote at the console. They speak of the members of
/// that input, whoever reads them.
fn is_refused_input(members: &Map<String, Value>) -> bool {
    let route = members.get("requester").and_then(|it| it.get("route"));
    members.contains_key("findings") && route.and_then(Value::as_str) == Some("console")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_told_has_the_words_of_who_asks_and_what_was_written_stays() {
        let input = r#"{"action":"rollback","app":"shop","environment":"prod","reason":"…"}"#;
        let body = json!({"reason": input, "findings": [{"remedy": input}],
            "plan": {"warnings": [input]}, "ending": {"cause": input}, "now": {"next": input}, "version": "cause"});
        let told = |way| in_words_of(way, Reply::json(200, body.clone())).body;
        assert_eq!(told(WayIn::Console), body);
        let command = "`windlass rollback shop prod --reason '…'`";
        let call = r#"`POST /apps/shop/environments/prod/rollbacks {"reason":"…"}`"#;
        for (way, words) in [(WayIn::CommandLine, command), (WayIn::Http, call)] {
            let expected = json!({"reason": input, "findings": [{"remedy": words}],
                "plan": {"warnings": [words]}, "ending": {"cause": words}, "now": {"next": words}, "version": "cause"});
            assert_eq!(told(way), expected);
        }
    }

    #[test]
    fn what_was_written_at_the_console_is_told_in_its_own_names() {
        let refused = |route: &str| {
            let body = json!({"refusals": [{"requester": {"route": route}, "about": "the execution's input",
                "findings": [{"remedy": "Known here: `again`, `app`."}]}]});
            let mut told = in_words_of(WayIn::CommandLine, Reply::json(200, body)).body;
            told["refusals"][0]["findings"][0]["remedy"].take()
        };
        assert_eq!(refused("console"), "Known here: `again`, `app`.");
        assert_ne!(refused("api"), "Known here: `again`, `app`.");
    }
}
