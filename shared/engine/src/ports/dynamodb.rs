use super::Result;
use serde_json::{Map, Value};
use windlass_domain::text::time::Time;

/// The key of a ledger item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

/// An item of the ledger: a document with a revision, for optimistic writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its key.
    pub key: Key,
    /// Its revision: 1 when it is made, one more at every write.
    pub rev: u64,
    /// Its content. Top-level members are attributes of their own, so that conditions can name
    /// them and a person can read them in the console.
    pub body: Map<String, Value>,
    /// Its place in the index `by_index`; not indexed if absent.
    pub index: Option<Key>,
    /// The time from which DynamoDB's time to live may remove it; never if absent.
    pub expires: Option<Time>,
}

/// A condition on one item.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The item does not exist.
    Absent,
    /// The item exists and has this revision.
    Rev(u64),
    /// The item exists and its top-level member has this value.
    Field(String, Value),
}

/// One write of a transaction, with the action that IAM asks for. Only `put`, `delete` and `check` make it, so that a
/// function's binary has the name of each action that its writes need, and of no other (decision 0140).
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Writes the whole item.
    Put(Item, Condition, IamAction),
    /// Deletes the item.
    Delete(Key, Condition, IamAction),
    /// Writes nothing, but must hold.
    Check(Key, Condition, IamAction),
}

/// The action that IAM asks for before a write (Amazon DynamoDB Developer Guide, "Using IAM with
/// DynamoDB transactions").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IamAction(&'static str);

impl Write {
    /// Returns a write of the whole item.
    pub fn put(item: Item, condition: Condition) -> Self {
        Self::Put(item, condition, IamAction("dynamodb:PutItem"))
    }

    /// Deletes the item.
    pub fn delete(key: impl Into<Key>, condition: Condition) -> Self {
        Self::Delete(key.into(), condition, IamAction("dynamodb:DeleteItem"))
    }

    /// Writes nothing, but must hold.
    pub fn check(key: impl Into<Key>, condition: Condition) -> Self {
        Self::Check(key.into(), condition, IamAction("dynamodb:ConditionCheckItem"))
    }

    /// Returns the key that it is about.
    pub fn key(&self) -> &Key {
        match self {
            Self::Put(item, ..) => &item.key,
            Self::Delete(key, ..) | Self::Check(key, ..) => key,
        }
    }

    /// Returns its condition.
    pub fn condition(&self) -> &Condition {
        let (Self::Put(_, condition, _) | Self::Delete(_, condition, _) | Self::Check(_, condition, _)) = self;
        condition
    }

    /// Returns the action that IAM asks for, such as `dynamodb:PutItem`.
    pub fn action(&self) -> &'static str {
        let (Self::Put(.., action) | Self::Delete(.., action) | Self::Check(.., action)) = self;
        action.0
    }
}

/// The outcome of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transacted {
    /// All of it was written.
    Done,
    /// Nothing was written; the conditions of the writes at these indexes did not hold, or another
    /// transaction was in the way.
    Refused(Vec<usize>),
}

/// One page of a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueryPage {
    /// The items.
    pub items: Vec<Item>,
    /// The place where the next page begins; absent if this was the last. Opaque.
    pub next: Option<String>,
}

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The partition key.
    pub pk: String,
    /// The beginning of the sort keys; everything if empty.
    pub sk_prefix: String,
    /// True if the highest sort key comes first.
    pub descending: bool,
    /// The most items of a page.
    pub limit: u32,
    /// The place where the page before ended.
    pub after: Option<String>,
}

/// The ledger: an Amazon DynamoDB table.
pub trait DynamoDbApi {
    /// Reads an item, strongly consistent.
    async fn get(&self, key: &Key) -> Result<Option<Item>>;

    /// Writes all or nothing; at most 100 writes, and no item twice (Amazon DynamoDB API
    /// Reference, TransactWriteItems).
    async fn transact(&self, writes: Vec<Write>) -> Result<Transacted>;

    /// Reads a partition in the order of its sort key, strongly consistent.
    async fn query(&self, query: Query) -> Result<QueryPage>;

    /// Reads a partition of the index `by_index`, eventually consistent.
    async fn query_index(&self, query: Query) -> Result<QueryPage>;
}
