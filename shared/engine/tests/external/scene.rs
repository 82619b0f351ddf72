//! A book behind a user's function, and the way of a deployment through `prepare`, the step item and `converge`.

use crate::planning::{Planning, failure_of};
use serde_json::{Value, json};
use std::cell::RefCell;
use windlass_domain::declaration::kinds::external::{External as Spec, FunctionAlias, Subject};
use windlass_domain::declaration::plan::KindName;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::kinds::external::{self, External, prepare};
use windlass_engine::kinds::{PrepareInput, Prepared};
use windlass_engine::payload::{StepRef, WorkTransition};
use windlass_engine::ports::{AssumeRole as _, Clock as _, ExternalAnswer, Item, Key, Result};
use windlass_engine::{deploy, ledger};
use windlass_world::World;
use windlass_world::conformance::{deployment, held_for};
use windlass_world::inputs::deployer_input;
use windlass_world::outside::Outside;
use windlass_world::run::run;

/// The user's function.
pub const BOOK: &str = "shop-book";

/// A world in which the book has the release `old`.
pub struct Book {
    pub world: World,
    pub spec: RefCell<Spec>,
    pub is_check: bool,
}

pub fn component() -> ComponentName {
    ComponentName::new("book").unwrap()
}

/// Returns the tree that the outside has of a release.
pub fn tree(release: &str) -> String {
    Digest::of(release.as_bytes()).as_str().to_owned()
}

fn called(name: &str) -> FunctionAlias {
    FunctionAlias { name: name.into(), alias: "live".into() }
}

/// Makes a function that is ours and may be called, with version 1.
pub fn make_function(world: &World, name: &str) {
    let mut functions = world.lambda();
    let function = functions.make(name, b"handler");
    function.publish_as("live", "");
    function.timeout_s = 30;
    function.tags.insert("windlass:external".into(), "yes".into());
}

impl Book {
    pub fn new() -> Self {
        let world = World::default();
        world.s3().bucket("artifacts", true);
        make_function(&world, BOOK);
        let now = world.true_time();
        world.external().put(BOOK, "github:org/book#gh-pages").commit(Some(&tree("old")), now);
        run(world.sleep_ms(60_000));
        let spec = Spec {
            function: called(BOOK),
            look: None,
            settings: serde_json::Map::new(),
            within_s: 600,
            repository: None,
        };
        Self { world, spec: RefCell::new(spec), is_check: false }
    }

    /// Lets another function look.
    pub fn looked_at_by(&self, name: &str) {
        make_function(&self.world, name);
        if let Some(function) = self.world.lambda().functions.get_mut(BOOK) {
            function.tags.insert("windlass:external".into(), "change".into());
        }
        self.world.external().lookers.insert(name.into(), BOOK.into());
        self.spec.borrow_mut().look = Some(called(name));
    }

    /// Gives access to the outside, to set a scene or to look.
    pub fn outside<T>(&self, look: impl FnOnce(&mut Outside) -> T) -> T {
        look(self.world.external().of(BOOK))
    }

    /// Answers next with these, whatever is asked: a look or a change.
    pub fn answers(&self, answers: impl IntoIterator<Item = Value>) {
        let answers = answers.into_iter().map(|answer| ExternalAnswer::Answered(answer.to_string().into()));
        self.world.external().scripted.extend(answers);
    }

    /// Uploads a release.
    pub fn upload(&self, release: &str) -> Artifact {
        let key = "artifacts/shop/prod/book/1.zip";
        let version = self.world.s3().upload("artifacts", key, release.to_owned());
        Artifact::Object {
            key: key.into(),
            version_id: version.id.unwrap(),
            sha256: Digest::of(release.as_bytes()),
            bytes: release.len() as u64,
        }
    }

    /// Plans as `Prepare` does: a release, or a rollback to what a step recorded.
    pub fn plan(&self, artifact: Option<&Artifact>, back: Option<&Value>) -> Prepared {
        let planning = Planning::of(&deployment().0, component().as_str());
        let input = PrepareInput {
            artifact,
            goal_state: back.map(|recorded| &recorded["goal"]),
            is_check: self.is_check,
            ..planning.input()
        };
        run(prepare(&self.world, &input, &self.spec.borrow())).unwrap()
    }

