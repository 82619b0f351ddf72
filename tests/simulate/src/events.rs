//! Events and the ledger's stream: they come to their receivers, sometimes late, twice or never.

use crate::due_later::Later;
use crate::happening::Event;
use crate::schedule::{Counted, What};
use crate::stage::Stage;
use crate::task::{Brought, Role, Task};
use serde_json::{Value, json};
use std::rc::Rc;
use windlass_domain::declaration::kinds::task::LIVES_S;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::time::Time;
use windlass_engine::kinds::task;
use windlass_engine::{outbox, recovery};
use windlass_machine::TaskError;
use windlass_world::dynamodb::Written;

/// The time that an event is on its way, in milliseconds.
pub const EVENT_MS: u64 = 300;

/// The number of times that an event comes to a function that fails. An asynchronous invocation is tried three times
/// (AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation"), a minute and
/// then two minutes apart.
const EVENT_TRIES: u32 = 3;

/// The time after which Lambda invokes a function again for an event, if it could not invoke it, in seconds.
const BROUGHT_AGAIN_S: u64 = 60;

/// The number of times that a batch of the stream is tried: once, and 8 times again (`MaximumRetryAttempts` in the
/// template).
const STREAM_TRIES: u32 = 9;

/// The delay of a late event, in seconds.
const LATE_S: u64 = 600;

/// Returns the event of `recovery`'s schedule.
pub fn tick() -> Value {
    json!({"detail-type": "Scheduled Event"})
}

