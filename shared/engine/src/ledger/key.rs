//! Typed places of the ledger: a key says in its type what lies there, so that nobody reads it as something else.

use crate::ports;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// The key of an item whose content is a `T`.
pub struct ItemKey<T> {
    key: ports::Key,
    of: PhantomData<fn() -> T>,
}

impl<T> ItemKey<T> {
    /// The key of these two parts. Only the files of this folder, and tests, say what lies where.
    pub fn new(pk: String, sk: impl Into<String>) -> Self {
        Self::of(ports::Key { pk, sk: sk.into() })
    }

    /// The key of an item that was read as a `T`.
    pub(super) fn of(key: ports::Key) -> Self {
        Self { key, of: PhantomData }
    }
}

impl<T> Clone for ItemKey<T> {
    fn clone(&self) -> Self {
        Self::of(self.key.clone())
    }
}

impl<T> PartialEq for ItemKey<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T> fmt::Debug for ItemKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}

impl<T> Deref for ItemKey<T> {
    type Target = ports::Key;

    fn deref(&self) -> &ports::Key {
        &self.key
    }
}

impl<T> From<ItemKey<T>> for ports::Key {
    fn from(key: ItemKey<T>) -> Self {
        key.key
    }
}

/// The items of one partition whose sort keys begin alike, each of which is a `T`.
pub struct Range<T> {
    /// The partition key.
    pub pk: String,
    /// The beginning of the sort keys; all items of the partition if empty.
    pub sk_prefix: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T> Range<T> {
    /// The items of a partition whose sort keys begin so.
    pub fn new(pk: String, sk_prefix: &'static str) -> Self {
        Self { pk, sk_prefix, of: PhantomData }
    }

    /// The key of the item whose sort key ends so.
    pub fn item(&self, name: &str) -> ItemKey<T> {
        ItemKey::new(self.pk.clone(), format!("{}{name}", self.sk_prefix))
    }
}

/// A partition of the index `by_index`, in which items are that are a `T`.
pub struct Index<T> {
    /// The partition key.
    pub pk: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T> Index<T> {
    /// The partition of this name.
    pub const fn new(pk: &'static str) -> Self {
        Self { pk, of: PhantomData }
    }
}
