//! The queue of `intake`: its messages, which come singly or together, and again after a failure. Nobody sends a dead
//! letter back: the schedule has to make up for it.

use crate::due_later::{Later, Message};
use crate::events::EVENT_MS;
use crate::stage::Stage;
use crate::task::{Role, Task};
use serde_json::{Value, json};
use std::rc::Rc;
use windlass_domain::text::time::Time;
use windlass_engine::routes::intake;
use windlass_machine::arrivals::scheduled;
use windlass_world::World;

/// The time for which nobody else gets a message that was received, in seconds (`VisibilityTimeout` of `IntakeQueue`).
const HIDDEN_S: u64 = 360;

/// The number of times that a message is received before it is a dead letter (`maxReceiveCount`).
const RECEIVED_AT_MOST: u32 = 5;

/// The largest number of messages that one invocation gets (`BatchSize` of `IntakeSource`).
const TOGETHER_AT_MOST: usize = 10;

/// The timeout of `intake`, in seconds.
const TIMEOUT_S: u64 = 60;

impl Stage<'_> {
    /// Puts an event into the queue.
    pub(crate) fn send(&mut self, event: &Value) {
        let now = self.world.true_time();
        let body = Rc::new(event.clone());
        for at in self.times_of_event(now.plus_ms(EVENT_MS)) {
            let message = Message { body: Rc::clone(&body), received: 0, seen_again: at };
            self.later(at, Later::Message(message));
        }
    }

    /// Brings the event of the schedule of `intake`, through the queue.
    pub(crate) fn look(&mut self) {
        let now = self.world.true_time();
        self.looked = now;
        self.send(&scheduled(now));
    }

    /// Brings a message to `intake`, with all others that are there by now.
    pub(crate) fn receive(&mut self, first: Message) {
        let now = self.world.true_time();
        let messages: Rc<[Message]> = self.with_others(first, now).into();
        let invocation = self.next_invocation();
        let who = self.who("Intake");
        let number = who.number;
        for Message { body, .. } in messages.iter() {
            self.note(|| format!("Intake#{number} (invocation {}) gets {body}", invocation.number));
        }
        if invocation.is_refused {
            return self.received(Some(&messages), None);
        }
        let (world, bodies) = (self.world.clone(), Rc::clone(&messages));
        self.tasks.push(Task {
            number,
            role: Role::Intake(Some(messages)),
            who,
            future: Box::pin(async move { invocation.done(Ok(serve(&world, &bodies).await)) }),
            due: Some(invocation.begins),
            deadline: Some(invocation.begins.plus_s(TIMEOUT_S)),
            ahead_ms: invocation.ahead_ms,
            only_request: false,
            open_until: None,
        });
    }

    /// Makes a batch of messages. Each is received once more, and hidden for a while.
    fn with_others(&mut self, first: Message, now: Time) -> Vec<Message> {
        let due = self.agenda.range(..=(now, u64::MAX));
        let due = due.filter(|(_, what)| matches!(what, Later::Message(_)));
        let due = due.map(|(key, _)| *key).take(TOGETHER_AT_MOST - 1);
        let due: Vec<(Time, u64)> = due.collect();
        let others = due.iter().filter_map(|key| self.agenda.remove(key));
        let others = others.filter_map(|what| match what {
            Later::Message(message) => Some(message),
            _ => None,
        });
        let mut messages: Vec<Message> = std::iter::once(first).chain(others).collect();
        for message in &mut messages {
            message.received += 1;
            message.seen_again = now.plus_s(HIDDEN_S);
        }
        messages
    }

    /// Deletes the messages that were served. Every other message comes again, until it is a dead letter. Without an
    /// answer no message counts as served. Those that `intake` has sent back come as new ones.
    pub(crate) fn received(&mut self, messages: Option<&[Message]>, answer: Option<&Value>) {
        let sent_back = std::mem::take(&mut self.world.sqs().sent);
        for (_, event) in sent_back {
            self.send(&event);
        }
        for (n, message) in messages.into_iter().flatten().enumerate() {
            if answer.is_some_and(|served| served[n] == true) {
                continue;
            }
            if message.received >= RECEIVED_AT_MOST {
                let body = &message.body;
                self.note(|| format!("a dead letter: {body}"));
            } else {
                self.later(message.seen_again, Later::Message(message.clone()));
            }
        }
    }
}

/// Sends a flood back into the queue, and serves each other message, whatever came of the one before. Returns which are
/// done, as `windlass_aws::each_message` does.
async fn serve(world: &World, messages: &[Message]) -> Value {
    let batch: Vec<Value> = messages.iter().map(|message| Value::clone(&message.body)).collect();
    let sent_back = intake::send_back(world, "arn:aws:sqs:eu-west-1:111111111111:arrivals", &batch).await;
    let mut done = Vec::new();
    for (place, body) in batch.into_iter().enumerate() {
        done.push(sent_back.contains(&place) || intake::handle(world, body).await.is_ok());
    }
    json!(done)
}