    /// Returns the findings of a plan, as people read them.
    pub fn refused(&self, back: Option<&Value>) -> Vec<String> {
        let new = self.upload("new");
        let planned = self.plan(back.is_none().then_some(&new), back);
        planned.findings.iter().map(Finding::written).collect()
    }

    /// Plans the release `new`, and writes lock and step as `Admit` and `Prepare` do.
    pub fn release(&self) -> Release<'_> {
        let planned = self.plan(Some(&self.upload("new")), None);
        assert_eq!(planned.findings, [], "the plan is refused");
        let names = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let unbegun = Step::planned(deployment(), names.0, names.1, component(), KindName::External);
        let goals = planned.stages.iter().map(|stage| stage.goal.clone());
        let goals = (0..).zip(goals).collect();
        let step = Step { target: planned.target.clone(), before: planned.before.clone(), goals, ..unbegun };
        let lock = held_for(&step.deployment, 1, false);
        self.put(ledger::lock(step.environment_id()), ledger::to_body(&lock).unwrap());
        self.put(ledger::step(&step.deployment, &step.component), ledger::to_body(&step).unwrap());
        Release { book: self, token: 1 }
    }

    fn put(&self, key: impl Into<Key>, body: serde_json::Map<String, Value>) {
        let key = key.into();
        let item = Item { key: key.clone(), rev: 1, body, index: None, expires: None };
        self.world.dynamodb().items.insert(key, item.into());
    }
}

/// Returns the kind over a world, as the deployer has it.
pub fn kind(at: World) -> External<World, World> {
    let about = Subject {
        app: AppName::new("shop").unwrap(),
        environment: EnvironmentName::new("prod").unwrap(),
        component: component(),
        deployment: deployment(),
        settings: serde_json::Map::new(),
    };
    External::new(at.at(&Place::default()), at, about)
}

/// What a look answers while the book has a release.
pub fn shows(release: &str, mark: &str) -> Value {
    json!({
        "owns": "github:org/book#gh-pages",
        "state": {"format": "1", "tree": tree(release)},
        "mark": mark, "ready": true, "prepared": true, "reads": ["1"],
    })
}

/// A deployment under way.
pub struct Release<'b> {
    book: &'b Book,
    token: u64,
}

impl Release<'_> {
    pub fn invoke(&self, wave: Option<u32>) -> Result<WorkTransition> {
        let of = StepRef { deployment: deployment(), token: self.token, component: component() };
        let handled = deploy::handle(&self.book.world, deployer_input(of, wave), external::deployer);
        run(handled).map(|done| done.verdict)
    }

    /// Lets an operator ask for its recovery.
    pub fn recovered(self) -> Self {
        let lock = held_for(&deployment(), 2, true);
        self.book.put(ledger::lock(self.step().environment_id()), ledger::to_body(&lock).unwrap());
        Self { token: 2, ..self }
    }

    /// Asks again as the machine's Retry does.
    pub fn wave(&self, wave: Option<u32>) -> WorkTransition {
        for _ in 0..100 {
            match self.invoke(wave) {
                Ok(word) => return word,
                Err(fault) if fault.name.is_transient() => run(self.book.world.sleep_ms(20_000)),
                Err(fault) => panic!("{fault}"),
            }
        }
        panic!("it never answers");
    }

    pub fn step(&self) -> Step {
        let key = ledger::step(&deployment(), &component());
        let item = Item::clone(&self.book.world.dynamodb().items[&key]);
        ledger::from_item::<Step>(item).unwrap().value
    }

    /// Says in words what was done.
    pub fn done(&self) -> Vec<String> {
        let changes = self.step().changes;
        changes.into_iter().map(|change| change.what).collect()
    }

    /// Says why it failed, or could not be undone, as people read it.
    pub fn failure(&self) -> String {
        let step = self.step();
        failure_of(step)
    }
}
