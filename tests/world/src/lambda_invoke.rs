//! Calls of functions that take long, in memory, and the events that ask for them.

use crate::World;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{CallAnswer, Clock as _, LambdaInvokeApi, OneCall, Result};

/// The time for which a function runs, where nobody says otherwise, in seconds.
const LASTS_S: u64 = 10;

/// The calls, and the behaviour of functions, by name and direction, such as `shop-migrate/forward`.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The events that ask for a call, which nobody has brought yet.
    pub asked: Vec<Value>,
    /// True if each event is brought twice.
    pub is_twice: bool,
    /// All calls that ever ran, oldest first.
    pub live: Vec<LiveCall>,
    /// The time for which a call runs, in seconds; 10 if it is not here.
    pub lasts_s: BTreeMap<String, u64>,
    /// Calls that fail.
    pub fails: BTreeSet<String>,
    /// The number of calls that are still to be throttled.
    pub throttled: u32,
}

/// A call that was made.
#[derive(Debug, Clone)]
pub struct LiveCall {
    /// The call that was asked for.
    pub asked: OneCall,
    /// The time at which it began.
    pub began: Time,
    /// The time at which it ends, whoever waits for it.
    pub ends: Time,
    /// True if it fails.
    pub fails: bool,
}

impl LiveCall {
    /// Returns the key by which the function knows it.
    pub fn key(&self) -> &str {
        self.asked.payload["key"].as_str().unwrap_or_default()
    }

    /// Returns whether it has done its work by then.
    pub fn succeeded(&self, now: Time) -> bool {
        !self.fails && self.ends <= now
    }

    /// Returns whether it runs at that time.
    pub fn lives(&self, now: Time) -> bool {
        self.began <= now && now < self.ends
    }
}

impl LambdaInvokeApi for World {
    async fn ask_runner(&self, ask: &Value) -> Result<()> {
        let call = self.call("lambda_invoke.ask_runner").await?;
        let times = if self.lambda_invoke().is_twice { 2 } else { 1 };
        for _ in 0..times {
            self.lambda_invoke().asked.push(ask.clone());
        }
        call.answer(()).await
    }

    async fn call_once(&self, asked: &OneCall) -> Result<CallAnswer> {
        let call = self.call("lambda_invoke.call_once").await?;
        if !self.lambda().functions.contains_key(&asked.name) {
            let message = format!("ResourceNotFoundException: {}", asked.name);
            return Err(Fault::new(FaultName::NotFound, message));
        }
        if self.lambda_invoke().throttled > 0 {
            self.lambda_invoke().throttled -= 1;
            let message = "TooManyRequestsException: Rate Exceeded";
            return Err(Fault::new(FaultName::Throttled, message));
        }
        let began = self.true_time();
        let direction = asked.payload["direction"].as_str().unwrap_or_default();
        let named = format!("{}/{direction}", asked.name);
        let (ends, fails) = {
            let mut state = self.lambda_invoke();
            let lasts_s = state.lasts_s.get(&named).copied().unwrap_or(LASTS_S);
            let fails = state.fails.contains(&named);
            let ends = began.plus_s(lasts_s);
            state.live.push(LiveCall { asked: asked.clone(), began, ends, fails });
            (ends, fails)
        };
        let waits_until = ends.min(began.plus_s(asked.within_s));
        while self.true_time() < waits_until {
            let ms = waits_until.ms_since(self.true_time()).min(20_000);
            self.sleep_ms(ms).await;
        }
        if self.true_time() < ends {
            return Err(Fault::new(FaultName::Unavailable, "no answer in time"));
        }
        let answer = CallAnswer {
            error: fails.then(|| "Unhandled".to_owned()),
            error_type: if fails { "MigrationError".into() } else { String::new() },
            tail: if asked.wants_log { "START\nit has run\nEND".into() } else { String::new() },
        };
        call.answer(answer).await
    }
}
