//! The notes that the stage makes of a run.

use crate::happening::{Counts, Event, Who};
use crate::mishap_gate::Effect;
use crate::rules::has_secret;
use crate::schedule::{Counted, What};
use crate::service_waits::service_wait;
use crate::stage::Stage;
use crate::switches::is_switch;
use crate::target_calls::{looks_at, may_change};
use crate::targets::{COMPONENTS, function_of, visible};
use crate::times::SKEW_MS;
use crate::visitor::missed;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::rc::Rc;
use windlass_domain::deployment::step::OpenCall;
use windlass_domain::text::time::Time;
use windlass_machine::shop_world::BOOK;
use windlass_world::World;
use windlass_world::dynamodb::Written;
use windlass_world::outside::Lie;

/// The answer that the declared invocations ask for (`scenarios/declarations.rs`).
const FINE: &str = r#"{"status":"fine"}"#;

impl<'p> Stage<'p> {
    /// Notes the effects of a call.
    pub(crate) fn witness(&mut self, who: &Who, effect: Option<Effect>) {
        let changes = std::mem::take(&mut self.world.dynamodb().stream);
        for change in changes {
            self.witness_open_call(who, &change);
            self.log(Event::Wrote(who.clone(), change.clone()));
            self.hold_ending(&change);
            self.hold_accepted(&change);
            self.hold_looked(&change);
            self.stream.push(change);
        }
        let Some(effect) = effect else { return };
        let (name, function) = (effect.name, Rc::clone(&who.function));
        self.note(|| format!("   {function}#{} {name} (call {})", who.number, effect.call));
        self.witness_look(who, effect.name);
        // A stack moves on with each look at it, and what is in it, too.
        if is_switch(effect.name) || effect.name.starts_with("cloudformation.") {
            self.witness_switch(who, effect);
        }
    }

    /// Notes the time until which the call that is recorded as open may be under way, by the clock of the recording
    /// process.
    fn witness_open_call(&mut self, who: &Who, change: &Written) {
        let Some(step) = &change.after else { return };
        if !step.key.sk.starts_with("step#") {
            return;
        }
        let open = step.body.get("open");
        let open = open.and_then(|open| OpenCall::deserialize(open).ok());
        let mut tasks = self.tasks.iter_mut();
        if let Some(task) = tasks.find(|task| task.number == who.number) {
            let until = |open: OpenCall| open.not_after.0.saturating_add_signed(-task.ahead_ms);
            task.open_until = open.map(|open| Time(until(open)));
        }
    }

    fn witness_look(&mut self, who: &Who, call: &str) {
        let Some(component) = component_of(who) else {
            return;
        };
        if !who.function.starts_with("Deploy") {
            return;
        }
        let declaration = self.scenario.declaration;
        if looks_at(call, component, declaration) {
            self.log(Event::Looked(who.clone(), component));
        }
        let is_forward = who.work.as_ref().is_some_and(|work| work.wave.is_some());
        let held = service_wait(call, &self.world, declaration);
        if let Some(held) = held.filter(|_| is_forward && component == "agent") {
            self.log(Event::ServiceWait(who.clone(), held));
        }
    }

    /// Notes every component that shows something else since, whoever made the call.
    fn witness_switch(&mut self, who: &Who, effect: Effect) {
        for component in COMPONENTS {
            let shown = visible(&self.world, component);
            let is_changed = self.seen.get(component) != Some(&shown);
            if component == "web" && (is_changed || component_of(who) == Some(component)) {
                self.visit(who);
            }
            if !is_changed {
                continue;
            }
            self.note(|| format!("   => {component} now shows {shown}"));
            self.witness_untried(who, component, &shown);
            self.witness_unready(component);
            self.witness_alone(who, component, &shown);
            self.seen.insert(component, shown);
            if !may_change(effect.name, component) {
                continue;
            }
            self.log(if is_denied(&self.world, component) {
                Event::ChangedByOther(component)
            } else {
                Event::Switched { who: who.clone(), component, call: effect.name, sent: effect.sent }
            });
        }
    }

    /// Notes code that callers of a function get from now on although it was not invoked before with the answer that
    /// the declaration asks for. An undo goes back to what callers got before, so it is left out.
    fn witness_untried(&mut self, who: &Who, component: &'static str, shown: &str) {
        let is_forward = who.work.as_ref().is_some_and(|work| work.wave.is_some());
        if !is_forward || !self.scenario.declaration.contains("invocations:") {
            return;
        }
        let codes = |shown: &str| -> BTreeSet<String> {
            let each = shown.split(' ');
            let code = each.filter_map(|one| one.split('@').next().map(str::to_owned));
            code.collect()
        };
        let former = self.seen.get(component).map(|shown| codes(shown));
        let new = &codes(shown) - &former.unwrap_or_default();
        for code in new {
            let answer = (code, FINE.to_owned());
            if !self.world.lambda().answered.contains(&answer) {
                let why = format!("{component} with the code {}", answer.0);
                self.log(Event::Untried(why));
            }
        }
    }

    /// Notes a version that callers of a function get from now on although nobody has invoked it for so long that it is
    /// inactive, or although it is pending since: it fails until it is active (AWS Lambda Developer Guide, "Lambda
    /// function states").
    fn witness_unready(&mut self, component: &'static str) {
        let unready = {
            let functions = self.world.lambda();
            let function = functions.functions.get(&function_of(component));
            function.and_then(|function| {
                let version = &function.aliases.get("live")?.version;
                let number: u64 = version.parse().ok()?;
                let is_pending = function.versions.get(&number).is_some_and(|published| published.pending > 0);
                (function.idle.contains(&number) || is_pending).then(|| version.clone())
            })
        };
        if let Some(version) = unready {
            self.log(Event::Unready(format!("version {version} of {component}")));
        }
    }

