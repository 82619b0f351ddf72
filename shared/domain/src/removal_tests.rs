use super::*;
use crate::environment::{Given, Held, HeldState, Running};
use crate::request::ActionName;
use crate::tenancy;
use crate::time::Time;

struct Scene {
    lock: Lock,
    waits: Option<DeploymentId>,
    drill: Option<DeploymentId>,
    state: EnvironmentState,
    declared: Option<BTreeSet<ComponentName>>,
    component: Option<ComponentName>,
    claims: Vec<Claims>,
    here: Vec<Claim>,
}

fn component(name: &str) -> ComponentName {
    ComponentName::new(name).unwrap()
}

fn id(text: &str) -> DeploymentId {
    DeploymentId(text.into())
}

fn held(environment: &str, name: &str, claim: Claim) -> tenancy::Held {
    tenancy::Held {
        owner: Owner {
            app: AppName::new("shop").unwrap(),
            environment: EnvironmentName::new(environment).unwrap(),
            component: component(name),
        },
        claim,
    }
}

impl Scene {
    /// `web` had a folder and a distribution and is declared no more; `api` is declared.
    fn new() -> Self {
        let running = Running::new(
            None,
            Given {
                version: "1.3.0".into(),
                deployment: id("former"),
                since: Time(0),
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
                Claims {
                    held: vec![
                        held("prod", "web", Claim::folder("s3://shop/", "web/")),
                        held("dev", "web", Claim::folder("s3://shop/", "dev/")),
                    ],
                },
                Claims {
                    held: vec![held("prod", "web", Claim::whole("E1"))],
                },
                Claims {
                    held: vec![held("prod", "api", Claim::whole("fn"))],
                },
            ],
            here: Vec::new(),
        }
    }

    fn held(&mut self, state: HeldState) -> &mut Self {
        self.lock.held = Some(Held {
            deployment: id("other"),
            action: ActionName::Deploy,
            execution: "arn".into(),
            since: Time(0),
            state,
            looked: false,
        });
        self
    }

    fn in_words(&mut self) -> String {
        let (app, prod) = (
            AppName::new("shop").unwrap(),
            EnvironmentName::new("prod").unwrap(),
        );
        let removal = Removal {
            app: &app,
            environment: &prod,
            component: self.component.as_ref(),
        };
        let facts = Facts {
            lock: &self.lock,
            waits: self.waits.as_ref(),
            drill: self.drill.as_ref(),
            state: &self.state,
            declared: self.declared.as_ref(),
            claims: &self.claims,
            here: &self.here,
        };
        match decide(removal, facts) {
            Err(findings) => {
                let names = findings.iter().map(|finding| finding.name.to_string());
                names.collect::<Vec<_>>().join(", ")
            }
            Ok(goes) => {
                goes.forget(&mut self.state);
                self.claims.retain_mut(|claims| {
                    goes.free(removal, claims);
                    !claims.held.is_empty()
                });
                let claims: Vec<String> = goes.claims.iter().map(ToString::to_string).collect();
                let left: Vec<&str> = self
                    .state
                    .running
                    .keys()
                    .map(ComponentName::as_str)
                    .collect();
                let stay = self
                    .claims
                    .iter()
                    .map(|claims| claims.held.len())
                    .sum::<usize>();
                format!("{}; left: {}, {stay}", claims.join(" "), left.join(" "))
            }
        }
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
        (
            |s| s.state = EnvironmentState::default(),
            "s3://shop/web/ E1; left: , 2",
        ),
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
