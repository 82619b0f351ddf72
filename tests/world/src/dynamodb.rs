//! The ledger in memory: items, conditions, transactions, the index.

use crate::World;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::outbox::LedgerChange;
use windlass_engine::ports::{Condition, DynamoDbApi, Item, Key, Query, QueryPage, Result, Transacted, Write};

/// The table.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The items by key. One that a test puts here itself is not in the index. They are shared, so that a copy of the
    /// world, the stream and what the rules look at have the same item and no copy of it.
    pub items: BTreeMap<Key, Rc<Item>>,
    /// The index: where an item is in it, and the item's key, because several may be at one place.
    index: BTreeSet<(Key, Key)>,
    /// The writes that the table's stream has still to bring, oldest first. Whoever takes them puts
    /// back what it could not bring.
    pub stream: Vec<Written>,
    /// True if the former content of the index is kept.
    keep_former: bool,
    /// The changes of the index, oldest first.
    former: Vec<Former>,
    /// The number of transactions that are still to be refused although their conditions hold, as when another one is
    /// under way on the same item.
    pub busy: u32,
    /// True if all words for people are replaced by others in what is written.
    rewords: bool,
}

/// A write: the item before and after. Items are shared: most worlds are copies of another one, in
/// which few items are written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The item before; absent if it is new.
    pub before: Option<Rc<Item>>,
    /// The item after; absent if it was deleted.
    pub after: Option<Rc<Item>>,
}

impl Written {
    /// The write as the stream brings it.
    pub fn change(&self) -> LedgerChange {
        LedgerChange { before: self.before.as_deref().cloned(), after: self.after.as_deref().cloned() }
    }
}

/// A change of what the index shows.
#[derive(Debug, Clone)]
struct Former {
    at: Time,
    /// The item's place before the change, and its content then.
    before: Option<(Key, Rc<Item>)>,
    /// The item's place after the change, and its own key.
    after: Option<(Key, Key)>,
}

/// DynamoDB takes items of at most 400 KB (Amazon DynamoDB Developer Guide, *Quotas*).
const LARGEST_ITEM: usize = 400 * 1024;

/// About how many bytes an item has, as DynamoDB counts them: its names and its values (Amazon
/// DynamoDB Developer Guide, *DynamoDB item sizes and formats*).
fn bytes(item: &Item) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::String(text) => text.len(),
            Value::Array(all) => 3 + all.iter().map(|one| 1 + of(one)).sum::<usize>(),
            Value::Object(members) => 3 + of_members(members),
            _ => 8,
        }
    }
    fn of_members(members: &Map<String, Value>) -> usize {
        members.iter().map(|(name, value)| 1 + name.len() + of(value)).sum()
    }
    item.key.pk.len() + item.key.sk.len() + of_members(&item.body)
}

/// The members that hold Windlass's words for people, wherever they are in an item, and `reason` of a finding: that
/// of a hold is what a person wrote.
const WORDS: [&str; 8] = ["cause", "idle", "message", "remedy", "shown", "waits_for", "warnings", "what"];

/// The character with which reworded text begins. Code that adds to such a text adds to other words.
const REWORDED: char = '¬';

/// Returns the same item with other words for people. Different words stay different.
fn reworded(body: Map<String, Value>) -> Map<String, Value> {
    fn of(value: Value, is_words: bool) -> Value {
        match value {
            Value::String(text) if is_words && !text.starts_with(REWORDED) => {
                std::iter::once(REWORDED).chain(text.chars().rev()).collect::<String>().into()
            }
            Value::Array(all) => all.into_iter().map(|one| of(one, is_words)).collect(),
            Value::Object(members) if members.contains_key("$prose") => {
                Value::Object(members.into_iter().map(|(name, parts)| (name, of(parts, true))).collect())
            }
            Value::Object(members) => Value::Object(reworded(members)),
            other => other,
        }
    }
    let is_finding = body.contains_key("remedy");
    body.into_iter()
        .map(|(name, value)| {
            let is_words = WORDS.contains(&name.as_str()) || (is_finding && name == "reason");
            (name, of(value, is_words))
        })
        .collect()
}

