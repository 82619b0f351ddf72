//! A whole campaign must have met every call, every state and every kind of mishap.

use crate::campaign::Tally;
use crate::schedule::What;
use std::collections::BTreeSet;
use windlass_machine::program::{Program, State};
use windlass_world::calls::CALLS;

/// The reason why no scenario uploads a file in parts.
const LARGE: &str = "only for a file of more than 8 MiB, which every schedule would unpack and hash anew; shared/engine/tests/site/large.rs has them";

/// The calls that no scenario makes, each with the reason.
pub const UNREACHED: [(&str, &str); 6] = [
    (
        "stepfunctions.newest",
        "only where the API is asked for a deployment that has no record yet; tests/machine/tests/api/releases.rs has that",
    ),
    ("s3.abort_upload", LARGE),
    ("s3.complete_upload", LARGE),
    ("s3.create_upload", LARGE),
    (
        "s3.list_versions",
        "only where a site changes more files than are asked for at once, or a recorded version is gone",
    ),
    ("s3.upload_part", LARGE),
];

/// Returns the names of all states of a machine, those within Maps too.
pub fn states_of(program: &Program) -> BTreeSet<&str> {
    let within = program.states.iter().flat_map(|state| match state {
        State::Map(map) => map.processor.names.as_slice(),
        _ => &[],
    });
    let names = program.names.iter().chain(within);
    names.map(String::as_str).collect()
}

/// Returns the calls that were never made, without those of [`UNREACHED`].
pub fn missing_calls(tally: &Tally) -> Vec<&'static str> {
    let unreached = |call: &str| UNREACHED.iter().any(|(name, _)| *name == call);
    let calls = CALLS.into_iter();
    calls.filter(|call| !tally.calls.contains(*call) && !unreached(call)).collect()
}

/// Returns in words what a whole campaign did not meet though it must, and the calls of [`UNREACHED`] that it met.
pub fn gaps(tally: &Tally, states: &BTreeSet<&str>) -> Vec<String> {
    let calls = missing_calls(tally).into_iter();
    let calls = calls.map(|call| format!("the call {call} was never made"));
    let made = UNREACHED.iter().filter(|(call, _)| tally.calls.contains(*call));
    let made = made.map(|(call, _)| format!("the call {call} was made, which is said to be out of reach"));
    let entered = |state: &&&str| !tally.states.contains(**state);
    let states = states.iter().filter(entered);
    let states = states.map(|state| format!("the state {state} was never entered"));
    let kinds = What::ALL.iter().filter(|what| !tally.met.contains_key(what));
    let kinds = kinds.map(|what| format!("the mishap {} was never met", what.name()));
    calls.chain(made).chain(states).chain(kinds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Tally {
        let reached = CALLS.into_iter().filter(|call| {
            let mut unreached = UNREACHED.iter();
            !unreached.any(|(name, _)| name == call)
        });
        Tally {
            met: What::ALL.map(|what| (what, 1)).into(),
            states: ["Admit", "Change"].map(str::to_owned).into(),
            calls: reached.map(str::to_owned).collect(),
            ..Tally::default()
        }
    }

    #[test]
    fn whatever_was_not_met_is_listed() {
        let states = BTreeSet::from(["Admit", "Change"]);
        assert_eq!(gaps(&full(), &states), [""; 0]);
        let mut tally = full();
        tally.calls.remove("dynamodb.get");
        tally.states.remove("Change");
        tally.met.remove(&What::Late);
        let listed = [
            "the call dynamodb.get was never made",
            "the state Change was never entered",
            "the mishap late was never met",
        ];
        assert_eq!(gaps(&tally, &states), listed);
    }

    #[test]
    fn what_is_out_of_reach_is_a_call_and_is_not_made() {
        for (call, why) in UNREACHED {
            assert!(CALLS.contains(&call), "{call}");
            assert!(!why.is_empty(), "{call}");
            let mut tally = full();
            tally.calls.insert(call.to_owned());
            assert_eq!(gaps(&tally, &BTreeSet::new()).len(), 1, "{call}");
        }
    }
}
