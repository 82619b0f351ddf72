//! The ledger in memory: items, conditions, transactions, the index.

use crate::World;
use std::collections::BTreeMap;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::{
    Answered, Condition, Item, Key, Ledger, Page, Query, Transacted, Write,
};

/// The table.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The items by key.
    pub items: BTreeMap<Key, Item>,
    /// Every write that was made, oldest first: the stream. (before, after)
    pub stream: Vec<(Option<Item>, Option<Item>)>,
    /// How many transactions are refused although their conditions hold, as when another one is
    /// under way on the same item.
    pub busy: u32,
}

impl State {
    fn holds(&self, key: &Key, condition: &Condition) -> bool {
        let item = self.items.get(key);
        match condition {
            Condition::Absent => item.is_none(),
            Condition::Rev(rev) => item.is_some_and(|item| item.rev == *rev),
            Condition::Field(name, value) => {
                item.is_some_and(|item| item.body.get(name) == Some(value))
            }
        }
    }

    fn apply(&mut self, write: Write) {
        match write {
            Write::Put(item, _) => {
                let before = self.items.insert(item.key.clone(), item.clone());
                self.stream.push((before, Some(item)));
            }
            Write::Delete(key, _) => {
                if let Some(before) = self.items.remove(&key) {
                    self.stream.push((Some(before), None));
                }
            }
            Write::Check(..) => {}
        }
    }

    fn transact(&mut self, writes: Vec<Write>) -> Answered<Transacted> {
        let mut keys: Vec<&Key> = writes
            .iter()
            .map(|write| key_and_condition(write).0)
            .collect();
        keys.sort();
        keys.dedup();
        if keys.len() != writes.len() || writes.len() > 100 {
            return Err(Fault::new(
                FaultName::Refused,
                "a transaction names an item twice, or more than 100",
            ));
        }
        if self.busy > 0 {
            self.busy -= 1;
            return Ok(Transacted::Refused(vec![writes.len() - 1]));
        }
        let refused: Vec<usize> = writes
            .iter()
            .enumerate()
            .filter(|(_, write)| {
                let (key, condition) = key_and_condition(write);
                !self.holds(key, condition)
            })
            .map(|(index, _)| index)
            .collect();
        if !refused.is_empty() {
            return Ok(Transacted::Refused(refused));
        }
        for write in writes {
            self.apply(write);
        }
        Ok(Transacted::Done)
    }
}

fn key_and_condition(write: &Write) -> (&Key, &Condition) {
    match write {
        Write::Put(item, condition) => (&item.key, condition),
        Write::Delete(key, condition) | Write::Check(key, condition) => (key, condition),
    }
}

fn page(mut found: Vec<(String, Item)>, query: &Query) -> Page {
    found.sort_by(|a, b| a.0.cmp(&b.0));
    if query.descending {
        found.reverse();
    }
    if let Some(after) = &query.after {
        let position = found
            .iter()
            .position(|(sk, _)| sk == after)
            .map_or(0, |i| i + 1);
        found.drain(..position);
    }
    let more = found.len() > query.limit as usize;
    found.truncate(query.limit as usize);
    let next = if more {
        found.last().map(|(sk, _)| sk.clone())
    } else {
        None
    };
    Page {
        items: found.into_iter().map(|(_, item)| item).collect(),
        next,
    }
}

impl Ledger for World {
    async fn get(&self, key: &Key) -> Answered<Option<Item>> {
        let call = self.call("ledger.get").await?;
        let found = self.ledger().items.get(key).cloned();
        call.answer(found).await
    }

    async fn transact(&self, writes: Vec<Write>) -> Answered<Transacted> {
        let call = self.call("ledger.transact").await?;
        let transacted = self.ledger().transact(writes)?;
        call.answer(transacted).await
    }

    async fn query(&self, query: Query) -> Answered<Page> {
        let call = self.call("ledger.query").await?;
        let found = self
            .ledger()
            .items
            .values()
            .filter(|item| item.key.pk == query.pk && item.key.sk.starts_with(&query.sk_prefix))
            .map(|item| (item.key.sk.clone(), item.clone()))
            .collect();
        call.answer(page(found, &query)).await
    }

    async fn query_index(&self, query: Query) -> Answered<Page> {
        let call = self.call("ledger.query_index").await?;
        let found = self
            .ledger()
            .items
            .values()
            .filter_map(|item| {
                let index = item.index.as_ref()?;
                let matches = index.pk == query.pk && index.sk.starts_with(&query.sk_prefix);
                matches.then(|| (index.sk.clone(), item.clone()))
            })
            .collect();
        call.answer(page(found, &query)).await
    }
}
