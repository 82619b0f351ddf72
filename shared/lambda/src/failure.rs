use lambda_runtime::Diagnostic;
use std::fmt;
use windlass_domain::fault::Fault;

/// A fault on its way to the caller.
///
/// The Lambda runtime makes the error's name from its Rust type unless the type says otherwise; a
/// boxed error reaches Step Functions as `&alloc::boxed::Box<dyn …>`, which no Retry or Catch can
/// name. So the name of the fault is given here, and the state machine's `ErrorEquals` name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub Fault);

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.0.name.to_string(), error_message: failure.0.message }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::fault::FaultName;

    #[test]
    fn the_name_of_a_fault_is_the_name_of_the_error() {
        let fault = Fault::new(FaultName::StillInProgress, "the alias moves");
        let told = serde_json::to_value(Diagnostic::from(Failure(fault))).expect("serializes");
        let expected = serde_json::json!({
            "errorType": "StillInProgress",
            "errorMessage": "the alias moves",
        });
        assert_eq!(told, expected);
    }
}
