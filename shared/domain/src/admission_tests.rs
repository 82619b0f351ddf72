use super::*;
use crate::digest::Digest;
use crate::environment::Hold;
use crate::request::Request;
use crate::time::Time;

/// What is to be admitted, and what the ledger says.
struct Scene {
    candidate: Candidate,
    lock: Lock,
    state: EnvironmentState,
    waiting: Vec<Waiting>,
    veto: Option<Veto>,
}

fn names(components: &[&str]) -> Vec<ComponentName> {
    let names = components.iter().map(|name| ComponentName::new(*name));
    names.collect::<Result<_, _>>().unwrap()
}

fn id(text: &str) -> DeploymentId {
    DeploymentId(text.to_owned())
}

fn order(text: &str, sequence: u64) -> Order {
    Order {
        version: None,
        sequence: Some(sequence),
        accepted: Time(sequence),
        recorded: Time(0),
        id: id(text),
    }
}

impl Scene {
    /// Release 5 of `a` and `b` arrives where nothing has happened.
    fn new() -> Self {
        Self {
            candidate: Candidate {
                id: id("me"),
                app: AppName::new("shop").unwrap(),
                environment: EnvironmentName::new("prod").unwrap(),
                version: "1.4.0".into(),
                action: ActionName::Deploy,
                components: names(&["a", "b"]),
                order: order("me", 5),
                by_person: false,
                again: false,
                allow_older: false,
            },
            lock: Lock::default(),
            state: EnvironmentState::default(),
            waiting: vec![],
            veto: None,
        }
    }

    fn rollback(&mut self) -> &mut Self {
        self.candidate.action = ActionName::Rollback;
        self
    }

    fn by_person(&mut self) -> &mut Self {
        self.candidate.by_person = true;
        self
    }

    fn allow_older(&mut self) -> &mut Self {
        self.candidate.allow_older = true;
        self
    }

    fn hold(&mut self) -> &mut Self {
        self.state.hold = Some(Hold {
            since: Time(0),
            reason: "bad prices".into(),
            by: "eva".into(),
        });
        self
    }

    fn veto(&mut self) -> &mut Self {
        self.veto = Some(Veto {
            release: Digest::of(b"release"),
            version: "1.4.0".into(),
            deployment: id("undone"),
            since: Time(0),
            cause: String::new(),
        });
        self
    }

    fn held(&mut self, by: &str, action: ActionName, state: HeldState) -> &mut Self {
        self.lock.held = Some(Held {
            deployment: id(by),
            action,
            execution: "arn".into(),
            since: Time(0),
            state,
            looked: false,
        });
        self
    }

    fn runs(&mut self, by: &str) -> &mut Self {
        self.held(by, ActionName::Deploy, HeldState::Running)
    }

    /// The newest release of a component that succeeded.
    fn mark(&mut self, component: &str, by: &str, sequence: u64) -> &mut Self {
        let name = ComponentName::new(component).unwrap();
        self.state.marks.insert(name, order(by, sequence));
        self
    }

    fn waits(&mut self, who: &str, sequence: u64, components: &[&str]) -> &mut Self {
        self.waiting.push(Waiting {
            deployment: id(who),
            components: names(components),
            order: order(who, sequence),
            operator: false,
            by_person: false,
            since: Time(0),
            task_token: None,
            former_task_tokens: Vec::new(),
        });
        self
    }

    fn operator_waits(&mut self, who: &str, sequence: u64) -> &mut Self {
        self.waits(who, sequence, &["a", "b"]);
        self.waiting.last_mut().unwrap().operator = true;
        self
    }

    fn decision(&self) -> Decision {
        let facts = Facts {
            lock: &self.lock,
            state: &self.state,
            waiting: &self.waiting,
            veto: self.veto.as_ref(),
        };
        decide(&self.candidate, &facts)
    }
}

fn in_words(decision: &Decision) -> String {
    match decision {
        Decision::Take => "take".to_owned(),
        Decision::Wait => "wait".to_owned(),
        Decision::Preempt(held) => format!("preempt {}", held.deployment),
        Decision::Superseded(by) => format!("superseded by {by}"),
        Decision::Reject(finding) => format!("{} at {}", finding.name, finding.path),
    }
}

