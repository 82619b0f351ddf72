//! Items as attributes, and the engine's conditions on them in DynamoDB's words.
//!
//! The attributes `pk`, `sk`, `index_pk`, `index_sk`, `rev` and `expires` are the ledger's own. The body's top-level
//! members are attributes of their own names, so that conditions can name them and a person can read them in the
//! console; a member that bears one of the names above, or begins with `_`, is written with one `_` more in front and
//! read back without it.

// Members of the body are attributes of their own names, so that conditions can name them and a person can read them
// in the console. Only a name that clashes gets a `_` in front: no body is refused for its names.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use serde_json::{Map, Value};
use std::collections::HashMap;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{Condition, Item, Key, Result, Write};

/// Sets the terms of a condition in a builder. The SDK's builders share no trait.
macro_rules! upon {
    ($builder:expr, $terms:ident) => {
        $builder
            .condition_expression($terms.expression.clone())
            .set_expression_attribute_names($terms.names())
            .set_expression_attribute_values($terms.values())
    };
}
pub(super) use upon;

pub(super) type Attributes = HashMap<String, AttributeValue>;

const OWN: [&str; 6] = ["pk", "sk", "index_pk", "index_sk", "rev", "expires"];

pub(super) fn key_attributes(key: &Key) -> Attributes {
    HashMap::from([("pk".into(), text(&key.pk)), ("sk".into(), text(&key.sk))])
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(super) fn attribute_name(member: &str) -> String {
    if member.starts_with('_') || OWN.contains(&member) { format!("_{member}") } else { member.to_owned() }
}

fn member_name(attribute: &str) -> &str {
    attribute.strip_prefix('_').unwrap_or(attribute)
}

pub(super) fn attribute_of(value: &Value) -> Result<AttributeValue> {
    serde_dynamo::to_attribute_value(value)
        .map_err(|error| Fault::internal(format!("a ledger value cannot be written: {error}")))
}

pub(super) fn attributes_of(item: &Item) -> Result<Attributes> {
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

pub(super) fn item_of(attributes: Attributes) -> Result<Item> {
    let document: Map<String, Value> = serde_dynamo::from_item(attributes)
        .map_err(|error| Fault::internal(format!("a ledger item cannot be read: {error}")))?;
    item_of_document(document)
}

/// Makes an item from its attributes as plain JSON.
pub(crate) fn item_of_document(mut document: Map<String, Value>) -> Result<Item> {
    let mut own = |name: &str| document.remove(name);
    let [pk, sk, partition, sort, rev, expires] = OWN.map(&mut own);
    let missing = || Fault::internal("a ledger item lacks pk, sk or rev");
    let words = |value: Option<Value>| match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    Ok(Item {
        key: Key { pk: words(pk).ok_or_else(missing)?, sk: words(sk).ok_or_else(missing)? },
        rev: rev.as_ref().and_then(Value::as_u64).ok_or_else(missing)?,
        index: words(partition).zip(words(sort)).map(|(pk, sk)| Key { pk, sk }),
        expires: expires.as_ref().and_then(Value::as_u64).map(|s| Time(s.saturating_mul(1000))),
        body: document.into_iter().map(|(attribute, value)| (member_name(&attribute).to_owned(), value)).collect(),
    })
}

/// A condition in DynamoDB's words.
pub(super) struct Terms {
    pub(super) expression: String,
    name: String,
    value: Option<AttributeValue>,
}

impl Terms {
    pub(super) fn of(condition: &Condition) -> Result<Self> {
        Ok(match condition {
            Condition::Absent => {
                Self { expression: "attribute_not_exists(#name)".into(), name: "pk".into(), value: None }
            }
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
    pub(super) fn names(&self) -> Option<HashMap<String, String>> {
        Some(HashMap::from([("#name".to_owned(), self.name.clone())]))
    }

    pub(super) fn values(&self) -> Option<Attributes> {
        let value = self.value.clone()?;
        Some(HashMap::from([(":value".to_owned(), value)]))
    }
}

pub(super) fn transacted(table: &str, write: &Write) -> Result<TransactWriteItem> {
    let terms = Terms::of(write.condition())?;
    let key = key_attributes(write.key());
    let item = TransactWriteItem::builder();
    let built = match write {
        Write::Put(written, ..) => {
            let put = upon!(Put::builder().table_name(table), terms).set_item(Some(attributes_of(written)?)).build();
            put.map(|put| item.put(put))
        }
        Write::Delete(..) => {
            let delete = upon!(Delete::builder().table_name(table), terms).set_key(Some(key)).build();
            delete.map(|delete| item.delete(delete))
        }
        Write::Check(..) => {
            let check = upon!(ConditionCheck::builder().table_name(table), terms).set_key(Some(key)).build();
            check.map(|check| item.condition_check(check))
        }
    };
    Ok(built.map_err(|error| Fault::internal(error.to_string()))?.build())
}