impl State {
    /// Replaces every word for people by another one from now on, and in what is here already as well. So a test sees
    /// that nothing is decided by them.
    pub fn reword(&mut self) {
        self.rewords = true;
        for item in self.items.values_mut() {
            let item = Rc::make_mut(item);
            item.body = reworded(std::mem::take(&mut item.body));
        }
    }

    /// Keeps the content of the index from now on, for reads of it that are late.
    pub fn let_reads_be_late(&mut self) {
        self.keep_former = true;
        self.former.clear();
    }

    fn holds(&self, key: &Key, condition: &Condition) -> bool {
        let item = self.items.get(key);
        match condition {
            Condition::Absent => item.is_none(),
            Condition::Rev(rev) => item.is_some_and(|item| item.rev == *rev),
            Condition::Field(name, value) => item.is_some_and(|item| item.body.get(name) == Some(value)),
        }
    }

    fn apply(&mut self, write: Write, now: Time) {
        match write {
            Write::Put(mut item, ..) => {
                if self.rewords {
                    item.body = reworded(item.body);
                }
                let item = Rc::new(item);
                let before = self.items.insert(item.key.clone(), Rc::clone(&item));
                self.index_anew(before.as_ref(), Some(&item), now);
                self.stream.push(Written { before, after: Some(item) });
            }
            Write::Delete(key, ..) => {
                if let Some(before) = self.items.remove(&key) {
                    self.index_anew(Some(&before), None, now);
                    self.stream.push(Written { before: Some(before), after: None });
                }
            }
            Write::Check(..) => {}
        }
    }

    fn index_anew(&mut self, before: Option<&Rc<Item>>, after: Option<&Rc<Item>>, now: Time) {
        let place = |item: &Rc<Item>| Some((item.index.clone()?, item.key.clone()));
        if self.keep_former {
            let shown = |item: &Rc<Item>| Some((item.index.clone()?, Rc::clone(item)));
            let former = Former { at: now, before: before.and_then(shown), after: after.and_then(place) };
            if former.before.is_some() || former.after.is_some() {
                self.former.push(former);
            }
        }
        let (before, after) = (before.and_then(place), after.and_then(place));
        if before == after {
            return;
        }
        if let Some(place) = &before {
            self.index.remove(place);
        }
        self.index.extend(after);
    }

    fn transact(&mut self, writes: Vec<Write>, now: Time) -> Result<Transacted> {
        let mut keys: Vec<&Key> = writes.iter().map(Write::key).collect();
        keys.sort();
        keys.dedup();
        if keys.len() != writes.len() || writes.len() > 100 {
            return Err(Fault::new(FaultName::Refused, "a transaction names an item twice, or more than 100"));
        }
        if writes.iter().any(|write| matches!(write, Write::Put(item, ..) if bytes(item) > LARGEST_ITEM)) {
            return Err(Fault::new(FaultName::Refused, "Item size has exceeded the maximum allowed size"));
        }
        if self.busy > 0 {
            self.busy -= 1;
            return Ok(Transacted::Refused(vec![writes.len() - 1]));
        }
        let refused: Vec<usize> = writes
            .iter()
            .enumerate()
            .filter(|(_, write)| !self.holds(write.key(), write.condition()))
            .map(|(index, _)| index)
            .collect();
        if !refused.is_empty() {
            return Ok(Transacted::Refused(refused));
        }
        for write in writes {
            self.apply(write, now);
        }
        Ok(Transacted::Done)
    }
}

/// Returns a page of the items that were found, in the order of the query. The iterator has passed over `after`
/// already.
fn page<'a>(mut found: impl Iterator<Item = (&'a str, &'a Item)>, query: &Query) -> QueryPage {
    let page: Vec<_> = found.by_ref().take(query.limit as usize).collect();
    let more = found.next().is_some();
    QueryPage {
        items: page.iter().map(|(_, item)| (*item).clone()).collect(),
        next: page.last().filter(|_| more).map(|(sk, _)| (*sk).to_owned()),
    }
}

