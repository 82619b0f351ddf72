//! Answers, as a table: what is believed, and what is refused for which reason.

use super::{Acted, BadAnswer, FunctionRefusal, LONGEST_ANSWER, Look};
use serde_json::{Value, json};

/// An answer to a look with these members beside or in place of the usual ones.
fn look(members: &Value) -> Vec<u8> {
    let mut answer = json!({
        "owns": "github:org/book#gh-pages",
        "state": {"format": "1", "tree": "9f2c"},
        "ready": true,
        "reads": ["1"],
    });
    for (name, value) in members.as_object().unwrap() {
        answer[name] = value.clone();
    }
    answer.to_string().into_bytes()
}

fn without(member: &str) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(&look(&json!({}))).unwrap();
    answer.as_object_mut().unwrap().remove(member);
    answer.to_string().into_bytes()
}

fn form(member: &str) -> BadAnswer {
    BadAnswer::Form(member.into())
}

fn unknown(name: &str, meant: Option<&str>) -> BadAnswer {
    BadAnswer::Unknown { name: name.into(), meant: meant.map(str::to_owned) }
}

#[test]
fn an_answer_to_a_look_is_read_whole_or_refused() {
    let goal = json!({"goal": {"format": "1", "tree": "77aa"}});
    let refused = json!({"refused": {"name": "UnknownDo", "says": "no"}});
    let table = [
        ("the usual one", look(&json!({})), false, None),
        ("of this version", look(&json!({"windlass": 1})), false, None),
        ("an unknown state", look(&json!({"state": null})), false, None),
        ("with a goal", look(&goal), true, None),
        ("a goal that nobody asked for", look(&goal), false, Some(form("goal"))),
        ("no goal", look(&json!({})), true, Some(form("goal"))),
        ("of another version", look(&json!({"windlass": 2})), false, Some(BadAnswer::OtherVersion)),
        ("a misspelt member", look(&json!({"redy": true})), false, Some(unknown("redy", Some("ready")))),
        ("an invented member", look(&json!({"whatsoever": 1})), false, Some(unknown("whatsoever", None))),
        ("no owner", without("owns"), false, Some(form("owns"))),
        ("no state", without("state"), false, Some(form("state"))),
        ("nothing about readiness", without("ready"), false, Some(form("ready"))),
        ("no formats", without("reads"), false, Some(form("reads"))),
        ("an empty name", look(&json!({"owns": ""})), false, Some(form("owns"))),
        ("a name of two lines", look(&json!({"owns": "a\nb"})), false, Some(form("owns"))),
        ("readiness as a text", look(&json!({"ready": "yes"})), false, Some(form("ready"))),
        ("a state that is no object", look(&json!({"state": "9f2c"})), false, Some(form("state"))),
        ("a state without a format", look(&json!({"state": {"tree": "9f2c"}})), false, Some(form("state"))),
        ("a format that it does not read", look(&json!({"state": {"format": "2"}})), false, Some(form("state"))),
        ("a goal in another format", look(&json!({"goal": {"format": "2"}})), true, Some(form("goal"))),
        (
            "a secret within the state",
            look(&json!({"state": {"format": "1", "password": "hunter2-and-more"}})),
            false,
            Some(BadAnswer::Secret("state.password".into())),
        ),
        (
            "a refusal",
            refused.to_string().into_bytes(),
            false,
            Some(BadAnswer::Refused(FunctionRefusal { name: "UnknownDo".into(), says: "no".into() })),
        ),
        ("no object", b"[]".to_vec(), false, Some(BadAnswer::NoObject)),
        ("no JSON", b"{\"owns\":".to_vec(), false, Some(BadAnswer::NoObject)),
    ];
    for (what, answer, is_planned, wanted) in table {
        assert_eq!(Look::read(&answer, is_planned).err(), wanted, "{what}");
    }
}

#[test]
fn an_answer_is_as_long_as_it_may_be_and_no_longer() {
    let of = |length: usize| {
        let padding = length - look(&json!({"says": ""})).len();
        look(&json!({"says": "x ".repeat(padding).get(..padding)}))
    };
    assert_eq!(Look::read(&of(LONGEST_ANSWER), false).err(), None);
    let longer = LONGEST_ANSWER + 1;
    assert_eq!(Look::read(&of(longer), false).err(), Some(BadAnswer::TooLong(longer)));
}

#[test]
fn what_is_absent_has_its_usual_value() {
    let read = Look::read(&look(&json!({})), false).unwrap();
    assert_eq!((read.guarded, read.prepared), (true, false));
    assert_eq!((read.mark, read.says, read.failed, read.value, read.goal), (None, None, None, None, None));
    let state = |format: &str| json!({"format": format}).as_object().unwrap().clone();
    let read = Look::read(&look(&json!({"reads": ["1", "2"]})), false).unwrap();
    assert!(read.reads_format(&state("2")));
    assert!(!read.reads_format(&state("3")));
}

/// The ledger has one form of a number, and a state that it gives back is compared with one that a function gives.
#[test]
fn a_number_is_read_as_the_ledger_gives_it_back() {
    let state = json!({"format": "1", "share": 0.5, "weights": [1.0, -0.0, 3e2], "of": {"large": 1e15, "count": 7}});
    let read = Look::read(&look(&json!({ "state": state })), false).unwrap();
    let wanted = json!({"format": "1", "share": 0.5, "weights": [1, 0, 300],
        "of": {"large": 1_000_000_000_000_000_u64, "count": 7}});
    assert_eq!(read.state.map(Value::Object), Some(wanted));
}

#[test]
fn what_came_of_a_request_is_one_word_or_a_refusal() {
    let refusal = json!({"refused": {"name": "Conflict", "says": "it has moved"}});
    let conflict = || Acted::Refused(FunctionRefusal { name: "Conflict".into(), says: "it has moved".into() });
    let table = [
        (json!({"sent": true}), Ok(Acted::Done), Err(Some(unknown("sent", None)))),
        (json!({"done": true}), Err(Some(unknown("done", None))), Ok(Acted::Done)),
        (json!({"more": true}), Err(Some(unknown("more", None))), Ok(Acted::More)),
        (json!({"done": true, "more": true}), Err(Some(unknown("done", None))), Err(Some(form("done, more")))),
        (json!({"sent": false}), Err(Some(form("sent"))), Err(Some(unknown("sent", None)))),
        (json!({}), Err(Some(form("sent"))), Err(Some(form("done, more")))),
        (refusal, Ok(conflict()), Ok(conflict())),
        (json!({"refused": {"name": "Conflict"}}), Err(Some(form("refused"))), Err(Some(form("refused")))),
    ];
    for (answer, change, preparation) in table {
        let bytes = answer.to_string();
        assert_eq!(Acted::of_change(bytes.as_bytes()).map_err(Some), change, "{answer}");
        assert_eq!(Acted::of_preparation(bytes.as_bytes()).map_err(Some), preparation, "{answer}");
    }
}
