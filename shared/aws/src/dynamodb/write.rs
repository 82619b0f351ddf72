//! Conditional writes, one or several in a transaction, and the reasons for which DynamoDB canceled one (Amazon
//! DynamoDB API Reference, TransactWriteItems, CancellationReason). It wrote nothing then, whatever the reason.

use super::item::{attributes_of, key_attributes};
use super::named;
use crate::dynamodb::item::{Terms, transacted, upon};
use crate::error::{code, fault, name_of};
use crate::{Aws, limits};
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use std::time::Duration;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{Condition, Item, Key, Result, Transacted, Write};

impl Aws {
    /// Writes one conditional put, which costs half of a transaction. It is sent once: after a lost answer a second
    /// send would find its own write and call the condition broken. Only a throttled one, which wrote nothing, is sent
    /// again.
    pub(super) async fn put(&self, item: &Item, condition: &Condition) -> Result<Transacted> {
        let table = self.settings().table()?;
        let terms = Terms::of(condition)?;
        let attributes = attributes_of(item)?;
        unless_throttled(async || {
            let request = upon!(self.clients.dynamodb().put_item().table_name(table), terms);
            let request = request.set_item(Some(attributes.clone())).customize();
            single(request.config_override(sent_once()).send().await, "PutItem", &item.key)
        })
        .await
    }

    pub(super) async fn delete(&self, key: &Key, condition: &Condition) -> Result<Transacted> {
        let table = self.settings().table()?;
        let terms = Terms::of(condition)?;
        unless_throttled(async || {
            let request = upon!(self.clients.dynamodb().delete_item().table_name(table), terms);
            let request = request.set_key(Some(key_attributes(key))).customize();
            single(request.config_override(sent_once()).send().await, "DeleteItem", key)
        })
        .await
    }

    /// The SDK gives each transaction a token, so that its own retries are the same transaction.
    pub(super) async fn transact_all(&self, writes: &[Write]) -> Result<Transacted> {
        let table = self.settings().table()?;
        let items: Result<Vec<_>> = writes.iter().map(|write| transacted(table, write)).collect();
        let sent = self
            .clients
            .dynamodb()
            .transact_write_items()
            .set_transact_items(Some(items?))
            .customize()
            .config_override(Builder::new().retry_classifier(ByReason))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Transacted::Done),
            Err(error) => refused(&error, writes),
        }
    }
}

fn sent_once() -> Builder {
    Builder::new().retry_config(limits::one_attempt())
}

/// Makes three attempts as long as DynamoDB answers that it did nothing because of a throttle.
async fn unless_throttled(send: impl AsyncFn() -> Result<Transacted>) -> Result<Transacted> {
    for pause_ms in [50, 200] {
        match send().await {
            Err(fault) if fault.name == FaultName::Throttled => {
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            }
            answered => return answered,
        }
    }
    send().await
}

fn single<T, E>(sent: Result<T, SdkError<E, HttpResponse>>, operation: &str, key: &Key) -> Result<Transacted>
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match sent {
        Ok(_) => Ok(Transacted::Done),
        Err(error)
            if matches!(code(&error), Some("ConditionalCheckFailedException" | "TransactionConflictException")) =>
        {
            Ok(Transacted::Refused(vec![0]))
        }
        Err(error) => Err(fault(&error, operation, &named(key))),
    }
}

/// Turns an error of a transaction into a result: conditions that did not hold are no fault.
fn refused(error: &SdkError<TransactWriteItemsError, HttpResponse>, writes: &[Write]) -> Result<Transacted> {
    if code(error) == Some("TransactionConflictException") {
        return Ok(Transacted::Refused(Vec::new()));
    }
    let fault = fault(error, "TransactWriteItems", &all_named(writes));
    match error.as_service_error().and_then(Canceled::of) {
        Some(Canceled::Refused(indexes)) => Ok(Transacted::Refused(indexes)),
        Some(Canceled::Throttled) => Err(Fault::new(FaultName::Throttled, fault.message)),
        None => Err(fault),
    }
}

/// Names each write with the action that IAM asks for, so that a refusal names the one that is not allowed.
fn all_named(writes: &[Write]) -> String {
    writes.iter().map(|write| format!("{} {}", write.action(), named(write.key()))).collect::<Vec<_>>().join(", ")
}

/// The sum of all writes' reasons, where they say more than the error itself.
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
        let TransactWriteItemsError::TransactionCanceledException(canceled) = error else { return None };
        let reasons: Vec<Reason> = canceled.cancellation_reasons().iter().map(Reason::of).collect();
        let at = |wanted: &[Reason]| -> Vec<usize> {
            reasons.iter().enumerate().filter(|(_, reason)| wanted.contains(reason)).map(|(index, _)| index).collect()
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
        let error = context
            .output_or_error()
            .and_then(Result::err)
            .and_then(|error| error.as_operation_error()?.downcast_ref());
        match error.and_then(Canceled::of) {
            Some(Canceled::Throttled) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }
}
