//! Mishaps at port calls. A fault comes instead of a call or instead of its answer. Or the call pauses: a test lets
//! somebody else go first, or never resumes the caller (a killed function).
//!
//! Every method of a service begins with `let call = self.call("service.method").await?;` and ends with
//! `call.answer(value).await` (no `RefMut` may be held there). Calls are counted from 1.

use crate::World;
pub use crate::call_gate::When;
use crate::call_gate::{Gate, Passing};
use crate::run::give_way;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::time::Time;
use windlass_engine::ports::Result;

/// A mishap at a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mishap {
    /// The caller gets this fault.
    Fault(Fault),
    /// The caller stays where it is until it is polled again. Dropping its future kills it.
    Pause,
}

/// Somebody who looks at the world after every call, as a visitor of a site does.
#[derive(Clone, Default)]
pub struct Visitor(Option<Rc<Look>>);

type Look = dyn Fn(&World);

impl Visitor {
    /// A visitor who does this.
    pub fn new(look: impl Fn(&World) + 'static) -> Self {
        Self(Some(Rc::new(look)))
    }
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "somebody" } else { "nobody" })
    }
}

/// A mishap at one call.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Planned {
    call: u64,
    when: When,
    mishap: Mishap,
}

/// The calls that were made and the mishaps that are planned.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The calls by name, oldest first: the first has the number 1.
    pub calls: Vec<&'static str>,
    /// The visitor, who looks at the world after every call.
    pub visitor: Visitor,
    /// Calls that are refused every time, by name, as where a role lacks a permission.
    pub refused: BTreeMap<&'static str, Fault>,
    /// The gate that decides at every call, where a whole simulation runs.
    pub gate: Option<Rc<dyn Gate>>,
    /// The former states of the services, oldest first, where a read may be behind.
    pub(crate) past: VecDeque<World>,
    planned: Vec<Planned>,
}

impl State {
    /// Returns the number of calls that were made.
    pub fn count(&self) -> u64 {
        self.calls.len() as u64
    }

    fn take(&mut self, call: u64, when: When) -> Option<Mishap> {
        let at = self.planned.iter().position(|planned| planned.call == call && planned.when == when)?;
        Some(self.planned.remove(at).mishap)
    }
}

/// A call under way.
#[derive(Debug)]
pub struct Call<'a> {
    world: &'a World,
    number: u64,
    name: &'static str,
    late_ms: u64,
    conflict: Option<u64>,
}

/// The circumstances that a call meets and that neither fail it nor hold it up.
#[derive(Debug, Clone, Copy, Default)]
struct Met {
    late_ms: u64,
    conflict: Option<u64>,
}

impl Call<'_> {
    pub(crate) fn world(&self) -> &World {
        self.world
    }

    /// Returns the milliseconds by which a read that need not be consistent is behind.
    pub(crate) fn late_ms(&self) -> u64 {
        self.late_ms
    }

    /// Returns the index of the item, of so many, on which another transaction is under way, if there is one.
    pub(crate) fn conflict(&self, items: usize) -> Option<usize> {
        let index = self.conflict?.checked_rem(items as u64)?;
        usize::try_from(index).ok()
    }

    /// Returns the time as of which a read that need not be consistent answers.
    pub fn as_of(&self) -> Time {
        Time(self.world.true_time().0.saturating_sub(self.late_ms))
    }

    /// Takes the answer back to the caller.
    pub async fn answer<T>(self, value: T) -> Result<T> {
        let visitor = self.world.mishaps().visitor.0.clone();
        if let Some(look) = visitor {
            look(self.world);
        }
        self.world.suffer(self.number, self.name, When::After).await?;
        Ok(value)
    }
}

impl World {
    /// Plans a mishap at a call by its number, counted over all services from 1.
    pub fn plan_mishap(&self, call: u64, when: When, mishap: Mishap) {
        self.mishaps().planned.push(Planned { call, when, mishap });
    }

    /// Plans a fault at a call by its number.
    pub fn fail_call(&self, call: u64, when: When, fault: Fault) {
        self.plan_mishap(call, when, Mishap::Fault(fault));
    }

    /// Counts a call; every method of a service begins with it.
    pub async fn call(&self, name: &'static str) -> Result<Call<'_>> {
        let number = {
            let mut mishaps = self.mishaps();
            mishaps.calls.push(name);
            mishaps.count()
        };
        let met = self.suffer(number, name, When::Before).await?;
        self.deploy_on();
        if let Some(fault) = self.mishaps().refused.get(name) {
            return Err(fault.clone());
        }
        Ok(Call { world: self, number, name, late_ms: met.late_ms, conflict: met.conflict })
    }

    /// Lets a call meet what is planned for it.
    async fn suffer(&self, number: u64, name: &'static str, when: When) -> Result<Met> {
        let gate = self.mishaps().gate.clone();
        if let Some(gate) = gate {
            let passing = Passing { call: number, name, within_ms: self.once_ms, when };
            let passage = gate.pass(self.true_time(), passing);
            self.wait_until(passage.at).await;
            if gate.looks_back() {
                self.remember();
            }
            return passage.answer.map(|()| Met { late_ms: passage.late_ms, conflict: passage.conflict });
        }
        let mishap = self.mishaps().take(number, when);
        match mishap {
            None => Ok(Met::default()),
            Some(Mishap::Fault(fault)) => Err(fault),
            Some(Mishap::Pause) => {
                pause().await;
                Ok(Met::default())
            }
        }
    }
}

/// Gives way exactly once.
async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if paused {
            return Poll::Ready(());
        }
        paused = true;
        give_way(context.waker());
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Waker};
    use windlass_domain::text::fault::FaultName;
    use windlass_engine::ports::{Condition, DynamoDbApi, Item, Key, Write};

    fn key() -> Key {
        Key { pk: "a".into(), sk: "b".into() }
    }

    fn put() -> Vec<Write> {
        let item = Item { key: key(), rev: 1, body: serde_json::Map::new(), index: None, expires: None };
        vec![Write::put(item, Condition::Absent)]
    }

    fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_fault_before_prevents_the_call_and_one_after_only_its_answer() {
        for (when, written) in [(When::Before, false), (When::After, true)] {
            let world = World::default();
            world.fail_call(1, when, Fault::new(FaultName::Unavailable, "lost"));
            let answer = poll(pin!(world.transact(put())));
            assert!(matches!(answer, Poll::Ready(Err(_))), "{when:?}");
            assert_eq!(world.dynamodb().items.contains_key(&key()), written, "{when:?}");
        }
    }

    #[test]
    fn a_paused_call_takes_effect_when_it_is_polled_again() {
        let world = World::default();
        world.plan_mishap(1, When::Before, Mishap::Pause);
        let mut call = pin!(world.transact(put()));
        assert!(poll(call.as_mut()).is_pending());
        assert!(world.dynamodb().items.is_empty());
        assert!(poll(call).is_ready());
        assert!(world.dynamodb().items.contains_key(&key()));
        assert_eq!(world.mishaps().calls, ["dynamodb.transact"]);
    }
}
