use super::key::{Index, ItemKey, Range};
use super::packed;
use crate::faults::Faults;
use crate::ports::{self, Condition, DynamoDbApi, Item, Query, QueryPage, Result, Write};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use windlass_domain::text::fault::Fault;
use windlass_domain::text::time::Time;

/// A value from the ledger with the revision at which it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<T> {
    /// Its key.
    pub key: ItemKey<T>,
    /// Its revision; 0 if it does not exist yet.
    pub rev: u64,
    /// Its value.
    pub value: T,
}

impl<T: Serialize> Stored<T> {
    /// A value that does not exist in the ledger yet.
    pub fn new(key: ItemKey<T>, value: T) -> Self {
        Self { key, rev: 0, value }
    }

    /// Returns the write of the present value, on the condition that nobody wrote since it was read.
    pub fn put(&self) -> Result<Write> {
        self.put_with(None, None)
    }

    /// The same, with a place in the index.
    pub fn put_indexed(&self, index: Option<ports::Key>) -> Result<Write> {
        self.put_with(index, None)
    }

    /// Returns the same write, of an item that is not needed any more after `expires`.
    pub fn put_until(&self, expires: Time) -> Result<Write> {
        self.put_with(None, Some(expires))
    }

    /// The same with a place in the index, which it has until then.
    pub fn put_listed(&self, index: ports::Key, expires: Time) -> Result<Write> {
        self.put_with(Some(index), Some(expires))
    }

    fn put_with(&self, index: Option<ports::Key>, expires: Option<Time>) -> Result<Write> {
        let (key, body) = (self.key.clone().into(), to_body(&self.value)?);
        let item = Item { key, rev: self.rev + 1, body, index, expires };
        Ok(Write::put(item, self.unchanged()))
    }

    /// Returns the check that nobody wrote since it was read.
    pub fn check(&self) -> Write {
        Write::check(self.key.clone(), self.unchanged())
    }

    /// Returns the write that deletes it, on the same condition.
    pub fn delete(&self) -> Write {
        Write::delete(self.key.clone(), self.unchanged())
    }

    /// Returns the condition that nobody wrote since it was read.
    pub fn unchanged(&self) -> Condition {
        if self.rev == 0 { Condition::Absent } else { Condition::Rev(self.rev) }
    }
}

/// An item that somebody may write meanwhile, also where it is not there yet.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchedItem<T> {
    /// Its place.
    pub key: ItemKey<T>,
    /// The item; absent where nothing is.
    pub found: Option<Stored<T>>,
}

impl<T: Serialize + DeserializeOwned> WatchedItem<T> {
    /// Reads what is there.
    pub async fn read(ledger: &impl DynamoDbApi, key: ItemKey<T>) -> Result<Self> {
        let found = load(ledger, &key).await?;
        Ok(Self { key, found })
    }

    /// The value, where one is there.
    pub fn value(&self) -> Option<&T> {
        self.found.as_ref().map(|found| &found.value)
    }

    /// The check that nobody wrote since it was read.
    pub fn check(&self) -> Write {
        let found = self.found.as_ref();
        found.map_or_else(|| Write::check(self.key.clone(), Condition::Absent), Stored::check)
    }
}

/// A value as the body of an item.
pub fn to_body(value: &impl Serialize) -> Result<Map<String, Value>> {
    match serde_json::to_value(value) {
        Ok(Value::Object(mut body)) => {
            packed::pack(&mut body);
            Ok(body)
        }
        Ok(_) => Err(Fault::internal("a ledger item must be an object")),
        Err(error) => Err(Fault::internal(format!("a ledger item cannot be written: {error}"))),
    }
}

/// Reads the body of an item as a value.
pub fn from_item<T: DeserializeOwned>(mut item: Item) -> Result<Stored<T>> {
    packed::unpack(&mut item.body)?;
    match serde_json::from_value(Value::Object(item.body)) {
        Ok(value) => Ok(Stored { key: ItemKey::of(item.key), rev: item.rev, value }),
        Err(error) => {
            Err(Fault::internal(format!("the ledger item {} {} cannot be read: {error}", item.key.pk, item.key.sk)))
        }
    }
}

/// Reads a value; `None` if there is none.
pub async fn load<T: DeserializeOwned>(ledger: &impl DynamoDbApi, key: &ItemKey<T>) -> Result<Option<Stored<T>>> {
    ledger.get(key).await?.map(from_item).transpose()
}

/// Reads a value; its default if there is none.
pub async fn load_or_default<T: DeserializeOwned + Serialize + Default>(
    ledger: &impl DynamoDbApi,
    key: &ItemKey<T>,
) -> Result<Stored<T>> {
    Ok(load(ledger, key).await?.unwrap_or_else(|| Stored::new(key.clone(), T::default())))
}

