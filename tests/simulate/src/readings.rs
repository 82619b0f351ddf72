//! The ledger's items as rules read them. Each is read once, because many rules ask for the same ones.

use serde::de::DeserializeOwned;
use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_engine::ports::Item;

/// An item, as one type.
type Which = (*const Item, TypeId);

/// The item itself, so that no other item gets its address, and what was read of it.
type Reading = (Rc<Item>, Option<Rc<dyn Any>>);

/// The items that were read.
#[derive(Default)]
pub struct Readings {
    known: RefCell<BTreeMap<Which, Reading>>,
}

impl Readings {
    /// Reads an item; `None` if it is not of this type.
    pub fn of<T: DeserializeOwned + 'static>(&self, item: &Rc<Item>) -> Option<Rc<T>> {
        let which = (Rc::as_ptr(item), TypeId::of::<T>());
        let mut known = self.known.borrow_mut();
        let (_, said) = known.entry(which).or_insert_with(|| {
            let said = T::deserialize(&item.body).ok();
            (Rc::clone(item), said.map(|said| Rc::new(said) as Rc<dyn Any>))
        });
        Rc::clone(said.as_ref()?).downcast().ok()
    }
}
