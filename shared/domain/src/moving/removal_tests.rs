use crate::declaration::tenancy::{self, Owner};
use crate::environment::kept::IrreversibleRun;
use crate::environment::{GivenVersion, HeldState, Hold, Lock, LockHolder, Running};
use crate::moving::removal::*;
use crate::release::action::ActionName;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::release::withdrawal::WithdrawnFiles;
use crate::text::time::Time;

struct Scene {
    lock: Lock,
    waits: Option<DeploymentId>,
    drill: Option<DeploymentId>,
    state: EnvironmentState,
    declared: Option<BTreeSet<ComponentName>>,
    component: Option<ComponentName>,
    claims: Vec<ResourceClaims>,
    here: Vec<Claim>,
}

fn component(name: &str) -> ComponentName {
    ComponentName::new(name).unwrap()
}

fn id(text: &str) -> DeploymentId {
    DeploymentId(text.into())
}

fn held(environment: &str, name: &str, claim: Claim) -> tenancy::HeldClaim {
    tenancy::HeldClaim {
        owner: Owner {
            app: AppName::new("shop").unwrap(),
            environment: EnvironmentName::new(environment).unwrap(),
            component: component(name),
        },
        claim,
        made_by: None,
    }
}

impl Scene {
    /// `web` had a folder and a distribution and is declared no more; `api` is declared.
    fn new() -> Self {
        let running = Running::new(
            None,
            GivenVersion {
                version: "1.3.0".into(),
                deployment: id("former"),
                since: Time(0),
                git: None,
                released_by: None,
            },
            serde_json::Value::Null,
        );
        let mut state = EnvironmentState::default();
        state.running.insert(component("web"), running.clone());
        state.running.insert(component("api"), running);
        Self {
            lock: Lock::default(),
            waits: None,
            drill: None,
            state,
            declared: Some(BTreeSet::from([component("api")])),
            component: Some(component("web")),
            claims: vec![
                ResourceClaims {
                    held: vec![
                        held("prod", "web", Claim::folder("s3://shop/", "web/")),
                        held("dev", "web", Claim::folder("s3://shop/", "dev/")),
                    ],
                },
                ResourceClaims { held: vec![held("prod", "web", Claim::whole("E1"))] },
                ResourceClaims { held: vec![held("prod", "api", Claim::whole("fn"))] },
            ],
            here: Vec::new(),
        }
    }

    fn held(&mut self, state: HeldState) -> &mut Self {
        self.lock.held = Some(LockHolder {
            deployment: id("other"),
            action: ActionName::Deploy,
            execution: "arn".into(),
            since: Time(0),
            state,
            looked: false,
        });
        self
    }

    fn held_by_a_person(&mut self) {
        self.state.hold = Some(Hold {
            since: Time(0),
            reason: "a quiet weekend".into(),
            by: "ann".into(),
            allowed_by: None,
            also: vec![],
        });
    }

    /// These have an irreversible run.
    fn ran(&mut self, names: &[&str]) {
        let ran = IrreversibleRun { deployment: id("m"), version: "1.2.0".into(), at: Time(5) };
        let runs = names.iter().map(|name| (component(name), ran.clone()));
        self.state.irreversible.extend(runs);
    }

