use super::*;
use crate::declaration::kinds::KindName;
use crate::declaration::tenancy::{self, Claim, Owner, ResourceClaims};
use crate::environment::{EnvironmentState, HeldState, Hold, Lock, LockHolder};
use crate::moving::removal::RemovalFacts;
use crate::moving::scope::{MovingScope, Side};
use crate::release::identity::DeploymentId;
use crate::text::name::{AppName, ComponentName};
use crate::text::time::Time;

const SHOP: &str = "
app: shop
version: 1.3.0
environments: {dev: {}, prod: {}}
components:
  api: {kind: lambda, function: 'shop-api-{environment}', alias: live}
  agent: {kind: ecs, cluster: c, service: 'agent-{environment}', container: agent, repository: shop/agent}
";

const STORE: &str = "
app: store
version: 1.0.0
formerly: shop
environments: {dev: {}, prod: {}}
components:
  api: {kind: lambda, function: 'shop-api-{environment}', alias: live}
  agent: {kind: ecs, cluster: c, service: 'agent-{environment}', container: agent, repository: shop/agent}
";

/// One environment at both owners: the former one and the new one of its name.
#[derive(Default)]
struct Both {
    lock: Lock,
    lock_there: Lock,
    waits_there: Option<DeploymentId>,
    drill: Option<DeploymentId>,
    state: EnvironmentState,
    there: EnvironmentState,
    claims: Vec<ResourceClaims>,
}

struct Scene {
    former: Option<Declaration>,
    new: Result<Declaration, Vec<Finding>>,
    repositories: Vec<String>,
    prod: Both,
    dev: Both,
}

fn owned(environment: &str, component: &str, claim: Claim) -> ResourceClaims {
    let owner = Owner {
        app: AppName::new("shop").unwrap(),
        environment: EnvironmentName::new(environment).unwrap(),
        component: ComponentName::new(component).unwrap(),
    };
    ResourceClaims { held: vec![tenancy::HeldClaim { owner, claim, made_by: None }] }
}

fn held(state: HeldState) -> Lock {
    Lock {
        held: Some(LockHolder {
            deployment: DeploymentId("other".into()),
            action: ActionName::Deploy,
            execution: "arn".into(),
            since: Time(0),
            state,
            looked: false,
        }),
        ..Lock::default()
    }
}

impl Scene {
    /// The shop has a function and a service in `prod`, and nothing in `dev`; the store is declared with the same.
    fn new() -> Self {
        Self {
            former: Some(Declaration::parse(SHOP).unwrap()),
            new: Ok(Declaration::parse(STORE).unwrap()),
            repositories: vec!["shop/agent".into(), "shop/old".into()],
            prod: Both {
                claims: vec![owned("prod", "api", Claim::whole("fn")), owned("prod", "agent", Claim::whole("svc"))],
                ..Both::default()
            },
            dev: Both::default(),
        }
    }

    fn declares(&mut self, from: &str, to: &str) {
        let text = STORE.replace(from, to);
        assert_ne!(text, STORE);
        self.new = Ok(Declaration::parse(&text).unwrap());
    }

    fn summary(&self) -> String {
        self.decided(|whole, _| {
            let moved = whole.environments.iter().map(|(name, moves)| {
                let names = moves.components.keys();
                let names: Vec<String> = names.map(ToString::to_string).collect();
                format!("{name}: {}", names.join(" "))
            });
            let parts = whole.declaration.iter().map(ToString::to_string).chain(moved);
            let parts = parts.chain(whole.repositories.iter().map(|name| format!("has {name}")));
            parts.chain(whole.freed.iter().map(|name| format!("frees {name}"))).collect::<Vec<_>>().join(", ")
        })
    }

