//! Schedules: the mishaps of a run and their places. A schedule as text is the seed from which a run is repeated
//! exactly.

use crate::times::{BEHIND_AT_RANDOM_MS, BEHIND_MS};
use std::fmt;
use std::str::FromStr;

/// The kind of a mishap: an event at a numbered point of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A port call fails before it has any effect.
    FailsBefore,
    /// A port call takes effect, and its answer is lost.
    FailsAfter,
    /// A port call is throttled.
    Throttled,
    /// A port call, and every further one of its name, is throttled for ten minutes.
    ThrottledLong,
    /// A port call is refused, as to a role that lacks a permission.
    Denied,
    /// A port call, and every further one of its name, is refused for ten minutes.
    DeniedLong,
    /// A port call has no effect, and no answer comes within its budget.
    HangsBefore,
    /// A port call takes effect, and no answer comes within its budget.
    HangsAfter,
    /// The function's process dies before a port call.
    KilledBefore,
    /// The function's process dies after a port call.
    KilledAfter,
    /// The function's process dies after sending a port call, which takes effect as late as AWS may
    /// hold a request.
    Late,
    /// A port call is slow: it takes effect seconds later, and its answer comes in time.
    Slow,
    /// Step Functions loses the function at a port call, which is slow; so a retry of the Task runs
    /// beside its first invocation.
    Twin,
    /// The execution is stopped at a port call of its function, which goes on to its end.
    StoppedWithin,
    /// The execution is stopped at a port call of its function, and the call is so slow that a recovery goes by.
    StoppedSlow,
    /// The execution is stopped at a switching call of its function, whose process dies, and which takes effect as
    /// late as AWS may hold a request.
    StoppedLate,
    /// An execution is stopped as it enters a state.
    Stopped,
    /// An execution has run for as long as it may, as it enters a state.
    TimedOut,
    /// An execution is stopped, and the event of it is lost.
    StoppedUnannounced,
    /// An execution is stopped, and redriven two seconds later.
    StoppedRedriven,
    /// An execution is stopped, and redriven when its recovery is long done.
    StoppedRedrivenLate,
    /// Step Functions cannot invoke a function at first.
    NotInvoked,
    /// The account has no concurrency left from an invocation on: for ten minutes Lambda refuses all that Step Functions
    /// makes.
    FunctionsThrottled,
    /// Step Functions gives an invocation up, which begins two minutes later all the same.
    InvokedLate,
    /// A function goes to its end, and Step Functions does not get its answer.
    AnswerLost,
    /// An event is lost.
    EventLost,
    /// An event comes twice.
    EventDoubled,
    /// An event comes ten minutes late.
    EventLate,
    /// A read of the ledger's index does not show the last ten minutes yet.
    IndexLate,
    /// Reads of services, of executions, and of earlier states of alarms show the state of 15 seconds before, for 30
    /// seconds.
    LooksLate,
    /// A transaction of the ledger is refused although its conditions hold: another one is under way on one of
    /// its items.
    Conflict,
    /// A transaction of the ledger is refused although its conditions hold, and so is every further one for seconds.
    ConflictLasts,
    /// A function's clock is ahead by as much as is assumed at most.
    ClockAhead,
    /// A function's clock is behind by as much as is assumed at most.
    ClockBehind,
    /// A target is changed out of band, by a person, just before a port call.
    OutOfBand,
    /// The execution is stopped at a port call of its function, whose process dies, and AWS holds the
    /// request for minutes: for longer than `docs/SAFETY.md` assumes.
    StoppedHeld,
}

/// The points of a run that are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// Port calls.
    Calls,
    /// Visits of states.
    Visits,
    /// Invocations of functions by the machine, of `intake` by its queue, and of `api` by clients.
    Invocations,
    /// Events: ends of executions, batches of the ledger's stream, arrivals, and turns of the two schedules that look
    /// for arrivals and ends without an event.
    Events,
    /// Reads of the ledger's index, which may be late (Amazon DynamoDB Developer Guide, "Global
    /// secondary indexes": eventually consistent).
    Lookups,
    /// Reads of services, of executions and of the history of alarms, for which AWS promises no consistent answer
    /// (Amazon ECS API Reference, DescribeServices, and AWS Step Functions API Reference, DescribeExecution: eventually
    /// consistent; Lambda, CloudFront and CloudWatch say nothing of it).
    Looks,
    /// Transactions of the ledger, which DynamoDB refuses while another one is under way on one of the same items
    /// (Amazon DynamoDB Developer Guide, "Transactional conflict handling").
    Transactions,
}

