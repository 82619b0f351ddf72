//! The ledger as a DynamoDB table with string keys `pk` and `sk`.
//!
//! The attributes `pk`, `sk`, `index_pk`, `index_sk`, `rev` and `expires` are the ledger's own. The
//! body's top-level members are attributes of their own names, so that conditions can name them
//! and a person can read them in the console; a member that bears one of the names above, or
//! begins with `_`, is written with one `_` more in front and read back without it.

use crate::Aws;
use crate::error::{OrFault, code, fault};
use crate::limits;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::time::Duration;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::time::Time;
use windlass_engine::ports::{
    Answered, Condition, Item, Key, Ledger, Page, Query, Transacted, Write,
};

type Attributes = HashMap<String, AttributeValue>;

const OWN: [&str; 6] = ["pk", "sk", "index_pk", "index_sk", "rev", "expires"];
const INDEX: &str = "by_index";

impl Ledger for Aws {
    async fn get(&self, key: &Key) -> Answered<Option<Item>> {
        let table = self.settings().table()?;
        let request = self.clients.dynamodb().get_item().table_name(table);
        let answer = request
            .set_key(Some(key_attributes(key)))
            .consistent_read(true)
            .send()
            .await
            .or_fault("GetItem", &named(key))?;
        answer.item.map(item_of).transpose()
    }

    async fn transact(&self, mut writes: Vec<Write>) -> Answered<Transacted> {
        match writes.pop() {
            None => Ok(Transacted::Done),
            Some(Write::Put(item, condition)) if writes.is_empty() => {
                self.put(&item, &condition).await
            }
            Some(Write::Delete(key, condition)) if writes.is_empty() => {
                self.delete(&key, &condition).await
            }
            Some(last) => {
                writes.push(last);
                self.transact_all(&writes).await
            }
        }
    }

    async fn query(&self, query: Query) -> Answered<Page> {
        self.page(query, None).await
    }

    async fn query_index(&self, query: Query) -> Answered<Page> {
        self.page(query, Some(INDEX)).await
    }
}

impl Aws {
    /// One conditional put costs half of a transaction. It is sent once: after a lost answer a
    /// second send would find its own write and call the condition broken. Only a throttled one,
    /// which wrote nothing, is sent again.
    async fn put(&self, item: &Item, condition: &Condition) -> Answered<Transacted> {
        let table = self.settings().table()?;
        let terms = Terms::of(condition)?;
        let attributes = attributes_of(item)?;
        unless_throttled(async || {
            let request = self.clients.dynamodb().put_item().table_name(table);
            let sent = request
                .set_item(Some(attributes.clone()))
                .condition_expression(terms.expression.clone())
                .set_expression_attribute_names(terms.names())
                .set_expression_attribute_values(terms.values())
                .customize()
                .config_override(sent_once())
                .send()
                .await;
            single(sent, "PutItem", &item.key)
        })
        .await
    }

    async fn delete(&self, key: &Key, condition: &Condition) -> Answered<Transacted> {
        let table = self.settings().table()?;
        let terms = Terms::of(condition)?;
        unless_throttled(async || {
            let request = self.clients.dynamodb().delete_item().table_name(table);
            let sent = request
                .set_key(Some(key_attributes(key)))
                .condition_expression(terms.expression.clone())
                .set_expression_attribute_names(terms.names())
                .set_expression_attribute_values(terms.values())
                .customize()
                .config_override(sent_once())
                .send()
                .await;
            single(sent, "DeleteItem", key)
        })
        .await
    }

    /// The SDK gives each transaction a token, so that its own retries are the same transaction.
    async fn transact_all(&self, writes: &[Write]) -> Answered<Transacted> {
        let table = self.settings().table()?;
        let items: Answered<Vec<_>> = writes
            .iter()
            .map(|write| transacted(table, write))
            .collect();
        let sent = self
            .clients
            .dynamodb()
            .transact_write_items()
            .set_transact_items(Some(items?))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Transacted::Done),
            Err(error) => match refused(&error) {
                Some(indexes) => Ok(Transacted::Refused(indexes)),
                None => Err(fault(&error, "TransactWriteItems", &first_named(writes))),
            },
        }
    }

    async fn page(&self, query: Query, index: Option<&str>) -> Answered<Page> {
        let table = self.settings().table()?;
        let (pk, sk) = if index.is_some() {
            ("index_pk", "index_sk")
        } else {
            ("pk", "sk")
        };
        let mut request = self
            .clients
            .dynamodb()
            .query()
            .table_name(table)
            .set_index_name(index.map(str::to_owned))
            .consistent_read(index.is_none())
            .scan_index_forward(!query.descending)
            .limit(i32::try_from(query.limit).unwrap_or(i32::MAX))
            .expression_attribute_names("#pk", pk)
            .expression_attribute_values(":pk", text(&query.pk))
            .set_exclusive_start_key(query.after.as_deref().map(cursor_of).transpose()?);
        // DynamoDB refuses an empty prefix.
        request = if query.sk_prefix.is_empty() {
            request.key_condition_expression("#pk = :pk")
        } else {
            request
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :sk)")
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":sk", text(&query.sk_prefix))
        };
        let answer = request.send().await.or_fault("Query", &query.pk)?;
        let items: Answered<Vec<Item>> = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(item_of)
            .collect();
        Ok(Page {
            items: items?,
            next: answer.last_evaluated_key.map(|key| cursor(&key)),
        })
    }
}

