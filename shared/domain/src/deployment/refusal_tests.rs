use crate::deployment::admission::{Candidate, Decision, decide};
use crate::deployment::admission_scene::Scene;
use crate::environment::{HeldState, Lock};
use crate::release::action::ActionName;
use crate::release::request::Request;
use crate::text::finding::Finding;

/// Returns the words of a refusal. Each input in them can be started as it stands there.
fn refused(change: fn(&mut Scene) -> &mut Scene) -> String {
    let mut scene = Scene::new();
    change(&mut scene);
    let Decision::Reject(findings) = scene.decision() else {
        panic!("it is admitted");
    };
    for finding in &findings {
        inputs(&finding.remedy.written());
    }
    findings.iter().map(Finding::written).collect::<Vec<_>>().join("\n")
}

/// Returns the inputs that a text names.
fn inputs(text: &str) -> Vec<Request> {
    let inputs = text.split_inclusive('}').filter_map(|part| Some(&part[part.find('{')?..]));
    inputs.map(|input| Request::parse(&serde_json::from_str(input).unwrap()).unwrap()).collect()
}

/// The name of an obstacle, and the change that puts it there.
type Stands = (&'static str, fn(&mut Scene));

/// All obstacles that can stand in the way at the same time are named at once. Each deployment that is named is let in,
/// once the operator's action has been done that stands before it.
#[test]
fn whatever_stands_in_the_way_together_each_input_that_is_named_works_as_it_stands() {
    let stands: [Stands; 5] = [
        ("NeedsOperator", |s| {
            s.held("stuck", ActionName::Deploy, HeldState::NeedsOperator);
        }),
        ("Held", |s| {
            s.hold();
        }),
        ("Vetoed", |s| {
            s.veto();
        }),
        ("Stopped", |s| {
            s.stopped();
        }),
        ("Older", |s| {
            s.mark("a", "new", 6);
        }),
    ];
    for set in 1..1_u32 << stands.len() {
        let mut scene = Scene::new();
        let mut names = Vec::new();
        for (number, (name, stand)) in stands.iter().enumerate() {
            if set & (1 << number) != 0 {
                stand(&mut scene);
                names.push(*name);
            }
        }
        scene.candidate.accept_red = true;
        let Decision::Reject(findings) = scene.decision() else {
            panic!("{names:?}: it is admitted");
        };
        let found: Vec<String> = findings.iter().map(|one| one.name.to_string()).collect();
        assert_eq!(found, names);
        for finding in &findings {
            let mut released = false;
            for input in inputs(&finding.remedy.written()) {
                released |= input.action == ActionName::ReleaseHold;
                if input.action != ActionName::Deploy {
                    continue;
                }
                assert!(input.accept_red, "{:?}", finding.remedy);
                scene.lock = Lock::default();
                let hold = scene.state.hold.clone();
                scene.state.hold = hold.clone().filter(|_| !released);
                let started = Candidate {
                    again: input.again,
                    allow_older: input.allow_older,
                    through_hold: input.through_hold,
                    ..scene.candidate.of_a_person()
                };
                let decision = decide(&started, &scene.facts());
                assert_eq!(decision, Decision::Take, "{names:?}: {}", finding.remedy.written());
                scene.state.hold = hold;
            }
        }
    }
}

#[test]
fn a_refusal_says_what_to_start() {
    insta::assert_snapshot!(refused(|s| s.hold()), @r#"Held: environments.prod: Deployments are held since 1970-01-01T00:00:00Z by eva: "bad prices". Remedy: The release is recorded. Start {"action":"deploy","app":"shop","environment":"prod","reason":"…","through_hold":true,"version":"1.4.0"} to deploy it all the same; or let deployments go on with {"action":"release_hold","app":"shop","environment":"prod","reason":"…"}, and then start {"action":"deploy","app":"shop","environment":"prod","version":"1.4.0"}."#);
    insta::assert_snapshot!(refused(|s| s.closed(60, false)), @r#"Held: environments.prod: Deployments are held by a freeze until 1970-01-01T00:01:00Z: "a sale". Remedy: The release is recorded. Start {"action":"deploy","app":"shop","environment":"prod","version":"1.4.0"} then, or {"action":"deploy","app":"shop","environment":"prod","reason":"…","through_hold":true,"version":"1.4.0"} to deploy it all the same."#);
    insta::assert_snapshot!(refused(|s| s.veto()), @r#"Vetoed: environments.prod: Release 1.4.0 failed here in deployment undone at 1970-01-01T00:00:00Z. Remedy: Deploy a fixed release, or start {"action":"deploy","again":true,"app":"shop","environment":"prod","reason":"…","version":"1.4.0"} to deploy this one once more."#);
    insta::assert_snapshot!(refused(|s| s.stopped()), @r#"Stopped: environments.prod: A person stopped release 1.4.0 here, in deployment former at 1970-01-01T00:00:00Z. Remedy: Start {"action":"deploy","app":"shop","environment":"prod","version":"1.4.0"} to deploy it."#);
    insta::assert_snapshot!(
        refused(|s| s.held("other", ActionName::Deploy, HeldState::NeedsOperator)),
        @r#"NeedsOperator: environments.prod: Deployment other could not be undone and holds the lock. Remedy: Start {"action":"recover","app":"shop","environment":"prod","reason":"…"} to undo it again, or {"action":"accept","app":"shop","environment":"prod","reason":"…"} to take what is there now; then ask again."#
    );
    insta::assert_snapshot!(refused(|s| s.mark("a", "new", 6)), @r#"Older: components.a: Deployment new brought a newer release of a here. Remedy: Start {"action":"rollback","app":"shop","environment":"prod","reason":"…"} to go back, or {"action":"deploy","allow_older":true,"app":"shop","environment":"prod","reason":"…","version":"1.4.0"} to deploy this one."#);
}