impl What {
    /// All mishaps that the rules must bear.
    pub const ALL: [Self; 35] = [
        Self::FailsBefore,
        Self::FailsAfter,
        Self::Throttled,
        Self::ThrottledLong,
        Self::Denied,
        Self::DeniedLong,
        Self::HangsBefore,
        Self::HangsAfter,
        Self::KilledBefore,
        Self::KilledAfter,
        Self::Late,
        Self::Slow,
        Self::Twin,
        Self::StoppedWithin,
        Self::StoppedSlow,
        Self::StoppedLate,
        Self::Stopped,
        Self::TimedOut,
        Self::StoppedUnannounced,
        Self::StoppedRedriven,
        Self::StoppedRedrivenLate,
        Self::NotInvoked,
        Self::FunctionsThrottled,
        Self::InvokedLate,
        Self::AnswerLost,
        Self::EventLost,
        Self::EventDoubled,
        Self::EventLate,
        Self::IndexLate,
        Self::LooksLate,
        Self::Conflict,
        Self::ConflictLasts,
        Self::ClockAhead,
        Self::ClockBehind,
        Self::OutOfBand,
    ];

    /// The mishaps that go beyond the assumptions of the design about AWS. Only the second look is left then, so none
    /// of these is among [`Self::ALL`].
    pub const BEYOND: [Self; 1] = [Self::StoppedHeld];

    /// Its name in a seed.
    pub fn name(self) -> &'static str {
        match self {
            Self::FailsBefore => "fails_before",
            Self::FailsAfter => "fails_after",
            Self::Throttled => "throttled",
            Self::ThrottledLong => "throttled_long",
            Self::Denied => "denied",
            Self::DeniedLong => "denied_long",
            Self::HangsBefore => "hangs_before",
            Self::HangsAfter => "hangs_after",
            Self::KilledBefore => "killed_before",
            Self::KilledAfter => "killed_after",
            Self::Late => "late",
            Self::Slow => "slow",
            Self::Twin => "twin",
            Self::StoppedWithin => "stopped_within",
            Self::StoppedSlow => "stopped_slow",
            Self::StoppedLate => "stopped_late",
            Self::Stopped => "stopped",
            Self::TimedOut => "timed_out",
            Self::StoppedUnannounced => "stopped_unannounced",
            Self::StoppedRedriven => "stopped_redriven",
            Self::StoppedRedrivenLate => "stopped_redriven_late",
            Self::NotInvoked => "not_invoked",
            Self::FunctionsThrottled => "functions_throttled",
            Self::InvokedLate => "invoked_late",
            Self::AnswerLost => "answer_lost",
            Self::EventLost => "event_lost",
            Self::EventDoubled => "event_doubled",
            Self::EventLate => "event_late",
            Self::IndexLate => "index_late",
            Self::LooksLate => "looks_late",
            Self::Conflict => "conflict",
            Self::ConflictLasts => "conflict_lasts",
            Self::ClockAhead => "clock_ahead",
            Self::ClockBehind => "clock_behind",
            Self::OutOfBand => "out_of_band",
            Self::StoppedHeld => "stopped_held",
        }
    }

    /// Returns the points that its number counts.
    pub fn counted(self) -> Counted {
        match self {
            Self::Stopped
            | Self::TimedOut
            | Self::StoppedUnannounced
            | Self::StoppedRedriven
            | Self::StoppedRedrivenLate => Counted::Visits,
            Self::NotInvoked
            | Self::FunctionsThrottled
            | Self::InvokedLate
            | Self::AnswerLost
            | Self::ClockAhead
            | Self::ClockBehind => Counted::Invocations,
            Self::EventLost | Self::EventDoubled | Self::EventLate => Counted::Events,
            Self::IndexLate => Counted::Lookups,
            Self::LooksLate => Counted::Looks,
            Self::Conflict | Self::ConflictLasts => Counted::Transactions,
            _ => Counted::Calls,
        }
    }
}