type Row = (fn(&mut Scene) -> &mut Scene, &'static str);

fn check(table: &[Row]) {
    for (number, (change, wanted)) in table.iter().enumerate() {
        let mut scene = Scene::new();
        change(&mut scene);
        assert_eq!(in_words(&scene.decision()), *wanted, "row {number}");
    }
}

#[test]
fn holds_and_vetoes() {
    check(&[
        (|s| s, "take"),
        (|s| s.hold(), "Held at environments.prod"),
        (|s| s.hold().by_person(), "take"),
        (|s| s.hold().rollback(), "take"),
        (|s| s.veto(), "Vetoed at environments.prod"),
        (|s| s.veto().by_person(), "Vetoed at environments.prod"),
        (|s| s.veto().rollback(), "take"),
        (|s| s.hold().veto(), "Held at environments.prod"),
        (
            |s| s.hold().veto().by_person(),
            "Vetoed at environments.prod",
        ),
        (
            |s| {
                s.candidate.again = true;
                s.veto()
            },
            "take",
        ),
    ]);
}

#[test]
fn the_lock() {
    use ActionName::{Deploy, Rollback};
    use HeldState::{NeedsOperator, Recovering, Running};
    check(&[
        (|s| s.held("other", Deploy, Running), "wait"),
        (|s| s.held("other", Deploy, Recovering), "wait"),
        (|s| s.held("other", Rollback, Running), "wait"),
        (
            |s| s.held("other", Deploy, NeedsOperator),
            "NeedsOperator at environments.prod",
        ),
        (
            |s| s.held("other", Deploy, NeedsOperator).rollback(),
            "NeedsOperator at environments.prod",
        ),
        (
            |s| s.held("other", Deploy, Running).rollback(),
            "preempt other",
        ),
        (|s| s.held("other", Deploy, Recovering).rollback(), "wait"),
        (|s| s.held("other", Rollback, Running).rollback(), "wait"),
    ]);
}

#[test]
fn newer_wins_over_what_is_there() {
    check(&[
        (|s| s.mark("a", "old", 4).mark("b", "old", 4), "take"),
        (|s| s.mark("a", "me", 5).mark("b", "me", 5), "take"),
        (|s| s.mark("c", "new", 6), "take"),
        (
            |s| s.mark("a", "new", 6).mark("b", "newer", 7),
            "superseded by new",
        ),
        (|s| s.mark("a", "new", 6), "Older at components.a"),
        (
            |s| s.mark("a", "old", 4).mark("b", "new", 6),
            "Older at components.b",
        ),
        (
            |s| s.mark("a", "new", 6).mark("b", "new", 6).by_person(),
            "Older at components.a",
        ),
        (
            |s| {
                s.mark("a", "new", 6).mark("b", "new", 6).by_person();
                s.waits("me", 5, &["a", "b"])
            },
            "superseded by new",
        ),
        (
            |s| {
                s.mark("a", "new", 6).mark("b", "new", 6).by_person();
                s.waits("other", 4, &["a", "b"])
            },
            "Older at components.a",
        ),
        (
            |s| s.mark("a", "new", 6).mark("b", "new", 6).allow_older(),
            "take",
        ),
        (
            |s| s.mark("a", "new", 6).mark("b", "new", 6).rollback(),
            "take",
        ),
    ]);
}

#[test]
fn newer_wins_over_what_waits() {
    check(&[
        (|s| s.waits("me", 5, &["a", "b"]), "take"),
        (|s| s.waits("old", 4, &["a", "b"]), "take"),
        (|s| s.waits("new", 6, &["a", "b", "c"]), "superseded by new"),
        (
            |s| s.waits("new", 6, &["a", "b"]).runs("other"),
            "superseded by new",
        ),
        // It brings only one of the two: the older one goes after it, and is not lost.
        (|s| s.waits("new", 6, &["a"]), "wait"),
        (|s| s.waits("new", 6, &["a", "b"]).allow_older(), "wait"),
        (|s| s.waits("old", 4, &["a"]).runs("other"), "wait"),
        // What will be refused supersedes nobody.
        (
            |s| s.waits("new", 6, &["a", "b"]).hold().by_person(),
            "wait",
        ),
        (
            |s| {
                s.waits("new", 6, &["a", "b"]).hold().by_person();
                s.waiting.last_mut().unwrap().by_person = true;
                s
            },
            "superseded by new",
        ),
    ]);
}

#[test]
fn operators_go_first_and_among_them_who_asked_first() {
    check(&[
        (|s| s.operator_waits("op", 4), "wait"),
        (|s| s.operator_waits("op", 6), "wait"),
        (|s| s.waits("new", 6, &["a", "b"]).rollback(), "take"),
        (|s| s.operator_waits("op", 4).rollback(), "wait"),
        (|s| s.operator_waits("op", 6).rollback(), "take"),
        (|s| s.operator_waits("me", 5).rollback(), "take"),
    ]);
}

/// By number `a` is newer than `b`; by the time of their arrival `b` is newer than `c`, and `c` than `a`.
#[test]
fn of_those_that_wait_exactly_one_goes_next() {
    let arrivals = [("a", Some(812), 1), ("c", None, 2), ("b", Some(33), 3)];
    let mut goes = Vec::new();
    for (me, sequence, at) in arrivals {
        let mut scene = Scene::new();
        for (other, sequence, at) in arrivals.into_iter().filter(|(other, ..)| *other != me) {
            scene.waits(other, 0, &[other]);
            scene.waiting.last_mut().unwrap().order = Order {
                sequence,
                ..order(other, at)
            };
        }
        scene.candidate.id = id(me);
        scene.candidate.components = names(&[me]);
        scene.candidate.order = Order {
            sequence,
            ..order(me, at)
        };
        if scene.decision() == Decision::Take {
            goes.push(me);
        }
    }
    assert_eq!(goes, ["b"], "the last that arrived");
}

/// What a refusal says, and whether each input in it can be started as it stands there.
fn refused(change: fn(&mut Scene) -> &mut Scene) -> String {
    let mut scene = Scene::new();
    change(&mut scene);
    let Decision::Reject(finding) = scene.decision() else {
        panic!("it is admitted");
    };
    for input in finding.remedy.split_inclusive('}') {
        if let Some(begin) = input.find('{') {
            let input = serde_json::from_str(&input[begin..]).unwrap();
            Request::parse(&input).unwrap();
        }
    }
    finding.to_string()
}

#[test]
fn a_refusal_says_what_to_start() {
    insta::assert_snapshot!(refused(|s| s.hold()), @r#"Held: environments.prod: Automatic deployments are held since 1970-01-01T00:00:00Z by eva: bad prices. Remedy: The release is recorded. Start {"action":"deploy","app":"shop","environment":"prod","version":"1.4.0"} to deploy it all the same; or let automatic deployments go on with {"action":"release_hold","app":"shop","environment":"prod","reason":"…"}, and then start it."#);
    insta::assert_snapshot!(refused(|s| s.veto()), @r#"Vetoed: environments.prod: Release 1.4.0 was undone here by deployment undone at 1970-01-01T00:00:00Z. Remedy: Deploy a fixed release, or start {"action":"deploy","again":true,"app":"shop","environment":"prod","reason":"…","version":"1.4.0"} to deploy this one once more."#);
    insta::assert_snapshot!(
        refused(|s| s.held("other", ActionName::Deploy, HeldState::NeedsOperator)),
        @r#"NeedsOperator: environments.prod: Deployment other could not be undone and holds the lock. Remedy: Start {"action":"recover","app":"shop","environment":"prod","reason":"…"} to undo it again, or {"action":"accept","app":"shop","environment":"prod","reason":"…"} to take what is there now; then ask again."#
    );
    insta::assert_snapshot!(refused(|s| s.mark("a", "new", 6)), @r#"Older: components.a: Deployment new brought a newer release of a here. Remedy: Start {"action":"rollback","app":"shop","environment":"prod","reason":"…"} to go back, or {"action":"deploy","allow_older":true,"app":"shop","environment":"prod","reason":"…","version":"1.4.0"} to deploy this one."#);
}