/// Turns what was found by ascending sort keys into the order of the query.
fn ordered<'a>(found: impl DoubleEndedIterator<Item = (&'a str, &'a Item)>, query: &Query) -> QueryPage {
    match (&query.after, query.descending) {
        (None, false) => page(found, query),
        (None, true) => page(found.rev(), query),
        (Some(after), false) => page(found.skip_while(|(sk, _)| *sk <= after.as_str()), query),
        (Some(after), true) => page(found.rev().skip_while(|(sk, _)| *sk >= after.as_str()), query),
    }
}

/// Refuses a cursor that the list in question cannot have given out.
fn known(query: &Query) -> Result<()> {
    let known = |after: &String| after.starts_with(&query.sk_prefix);
    if query.after.as_ref().is_none_or(known) {
        return Ok(());
    }
    Err(Fault::new(FaultName::BadInput, "the cursor is of no such list"))
}

/// Every key of a partition whose sort key begins so: from the first, up to the last exclusive.
fn range(pk: &str, sk_prefix: &str) -> (Key, Key) {
    let key = |sk: String| Key { pk: pk.to_owned(), sk };
    // No key has the last character of all, so everything that begins so is before it.
    let last = format!("{sk_prefix}{}", char::MAX);
    (key(sk_prefix.to_owned()), key(last))
}

impl State {
    /// The items of a partition whose sort keys begin so.
    fn partition(&self, query: &Query) -> QueryPage {
        let (from, to) = range(&query.pk, &query.sk_prefix);
        let found = self.items.range(from..to);
        ordered(found.map(|(key, item)| (key.sk.as_str(), item.as_ref())), query)
    }

    /// Returns the items of a part of the index, as it was at that time.
    fn index_partition_of(&self, query: &Query, at: Time) -> QueryPage {
        let newer = self.former.iter().rev().take_while(|former| former.at > at);
        let mut shown: BTreeMap<(&Key, &Key), Option<&Item>> = BTreeMap::new();
        for former in newer {
            if let Some((place, key)) = &former.after {
                shown.insert((place, key), None);
            }
            if let Some((place, item)) = &former.before {
                shown.insert((place, &item.key), Some(item));
            }
        }
        if shown.is_empty() {
            return self.index_partition(query);
        }
        for (place, key) in &self.index {
            let item = self.items.get(key).map(Rc::as_ref);
            shown.entry((place, key)).or_insert(item);
        }
        let is_meant = |place: &Key| place.pk == query.pk && place.sk.starts_with(&query.sk_prefix);
        let found: Vec<(&str, &Item)> = shown
            .iter()
            .filter(|((place, _), _)| is_meant(place))
            .filter_map(|((place, _), item)| Some((place.sk.as_str(), (*item)?)))
            .collect();
        ordered(found.into_iter(), query)
    }

    /// The items of a part of the index whose sort keys begin so.
    fn index_partition(&self, query: &Query) -> QueryPage {
        let none = || Key { pk: String::new(), sk: String::new() };
        let (from, to) = range(&query.pk, &query.sk_prefix);
        let found = self.index.range((from, none())..(to, none()));
        let found = found.filter_map(|(place, key)| Some((place.sk.as_str(), self.items.get(key)?.as_ref())));
        ordered(found, query)
    }
}

impl DynamoDbApi for World {
    async fn get(&self, key: &Key) -> Result<Option<Item>> {
        let call = self.call("dynamodb.get").await?;
        let found = self.dynamodb().items.get(key).map(|item| Item::clone(item));
        call.answer(found).await
    }

    async fn transact(&self, writes: Vec<Write>) -> Result<Transacted> {
        let call = self.call("dynamodb.transact").await?;
        let now = self.true_time();
        let transacted = match call.conflict(writes.len()) {
            Some(index) => Transacted::Refused(vec![index]),
            None => self.dynamodb().transact(writes, now)?,
        };
        call.answer(transacted).await
    }

    async fn query(&self, query: Query) -> Result<QueryPage> {
        let call = self.call("dynamodb.query").await?;
        let page = known(&query).map(|()| self.dynamodb().partition(&query))?;
        call.answer(page).await
    }

    async fn query_index(&self, query: Query) -> Result<QueryPage> {
        let call = self.call("dynamodb.query_index").await?;
        let page = known(&query).map(|()| self.dynamodb().index_partition_of(&query, call.as_of()))?;
        call.answer(page).await
    }
}
