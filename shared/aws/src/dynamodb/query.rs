//! Queries, a page at a time.

use super::item::{Attributes, item_of, text};
use crate::Aws;
use crate::error::OrFault;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use std::collections::HashMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{Item, Query, QueryPage, Result};

impl Aws {
    pub(super) async fn page(&self, query: Query, index: Option<&str>) -> Result<QueryPage> {
        let table = self.settings().table()?;
        let (pk, sk) = if index.is_some() { ("index_pk", "index_sk") } else { ("pk", "sk") };
        let mut request = self
            .clients
            .dynamodb()
            .query()
            .table_name(table)
            .set_index_name(index.map(str::to_owned))
            .consistent_read(index.is_none())
            .scan_index_forward(!query.descending)
            .limit(i32::try_from(query.limit.saturating_add(1)).unwrap_or(i32::MAX))
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
        let answer = request.send().await.or_fault("Query", &query.pk);
        // DynamoDB refuses a key of another list.
        let is_cursor = |fault: &Fault| query.after.is_some() && fault.name == FaultName::Refused;
        let answer = answer.map_err(|fault| if is_cursor(&fault) { no_cursor() } else { fault })?;
        let mut found = answer.items.unwrap_or_default();
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        // Only an item more than the limit shows that the list goes on: `LastEvaluatedKey` is there also where nothing
        // follows (Amazon DynamoDB API Reference, `Query`).
        let last = if found.len() > limit {
            found.truncate(limit);
            found.last().map(|item| key_of(item, &[pk, sk]))
        } else {
            answer.last_evaluated_key
        };
        let items: Result<Vec<Item>> = found.into_iter().map(item_of).collect();
        Ok(QueryPage { items: items?, next: last.map(|key| cursor(&key)) })
    }
}

/// Returns the key of an item: that of the table, and these members of the queried index.
fn key_of(item: &Attributes, asked: &[&str]) -> Attributes {
    let names = ["pk", "sk"].into_iter().chain(asked.iter().copied());
    let key = names.filter_map(|name| Some((name.to_owned(), item.get(name)?.clone())));
    key.collect()
}

/// Returns a place in a query as opaque text.
fn cursor(key: &Attributes) -> String {
    let texts: Map<String, Value> =
        key.iter().filter_map(|(name, value)| Some((name.clone(), Value::from(value.as_s().ok()?.as_str())))).collect();
    URL_SAFE_NO_PAD.encode(Value::Object(texts).to_string())
}

fn cursor_of(cursor: &str) -> Result<Attributes> {
    let json = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| no_cursor())?;
    let texts: HashMap<String, String> = serde_json::from_slice(&json).map_err(|_| no_cursor())?;
    Ok(texts.into_iter().map(|(name, value)| (name, AttributeValue::S(value))).collect())
}

fn no_cursor() -> Fault {
    Fault::new(FaultName::BadInput, "the page's cursor is not one that this list gave out")
}