/// Reads a value that must be there.
pub async fn require<T: DeserializeOwned>(ledger: &impl DynamoDbApi, key: &ItemKey<T>) -> Result<Stored<T>> {
    load(ledger, key).await?.ok_or_else(|| Fault::internal(format!("the ledger has no item {} {}", key.pk, key.sk)))
}

/// Makes the value that takes the place of what is there, whatever that says.
pub async fn replacing<T: DeserializeOwned>(ledger: &impl DynamoDbApi, key: ItemKey<T>, value: T) -> Result<Stored<T>> {
    let rev = load(ledger, &key).await?.map_or(0, |former| former.rev);
    Ok(Stored { key, rev, value })
}

/// Reads all values of a partition of the index that can be read. A value that cannot be read is noted, and hides no
/// other.
pub async fn load_all_indexed<T: DeserializeOwned>(
    ledger: &impl DynamoDbApi,
    index: &Index<T>,
    faults: &mut Faults,
) -> Vec<Stored<T>> {
    let mut all = Vec::new();
    take_pages(&mut all, ledger, index, faults).await;
    all
}

/// Does the same for a list of which a part is of no use: `None` if a page of it could not be read.
pub async fn load_whole_index<T: DeserializeOwned>(
    ledger: &impl DynamoDbApi,
    index: &Index<T>,
    faults: &mut Faults,
) -> Option<Vec<Stored<T>>> {
    let mut all = Vec::new();
    take_pages(&mut all, ledger, index, faults).await?;
    Some(all)
}

/// Takes in page after page of a partition of the index, up to one that cannot be read.
async fn take_pages<T: DeserializeOwned>(
    all: &mut Vec<Stored<T>>,
    ledger: &impl DynamoDbApi,
    index: &Index<T>,
    faults: &mut Faults,
) -> Option<()> {
    let mut query = whole(index.pk, "");
    loop {
        let page = page_of(ledger, query, faults).await?;
        let Some(next) = take_readable(all, page, faults) else { return Some(()) };
        query = Query { after: Some(next), ..whole(index.pk, "") };
    }
}

/// Reads a page of the index; `None` if it cannot be read.
async fn page_of(ledger: &impl DynamoDbApi, query: Query, faults: &mut Faults) -> Option<QueryPage> {
    let what = format!("reading `{}` of the index", query.pk);
    faults.take(what, ledger.query_index(query).await)
}

/// Does the same for the first values, `limit` at most.
pub async fn load_first_indexed<T: DeserializeOwned>(
    ledger: &impl DynamoDbApi,
    index: &Index<T>,
    limit: u32,
    faults: &mut Faults,
) -> Vec<Stored<T>> {
    let query = Query { limit, ..whole(index.pk, "") };
    let mut first = Vec::new();
    if let Some(page) = page_of(ledger, query, faults).await {
        take_readable(&mut first, page, faults);
    }
    first
}

/// The keys of all items of a partition of the index whose place there begins so.
pub async fn load_index<T>(ledger: &impl DynamoDbApi, index: &Index<T>, sk_prefix: &str) -> Result<Vec<ItemKey<T>>> {
    let mut query = whole(index.pk, sk_prefix);
    let mut all = Vec::new();
    loop {
        let page = ledger.query_index(query).await?;
        all.extend(page.items.into_iter().map(|item| ItemKey::of(item.key)));
        let Some(next) = page.next else { return Ok(all) };
        query = Query { after: Some(next), ..whole(index.pk, sk_prefix) };
    }
}

/// Reads all values of a partition whose sort key begins with `sk_prefix`.
pub async fn load_all<T: DeserializeOwned>(ledger: &impl DynamoDbApi, range: &Range<T>) -> Result<Vec<Stored<T>>> {
    let mut query = whole(&range.pk, range.sk_prefix);
    let mut all = Vec::new();
    while let Some(next) = take(&mut all, ledger.query(query).await?)? {
        query = Query { after: Some(next), ..whole(&range.pk, range.sk_prefix) };
    }
    Ok(all)
}

fn whole(pk: &str, sk_prefix: &str) -> Query {
    Query { pk: pk.to_owned(), sk_prefix: sk_prefix.to_owned(), descending: false, limit: 1000, after: None }
}

/// Takes in what can be read of a page, and returns where the next one begins.
fn take_readable(all: &mut Vec<Stored<impl DeserializeOwned>>, page: QueryPage, faults: &mut Faults) -> Option<String> {
    for item in page.items {
        let thing = format!("reading {} {}", item.key.pk, item.key.sk);
        all.extend(faults.take(thing, from_item(item)));
    }
    page.next
}

/// Takes in a page, and returns where the next one begins.
fn take(all: &mut Vec<Stored<impl DeserializeOwned>>, page: QueryPage) -> Result<Option<String>> {
    for item in page.items {
        all.push(from_item(item)?);
    }
    Ok(page.next)
}
