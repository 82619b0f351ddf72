//! Clients of the API: CI and operators, who ask again if no answer came. A rollback is not played so, because each
//! call is one of its own: a client must look before it asks again.

use crate::due_later::{Asking, Later};
use crate::happening::Event;
use crate::stage::Stage;
use crate::task::{Role, Task};
use serde_json::{Value, json};
use windlass_engine::routes::api::{self, ApiCall};

/// The number of times that a client asks at most.
const ASKED_AT_MOST: u32 = 5;

/// The wait before it asks again, in seconds.
const AGAIN_S: u64 = 5;

/// The timeout of `api`, in seconds.
const TIMEOUT_S: u64 = 29;

impl Stage<'_> {
    /// A client calls the API.
    pub(crate) fn ask(&mut self, mut asking: Asking) {
        asking.asked += 1;
        let invocation = self.next_invocation();
        let who = self.who("Api");
        let number = who.number;
        self.note(|| {
            let ApiCall { method, path, .. } = &asking.call;
            let invocation = invocation.number;
            format!("Api#{number} (invocation {invocation}) is asked {method} {path}")
        });
        if invocation.is_given_up || invocation.is_refused {
            self.replied(Some(asking.clone()), None);
        }
        if invocation.is_refused {
            return;
        }
        let (world, call) = (self.world.clone(), asking.call.clone());
        self.tasks.push(Task {
            number,
            role: Role::Api(Some(asking).filter(|_| !invocation.is_given_up)),
            who,
            future: Box::pin(async move {
                let answered = api::handle(&world, call).await;
                let (status, body) = (answered.status, answered.body);
                invocation.done(Ok(json!({"status": status, "body": body})))
            }),
            due: Some(invocation.begins),
            deadline: Some(invocation.begins.plus_s(TIMEOUT_S)),
            ahead_ms: invocation.ahead_ms,
            only_request: false,
            open_until: None,
        });
    }

    /// Gives a client its answer, or none. The client asks again if that may help.
    pub(crate) fn replied(&mut self, asking: Option<Asking>, reply: Option<Value>) {
        let Some(asking) = asking else { return };
        let may_help = |reply: &Value| reply["status"].as_u64() >= Some(500);
        if let Some(reply) = reply.filter(|reply| !may_help(reply)) {
            self.note(|| format!("   the client is answered {reply}"));
            let act = asking.act;
            return self.log(Event::Answered { act, reply });
        }
        if asking.asked >= ASKED_AT_MOST {
            return self.note(|| "   the client gives up".into());
        }
        let at = self.world.true_time().plus_s(AGAIN_S);
        self.later(at, Later::Ask(asking));
    }
}