    fn decided<T>(&self, read: impl FnOnce(MovingScope<'_>, Result<Removed, Vec<Finding>>) -> T) -> T {
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let scope = MovingScope { app: &app, environment: Some(&prod), component: self.component.as_ref() };
        let facts = RemovalFacts {
            side: Side {
                at: EnvironmentId::new(&app, &prod),
                lock: &self.lock,
                waits: self.waits.as_ref(),
                drill: self.drill.as_ref(),
                state: &self.state,
            },
            declared: self.declared.as_ref(),
            claims: self.claims.iter().collect(),
            here: &self.here,
        };
        let asked = ToRemove { scope, declaration: None, repositories: Vec::new(), environments: vec![facts] };
        read(scope, decide(&asked))
    }

    fn in_words(&self) -> String {
        self.decided(|scope, decided| match decided {
            Err(findings) => findings.iter().map(|finding| finding.name.to_string()).collect::<Vec<_>>().join(", "),
            Ok(removed) => {
                let goes = removed.environments.values().next().unwrap();
                let (mut state, mut claims) = (self.state.clone(), self.claims.clone());
                let web = (component("web"), WithdrawnFiles::new());
                state.withdrawn.extend([web]);
                goes.forget(&mut state);
                let is_left = |name: &ComponentName| !goes.components.contains(name);
                assert!(state.withdrawn.keys().all(is_left));
                for claims in &mut claims {
                    goes.free(scope, claims);
                }
                let stay: usize = claims.iter().map(|claims| claims.held.len()).sum();
                let left: Vec<&str> = state.running.keys().map(ComponentName::as_str).collect();
                let claims: Vec<String> = goes.claims.iter().map(ToString::to_string).collect();
                format!("{}; left: {}, {stay}", claims.join(" "), left.join(" "))
            }
        })
    }
}

type Row = (fn(&mut Scene), &'static str);

/// Safety: letting go: What is let go of is not declared any more, and nothing is under way there.
#[test]
fn what_is_let_go_of_and_what_stands_in_the_way() {
    let table: [Row; 15] = [
        (|_| {}, "s3://shop/web/ E1; left: api, 2"),
        (
            |s| {
                s.component = None;
                s.declared = None;
            },
            "s3://shop/web/ E1 fn; left: , 1",
        ),
        (|s| s.component = None, "StillDeclared"),
        (|s| s.component = Some(component("api")), "StillDeclared"),
        (|s| s.component = Some(component("gone")), "UnknownName"),
        (
            |s| {
                s.held(HeldState::Running);
            },
            "StillBusy",
        ),
        (
            |s| {
                s.held(HeldState::NeedsOperator);
            },
            "NeedsOperator",
        ),
        (|s| s.waits = Some(id("next")), "StillBusy"),
        (|s| s.drill = Some(id("drill")), "StillBusy"),
        // A component that never succeeded has claims alone, and one that was never claimed is only recorded.
        (|s| s.state = EnvironmentState::default(), "s3://shop/web/ E1; left: , 2"),
        (|s| s.claims.clear(), "; left: api, 0"),
        // A declared component lets go of what it has left, and of nothing if it is not known where it runs.
        (
            |s| {
                s.component = Some(component("api"));
                s.here = vec![Claim::whole("fn2")];
            },
            "fn; left: api web, 3",
        ),
        (
            |s| {
                s.component = Some(component("api"));
                s.here = vec![Claim::whole("fn")];
            },
            "StillDeclared",
        ),
        (
            |s| {
                s.component = Some(component("api"));
                s.here = vec![Claim::whole("fn2")];
                s.held(HeldState::Running);
            },
            "StillBusy",
        ),
        // A folder that it has left is another one's if somebody else is in the bucket.
        (
            |s| {
                s.declared = Some(BTreeSet::from([component("web")]));
                s.here = vec![Claim::whole("E1"), Claim::folder("s3://shop/", "new/")];
            },
            "s3://shop/web/; left: api web, 3",
        ),
    ];
    for (number, (change, wanted)) in table.into_iter().enumerate() {
        let mut scene = Scene::new();
        change(&mut scene);
        assert_eq!(scene.in_words(), wanted, "row {number}");
    }
}

#[test]
fn a_hold_and_an_irreversible_run_are_said_to_stay() {
    type Row = (fn(&mut Scene), String);
    let kept = "`windlass:environment`.";
    let held = " The hold of shop/prod stays until it is released.";
    let table: [Row; 6] = [
        (|_| {}, kept.to_owned()),
        (Scene::held_by_a_person, format!("{kept}{held}")),
        (|s| s.ran(&["web"]), format!("{kept} That web ran stays recorded, so a rollback crosses it as before.")),
        // Nobody has asked about the run of another component.
        (|s| s.ran(&["api"]), kept.to_owned()),
        (
            |s| {
                s.component = None;
                s.declared = None;
                s.held_by_a_person();
                s.ran(&["api", "gone"]);
            },
            format!("{kept}{held} That api, gone ran stays recorded, so a rollback crosses it as before."),
        ),
        // The record is not touched where only places are let go of.
        (
            |s| {
                s.component = Some(component("api"));
                s.here = vec![Claim::whole("fn2")];
                s.held_by_a_person();
                s.ran(&["api"]);
            },
            "does not go back there any more.".to_owned(),
        ),
    ];
    for (number, (change, wanted)) in table.into_iter().enumerate() {
        let mut scene = Scene::new();
        change(&mut scene);
        scene.decided(|scope, decided| {
            let removed = decided.unwrap();
            let goes = removed.environments.values().next().unwrap();
            let words = removed.leaves(scope);
            assert!(words.ends_with(&wanted), "row {number}: {words}");
            // It is so.
            let mut state = scene.state.clone();
            goes.forget(&mut state);
            assert_eq!(state.hold, scene.state.hold, "row {number}");
            assert_eq!(state.irreversible, scene.state.irreversible, "row {number}");
        });
    }
}

#[path = "removal_application_tests.rs"]
mod application;
