//! Collects the faults of a run that looks at many things, so that a fault with one thing does not keep the others from
//! their turn.

use crate::ports::Result;
use std::fmt::Display;
use windlass_domain::text::fault::Fault;

/// The most faults that a run names in its answer. Its log has all of them.
const NAMED: usize = 20;

/// The faults of a run, so that it fails at its end and names all.
#[derive(Debug, Default)]
pub struct Faults {
    first: Option<Fault>,
    /// The other faults, as far as they are named.
    others: Vec<String>,
    count: usize,
}

impl Faults {
    /// Notes the fault of a thing, and logs it at once.
    pub fn note(&mut self, thing: impl Display, fault: Fault) {
        let fault = fault.while_doing(thing);
        tracing::error!(%fault, "the others have their turn");
        self.count += 1;
        if self.first.is_none() {
            self.first = Some(fault);
        } else if self.count <= NAMED {
            self.others.push(fault.to_string());
        }
    }

    /// Returns the result of a thing; `None` if it is a fault, which is noted.
    pub fn take<T>(&mut self, thing: impl Display, came: Result<T>) -> Option<T> {
        match came {
            Ok(came) => Some(came),
            Err(fault) => {
                self.note(thing, fault);
                None
            }
        }
    }

    /// Returns the number of faults so far.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Ends the run with the first fault, with the others in its message.
    ///
    /// # Errors The first fault, if there was one.
    pub fn into_answer(self) -> Result<()> {
        let Some(mut first) = self.first else { return Ok(()) };
        let unnamed = self.count.saturating_sub(NAMED);
        let more = (unnamed > 0).then(|| format!("{unnamed} more, which the log names"));
        let mut messages = vec![first.message];
        messages.extend(self.others.into_iter().chain(more));
        first.message = messages.join("; and ");
        Err(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::fault::FaultName;

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
        assert_eq!(answer.to_string(), "Throttled: two: slow down; and Internal: three: it is broken");
        assert_eq!(Faults::default().into_answer(), Ok(()));
    }

    #[test]
    fn an_answer_names_twenty_faults_and_says_how_many_more_there_were() {
        for (count, more) in [(20, None), (21, Some(1)), (10_000, Some(9980))] {
            let mut faults = Faults::default();
            for number in 0..count {
                faults.note(format!("<{number}>"), Fault::internal("it is broken"));
            }
            assert_eq!(faults.count(), count);
            let message = faults.into_answer().unwrap_err().message;
            assert_eq!(message.matches("it is broken").count(), 20);
            assert!(message.contains("<19>: it is broken"), "{message}");
            let more = more.map(|more| format!("; and {more} more, which the log names"));
            let end = more.unwrap_or_else(|| "it is broken".to_owned());
            assert!(message.ends_with(&end), "{message}");
        }
    }
}