    fn decided(&self, read: fn(&MovedThings, Moving<'_>) -> String) -> String {
        let (app, to) = (AppName::new("shop").unwrap(), AppName::new("store").unwrap());
        let kinds = [("api", KindName::Lambda), ("agent", KindName::Ecs)];
        let kinds = kinds.map(|(name, kind)| (ComponentName::new(name).unwrap(), kind));
        let kinds = BTreeMap::from(kinds);
        let still = kinds.keys().cloned().collect();
        let declared = ["dev", "prod"].map(|name| {
            let new = self.new.as_ref().map_err(Clone::clone)?;
            let resolved = new.resolve(&EnvironmentName::new(name).unwrap())?;
            let kinds = resolved.components.into_iter().map(|(name, component)| (name, component.spec.kind()));
            Ok::<BTreeMap<_, _>, Vec<Finding>>(kinds.collect())
        });
        let names = ["dev", "prod"].map(|name| EnvironmentName::new(name).unwrap());
        let environments = names.iter().zip([&self.dev, &self.prod]).zip(&declared);
        let environments = environments.map(|((name, both), declared)| MovingFacts {
            from: RemovalFacts {
                side: Side {
                    at: EnvironmentId::new(&app, name),
                    lock: &both.lock,
                    waits: None,
                    drill: both.drill.as_ref(),
                    state: &both.state,
                },
                declared: self.former.as_ref().map(|_| &still),
                claims: both.claims.iter().collect(),
                here: &[],
            },
            kinds: &kinds,
            to: Side {
                at: EnvironmentId::new(&to, name),
                lock: &both.lock_there,
                waits: both.waits_there.as_ref(),
                drill: None,
                state: &both.there,
            },
            declared: declared.as_ref().map_err(Vec::as_slice),
        });
        let scope = |app| MovingScope { app, environment: None, component: None };
        let moving = Moving { from: scope(&app), to: scope(&to) };
        let whole = WholeFacts {
            version: self.former.as_ref().map(Declaration::version),
            former: self.former.as_ref(),
            new: self.new.as_ref().map_err(Vec::as_slice),
            repositories: self.repositories.clone(),
        };
        let asked = ToMove { moving, whole: Some(whole), environments: environments.collect() };
        match decide(&asked) {
            Err(findings) => {
                findings.iter().map(|one| format!("{:?} {}", one.name, one.path)).collect::<Vec<_>>().join(", ")
            }
            Ok(whole) => read(&whole, moving),
        }
    }
}

const WORDS: &str = "The application shop is called store from now on. The declaration 1.3.0 of shop is not in force any \
    more. shop/prod has handed over agent, api to store/prod: with fn, svc. Pushes to shop/agent are for store now. Pushes \
    to shop/old are nobody's now; shop had them. What runs stays as it is; so do the history, the snapshots, the vetoes and \
    the releases of shop, and the objects in the artifacts bucket. A rollback of store to an older snapshot goes back to \
    what runs now. Before the next release of store tag its targets `windlass:app=store` (`aws resourcegroupstaggingapi \
    tag-resources --tags windlass:app=store --resource-arn-list …`), and upload artifacts and manifests to its own folders \
    of the bucket.";

const ALL: &str = "1.3.0, prod: agent api, has shop/agent, frees shop/old";

/// Safety: moving: All of an application is moved, or nothing of it.
#[test]
fn all_of_an_application_is_moved_or_nothing() {
    type Row = (fn(&mut Scene), &'static str);
    let table: [Row; 18] = [
        (|_| {}, ALL),
        (
            |s| {
                s.new = Err(vec![Finding::new(FindingName::NoDeclaration, "app", "a.", "b.")]);
            },
            "NoDeclaration app",
        ),
        // The new owner names itself as its former name.
        (|s| s.declares("formerly: shop\n", ""), "MissingField formerly"),
        (|s| s.declares("formerly: shop", "formerly: bank"), "MissingField formerly"),
        // A target that is meant to be the same one.
        (|s| s.declares("shop-api", "store-api"), "BadValue components.api.function"),
        (
            |s| s.declares("prod: {}", "prod: {region: eu-west-1}"),
            "BadValue components.agent.service, BadValue components.api.function",
        ),
        (|s| s.declares("  api: {kind: lambda,", "  more: {kind: lambda,"), "UnknownName components.api"),
        // Nothing is recorded of `dev`, so it need not be declared.
        (|s| s.declares("dev: {}, prod: {}", "prod: {}"), ALL),
        // Every environment names what stands in its way.
        (
            |s| {
                s.dev.lock = held(HeldState::Running);
                s.prod.lock = held(HeldState::NeedsOperator);
            },
            "StillBusy environments.dev, NeedsOperator environments.prod",
        ),
        (|s| s.prod.lock_there = held(HeldState::Running), "StillBusy environments.prod"),
        (|s| s.prod.waits_there = Some(DeploymentId("next".into())), "StillBusy environments.prod"),
        (|s| s.prod.drill = Some(DeploymentId("drill".into())), "StillBusy environments.prod"),
        (
            |s| {
                let name = ComponentName::new("api").unwrap();
                let given = crate::environment::GivenVersion {
                    version: "1.0.0".into(),
                    deployment: DeploymentId("d".into()),
                    since: Time(0),
                    git: None,
                    released_by: None,
                };
                let ran = crate::environment::Running::new(None, given, serde_json::json!({}));
                s.prod.there.running.insert(name, ran);
            },
            "AlreadyRuns components.api",
        ),
        // One that was withdrawn before has no target to compare.
        (
            |s| {
                s.former = None;
                s.declares("shop-api", "store-api");
            },
            "prod: agent api, has shop/agent, frees shop/old",
        ),
        (
            |s| {
                s.former = None;
                s.repositories.clear();
                s.prod.claims.clear();
            },
            "UnknownName app",
        ),
        // Nothing was deployed yet.
        (|s| s.prod.claims.clear(), "1.3.0, has shop/agent, frees shop/old"),
        // As many as a transaction takes: six of the environment, one of `dev`, two repositories, three beside.
        (
            |s| {
                let more = (0..MOST_ITEMS - 14).map(|n| owned("prod", "api", Claim::whole(n.to_string())));
                s.prod.claims.extend(more);
            },
            ALL,
        ),
        (
            |s| {
                let more = (0..MOST_ITEMS - 13).map(|n| owned("prod", "api", Claim::whole(n.to_string())));
                s.prod.claims.extend(more);
            },
            "TooLarge app",
        ),
    ];
    for (number, (change, wanted)) in table.into_iter().enumerate() {
        let mut scene = Scene::new();
        change(&mut scene);
        assert_eq!(scene.summary(), wanted, "row {number}");
    }
}

#[test]
fn what_is_moved_is_listed_once() {
    let words = Scene::new().decided(|moved, moving| moved.in_words(moving).written());
    assert_eq!(words, WORDS);
}

#[test]
fn a_hold_is_said_to_be_on_both_names() {
    let mut scene = Scene::new();
    let stays = |scene: &Scene| scene.decided(MovedThings::stays);
    let plain = stays(&scene);
    for both in [&mut scene.prod, &mut scene.dev] {
        both.state.hold = Some(Hold {
            since: Time(0),
            reason: "a quiet weekend".into(),
            by: "ann".into(),
            allowed_by: None,
            also: vec![],
        });
    }
    // Nothing is recorded of `dev`, so nothing of it is moved.
    let wanted = format!("{plain} The hold of shop/prod is on store/prod as well: each stays until it is released.");
    assert_eq!(stays(&scene), wanted);
}