    /// Notes a function that goes from its first callers to all of them although the service that it must go with gives
    /// its new tasks to nobody yet.
    fn witness_alone(&mut self, who: &Who, component: &'static str, shown: &str) {
        let is_forward = who.work.as_ref().is_some_and(|work| work.wave.is_some());
        let is_together = self.scenario.declaration.contains("waves: together");
        if !is_forward || !is_together || component != "api" {
            return;
        }
        let is_shared = |shown: &str| shown.contains(' ');
        let was_shared = self.seen.get(component).is_some_and(|it| is_shared(it));
        let is_behind = {
            let services = self.world.ecs();
            let mut live = services.services.values();
            // The function is not to go with a person's rollout.
            live.any(|it| {
                let newest = it.rollouts.first();
                newest.is_some_and(|one| {
                    let is_own = it.called.contains(&one.arn);
                    is_own && one.status == "IN_PROGRESS" && one.traffic_tenths == Some(0)
                })
            })
        };
        if was_shared && !is_shared(shown) && is_behind {
            self.log(Event::Alone(format!("{component} with {shown}")));
        }
    }

    /// Lets a visitor come to the site. Its page may be gone only if a first deployment is undone, and until the next
    /// deployment brings a page.
    fn visit(&mut self, who: &Who) {
        let is_undo = who.work.as_ref().is_some_and(|work| work.wave.is_none());
        let shown = self.seen.get("web");
        let had_page = shown.is_some_and(|shown| shown.contains("index.html"));
        let world = &self.world;
        let may_be_gone = || (is_undo || !had_page) && is_first(world, "web");
        if let Some(what) = missed(world, &mut self.named, may_be_gone) {
            self.log(Event::Missed(what));
        }
    }

    /// Notes if the planted secret is in a function's input or answer.
    pub(crate) fn look_for_secret(&mut self, function: &str, said: &Value) {
        if has_secret(said) {
            self.log(Event::Leaked(format!("what {function} was asked or has answered")));
        }
    }

    /// Notes the changes that somebody outside made.
    pub(crate) fn look_for_out_of_band_changes(&mut self) {
        if self.named.is_empty() {
            // A visitor misses something before anything was changed: that is nobody's doing.
            missed(&self.world, &mut self.named, || true);
        }
        for component in COMPONENTS {
            let shown = visible(&self.world, component);
            if self.seen.insert(component, shown.clone()) != Some(shown) {
                self.log(Event::ChangedByOther(component));
            }
        }
    }

    /// Returns the mishaps that were met.
    pub fn met(&self) -> Vec<What> {
        self.gate.met()
    }

    /// Returns the states that executions were in.
    pub fn states(&self) -> BTreeSet<&'p str> {
        let mut states = BTreeSet::new();
        for home in self.homes.values() {
            if let Some(execution) = &*home.borrow() {
                states.extend(execution.path().states(self.program));
            }
        }
        states
    }

    /// Returns the number of points so far, of each sort that is numbered.
    pub fn counted(&self) -> Counts {
        let calls = self.world.mishaps().count();
        [
            (Counted::Calls, calls),
            (Counted::Visits, self.link.visits()),
            (Counted::Invocations, self.invocations),
            (Counted::Events, self.events),
            (Counted::Lookups, self.gate.lookups()),
            (Counted::Looks, self.gate.looks()),
            (Counted::Transactions, self.gate.transactions()),
        ]
        .into()
    }

    /// Notes that an execution ends without success. The recovery of the first one begins with the event of its end,
    /// and with the function that the event starts, long before the recovery's own execution.
    pub(crate) fn recovery_begins(&mut self) {
        if self.recovery.is_none() {
            self.recovery = Some((self.counted(), None));
        }
    }

    /// Notes that an execution ends. It may be a recovery's.
    pub(crate) fn recovery_ends(&mut self, name: &str) {
        let counted = self.counted();
        if let Some((_, ended @ None)) = &mut self.recovery
            && name.starts_with("recover-")
        {
            *ended = Some(counted);
        }
    }
}

/// Returns the component that an invocation works for.
fn component_of(who: &Who) -> Option<&'static str> {
    let work = who.work.as_ref()?;
    let mut all = COMPONENTS.into_iter();
    all.find(|component| *component == work.component.as_str())
}

/// Returns whether no release of a component is known to run.
fn is_first(world: &World, component: &str) -> bool {
    let ledger = world.dynamodb();
    let mut states = ledger.items.values().filter(|item| item.key.sk == "state");
    !states.any(|state| {
        let running = state.body.get("running").and_then(|all| all.get(component));
        running.is_some_and(|running| running["artifact"].is_object())
    })
}

/// Returns the time by which the clock of an invocation with these mishaps is ahead, in milliseconds.
pub(crate) fn ahead_of(met: &[What]) -> i64 {
    let found = met.iter().find_map(|what| match what {
        What::ClockAhead => Some(SKEW_MS.cast_signed()),
        What::ClockBehind => Some(-SKEW_MS.cast_signed()),
        _ => None,
    });
    found.unwrap_or_default()
}

/// Returns whether the function of a component says that it has not made what it makes: nobody could distinguish that
/// from somebody else's change.
fn is_denied(world: &World, component: &str) -> bool {
    component == "book" && world.external().of(BOOK).lie == Some(Lie::DoneButRefused)
}