fn sent_once() -> aws_sdk_dynamodb::config::Builder {
    aws_sdk_dynamodb::config::Builder::new().retry_config(limits::one_attempt())
}

/// Three attempts as long as DynamoDB answers that it did nothing because it was asked too much.
async fn unless_throttled(send: impl AsyncFn() -> Answered<Transacted>) -> Answered<Transacted> {
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

fn single<T, E>(
    sent: Result<T, SdkError<E, HttpResponse>>,
    operation: &str,
    key: &Key,
) -> Answered<Transacted>
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata
        + std::error::Error
        + Send
        + Sync
        + 'static,
{
    match sent {
        Ok(_) => Ok(Transacted::Done),
        Err(error)
            if matches!(
                code(&error),
                Some("ConditionalCheckFailedException" | "TransactionConflictException")
            ) =>
        {
            Ok(Transacted::Refused(vec![0]))
        }
        Err(error) => Err(fault(&error, operation, &named(key))),
    }
}

/// The indexes that did not hold; `None` where the transaction failed for another reason, which
/// then is the fault.
fn refused(error: &SdkError<TransactWriteItemsError, HttpResponse>) -> Option<Vec<usize>> {
    let TransactWriteItemsError::TransactionCanceledException(canceled) =
        error.as_service_error()?
    else {
        return (code(error) == Some("TransactionConflictException")).then(Vec::new);
    };
    let reasons = canceled.cancellation_reasons();
    let held = |code: Option<&str>| {
        !matches!(code, Some("ConditionalCheckFailed" | "TransactionConflict"))
    };
    let other = |code: Option<&str>| held(code) && !matches!(code, None | Some("None"));
    if reasons.is_empty() || reasons.iter().any(|reason| other(reason.code())) {
        return None;
    }
    let indexes = reasons
        .iter()
        .enumerate()
        .filter(|(_, reason)| !held(reason.code()));
    Some(indexes.map(|(index, _)| index).collect())
}

fn first_named(writes: &[Write]) -> String {
    let keys: Vec<String> = writes.iter().map(|write| named(key_of(write))).collect();
    keys.join(", ")
}

fn key_of(write: &Write) -> &Key {
    match write {
        Write::Put(item, _) => &item.key,
        Write::Delete(key, _) | Write::Check(key, _) => key,
    }
}

fn transacted(table: &str, write: &Write) -> Answered<TransactWriteItem> {
    let (Write::Put(_, condition) | Write::Delete(_, condition) | Write::Check(_, condition)) =
        write;
    let terms = Terms::of(condition)?;
    let key = key_attributes(key_of(write));
    let item = TransactWriteItem::builder();
    let built = match write {
        Write::Put(item_to_write, _) => Put::builder()
            .table_name(table)
            .set_item(Some(attributes_of(item_to_write)?))
            .condition_expression(terms.expression.clone())
            .set_expression_attribute_names(terms.names())
            .set_expression_attribute_values(terms.values())
            .build()
            .map(|put| item.put(put)),
        Write::Delete(..) => Delete::builder()
            .table_name(table)
            .set_key(Some(key))
            .condition_expression(terms.expression.clone())
            .set_expression_attribute_names(terms.names())
            .set_expression_attribute_values(terms.values())
            .build()
            .map(|delete| item.delete(delete)),
        Write::Check(..) => ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(key))
            .condition_expression(terms.expression.clone())
            .set_expression_attribute_names(terms.names())
            .set_expression_attribute_values(terms.values())
            .build()
            .map(|check| item.condition_check(check)),
    };
    Ok(built
        .map_err(|error| Fault::internal(error.to_string()))?
        .build())
}

/// A condition in DynamoDB's words.
struct Terms {
    expression: String,
    name: String,
    value: Option<AttributeValue>,
}

