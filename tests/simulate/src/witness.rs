//! What the stage notes of a run.

use crate::happening::{Counts, Event, Who};
use crate::rules::tells;
use crate::schedule::{Counted, What};
use crate::stage::Stage;
use crate::targets::{COMPONENTS, SWITCHES, missed, visible};
use crate::turnstile::Effect;
use serde_json::Value;
use std::collections::BTreeSet;
use std::rc::Rc;

/// How far a clock may be off: what is left of `OPEN_CALL_GRACE_S` for clocks.
const SKEW_MS: i64 = 900;

impl<'p> Stage<'p> {
    /// Notes what a call did.
    pub(crate) fn witness(&mut self, who: &Who, effect: Option<Effect>) {
        let changes = std::mem::take(&mut self.world.ledger().stream);
        for change in changes {
            self.log(Event::Wrote(who.clone(), change.clone()));
            self.stream.push(change);
        }
        let Some(effect) = effect else { return };
        let (name, function) = (effect.name, Rc::clone(&who.function));
        self.tell(|| format!("   {function}#{} {name} (call {})", who.number, effect.call));
        let Some(work) = who
            .work
            .as_ref()
            .filter(|_| SWITCHES.contains(&effect.name))
        else {
            return;
        };
        let component = COMPONENTS
            .into_iter()
            .find(|c| *c == work.component.as_str());
        let Some(component) = component else { return };
        if component == "web"
            && let Some(what) = missed(&self.world, &mut self.named)
        {
            self.log(Event::Missed(what));
        }
        let shown = visible(&self.world, component);
        if self.seen.insert(component, shown.clone()) == Some(shown.clone()) {
            return;
        }
        self.tell(|| format!("   => {component} now shows {shown}"));
        self.log(Event::Switched {
            who: who.clone(),
            component,
            call: effect.name,
            sent: effect.sent,
        });
    }

    /// Notes where the planted secret stands in what a function was asked or has answered.
    pub(crate) fn look_for_secret(&mut self, function: &str, said: &Value) {
        if tells(said) {
            self.log(Event::Leaked(format!(
                "what {function} was asked or has answered"
            )));
        }
    }

    /// Notes what somebody outside did.
    pub(crate) fn look_for_strangers(&mut self) {
        for component in COMPONENTS {
            let shown = visible(&self.world, component);
            if self.seen.insert(component, shown.clone()) != Some(shown) {
                self.log(Event::ChangedByStranger(component));
            }
        }
    }

    /// The mishaps that were met, and all that was covered.
    pub fn met(&self) -> Vec<What> {
        self.gate.met()
    }

    /// The states that executions were in, and the port calls that were made.
    pub fn covered(&self) -> (BTreeSet<&'p str>, BTreeSet<&'static str>) {
        let mut states = BTreeSet::new();
        for home in self.homes.values() {
            if let Some(execution) = &*home.borrow() {
                states.extend(execution.path().states(self.program));
            }
        }
        (states, self.gate.names())
    }

    /// How many there were of what is counted.
    pub fn counted(&self) -> Counts {
        let calls = self.world.mishaps().count();
        [
            (Counted::Calls, calls),
            (Counted::Visits, self.wings.visits()),
            (Counted::Invocations, self.invocations),
            (Counted::Events, self.events),
            (Counted::Lookups, self.gate.lookups()),
            (Counted::Looks, self.gate.looks()),
        ]
        .into()
    }

    /// An execution ends without success. The recovery of the first one begins with the event that tells of
    /// its end, and with the function that this starts, long before the recovery's own execution.
    pub(crate) fn recovery_begins(&mut self) {
        if self.recovery.is_none() {
            self.recovery = Some((self.counted(), None));
        }
    }

    /// An execution ends, maybe a recovery's.
    pub(crate) fn recovery_ends(&mut self, name: &str) {
        let counted = self.counted();
        if let Some((_, ended @ None)) = &mut self.recovery
            && name.starts_with("recover-")
        {
            *ended = Some(counted);
        }
    }
}

/// By how much the clock of an invocation is ahead that meets this.
pub(crate) fn ahead_of(met: &[What]) -> i64 {
    let found = met.iter().find_map(|what| match what {
        What::ClockAhead => Some(SKEW_MS),
        What::ClockBehind => Some(-SKEW_MS),
        _ => None,
    });
    found.unwrap_or_default()
}
