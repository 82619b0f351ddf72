use super::*;
use crate::declaration::tenancy::{self, Owner};
use crate::environment::kept::IrreversibleRun;
use crate::environment::{BEFORE_WINDLASS, GivenVersion, HeldState, Hold, Lock, LockHolder, Proof, Snapshot};
use crate::moving::application::{MovedThings, ToMove};
use crate::release::identity::{DeploymentId, EnvironmentId, Order};
use crate::text::name::{AppName, EnvironmentName};
use serde_json::json;

fn component(name: &str) -> ComponentName {
    ComponentName::new(name).unwrap()
}

fn id(text: &str) -> DeploymentId {
    DeploymentId(text.into())
}

fn ran(version: &str, by: &str) -> Running {
    let given =
        GivenVersion { version: version.into(), deployment: id(by), since: Time(7), git: None, released_by: None };
    Running::new(None, given, json!(version))
}

fn owned(app: &str, environment: &str, name: &str, claim: Claim) -> tenancy::HeldClaim {
    tenancy::HeldClaim {
        owner: Owner {
            app: AppName::new(app).unwrap(),
            environment: EnvironmentName::new(environment).unwrap(),
            component: component(name),
        },
        claim,
        made_by: None,
    }
}

fn order(by: &str) -> Order {
    Order { version: None, sequence: Some(3), accepted: Time(3), recorded: Time(3), id: id(by) }
}

fn run() -> IrreversibleRun {
    IrreversibleRun { deployment: id("m"), version: "1.2.0".into(), at: Time(5) }
}

/// One side of a move.
struct Ledger {
    lock: Lock,
    waits: Option<DeploymentId>,
    drill: Option<DeploymentId>,
    state: EnvironmentState,
}

impl Ledger {
    fn side<'a>(&'a self, at: EnvironmentId<'a>) -> Side<'a> {
        Side { at, lock: &self.lock, waits: self.waits.as_ref(), drill: self.drill.as_ref(), state: &self.state }
    }
}

struct Scene {
    from: Ledger,
    to: Ledger,
    /// If both sides are one, it is `from`.
    to_app: &'static str,
    to_environment: &'static str,
    component: Option<(&'static str, &'static str)>,
    still: Option<BTreeSet<ComponentName>>,
    declared: Result<BTreeMap<ComponentName, KindName>, Vec<Finding>>,
    kinds: BTreeMap<ComponentName, KindName>,
    claims: Vec<ResourceClaims>,
    left: Option<Snapshot>,
    /// The sentences on what is kept, once it is moved.
    kept: Vec<String>,
}

use crate::release::withdrawal::WithdrawnFile;
use std::collections::BTreeSet;

impl Scene {
    /// `web` of shop/prod is called `site` from now on, which is declared in its place; `api` is another one's
    /// business.
    fn new() -> Self {
        let mut state = EnvironmentState { snapshot: 5, last_snapshot: 5, ..EnvironmentState::default() };
        state.running.insert(component("web"), ran("1.3.0", "w"));
        state.running.insert(component("api"), ran("1.3.0", "a"));
        let found = ran(BEFORE_WINDLASS, "f");
        state.found.insert(component("web"), found);
        state.marks.insert(Part::of(&component("web"), "c"), order("w"));
        state.irreversible.insert(component("web"), run());
        let withdrawn = WithdrawnFile { path: "a.csv".into(), sha256: crate::text::digest::Digest::of(b"a") };
        let withdrawn = [(component("web"), [withdrawn].into())];
        state.withdrawn.extend(withdrawn);
        let kinds = [("web", KindName::Ecs), ("api", KindName::Lambda)];
        let claim = Claim::folder("s3://shop/", "web/");
        Self {
            from: Ledger { lock: Lock::default(), waits: None, drill: None, state },
            to: Ledger { lock: Lock::default(), waits: None, drill: None, state: EnvironmentState::default() },
            to_app: "shop",
            to_environment: "prod",
            component: Some(("web", "site")),
            still: Some(BTreeSet::from([component("api")])),
            declared: Ok([(component("site"), KindName::Ecs)].into()),
            kinds: kinds.map(|(name, kind)| (component(name), kind)).into(),
            claims: vec![
                ResourceClaims {
                    held: vec![
                        owned("shop", "prod", "web", claim),
                        owned("shop", "dev", "web", Claim::folder("s3://shop/", "dev/")),
                    ],
                },
                ResourceClaims { held: vec![owned("shop", "prod", "api", Claim::whole("fn"))] },
            ],
            left: None,
            kept: Vec::new(),
        }
    }

