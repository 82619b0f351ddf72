use crate::deployment::Ended;
use crate::deployment::admission::{Decision, Replaced, Supersession, decide};
use crate::deployment::admission_scene::{Scene, id};
use crate::deployment::redeploy_input::*;
use crate::environment::HeldState;
use crate::release::ending::Ending;
use crate::release::request::Request;
use crate::shown::release_status::{ALREADY_THERE, now, superseded};
use crate::text::time::Time;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A release of `a` and `b` that was deployed here with the sequence 5.
fn record(action: ActionName) -> Deployment {
    let image = |letter: char| json!({"type": "image", "repository": "r", "digest": letter.to_string().repeat(64)});
    let record = json!({
        "id": "me", "app": "shop", "environment": "prod", "action": action, "attempt": 1, "snapshot": 3,
        "release": {"app": "shop", "version": "1.4.0", "components": {"a": image('a'), "b": image('b')}},
        "release_digest": "a".repeat(64), "declaration": "1.0.0", "requester": {"route": "s3"},
        "order": {"sequence": 5, "accepted": 5, "id": "me"},
        "allow_older": false, "accept_red": false, "again": false, "by_person": false,
        "accepted": 5, "executions": [], "status": "ended",
    });
    serde_json::from_value(record).unwrap()
}

fn shown(scene: &Scene, action: ActionName) -> String {
    let facts = scene.facts();
    redeploy_input(&record(action), &facts).written()
}

/// Returns the members that an input has beside the release's.
fn wishes(text: &str) -> Vec<String> {
    let (begin, end) = (text.find('{').unwrap(), text.rfind('}').unwrap());
    let input: Value = serde_json::from_str(&text[begin..=end]).unwrap();
    assert!(Request::parse(&input).is_ok(), "{text}");
    let members = input.as_object().unwrap().keys().cloned();
    let plain = ["action", "app", "environment", "version"];
    members.filter(|name| !plain.contains(&name.as_str())).collect()
}

/// An obstacle.
type Stands<'a> = &'a dyn Fn(&mut Scene);