impl Stage<'_> {
    /// Returns the times at which an event comes: once, never, twice or late.
    pub(crate) fn times_of_event(&mut self, comes: Time) -> Vec<Time> {
        self.events += 1;
        let met: Vec<What> = self.schedule.at(Counted::Events, self.events).collect();
        let mut times = vec![comes];
        for what in met {
            self.gate.note(what);
            match what {
                What::EventLost => times.clear(),
                What::EventDoubled => times.push(comes.plus_s(10)),
                What::EventLate => times = vec![comes.plus_s(LATE_S)],
                _ => {}
            }
        }
        let number = self.events;
        self.note(|| format!("event {number} comes {} times", times.len()));
        times
    }

    /// Brings an event to `recovery`. Lambda keeps an event that it could not bring, and brings it again (the same
    /// page: after throttles and its own errors, for hours).
    pub(crate) fn recover(&mut self, event: Value, tries: u32) {
        let invocation = self.next_invocation();
        let who = self.who("Recovery");
        let number = invocation.number;
        self.note(|| format!("Recovery#{} (invocation {number}) is notified", who.number));
        if invocation.is_refused || invocation.is_given_up {
            let again = self.world.true_time().plus_s(BROUGHT_AGAIN_S);
            self.later(again, Later::Recover(event.clone(), tries));
        }
        if invocation.is_refused {
            return;
        }
        let (world, asked) = (self.world.clone(), event.clone());
        let brought = Brought { event, tries };
        self.tasks.push(Task {
            number: who.number,
            role: Role::Recovery(Some(brought).filter(|_| !invocation.is_given_up)),
            who,
            future: Box::pin(async move {
                let done = recovery::handle(&world, asked).await;
                let done = done.map(|_| Value::Null);
                invocation.done(done.map_err(|fault| TaskError::of(&fault)))
            }),
            due: Some(invocation.begins),
            deadline: Some(invocation.begins.plus_s(60)),
            ahead_ms: invocation.ahead_ms,
            only_request: false,
            open_until: None,
        });
    }

    pub(crate) fn recovery_done(&mut self, brought: Option<Brought>, well: bool) {
        if let Some(Brought { event, tries }) = brought
            && !well
            && tries < EVENT_TRIES
        {
            let at = self.world.true_time().plus_s(60 * u64::from(tries));
            self.later(at, Later::Recover(event, tries + 1));
        }
    }

    /// Brings an event that asks for a call. It comes once, or never.
    pub(crate) fn run_call(&mut self, ask: Value) {
        let invocation = self.next_invocation();
        let who = self.who("RunTask");
        let number = invocation.number;
        self.note(|| format!("RunTask#{} (invocation {number}) is asked {ask}", who.number));
        self.look_for_secret("RunTask", &ask);
        if invocation.is_refused {
            return;
        }
        let world = self.world.clone();
        self.tasks.push(Task {
            number: who.number,
            role: Role::Runner,
            who,
            future: Box::pin(async move {
                let ask = serde_json::from_value(ask).map_err(|error| error.to_string());
                let done = match ask {
                    Ok(ask) => task::run_call(&world, ask).await,
                    Err(why) => Err(Fault::internal(why)),
                };
                invocation.done(done.map_err(|fault| TaskError::of(&fault)))
            }),
            due: Some(invocation.begins),
            deadline: Some(invocation.begins.plus_s(LIVES_S)),
            ahead_ms: invocation.ahead_ms,
            only_request: false,
            open_until: None,
        });
    }

    pub(crate) fn announce_stream(&mut self) {
        let comes = self.world.true_time().plus_ms(EVENT_MS);
        let times = self.times_of_event(comes);
        if times.is_empty() {
            let batch = std::mem::take(&mut self.stream);
            self.log(Event::Unsent(Rc::new(batch)));
            self.stream_comes = false;
        }
        // The second time it comes before later writes: a shard is in order.
        if let Some(at) = times.first() {
            if times.len() > 1 {
                let mut twice = self.stream.clone();
                twice.append(&mut self.stream);
                self.stream = twice;
            }
            self.stream_tries = 0;
            self.later(*at, Later::Stream);
        }
    }

    pub(crate) fn bring_stream(&mut self) {
        let batch: Rc<Vec<Written>> = Rc::new(std::mem::take(&mut self.stream));
        let invocation = self.next_invocation();
        let who = self.who("Outbox");
        let (number, writes) = (invocation.number, batch.len());
        self.note(|| format!("Outbox#{} (invocation {number}) gets {writes}", who.number));
        if invocation.is_refused || invocation.is_given_up {
            self.stream_done(Some(Rc::clone(&batch)), false);
        }
        if invocation.is_refused {
            return;
        }
        let (world, brought) = (self.world.clone(), Rc::clone(&batch));
        self.tasks.push(Task {
            number: who.number,
            role: Role::Stream(Some(batch).filter(|_| !invocation.is_given_up)),
            who,
            future: Box::pin(async move {
                let changes: Vec<_> = brought.iter().map(Written::change).collect();
                let done = async {
                    outbox::handle(&world, &changes).await?;
                    outbox::endings(&world, &changes).await
                };
                let done = done.await.map(|endings| {
                    let endings = endings.into_iter();
                    let rows = endings.map(|it| json!([it.id, format!("{:?}", it.outcome)]));
                    rows.collect()
                });
                invocation.done(done.map_err(|fault| TaskError::of(&fault)))
            }),
            due: Some(invocation.begins),
            deadline: Some(invocation.begins.plus_s(30)),
            ahead_ms: invocation.ahead_ms,
            only_request: false,
            open_until: None,
        });
    }

    /// Logs the endings that the outbox counts when all else of its batch is done.
    pub(crate) fn endings_counted(&mut self, endings: &Value) {
        let endings = serde_json::from_value::<Vec<(String, String)>>(endings.clone());
        for ending in endings.unwrap_or_default() {
            self.log(Event::Counted(ending));
        }
    }

    /// Handles the end of a batch. A batch that fails comes again, followed by what was written meanwhile, until it is
    /// given up.
    pub(crate) fn stream_done(&mut self, batch: Option<Rc<Vec<Written>>>, well: bool) {
        let Some(batch) = batch else { return };
        if well {
            self.stream_comes = false;
            return;
        }
        self.stream_tries += 1;
        if self.stream_tries >= STREAM_TRIES {
            self.log(Event::Unsent(batch));
            self.stream_comes = false;
            return;
        }
        let mut again = Rc::unwrap_or_clone(batch);
        again.append(&mut self.stream);
        self.stream = again;
        let at = self.world.true_time().plus_s(1);
        self.later(at, Later::Stream);
    }
}
