//! Hostile input: what people, CI systems and AWS bring in, generated and mutated. Whatever comes,
//! nothing panics, memory and time stay bounded, and what is refused is refused by named findings.
//!
//! Each input follows from its target and its number, so that every failure can be played again.

pub mod mutate;
pub mod play;
pub mod report;
pub mod targets;
mod watch;
pub mod words;

/// What came of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// It was refused, for reasons of these names.
    Refused(Vec<String>),
}

/// What must not be: told in words.
pub type Broken = String;

/// Something that takes input from outside.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// How many of a thousand inputs are for it.
    pub share: u64,
    /// Makes ready to try inputs; every input is tried as if it were the first.
    pub ready: fn() -> Box<Try>,
}

/// Tries the input that the random numbers make. The bytes are what to show of it.
pub type Try = dyn FnMut(&mut fastrand::Rng, &mut Vec<u8>) -> Result<Outcome, Broken>;
