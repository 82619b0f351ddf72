//! The one error of what reads the ledger or a target for somebody's input.

use crate::ports::Result;
use windlass_domain::fault::Fault;
use windlass_domain::finding::Finding;

/// The reason why nothing comes of an input. The cases are kept apart, because a fault may pass and findings do not:
/// whoever tries again needs another input.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// Something went wrong while doing.
    Fault(Fault),
    /// Something is wrong with the input, or with the target that it names.
    Findings(Vec<Finding>),
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

/// Tells findings, for a caller that goes on with them, from a fault, with which it stops.
pub fn apart<T>(checked: Checked<T>) -> Result<Result<T, Vec<Finding>>> {
    match checked {
        Ok(found) => Ok(Ok(found)),
        Err(Trouble::Findings(findings)) => Ok(Err(findings)),
        Err(Trouble::Fault(fault)) => Err(fault),
    }
}
