//! The smallest kind that has everything: a dial that points at one of the values in stock. New stock is additive.
//! Turning the dial is switching, conditional on a revision, and takes a while.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use windlass_domain::declaration::plan::KindName;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Time;
use windlass_engine::kinds::{ChangeFacts, Class, Kind, LookContext, Next, Noticed, View};
use windlass_engine::ledger::{from_item, to_body};
use windlass_engine::ports::{Clock, Item, Key, Result};
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject};

/// The dial as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DialState {
    pub points_at: String,
    pub stock: Vec<String>,
    pub revision: u64,
    pub turning: bool,
}

/// The dial as the world has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dial {
    pub state: DialState,
    pub turned_at: Time,
    pub turns: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Stock(String),
    Turn { from: String, to: String, revision: u64 },
}

pub fn key() -> Key {
    Key { pk: "dial".into(), sk: "dial".into() }
}

pub fn dial(world: &World) -> Dial {
    let item = Item::clone(&world.dynamodb().items[&key()]);
    from_item::<Dial>(item).unwrap().value
}

pub fn set(world: &World, dial: &Dial) {
    let item = Item { key: key(), rev: 1, body: to_body(dial).unwrap(), index: None, expires: None };
    world.dynamodb().items.insert(key(), item.into());
}

/// Lets somebody else turn it.
pub fn other_turns(world: &World, to: &str) {
    let mut dial = dial(world);
    dial.state.points_at = to.into();
    dial.state.revision += 1;
    set(world, &dial);
}

/// The kind of the dial.
pub struct DialKind {
    pub world: World,
    /// The time that it takes to turn, in milliseconds.
    pub slow_ms: u64,
}

impl Kind for DialKind {
    type Target = String;
    type Seen = DialState;
    type Goal = String;
    type Change = Change;

    async fn observe(&self, _: &String, _: &LookContext<'_, String>) -> Result<DialState> {
        let call = self.world.call("dial.observe").await?;
        let dial = dial(&self.world);
        let mut state = dial.state;
        state.turning = self.world.now().ms_since(dial.turned_at) < self.slow_ms;
        call.answer(state).await
    }

    fn view(_: &String, seen: &DialState) -> View {
        View {
            noticed: Noticed { value: json!(seen.points_at), shown: format!("points at {}", seen.points_at) },
            waits_for: None,
            is_guarded: false,
            is_consistent: false,
        }
    }

    fn back(seen: &DialState) -> String {
        seen.points_at.clone()
    }

    fn owned(target: &String) -> String {
        format!("where {target} points")
    }

    fn next(_: &String, is: &DialState, to: &String) -> Next<Change> {
        if is.turning {
            return Next::Wait(5);
        }
        if &is.points_at == to {
            return Next::Done;
        }
        if to == "nowhere" {
            let finding = Finding::new(FindingName::ChangeFailed, "dial", "no such place", "turn");
            return Next::Failed(finding);
        }
        if !is.stock.contains(to) {
            return Next::Do(Change::Stock(to.clone()));
        }
        Next::Do(Change::Turn { from: is.points_at.clone(), to: to.clone(), revision: is.revision })
    }

    fn facts(change: &Change, _: &DialState) -> ChangeFacts {
        let (class, value, what) = match change {
            Change::Stock(value) => {
                let what = format!("stock {value}");
                (Class::Additive, json!({"stock": value}), what)
            }
            Change::Turn { from, to, .. } => {
                let what = format!("turn {from} → {to}");
                (Class::Switching, json!({"turn": [from, to]}), what)
            }
        };
        ChangeFacts { class, longer_s: 0, value, what, after: None }
    }

    async fn change(&self, _: &String, change: &Change, _: &DeploymentId) -> Result<Option<String>> {
        match change {
            Change::Stock(value) => {
                let call = self.world.call("dial.stock").await?;
                let mut dial = dial(&self.world);
                if !dial.state.stock.contains(value) {
                    dial.state.stock.push(value.clone());
                }
                set(&self.world, &dial);
                call.answer(None).await
            }
            Change::Turn { to, revision, .. } => {
                let call = self.world.call("dial.turn").await?;
                let mut dial = dial(&self.world);
                if dial.state.revision != *revision {
                    return Err(Fault::new(FaultName::Conflict, "another revision"));
                }
                dial.state.points_at = to.clone();
                dial.state.revision += 1;
                dial.turned_at = self.world.now();
                dial.turns += 1;
                set(&self.world, &dial);
                call.answer(None).await
            }
        }
    }
}

/// A deployment from `a` to each of the goals in turn.
pub struct Turning {
    pub goals: &'static [&'static str],
    pub slow_ms: u64,
}

pub fn goal(to: &str) -> Value {
    json!(to)
}

impl Subject for Turning {
    type Kind = DialKind;

    fn scene(&self) -> Scene {
        let world = World::default();
        let state = DialState { points_at: "a".into(), stock: vec!["a".into()], revision: 1, turning: false };
        let dial = Dial { state, turned_at: Time(0), turns: 0 };
        set(&world, &dial);
        Scene {
            world,
            kind: KindName::Lambda,
            target: json!("dial"),
            goals: self.goals.iter().map(|to| goal(to)).collect(),
        }
    }

    fn kind(&self, at: World) -> DialKind {
        DialKind { world: at, slow_ms: self.slow_ms }
    }

    fn arrived(&self, world: &World) {
        assert_eq!(dial(world).turns as usize, self.goals.len());
    }
}