/// A mishap: its kind, and the number of its point, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mishap {
    /// The kind.
    pub what: What,
    /// The number of the point.
    pub at: u64,
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.what.name(), self.at)
    }
}

/// A schedule: a scenario, its mishaps, and the way in which its parts interleave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The scenario's name.
    pub scenario: String,
    /// The seed of the calls' latencies, which decide the interleaving of parts. All latencies are alike if it is 0.
    pub latencies: u64,
    /// The mishaps.
    pub mishaps: Vec<Mishap>,
}

impl Schedule {
    /// Makes a schedule without mishaps.
    pub fn plain(scenario: &str) -> Self {
        Self { scenario: scenario.to_owned(), latencies: 0, mishaps: Vec::new() }
    }

    /// Makes a schedule with these mishaps.
    pub fn with(scenario: &str, mishaps: &[Mishap]) -> Self {
        Self { mishaps: mishaps.to_vec(), ..Self::plain(scenario) }
    }

    /// Returns the number of mishaps that are met in all, if each is. A stop that nothing announces counts twice,
    /// because its event is lost as well.
    pub fn to_be_met(&self) -> usize {
        let mishaps = self.mishaps.iter();
        let unannounced = mishaps.filter(|mishap| mishap.what == What::StoppedUnannounced);
        self.mishaps.len() + unannounced.count()
    }

    /// Returns whether any mishap goes beyond the assumptions about AWS.
    pub fn is_beyond(&self) -> bool {
        let mut mishaps = self.mishaps.iter();
        mishaps.any(|mishap| What::BEYOND.contains(&mishap.what))
    }

    /// Returns the longest time by which a read that need not be consistent may be behind, in milliseconds.
    pub fn reads_behind_ms(&self) -> u64 {
        let is_late = |mishap: &Mishap| mishap.what == What::LooksLate;
        match self.latencies {
            _ if self.mishaps.iter().any(is_late) => BEHIND_MS,
            0 => 0,
            _ => BEHIND_AT_RANDOM_MS,
        }
    }

    /// Returns the mishaps at this number.
    pub fn at(&self, counted: Counted, number: u64) -> impl Iterator<Item = What> + '_ {
        let mishaps = self.mishaps.iter();
        mishaps.filter(move |mishap| mishap.at == number && mishap.what.counted() == counted).map(|mishap| mishap.what)
    }
}

/// `canary+late@40+stopped@7`, with `~5` after the scenario for latencies from the seed 5.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scenario)?;
        if self.latencies > 0 {
            write!(f, "~{}", self.latencies)?;
        }
        for mishap in &self.mishaps {
            write!(f, "+{mishap}")?;
        }
        Ok(())
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('+');
        let scenario = parts.next().unwrap_or_default();
        let (scenario, latencies) = match scenario.split_once('~') {
            Some((scenario, seed)) => (scenario, number(seed)?),
            None => (scenario, 0),
        };
        Ok(Self { scenario: scenario.to_owned(), latencies, mishaps: parts.map(mishap).collect::<Result<_, _>>()? })
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn mishap(text: &str) -> Result<Mishap, String> {
    let (name, at) = text.split_once('@').ok_or_else(|| format!("`{text}` is not written as what@number"))?;
    let mut all = What::ALL.into_iter().chain(What::BEYOND);
    let what = all.find(|what| what.name() == name);
    let what = what.ok_or_else(|| format!("there is no mishap `{name}`"))?;
    Ok(Mishap { what, at: number(at)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_read_as_it_is_written() {
        for what in What::ALL.into_iter().chain(What::BEYOND) {
            let written = Schedule {
                latencies: 5,
                ..Schedule::with("canary", &[Mishap { what, at: 40 }, Mishap { what, at: 7 }])
            };
            assert_eq!(written.to_string().parse(), Ok(written));
        }
        assert_eq!("canary".parse(), Ok(Schedule::plain("canary")));
        for bad in ["canary~x", "canary+late", "canary+soon@1", "canary+late@x"] {
            assert!(bad.parse::<Schedule>().is_err(), "{bad}");
        }
    }
}
