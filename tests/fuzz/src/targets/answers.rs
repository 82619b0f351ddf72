//! Answers of users' functions, which say what is outside: each is read whole, or not believed for a reason.

use crate::mutate::{bytes, document, word};
use crate::{Outcome, Try};
use fastrand::Rng;
use serde_json::{Value, json};
use windlass_domain::declaration::kinds::external::{Acted, BadAnswer, LONGEST_ANSWER, Look};

pub fn ready() -> Box<Try> {
    Box::new(|rng, shown| {
        let is_planned = rng.bool();
        let seeds = answers(rng, is_planned);
        let answer = document(rng, &seeds).to_string().into_bytes();
        *shown = if rng.bool() { answer } else { bytes(rng, &[answer]) };
        let looked = Look::read(shown, is_planned);
        if let Ok(look) = &looked {
            let is_known = look.state.as_ref().is_none_or(|state| look.reads_format(state));
            if shown.len() > LONGEST_ANSWER || !is_known || look.goal.is_some() != is_planned {
                return Err(format!("it is believed: {look:?}"));
            }
        }
        let acted = [Acted::of_preparation(shown), Acted::of_change(shown)];
        let is_taken = looked.is_ok() || acted.iter().any(Result::is_ok);
        match looked {
            Err(bad) if !is_taken => Ok(refused(&bad)),
            _ => Ok(Outcome::Taken),
        }
    })
}

/// Returns the outcome of an answer that is not believed.
fn refused(bad: &BadAnswer) -> Outcome {
    let name = match bad {
        BadAnswer::TooLong(_) => "TooLong",
        BadAnswer::NoObject => "NoObject",
        BadAnswer::Secret(_) => "Secret",
        BadAnswer::Unknown { .. } => "Unknown",
        BadAnswer::OtherVersion => "OtherVersion",
        BadAnswer::Form(_) => "Form",
        BadAnswer::Refused(_) => "Refused",
    };
    Outcome::Refused(vec![name.to_owned()])
}

fn answers(rng: &mut Rng, is_planned: bool) -> [Value; 5] {
    let mut look = json!({
        "owns": "github:org/book#gh-pages", "state": {"format": "1", "tree": word(rng)}, "mark": "c0ffee",
        "guarded": true, "ready": rng.bool(), "prepared": true, "says": word(rng), "reads": ["1"], "value": "9a",
    });
    if is_planned {
        look["goal"] = json!({"format": "1", "tree": "9b"});
    }
    if rng.u8(0..8) == 0 {
        look["says"] = "password=hush-and-hush-again-4711".into();
    }
    if rng.u8(0..8) == 0 {
        look["state"]["long"] = word(rng).repeat(rng.usize(0..3000)).into();
    }
    let refused = json!({"refused": {"name": "Conflict", "says": word(rng)}});
    [look, json!({"sent": true}), json!({"done": true}), json!({"more": true}), refused]
}
