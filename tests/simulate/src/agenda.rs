//! The things that are due later and that nobody runs yet.

use crate::client::Asking;
use crate::events::tick;
use crate::queue::{LOOK_S, Message};
use crate::stage::{Stage, TICK_S};
use serde_json::Value;
use windlass_domain::time::Time;

/// Something that is due later.
#[derive(Debug, Clone)]
pub enum Later {
    /// An event comes to `recovery`. The number counts how often it has come, this time included.
    Recover(Value, u32),
    /// A batch of the stream comes to `outbox`.
    Stream,
    /// The schedule of `recovery` comes.
    Tick,
    /// The schedule of `intake` comes.
    Look,
    /// A message comes to `intake`.
    Message(Message),
    /// A client asks the API again.
    Ask(Asking),
    /// An ended execution is redriven.
    Redrive(String),
}

impl Later {
    /// Returns whether it comes for ever, whatever else happens.
    pub fn is_schedule(&self) -> bool {
        matches!(self, Self::Tick | Self::Look)
    }
}

impl Stage<'_> {
    pub(crate) fn later(&mut self, at: Time, what: Later) {
        self.numbers += 1;
        self.agenda.insert((at, self.numbers), what);
    }

    pub(crate) fn come(&mut self, what: Later) {
        match what {
            Later::Recover(event, tries) => self.recover(event, tries),
            Later::Stream => self.bring_stream(),
            Later::Redrive(arn) => self.redrive(&arn),
            Later::Ask(asking) => self.ask(asking),
            Later::Message(message) => self.receive(message),
            Later::Look => {
                let at = self.world.true_time().plus_s(LOOK_S);
                self.later(at, Later::Look);
                self.look();
            }
            Later::Tick => {
                let now = self.world.true_time();
                self.later(now.plus_s(TICK_S), Later::Tick);
                for at in self.times_of_event(now) {
                    self.later(at, Later::Recover(tick(), 1));
                }
            }
        }
        self.pump();
    }
}
