//! The queue of `intake`: what comes to it, and how often.

use crate::agenda::Later;
use crate::events::EVENT_MS;
use crate::stage::Stage;
use crate::task::{Role, Task};
use serde_json::Value;
use std::rc::Rc;
use windlass_domain::time::Time;
use windlass_engine::routes::intake;
use windlass_machine::TaskError;
use windlass_machine::arrivals::scheduled;

/// How often the schedule of `intake` looks for what no event told (`MissedArrivalsSchedule` in the template).
pub const LOOK_S: u64 = 900;

/// How long nobody else gets a message that was received (`VisibilityTimeout` of `IntakeQueue`).
const HIDDEN_S: u64 = 360;

/// How often a message is received before it is a dead letter (`maxReceiveCount`).
const RECEIVED_AT_MOST: u32 = 5;

/// The timeout of `intake`, in seconds.
const TIMEOUT_S: u64 = 60;

/// A message of the queue.
#[derive(Debug, Clone)]
pub struct Message {
    body: Rc<Value>,
    /// How often it was received before.
    received: u32,
    /// When others get it, where it was received and not deleted.
    seen_again: Time,
}

impl Stage<'_> {
    /// An event goes into the queue.
    pub(crate) fn send(&mut self, event: &Value) {
        let now = self.world.true_time();
        let body = Rc::new(event.clone());
        for at in self.times_of_event(now.plus_ms(EVENT_MS)) {
            let message = Message {
                body: Rc::clone(&body),
                received: 0,
                seen_again: at,
            };
            self.later(at, Later::Message(message));
        }
    }

    /// The schedule of `intake` comes, through the queue.
    pub(crate) fn look(&mut self) {
        let now = self.world.true_time();
        self.looked = now;
        self.send(&scheduled(now));
    }

    /// `intake` gets a message.
    pub(crate) fn receive(&mut self, mut message: Message) {
        let now = self.world.true_time();
        message.received += 1;
        message.seen_again = now.plus_s(HIDDEN_S);
        let invocation = self.next_invocation();
        let who = self.who("Intake");
        let number = who.number;
        self.tell(|| {
            let body = &message.body;
            let invocation = invocation.number;
            format!("Intake#{number} (invocation {invocation}) gets {body}")
        });
        if invocation.is_refused {
            return self.received(Some(message), false);
        }
        let (world, event) = (self.world.clone(), Value::clone(&message.body));
        self.tasks.push(Task {
            number,
            role: Role::Intake(Some(message)),
            who,
            future: Box::pin(async move {
                let done = intake::handle(&world, event).await;
                let done = done.map(|()| Value::Null);
                invocation.done(done.map_err(|fault| TaskError::of(&fault)))
            }),
            due: Some(invocation.begins),
            deadline: Some(invocation.begins.plus_s(TIMEOUT_S)),
            ahead_ms: invocation.ahead_ms,
            only_request: false,
        });
    }

    /// A message that was served is deleted; another one comes again, until it is a dead letter.
    pub(crate) fn received(&mut self, message: Option<Message>, well: bool) {
        let Some(message) = message.filter(|_| !well) else {
            return;
        };
        if message.received >= RECEIVED_AT_MOST {
            let body = Rc::clone(&message.body);
            return self.tell(|| format!("a dead letter: {body}"));
        }
        self.later(message.seen_again, Later::Message(message));
    }
}