#[test]
fn what_is_shown_is_not_refused_by_what_stands_there_now() {
    let older = |scene: &mut Scene| {
        scene.mark("a", "newer", 9).mark("b", "newer", 9);
    };
    let held = |scene: &mut Scene| {
        scene.hold();
    };
    let vetoed = |scene: &mut Scene| {
        scene.veto();
    };
    let partly = |scene: &mut Scene| {
        scene.mark("a", "newer", 9);
    };
    let stopped = |scene: &mut Scene| {
        scene.stopped();
    };
    let by_another = |scene: &mut Scene| {
        scene.runs("other");
    };
    let table: [(&[Stands<'_>], &[&str]); 9] = [
        (&[], &[]),
        (&[&older], &["allow_older", "reason"]),
        (&[&partly], &["allow_older", "reason"]),
        (&[&held], &["reason", "through_hold"]),
        (&[&vetoed], &["again", "reason"]),
        (&[&stopped], &[]),
        (&[&by_another], &[]),
        (&[&older, &held], &["allow_older", "reason", "through_hold"]),
        (&[&older, &held, &vetoed], &["again", "allow_older", "reason", "through_hold"]),
    ];
    for (stands, wanted) in table {
        let mut scene = Scene::new();
        for one in stands {
            one(&mut scene);
        }
        let text = shown(&scene, ActionName::Deploy);
        assert_eq!(wishes(&text), wanted, "{text}");
        assert!(text.ends_with(" to deploy 1.4.0"), "{text}");
        // A rollback passes all of these.
        let back = shown(&scene, ActionName::Rollback);
        assert_eq!(wishes(&back), ["reason", "snapshot"], "{back}");
    }
}

/// Returns everything that may stand there, with what takes its place.
fn everything() -> [(&'static str, Stands<'static>); 11] {
    [
        ("a newer release of both", &|scene| {
            scene.mark("a", "newer", 9).mark("b", "newer", 9);
        }),
        ("a newer release of one", &|scene| {
            scene.mark("a", "newer", 9);
        }),
        ("an older release", &|scene| {
            scene.mark("a", "older", 4).mark("b", "older", 4);
        }),
        ("a hold", &|scene| {
            scene.hold();
        }),
        ("a veto", &|scene| {
            scene.veto();
        }),
        ("a person's stop", &|scene| {
            scene.stopped();
        }),
        ("it was live", &|scene| {
            scene.live();
        }),
        ("a deployment under way", &|scene| {
            scene.runs("other");
        }),
        ("a newer one waits", &|scene| {
            scene.waits("later", 9, &["a", "b"]);
        }),
        ("an older one waits", &|scene| {
            scene.waits("earlier", 4, &["a", "b"]);
        }),
        ("it runs", &|scene| {
            scene.running();
        }),
    ]
}

/// Returns the sentences that say after each ending how to have the release.
fn sentences_after_each_ending(facts: &AdmissionFacts<'_>) -> Vec<String> {
    let ended = |ending, cause_name: &str| {
        let mut record = record(ActionName::Deploy);
        record.ending = Some(Ended {
            ending,
            cause_name: cause_name.into(),
            cause: "".into(),
            findings: vec![],
            added: vec![],
            stays_reachable: vec![],
            at: Time(6),
            resolved: None,
            cost: None,
        });
        record
    };
    let known = BTreeMap::new();
    let mut sentences: Vec<String> = [(Ending::Succeeded, ""), (Ending::NothingToDo, ALREADY_THERE)]
        .into_iter()
        .filter_map(|(ending, cause)| now(&ended(ending, cause), facts, &known))
        .map(|now| now.next.written())
        .collect();
    sentences.extend([Supersession::Waits, Supersession::Newer, Supersession::Since].map(|how| {
        let by = id("by");
        superseded(&ended(Ending::NothingToDo, "Superseded"), &Replaced { by, how }, facts, &known).written()
    }));
    sentences.extend(
        [
            (Ending::Rejected, "CancelledByOperator"),
            (Ending::RolledBack, "PreemptedByOperator"),
            (Ending::RolledBack, "TargetMissing"),
        ]
        .map(|(ending, cause)| redeploy_input(&ended(ending, cause), facts).written()),
    );
    assert_eq!(sentences.len(), 8);
    sentences
}

/// Returns whether a person who asks with these wishes gets it, or a turn for it.
fn is_let_in(wishes: &[String], facts: &AdmissionFacts<'_>) -> bool {
    let has = |name: &str| wishes.iter().any(|wish| wish == name);
    let asked = Candidate {
        again: has("again"),
        allow_older: has("allow_older"),
        through_hold: has("through_hold"),
        ..Candidate::of(&record(ActionName::Deploy)).of_a_person()
    };
    matches!(decide(&asked, facts), Decision::Take | Decision::Wait)
}

#[test]
fn who_wants_what_a_drill_or_a_restoring_went_to_starts_a_rollback() {
    let scene = Scene::new();
    for action in [ActionName::Rollback, ActionName::Drill, ActionName::Restore] {
        let text = shown(&scene, action);
        let begins = r#"start {"action":"rollback","#;
        assert!(text.starts_with(begins), "{text}");
        assert_eq!(wishes(&text), ["reason", "snapshot"], "{text}");
    }
}

#[test]
fn what_is_shown_after_every_ending_has_the_wishes_that_it_needs_and_no_other() {
    let everything = everything();
    let mut needed = 0;
    for subset in 0..1 << everything.len() {
        let mut scene = Scene::new();
        let mut stands = Vec::new();
        for (number, (name, one)) in everything.iter().enumerate() {
            if subset & (1 << number) != 0 {
                one(&mut scene);
                stands.push(*name);
            }
        }
        let facts = scene.facts();
        for sentence in sentences_after_each_ending(&facts) {
            let mut wishes = wishes(&sentence);
            wishes.retain(|name| name != "reason");
            assert!(is_let_in(&wishes, &facts), "{stands:?}: {sentence}");
            for wish in &wishes {
                let mut fewer = wishes.clone();
                fewer.retain(|one| one != wish);
                assert!(!is_let_in(&fewer, &facts), "{stands:?}: not `{wish}`: {sentence}");
                needed += 1;
            }
        }
    }
    assert!(needed > 10_000, "{needed}");
}

#[test]
fn what_needs_an_operator_comes_first() {
    let mut scene = Scene::new();
    scene.hold().held("stuck", ActionName::Deploy, HeldState::NeedsOperator);
    for action in [ActionName::Deploy, ActionName::Rollback] {
        let text = shown(&scene, action);
        for first in ["recover", "accept"] {
            let first = format!(r#"{{"action":"{first}","#);
            assert!(text.contains(&first), "{text}");
        }
    }
}

#[test]
fn what_goes_back_is_shown_where_it_is_let_in() {
    let mut scene = Scene::new();
    let way_back = |scene: &Scene| rollback_input(scene.candidate.environment_id(), &scene.lock, scene.state.snapshot);
    assert!(way_back(&scene).written().starts_with("Nothing has to be done"));
    scene.state.snapshot = 2;
    let back = way_back(&scene);
    assert!(back.written().contains(r#"{"action":"rollback","#), "{back:?}");
    scene.held("stuck", ActionName::Deploy, HeldState::NeedsOperator);
    let first = way_back(&scene);
    assert!(!first.written().contains("rollback"), "{first:?}");
    for action in ["recover", "accept"] {
        assert!(first.written().contains(&format!(r#"{{"action":"{action}","#)), "{first:?}");
    }
}
