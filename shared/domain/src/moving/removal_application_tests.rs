use crate::declaration::tenancy::{self, Owner};
use crate::environment::{HeldState, Hold, Lock, LockHolder};
use crate::moving::removal::*;
use crate::release::action::ActionName;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::time::Time;

struct Scene {
    declaration: Option<semver::Version>,
    repositories: Vec<String>,
    locks: [Lock; 2],
    waits: Option<DeploymentId>,
    claims: Vec<ResourceClaims>,
    /// The record of either environment.
    state: EnvironmentState,
}

impl Scene {
    /// `prod` is declared and has a function, `dev` is declared and has nothing.
    fn new() -> Self {
        let owner = Owner {
            app: AppName::new("shop").unwrap(),
            environment: EnvironmentName::new("prod").unwrap(),
            component: ComponentName::new("api").unwrap(),
        };
        let held = tenancy::HeldClaim { owner, claim: Claim::whole("fn"), made_by: None };
        Self {
            declaration: Some(semver::Version::new(1, 3, 0)),
            repositories: vec!["shop/agent".into()],
            locks: [Lock::default(), Lock::default()],
            waits: None,
            claims: vec![ResourceClaims { held: vec![held] }],
            state: EnvironmentState::default(),
        }
    }

    fn held(&mut self, at: usize, state: HeldState) {
        self.locks[at].held = Some(LockHolder {
            deployment: DeploymentId("other".into()),
            action: ActionName::Deploy,
            execution: "arn".into(),
            since: Time(0),
            state,
            looked: false,
        });
    }

    fn decided(&self) -> Result<Removed, Vec<Finding>> {
        let app = AppName::new("shop").unwrap();
        let declared = BTreeSet::from([ComponentName::new("api").unwrap()]);
        let names = ["prod", "dev"].map(|name| EnvironmentName::new(name).unwrap());
        let facts = |at: usize| RemovalFacts {
            side: Side {
                at: EnvironmentId::new(&app, &names[at]),
                lock: &self.locks[at],
                waits: self.waits.as_ref(),
                drill: None,
                state: &self.state,
            },
            declared: Some(&declared),
            claims: if at == 0 { self.claims.iter().collect() } else { Vec::new() },
            here: &[],
        };
        decide(&ToRemove {
            scope: MovingScope { app: &app, environment: None, component: None },
            declaration: self.declaration.as_ref(),
            repositories: self.repositories.clone(),
            environments: vec![facts(1), facts(0)],
        })
    }

    fn in_words(&self) -> String {
        match self.decided() {
            Err(findings) => {
                findings.iter().map(|one| format!("{} {}", one.name, one.path)).collect::<Vec<_>>().join(", ")
            }
            Ok(whole) => {
                let of = |(name, goes): (&EnvironmentName, &RemovedItems)| {
                    let claims: Vec<String> = goes.claims.iter().map(ToString::to_string).collect();
                    format!("{name}: {}", claims.join(" "))
                };
                let all: Vec<String> = whole.environments.iter().map(of).collect();
                let version = whole.declaration.map(|version| version.to_string());
                let repositories = whole.repositories.join(" ");
                let version = version.unwrap_or_default();
                format!("{version}; {repositories}; {}", all.join(", "))
            }
        }
    }
}

type Row = (fn(&mut Scene), &'static str);

/// Safety: letting go: All of an application is let go of, or nothing of it.
#[test]
fn all_of_an_application_is_let_go_of_or_nothing() {
    let table: [Row; 7] = [
        (|_| {}, "1.3.0; shop/agent; prod: fn"),
        (|s| s.declaration = None, "; shop/agent; prod: fn"),
        (
            |s| {
                s.claims.clear();
                s.repositories.clear();
            },
            "1.3.0; ; ",
        ),
        (
            |s| {
                s.claims.clear();
                s.repositories.clear();
                s.declaration = None;
            },
            "UnknownName app",
        ),
        (|s| s.held(1, HeldState::Running), "StillBusy environments.dev"),
        (
            |s| {
                s.held(0, HeldState::NeedsOperator);
                s.held(1, HeldState::Recovering);
            },
            "StillBusy environments.dev, NeedsOperator environments.prod",
        ),
        (|s| s.waits = Some(DeploymentId("next".into())), "StillBusy environments.dev, StillBusy environments.prod"),
    ];
    for (number, (change, wanted)) in table.into_iter().enumerate() {
        let mut scene = Scene::new();
        change(&mut scene);
        assert_eq!(scene.in_words(), wanted, "row {number}");
    }
}

#[test]
fn a_hold_of_an_environment_is_said_to_stay() {
    let app = AppName::new("shop").unwrap();
    let mut scene = Scene::new();
    let whole = MovingScope { app: &app, environment: None, component: None };
    let left = |scene: &Scene| scene.decided().unwrap().leaves(whole);
    assert_eq!(left(&scene), leaves(&app));
    scene.state.hold = Some(Hold {
        since: Time(0),
        reason: "a quiet weekend".into(),
        by: "ann".into(),
        allowed_by: None,
        also: vec![],
    });
    // Nothing else is recorded in `dev`.
    let wanted = format!(
        "{} The hold of shop/prod stays until it is released. The hold of shop/dev stays until it is released.",
        leaves(&app)
    );
    assert_eq!(left(&scene), wanted);
}
