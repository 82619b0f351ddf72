use crate::release::action::ActionName;
use crate::release::call::{cancel, operators};
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::release::way_in::WayIn;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::next_step::{NextStep, Redeploy, Wish};
use crate::text::prose::*;
use serde_json::json;

const START: &str = r#"{"action":"rollback","app":"shop","environment":"prod","reason":"…"}"#;
const CANCEL: &str = r#"`POST /apps/shop/environments/prod/deployments/1f/cancel {"reason":"…"}`"#;

/// A step of each sort.
fn steps() -> [NextStep; 3] {
    let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let of = EnvironmentId::new(&app, &prod);
    let id = DeploymentId("1f".into());
    [operators(ActionName::Rollback, of), cancel(of, &id), NextStep::With(Wish::AllowOlder)]
}

#[test]
fn a_text_is_its_words_and_its_steps_in_their_order() {
    let [start, cancel, wish] = steps();
    let text = prose!("Start {}, or {}{}.", start, prose!("{} with {}", cancel, wish), "");
    assert_eq!(text.written(), format!("Start {START}, or {CANCEL} with `allow_older`."));
    assert_eq!(text.steps().count(), 3);
    assert!(prose!("").is_empty() && prose!("{}", "").is_empty());
    assert_eq!(prose!("{{{}}} of {}", "{}", 2).written(), "{{}} of 2");
}

#[test]
fn it_comes_back_as_it_was_written_down_and_is_a_plain_text_where_it_can() {
    let [start, cancel, wish] = steps();
    let mixed = prose!("Start {}.", start.clone());
    let whole =
        json!({"$prose": ["Start ", {"start": serde_json::from_str::<serde_json::Value>(START).unwrap()}, "."]});
    assert_eq!(json!(mixed), whole);
    assert_eq!(json!(prose!("a{}", "b")), json!("ab"));
    for text in [mixed, Prose::default(), "a\nb".into(), start.into(), prose!("{} {}", cancel, wish)] {
        assert_eq!(serde_json::from_value::<Prose>(json!(text)).unwrap(), text);
    }
}

#[test]
fn it_is_made_a_sentence_cut_and_joined_without_a_step_being_hurt() {
    let [start, ..] = steps();
    let table = [
        (prose!("what is wrong").sentence(), "What is wrong.".to_owned()),
        (prose!("Is it? ").sentence(), "Is it?".to_owned()),
        (prose!("arn:aws:iam::1:root is nobody").sentence(), "arn:aws:iam::1:root is nobody.".to_owned()),
        (prose!("start {}", start.clone()).sentence(), format!("Start {START}.")),
        (prose!("{} mends it", start.clone()).sentence(), format!("{START} mends it.")),
        (Prose::default().sentence(), String::new()),
        (prose!("It ran. ").bare(), "It ran".to_owned()),
        (prose!("one\ntwo {}", start.clone()).first_line(), "one".to_owned()),
        (prose!("one {}\ntwo", start.clone()).first_line(), format!("one {START}")),
        (prose!("abcdef {}ghi", start.clone()).truncated(5), "ab…".to_owned()),
        (prose!("{}{} c", "a\u{1b}b\n", start.clone()).in_one_line(), format!("a\\u{{1b}}b{START} c")),
        (prose!("{} at once", Redeploy::Again).sentence(), "Deploy again at once.".to_owned()),
        (prose!("mend it; then {}", Redeploy::Fixed).sentence(), "Mend it; then deploy a fixed release.".to_owned()),
        (prose!("mend it, then {}.", Redeploy::Again).without_deploying("wait"), "mend it, then wait.".to_owned()),
        (prose!("{}; x", Redeploy::Again).sentence().without_deploying("wait"), "Wait; x.".to_owned()),
        (prose!("{}; x", Redeploy::Again).without_deploying("wait").sentence(), "Wait; x.".to_owned()),
        (prose!("a. {}", prose!("{}", Redeploy::Again).sentence().sentence()), "a. Deploy again.".to_owned()),
        (prose!("start {}", start.clone()).without_deploying("wait"), format!("start {START}")),
        (Prose::join(["a".into(), start.clone().into(), Prose::default()], "; "), format!("a; {START}; ")),
    ];
    for (text, wanted) in table {
        assert_eq!(text.written(), wanted);
    }
    let text = prose!("one.\n  {}\n  two", Prose::next(prose!("start {}", start)));
    assert_eq!(text.written(), format!("one.\n  next: start {START}\n  two"));
    assert_eq!(text.next_lines().iter().map(Prose::written).collect::<Vec<_>>(), [format!("start {START}")]);
    assert_eq!(serde_json::from_value::<Prose>(json!(text)).unwrap(), text);
    assert!(prose!("one.\n  next: two").next_lines().is_empty(), "it is a line of ours by its type alone");
    let (first, rest) = prose!("one\n  two").split_first_line();
    assert_eq!(prose!("{}\n  between{}", first, rest).written(), "one\n  between\n  two");
}

#[test]
fn a_step_that_begins_a_sentence_stays_a_step() {
    let sentence = prose!("{}; x", Redeploy::Again).sentence();
    assert_eq!(sentence.steps().collect::<Vec<_>>(), [&NextStep::Deploy(Redeploy::Again)]);
    assert_eq!(json!(sentence), json!({"$prose": [{"first": {"deploy": "again"}}, "; x."]}));
    assert_eq!(serde_json::from_value::<Prose>(json!(sentence)).unwrap(), sentence);
    assert_eq!(sentence.clone().without_deploying("wait").steps().count(), 0);
    for way in WayIn::ALL {
        assert_eq!(way.words(&sentence), "Deploy again; x.");
    }
}

#[test]
fn a_command_of_another_tool_is_a_step_that_every_way_in_shows_as_it_is() {
    let name = "a\n  next: b";
    let text = prose!("Tag it: {}.", crate::run!("aws tag --name {name} {}", "…"));
    assert_eq!(text.steps().collect::<Vec<_>>(), [&NextStep::Run("aws tag --name a⏎  next: b …".into())]);
    for way in WayIn::ALL {
        assert_eq!(way.words(&text), "Tag it: `aws tag --name a⏎  next: b …`.");
    }
    let stored = json!({"$prose": ["Tag it: ", {"run": "aws tag --name a⏎  next: b …"}, "."]});
    assert_eq!(json!(text), stored);
    assert_eq!(serde_json::from_value::<Prose>(stored).unwrap(), text);
    let hostile: Prose = serde_json::from_value(json!({"$prose": [{"run": "a\nb"}]})).unwrap();
    assert_eq!(hostile.written(), "`a⏎b`");
}

#[test]
#[should_panic(expected = "more places than parts")]
fn a_template_without_a_part_for_a_place_is_noticed_by_every_test_that_meets_it() {
    let _ = Prose::filled("a {}", []);
}