impl Terms {
    fn of(condition: &Condition) -> Answered<Self> {
        Ok(match condition {
            Condition::Absent => Self {
                expression: "attribute_not_exists(#name)".into(),
                name: "pk".into(),
                value: None,
            },
            Condition::Rev(rev) => Self {
                expression: "#name = :value".into(),
                name: "rev".into(),
                value: Some(AttributeValue::N(rev.to_string())),
            },
            Condition::Field(member, value) => Self {
                expression: "#name = :value".into(),
                name: attribute_name(member),
                value: Some(attribute_of(value)?),
            },
        })
    }

    #[allow(clippy::unnecessary_wraps, reason = "the SDK's setters take an option")]
    fn names(&self) -> Option<HashMap<String, String>> {
        Some(HashMap::from([("#name".to_owned(), self.name.clone())]))
    }

    fn values(&self) -> Option<Attributes> {
        let value = self.value.clone()?;
        Some(HashMap::from([(":value".to_owned(), value)]))
    }
}

fn named(key: &Key) -> String {
    format!("{} {}", key.pk, key.sk)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn key_attributes(key: &Key) -> Attributes {
    HashMap::from([("pk".into(), text(&key.pk)), ("sk".into(), text(&key.sk))])
}

fn attribute_name(member: &str) -> String {
    if member.starts_with('_') || OWN.contains(&member) {
        format!("_{member}")
    } else {
        member.to_owned()
    }
}

fn member_name(attribute: &str) -> &str {
    attribute.strip_prefix('_').unwrap_or(attribute)
}

fn attribute_of(value: &Value) -> Answered<AttributeValue> {
    serde_dynamo::to_attribute_value(value)
        .map_err(|error| Fault::internal(format!("a ledger value cannot be written: {error}")))
}

fn attributes_of(item: &Item) -> Answered<Attributes> {
    let mut attributes = key_attributes(&item.key);
    attributes.insert("rev".into(), AttributeValue::N(item.rev.to_string()));
    if let Some(index) = &item.index {
        attributes.insert("index_pk".into(), text(&index.pk));
        attributes.insert("index_sk".into(), text(&index.sk));
    }
    if let Some(expires) = item.expires {
        // DynamoDB's time to live counts seconds; rounded up, so that it is never early.
        let seconds = expires.0.div_ceil(1000);
        attributes.insert("expires".into(), AttributeValue::N(seconds.to_string()));
    }
    for (member, value) in &item.body {
        attributes.insert(attribute_name(member), attribute_of(value)?);
    }
    Ok(attributes)
}

fn item_of(attributes: Attributes) -> Answered<Item> {
    let document: Map<String, Value> = serde_dynamo::from_item(attributes)
        .map_err(|error| Fault::internal(format!("a ledger item cannot be read: {error}")))?;
    item_of_document(document)
}

/// An item from its attributes as plain JSON.
pub(crate) fn item_of_document(mut document: Map<String, Value>) -> Answered<Item> {
    let mut own = |name: &str| document.remove(name);
    let [pk, sk, partition, sort, rev, expires] = OWN.map(&mut own);
    let missing = || Fault::internal("a ledger item lacks pk, sk or rev");
    let words = |value: Option<Value>| match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    Ok(Item {
        key: Key {
            pk: words(pk).ok_or_else(missing)?,
            sk: words(sk).ok_or_else(missing)?,
        },
        rev: rev.as_ref().and_then(Value::as_u64).ok_or_else(missing)?,
        index: words(partition)
            .zip(words(sort))
            .map(|(pk, sk)| Key { pk, sk }),
        expires: expires
            .as_ref()
            .and_then(Value::as_u64)
            .map(|s| Time(s.saturating_mul(1000))),
        body: document
            .into_iter()
            .map(|(attribute, value)| (member_name(&attribute).to_owned(), value))
            .collect(),
    })
}

/// A place in a query as opaque text.
fn cursor(key: &Attributes) -> String {
    let texts: Map<String, Value> = key
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), Value::from(value.as_s().ok()?.as_str()))))
        .collect();
    URL_SAFE_NO_PAD.encode(Value::Object(texts).to_string())
}

fn cursor_of(cursor: &str) -> Answered<Attributes> {
    let bad = || {
        Fault::new(
            FaultName::BadInput,
            "the page's cursor is not one that this ledger gave out",
        )
    };
    let json = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let texts: HashMap<String, String> = serde_json::from_slice(&json).map_err(|_| bad())?;
    Ok(texts
        .into_iter()
        .map(|(name, value)| (name, AttributeValue::S(value)))
        .collect())
}