    fn held(ledger: &mut Ledger, state: HeldState) {
        ledger.lock.held = Some(LockHolder {
            deployment: id("other"),
            action: ActionName::Deploy,
            execution: "arn".into(),
            since: Time(0),
            state,
            looked: false,
        });
    }

    /// It goes to bank/prod, where nothing was deployed yet.
    fn goes_to_the_bank(&mut self) {
        self.to_app = "bank";
        self.component = Some(("web", "web"));
        self.declared = Ok([(component("web"), KindName::Ecs)].into());
        let release = Some(crate::text::digest::Digest::of(b"1.3.0"));
        self.left = Some(Snapshot {
            number: 5,
            version: "1.3.0".into(),
            release,
            deployment: id("w"),
            made: Time(7),
            replaced: 4,
            components: self.from.state.running.clone(),
            irreversible: [(component("web"), run())].into(),
            proof: Proof { measured: [component("web")].into(), ..Proof::default() },
            partly: None,
        });
    }

    /// Decides, and moves.
    fn moved(&mut self) -> Result<Vec<Snapshot>, Vec<Finding>> {
        let app = |text: &str| AppName::new(text).unwrap();
        let (shop, to_app) = (app("shop"), app(self.to_app));
        let environment = |text: &str| EnvironmentName::new(text).unwrap();
        let (prod, there) = (environment("prod"), environment(self.to_environment));
        let names = self.component.map(|(was, name)| (component(was), component(name)));
        let moving = Moving {
            from: MovingScope { app: &shop, environment: Some(&prod), component: names.as_ref().map(|(was, _)| was) },
            to: MovingScope {
                app: &to_app,
                environment: Some(&there),
                component: names.as_ref().map(|(_, name)| name),
            },
        };
        let to = if moving.is_within() { &self.from } else { &self.to };
        let facts = MovingFacts {
            from: RemovalFacts {
                side: self.from.side(moving.from.at(&prod)),
                declared: self.still.as_ref(),
                claims: self.claims.iter().collect(),
                here: &[],
            },
            kinds: &self.kinds,
            to: to.side(moving.to.at(&prod)),
            declared: self.declared.as_ref().map_err(Vec::as_slice),
        };
        let mut moved = application::decide(&ToMove { moving, whole: None, environments: vec![facts] })?;
        let taken = moved.environments.remove(&prod).unwrap();
        assert_eq!(moved, MovedThings::default());
        self.kept = taken.keeps(moving);
        for claims in &mut self.claims {
            taken.hand_on(moving, claims);
        }
        let parcels = taken.take_out(moving, &mut self.from.state, Time(9));
        let to = if moving.is_within() { &mut self.from.state } else { &mut self.to.state };
        let made = arrive(moving, parcels, to, self.left.as_ref(), Time(9));
        Ok(made)
    }

    fn in_words(&mut self) -> String {
        if let Err(findings) = self.moved() {
            return findings.iter().map(|it| format!("{} {}", it.name, it.path)).collect::<Vec<_>>().join(", ");
        }
        let names =
            |state: &EnvironmentState| state.running.keys().map(ComponentName::as_str).collect::<Vec<_>>().join(" ");
        let held = self.claims.iter().flat_map(|claims| &claims.held);
        let held: Vec<String> = held.map(|it| it.owner.to_string()).collect();
        format!("{}; {}; {}", names(&self.from.state), names(&self.to.state), held.join(", "))
    }
}

