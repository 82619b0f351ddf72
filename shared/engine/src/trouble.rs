//! The errors of what reads the ledger, a target or an object for somebody's input.

use crate::ports::Result;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;

/// The reason why nothing comes of an input. The cases are kept apart, because a fault may pass and findings do not:
/// whoever tries again needs another input.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// Something went wrong while doing.
    Fault(Fault),
    /// Something is wrong with the input, or with the target that it names.
    Findings(Vec<Finding>),
}

/// The reason why a document cannot be read whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Unread<T> {
    /// Something went wrong while reading.
    Fault(Fault),
    /// Something is wrong with it, and perhaps a part of it can be read.
    Partial(PartialDocument<T>),
}

impl<T> Unread<T> {
    /// The reason where nothing of it can be read.
    pub fn whole(finding: Finding) -> Self {
        Self::Partial(PartialDocument::unread(vec![finding]))
    }

    /// Returns the document, for a caller that goes on with its readable part.
    ///
    /// # Errors
    /// The fault, with which the caller stops.
    pub fn partial(self) -> Result<PartialDocument<T>> {
        match self {
            Self::Partial(document) => Ok(document),
            Self::Fault(fault) => Err(fault),
        }
    }
}

impl<T> From<Fault> for Unread<T> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// After trouble nothing of a document is read.
impl<T> From<Trouble> for Unread<T> {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Fault(fault) => Self::Fault(fault),
            Trouble::Findings(findings) => Self::Partial(PartialDocument::unread(findings)),
        }
    }
}

impl<T> From<PartialDocument<T>> for Unread<T> {
    fn from(document: PartialDocument<T>) -> Self {
        Self::Partial(document)
    }
}

/// The answer of what an input may be wrong for.
pub type Checked<T> = Result<T, Trouble>;

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Finding> for Trouble {
    fn from(finding: Finding) -> Self {
        Self::Findings(vec![finding])
    }
}

impl From<Vec<Finding>> for Trouble {
    fn from(findings: Vec<Finding>) -> Self {
        Self::Findings(findings)
    }
}

impl Trouble {
    /// Returns the findings, for a caller that goes on with them.
    ///
    /// # Errors
    /// The fault, with which the caller stops.
    pub fn findings(self) -> Result<Vec<Finding>> {
        match self {
            Self::Findings(findings) => Ok(findings),
            Self::Fault(fault) => Err(fault),
        }
    }
}

/// Returns the answer, for a caller that goes on without it where the input is wrong.
///
/// # Errors
/// The fault.
pub fn found<T>(checked: Checked<T>) -> Result<Option<T>> {
    collected(checked, &mut Vec::new())
}

/// Returns the answer of AWS; `None` where what was asked for does not exist.
///
/// # Errors
/// Every other fault.
pub fn if_there<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Err(fault) if fault.name == FaultName::NotFound => Ok(None),
        answer => answer.map(Some),
    }
}

/// Returns the answer, else the findings, for a caller that goes on with either.
///
/// # Errors
/// The fault.
pub fn or_findings<T>(checked: Checked<T>) -> Result<Result<T, Vec<Finding>>> {
    match checked {
        Ok(found) => Ok(Ok(found)),
        Err(trouble) => trouble.findings().map(Err),
    }
}

/// Returns the findings alone; none where there is an answer.
///
/// # Errors
/// The fault.
pub fn findings<T>(checked: Checked<T>) -> Result<Vec<Finding>> {
    match checked {
        Ok(_) => Ok(Vec::new()),
        Err(trouble) => trouble.findings(),
    }
}

/// Returns the answer; else adds the findings to those of a caller that reports all of them at once.
///
/// # Errors
/// The fault.
pub fn collected<T>(checked: Checked<T>, findings: &mut Vec<Finding>) -> Result<Option<T>> {
    match checked {
        Ok(found) => Ok(Some(found)),
        Err(trouble) => {
            findings.extend(trouble.findings()?);
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_not_exist_is_no_answer() {
        let fault = |name| Err::<u8, _>(Fault::new(name, "AWS says"));
        assert_eq!(if_there(Ok(1)), Ok(Some(1)));
        assert_eq!(if_there(fault(FaultName::NotFound)), Ok(None));
        for name in [FaultName::Unavailable, FaultName::AccessDenied, FaultName::Conflict] {
            assert_eq!(if_there(fault(name)), fault(name).map(Some), "{name}");
        }
    }
}
