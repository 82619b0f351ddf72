//! What went wrong in a run that looks at many things, none of which keeps another from its turn.

use crate::ports::Answered;
use std::fmt::Display;
use windlass_domain::fault::Fault;

/// The faults of a run, so that it fails at its end and tells of all.
#[derive(Debug, Default)]
pub struct Faults {
    first: Option<Fault>,
    /// What else went wrong.
    others: Vec<String>,
}

impl Faults {
    /// Notes what went wrong with a thing, in the log at once.
    pub fn note(&mut self, thing: impl Display, fault: Fault) {
        let fault = fault.while_doing(thing);
        tracing::error!(%fault, "the others have their turn");
        if self.first.is_none() {
            self.first = Some(fault);
        } else {
            self.others.push(fault.to_string());
        }
    }

    /// What came of a thing; nothing where it went wrong, which is noted.
    pub fn take<T>(&mut self, thing: impl Display, came: Answered<T>) -> Option<T> {
        match came {
            Ok(came) => Some(came),
            Err(fault) => {
                self.note(thing, fault);
                None
            }
        }
    }

    /// How many things went wrong so far.
    pub fn count(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }

    /// The end of the run: the first fault, with all others in its message.
    ///
    /// # Errors
    /// Something went wrong.
    pub fn into_answer(self) -> Answered<()> {
        let Some(mut first) = self.first else {
            return Ok(());
        };
        for other in self.others {
            first.message = format!("{}; and {other}", first.message);
        }
        Err(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::fault::FaultName;

    #[test]
    fn the_first_fault_is_answered_and_names_the_others() {
        let mut faults = Faults::default();
        assert_eq!(faults.take("one", Ok(1)), Some(1));
        assert_eq!(faults.count(), 0);
        let fault = Fault::new(FaultName::Throttled, "slow down");
        assert_eq!(faults.take::<u8>("two", Err(fault)), None);
        faults.note("three", Fault::internal("it is broken"));
        assert_eq!(faults.count(), 2);
        let answer = faults.into_answer().unwrap_err();
        assert_eq!(
            answer.to_string(),
            "Throttled: two: slow down; and Internal: three: it is broken"
        );
        assert_eq!(Faults::default().into_answer(), Ok(()));
    }
}