type Row = (fn(&mut Scene), &'static str);

/// Safety: moving: A component has another name or owner only while nothing is under way on either side and no drill
/// has to come back.
#[test]
fn what_is_moved_and_what_stands_in_the_way() {
    let within = "api site; ; component site of shop/prod, component web of shop/dev, component api of shop/prod";
    let to_bank = "api; web; component web of bank/prod, component web of shop/dev, component api of shop/prod";
    let table: [Row; 22] = [
        (|_| {}, within),
        (Scene::goes_to_the_bank, to_bank),
        (|s| s.still = Some([component("web")].into()), "StillDeclared components.web"),
        (|s| s.declared = Ok(BTreeMap::new()), "UnknownName components.site"),
        (|s| s.declared = Ok([(component("site"), KindName::Lambda)].into()), "BadValue components.site"),
        // Nobody knows of which kind it was.
        (|s| s.kinds.clear(), within),
        (
            |s| {
                s.declared = Err(vec![Finding::new(FindingName::NoDeclaration, "app", "a.", "b.")]);
            },
            "NoDeclaration app",
        ),
        (|s| s.component = Some(("gone", "site")), "UnknownName components.gone"),
        (|s| s.component = Some(("web", "api")), "UnknownName components.api, AlreadyRuns components.api"),
        (|s| Scene::held(&mut s.from, HeldState::Running), "StillBusy environments.prod"),
        (|s| Scene::held(&mut s.from, HeldState::NeedsOperator), "NeedsOperator environments.prod"),
        (|s| s.from.waits = Some(id("next")), "StillBusy environments.prod"),
        // Between its two ways a drill has no lock.
        (|s| s.from.drill = Some(id("drill")), "StillBusy environments.prod"),
        (
            |s| {
                s.goes_to_the_bank();
                s.to.drill = Some(id("drill"));
            },
            "StillBusy environments.prod",
        ),
        // The new owner's environment is as much in the way.
        (
            |s| {
                s.goes_to_the_bank();
                Scene::held(&mut s.to, HeldState::Running);
            },
            "StillBusy environments.prod",
        ),
        (
            |s| {
                s.goes_to_the_bank();
                s.to.waits = Some(id("next"));
                Scene::held(&mut s.from, HeldState::NeedsOperator);
            },
            "NeedsOperator environments.prod, StillBusy environments.prod",
        ),
        (
            |s| {
                s.goes_to_the_bank();
                s.to.state.found.insert(component("web"), ran(BEFORE_WINDLASS, "x"));
            },
            "AlreadyRuns components.web",
        ),
        // A release of the new name that was undone has claimed the target already.
        (
            |s| {
                let claim = Claim::folder("s3://shop/", "web/");
                s.claims[0].held.push(owned("shop", "prod", "site", claim));
            },
            within,
        ),
        // All of an environment: what nobody declares is in the way, and the environment where it is declared.
        (
            |s| {
                s.component = None;
                s.to_environment = "live";
            },
            "StillDeclared environments.prod, UnknownName components.api, UnknownName components.web",
        ),
        (
            |s| {
                s.component = None;
                s.still = None;
                s.to_environment = "live";
                s.declared = Ok(s.kinds.clone());
            },
            "; api web; component web of shop/live, component web of shop/dev, component api of shop/live",
        ),
        (
            |s| {
                let many = (0..=MOST_CLAIMS).map(|n| owned("shop", "prod", "web", Claim::whole(n.to_string())));
                s.claims[0].held.extend(many);
            },
            "TooLarge environments.prod",
        ),
        // What has never succeeded has claims alone.
        (
            |s| s.from.state = EnvironmentState::default(),
            "; ; component site of shop/prod, component web of shop/dev, component api of shop/prod",
        ),
    ];
    for (number, (change, wanted)) in table.into_iter().enumerate() {
        let mut scene = Scene::new();
        change(&mut scene);
        assert_eq!(scene.in_words(), wanted, "row {number}");
    }
}

#[path = "moving_record_tests.rs"]
mod record;
