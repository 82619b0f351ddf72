//! Clients of the API: CI and operators, who ask again where no answer came.

use crate::agenda::Later;
use crate::deliver::{BEGIN_MS, LATE_MS};
use crate::happening::Event;
use crate::schedule::What;
use crate::stage::Stage;
use crate::task::{Done, Role, Task};
use crate::witness::ahead_of;
use serde_json::{Value, json};
use windlass_engine::routes::api::{self, Call};
use windlass_machine::TaskError;

/// How often a client asks at most.
const ASKED_AT_MOST: u32 = 5;

/// How long it waits before it asks again, in seconds.
const AGAIN_S: u64 = 5;

/// The timeout of `api`, in seconds.
const TIMEOUT_S: u64 = 29;

/// What a client asks for.
#[derive(Debug, Clone)]
pub struct Asking {
    act: usize,
    call: Call,
    /// How often it has asked.
    asked: u32,
}

impl Asking {
    /// What is asked for by an act of the scenario.
    pub fn new(act: usize, call: Call) -> Self {
        Self {
            act,
            call,
            asked: 0,
        }
    }
}

impl Stage<'_> {
    /// A client calls the API.
    pub(crate) fn ask(&mut self, mut asking: Asking) {
        let now = self.world.true_time();
        asking.asked += 1;
        let (invocation, met) = self.meet_at_invocation();
        let who = self.who("Api");
        let number = who.number;
        self.tell(|| {
            let Call { method, path, .. } = &asking.call;
            format!("Api#{number} (invocation {invocation}) is asked {method} {path}")
        });
        let is_late = met.contains(&What::InvokedLate);
        if is_late || met.contains(&What::NotInvoked) {
            self.replied(Some(asking.clone()), None);
        }
        if met.contains(&What::NotInvoked) {
            return;
        }
        let begins = now.plus_ms(if is_late { LATE_MS } else { BEGIN_MS });
        let lost = met.contains(&What::AnswerLost);
        let (world, call) = (self.world.clone(), asking.call.clone());
        self.tasks.push(Task {
            number,
            role: Role::Api(Some(asking).filter(|_| !is_late)),
            who,
            future: Box::pin(async move {
                let reply = api::handle(&world, call).await;
                if lost {
                    let error = TaskError::new("Lambda.Unknown", "its answer was lost");
                    return Done::Function(Err(error));
                }
                let (status, body) = (reply.status, reply.body);
                Done::Function(Ok(json!({"status": status, "body": body})))
            }),
            due: Some(begins),
            deadline: Some(begins.plus_s(TIMEOUT_S)),
            ahead_ms: ahead_of(&met),
            only_request: false,
        });
    }

    /// A client gets an answer, or none; it asks again where that may help.
    pub(crate) fn replied(&mut self, asking: Option<Asking>, reply: Option<Value>) {
        let Some(asking) = asking else { return };
        let may_help = |reply: &Value| reply["status"].as_u64() >= Some(500);
        if let Some(reply) = reply.filter(|reply| !may_help(reply)) {
            self.tell(|| format!("   the client is answered {reply}"));
            let act = asking.act;
            return self.log(Event::Answered { act, reply });
        }
        if asking.asked >= ASKED_AT_MOST {
            return self.tell(|| "   the client gives up".into());
        }
        let at = self.world.true_time().plus_s(AGAIN_S);
        self.later(at, Later::Ask(asking));
    }
}
