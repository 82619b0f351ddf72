//! Tests of what is read from the ledger in pages, and of what cannot be written or read.

use serde_json::{Value, json};
use windlass_domain::text::fault::FaultName;
use windlass_engine::faults::Faults;
use windlass_engine::ledger::{self, Index, ItemKey, Range, Stored};
use windlass_engine::ports::{DynamoDbApi, Item};
use windlass_world::World;
use windlass_world::run::run;

const PARTITION: &str = "partition";

const INDEX: Index<Value> = Index::new("index");

fn key<T>(pk: &str, number: u32) -> ItemKey<T> {
    ItemKey::new(pk.into(), format!("item#{number:06}"))
}

fn items(sk_prefix: &'static str) -> Range<Value> {
    Range::new(PARTITION.into(), sk_prefix)
}

/// Makes a world with so many items of a partition, which are in the index by the same numbers.
fn filled(count: u32) -> World {
    let world = World::default();
    for number in 0..count {
        let item = Stored::new(key(PARTITION, number), json!({"number": number}));
        let write = item.put_indexed(Some(key::<Value>(INDEX.pk, number).into())).unwrap();
        run(world.transact(vec![write])).unwrap();
    }
    world
}

fn numbers(found: &[Stored<Value>]) -> Vec<u64> {
    let numbers = found.iter().map(|item| item.value["number"].as_u64());
    numbers.collect::<Option<_>>().unwrap()
}

#[test]
fn everything_is_read_however_many_pages_it_takes() {
    for count in [0, 1, 1000, 1001, 2500] {
        let world = filled(count);
        let wanted: Vec<u64> = (0..count.into()).collect();
        let found = run(ledger::load_all(&world, &items("item#"))).unwrap();
        assert_eq!(numbers(&found), wanted, "{count}");
        let mut faults = Faults::default();
        let found = run(ledger::load_all_indexed(&world, &INDEX, &mut faults));
        faults.into_answer().unwrap();
        assert_eq!(numbers(&found), wanted, "{count}");
    }
    let world = filled(30);
    let mut faults = Faults::default();
    let first = run(ledger::load_first_indexed(&world, &INDEX, 25, &mut faults));
    faults.into_answer().unwrap();
    assert_eq!(numbers(&first), (0..25).collect::<Vec<_>>());
    let none = run(ledger::load_all(&world, &items("other#"))).unwrap();
    assert_eq!(none, []);
}

#[test]
fn only_documents_are_items_and_what_is_none_is_named_by_its_key() {
    let fault = Stored::new(key(PARTITION, 1), 7).put().unwrap_err();
    assert_eq!(fault.name, FaultName::Internal);
    let item =
        Item { key: key::<u8>(PARTITION, 1).into(), rev: 1, body: serde_json::Map::new(), index: None, expires: None };
    let fault = ledger::from_item::<u8>(item).unwrap_err();
    assert_eq!(fault.name, FaultName::Internal);
    assert!(fault.message.contains("partition item#000001"), "{fault}");
    let missing = run(ledger::require(&World::default(), &key::<Value>("a", 2))).unwrap_err();
    assert_eq!(missing.message, "the ledger has no item a item#000002");
}
