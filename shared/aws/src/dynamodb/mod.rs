//! The ledger as a DynamoDB table with string keys `pk` and `sk`.

mod item;
mod query;
mod write;

pub(crate) use item::item_of_document;

use crate::Aws;
use crate::error::OrFault;
use item::{item_of, key_attributes};
use windlass_engine::ports::{DynamoDbApi, Item, Key, Query, QueryPage, Result, Transacted, Write};

const INDEX: &str = "by_index";

impl DynamoDbApi for Aws {
    async fn get(&self, key: &Key) -> Result<Option<Item>> {
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

    async fn transact(&self, mut writes: Vec<Write>) -> Result<Transacted> {
        match writes.pop() {
            None => Ok(Transacted::Done),
            Some(Write::Put(item, condition, _)) if writes.is_empty() => self.put(&item, &condition).await,
            Some(Write::Delete(key, condition, _)) if writes.is_empty() => self.delete(&key, &condition).await,
            Some(last) => {
                writes.push(last);
                self.transact_all(&writes).await
            }
        }
    }

    async fn query(&self, query: Query) -> Result<QueryPage> {
        self.page(query, None).await
    }

    async fn query_index(&self, query: Query) -> Result<QueryPage> {
        self.page(query, Some(INDEX)).await
    }
}

fn named(key: &Key) -> String {
    format!("{} {}", key.pk, key.sk)
}
