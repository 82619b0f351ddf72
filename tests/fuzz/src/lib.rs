//! Hostile input: the input that people, CI systems and AWS bring in, generated and mutated. Whatever comes, nothing
//! panics, memory and time stay bounded, and every refusal has named findings.
//!
//! Each input follows from its target and its number, so that every failure can be played again.

pub mod mutate;
pub mod play;
pub mod report;
pub mod targets;
mod watch;
pub mod words;

/// The outcome of one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// It was refused, with findings of these names.
    Refused(Vec<String>),
}

/// A property that an input broke, in words.
pub type Broken = String;

/// A part of the product that takes input from outside.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// The share of this target in a thousand inputs.
    pub share: u64,
    /// Prepares the target for inputs. Every input is tried as if it were the first.
    pub ready: fn() -> Box<Try>,
}

/// Tries the input that is made from the random numbers. The bytes are filled with the part of it to show.
pub type Try = dyn FnMut(&mut fastrand::Rng, &mut Vec<u8>) -> Result<Outcome, Broken>;
