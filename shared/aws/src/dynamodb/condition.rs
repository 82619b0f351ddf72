//! The engine's conditions in DynamoDB's words.

use super::Attributes;
use super::item::{attribute_name, attribute_of, attributes_of, key_attributes};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use std::collections::HashMap;
use windlass_domain::fault::Fault;
use windlass_engine::ports::{Condition, Result, Write};

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
        Write::Put(item_to_write, ..) => Put::builder()
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
    Ok(built.map_err(|error| Fault::internal(error.to_string()))?.build())
}
