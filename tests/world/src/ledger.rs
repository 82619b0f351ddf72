//! The ledger in memory: items, conditions, transactions, the index.

use crate::World;
use std::collections::BTreeMap;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::outbox::Change;
use windlass_engine::ports::{
    Answered, Condition, Item, Key, Ledger, Page, Query, Transacted, Write,
};

/// The table.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The items by key.
    pub items: BTreeMap<Key, Item>,
    /// The writes that the table's stream has still to bring, oldest first: the items before and
    /// after. Whoever takes them puts back what it could not bring.
    pub stream: Vec<Change>,
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
                self.stream.push(Change {
                    before,
                    after: Some(item),
                });
            }
            Write::Delete(key, _) => {
                if let Some(before) = self.items.remove(&key) {
                    self.stream.push(Change {
                        before: Some(before),
                        after: None,
                    });
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

/// A page of what was found in the order of its sort keys.
fn page<'a>(found: impl Iterator<Item = (&'a str, &'a Item)>, query: &Query) -> Page {
    let mut found: Vec<_> = found.collect();
    if query.descending {
        found.reverse();
    }
    let position = |after: &String| found.iter().position(|(sk, _)| sk == after);
    let from = query
        .after
        .as_ref()
        .and_then(position)
        .map_or(0, |at| at + 1);
    let to = found.len().min(from + query.limit as usize);
    let more = to < found.len();
    let page = &found[from..to];
    Page {
        items: page.iter().map(|(_, item)| (*item).clone()).collect(),
        next: page.last().filter(|_| more).map(|(sk, _)| (*sk).to_owned()),
    }
}

impl State {
    /// The items of a partition whose sort keys begin so.
    fn partition<'a>(&'a self, query: &'a Query) -> impl Iterator<Item = (&'a str, &'a Item)> {
        let from = Key {
            pk: query.pk.clone(),
            sk: query.sk_prefix.clone(),
        };
        self.items
            .range(from..)
            .take_while(|(key, _)| key.pk == query.pk && key.sk.starts_with(&query.sk_prefix))
            .map(|(key, item)| (key.sk.as_str(), item))
    }

    /// The same of the index.
    fn index_partition<'a>(&'a self, query: &'a Query) -> Vec<(&'a str, &'a Item)> {
        let indexed = self.items.values().filter_map(|item| {
            let index = item.index.as_ref()?;
            let matches = index.pk == query.pk && index.sk.starts_with(&query.sk_prefix);
            matches.then_some((index.sk.as_str(), item))
        });
        let mut found: Vec<_> = indexed.collect();
        found.sort_by_key(|(sk, _)| *sk);
        found
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
        let page = page(self.ledger().partition(&query), &query);
        call.answer(page).await
    }

    async fn query_index(&self, query: Query) -> Answered<Page> {
        let call = self.call("ledger.query_index").await?;
        let page = page(self.ledger().index_partition(&query).into_iter(), &query);
        call.answer(page).await
    }
}
