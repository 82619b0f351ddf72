//! The reasons for which DynamoDB canceled a transaction (Amazon DynamoDB API Reference, TransactWriteItems,
//! CancellationReason). It wrote nothing, whatever the reason.

use crate::error::name_of;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use windlass_domain::fault::FaultName;

/// The sum of all writes' reasons, where they tell more than the error itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Canceled {
    /// The conditions of the writes at these indexes did not hold, or another transaction was in
    /// the way.
    Refused(Vec<usize>),
    /// A write was one too many for now: the same transaction may go through later.
    Throttled,
}

impl Canceled {
    /// Returns why a transaction was canceled; `None` where it was not, or where something is wrong with it and stays
    /// wrong.
    ///
    /// A condition that does not hold wins over a throttle: asking again cannot help, and every caller that is refused
    /// reads again. A throttle wins over another transaction in the way: both pass, and the throttle asks for the
    /// longer pause.
    pub(super) fn of(error: &TransactWriteItemsError) -> Option<Self> {
        let TransactWriteItemsError::TransactionCanceledException(canceled) = error else {
            return None;
        };
        let reasons: Vec<Reason> = canceled.cancellation_reasons().iter().map(Reason::of).collect();
        let at = |wanted: &[Reason]| -> Vec<usize> {
            let found = reasons.iter().enumerate();
            let found = found.filter(|(_, reason)| wanted.contains(reason));
            found.map(|(index, _)| index).collect()
        };
        if reasons.is_empty() || !at(&[Reason::Wrong]).is_empty() {
            return None;
        }
        let throttled = !at(&[Reason::Throttled]).is_empty();
        if throttled && at(&[Reason::Broken]).is_empty() {
            return Some(Self::Throttled);
        }
        Some(Self::Refused(at(&[Reason::Broken, Reason::InTheWay])))
    }
}

#[derive(PartialEq, Eq)]
enum Reason {
    None,
    Broken,
    InTheWay,
    Throttled,
    Wrong,
}

impl Reason {
    fn of(reason: &CancellationReason) -> Self {
        match reason.code() {
            None | Some("None") => Self::None,
            Some("ConditionalCheckFailed") => Self::Broken,
            Some("TransactionConflict") => Self::InTheWay,
            code if name_of(code, None) == FaultName::Throttled => Self::Throttled,
            Some(_) => Self::Wrong,
        }
    }
}

/// Lets the SDK try a throttled transaction again as it does any other throttled call. The SDK knows the error's code
/// alone, and a condition that does not hold has the same code.
#[derive(Debug)]
pub(super) struct ByReason;

impl ClassifyRetry for ByReason {
    fn name(&self) -> &'static str {
        "windlass::ledger::ByReason"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let answered = context.output_or_error().and_then(Result::err);
        let error = answered.and_then(|error| error.as_operation_error()?.downcast_ref());
        match error.and_then(Canceled::of) {
            Some(Canceled::Throttled) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }
}
