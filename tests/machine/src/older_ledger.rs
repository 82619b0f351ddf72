//! The ledger as an older Windlass left it: its items without the members that were added since.

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::rc::Rc;
use windlass_world::World;

/// The members that the first Windlass with such items wrote, by the beginning of an item's sort key. No member is ever
/// added to an item of this table: a member that was added since must have a default. None of these members gets
/// another name.
const FIRST: [(&str, &str); 18] = [
    ("declaration", "accepted digest text version"),
    // Of an execution.
    ("deployment", "deployment"),
    ("done", "cause deployment"),
    ("release", "release"),
    ("judgement", "changed decides looked measurements pace_s polls started unknown_since until verdict wave"),
    ("plan", "findings outcome unchanged warnings waves"),
    (
        "record",
        "accept_red accepted action again allow_older app attempt by_person declaration ending environment \
         executions id order reason release release_digest requester snapshot started status undoing upload",
    ),
    (
        "step",
        "app attempt before changes component deployment environment failure goals invocations kind open \
         place progress seen shown status target undo_failure warnings wave worked_ms",
    ),
    ("lock", "held token"),
    ("snapshot", "components deployment made number release replaced version"),
    ("state", "hold last_snapshot marks running snapshot"),
    ("owner", "app component environment"),
    ("sites", "sites"),
    ("waiting", "components deployment operator order since task_token"),
    ("veto", "cause deployment release since version"),
    ("second_look", "app deployment due ended ending environment held looked tries version"),
    // Of an arrival.
    ("served", ""),
    ("rounds", "images uploads"),
];

/// The same for objects within a member: the member itself, or each of its many objects.
const WITHIN: [(&str, &str, &str); 10] = [
    ("lock", "held", "action deployment execution since state"),
    ("record", "order", "accepted id sequence version"),
    ("waiting", "order", "accepted id sequence version"),
    ("state", "marks", "accepted id sequence version"),
    ("step", "open", "not_after what"),
    ("step", "changes", "answered at change made switching token undo what"),
    ("step", "progress", "bytes_done bytes_total files_done files_total"),
    ("sites", "sites", "folder owner"),
    ("rounds", "images", "after began since"),
    ("rounds", "uploads", "after began since"),
];

/// Leaves in each item only the members that the first Windlass would have written. Returns the names of the items and
/// members that it saw, and with a `-` those of which it dropped something.
pub fn written_by_the_first(world: &World) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for (key, item) in &mut world.dynamodb().items {
        let Some((begin, known)) = FIRST.iter().find(|(begin, _)| key.sk.starts_with(begin)) else {
            continue;
        };
        let body = &mut Rc::make_mut(item).body;
        keep(body, known, begin, &mut seen);
        for (_, member, known) in WITHIN.iter().filter(|(of, ..)| of == begin) {
            let name = format!("{begin}.{member}");
            let found = body.get_mut(*member).into_iter();
            for within in found.flat_map(|found| each(*member == "marks", found)) {
                keep(within, known, &name, &mut seen);
            }
        }
    }
    seen
}

fn keep(body: &mut Map<String, Value>, known: &str, name: &str, seen: &mut BTreeSet<String>) {
    let before = body.len();
    body.retain(|name, _| known.split_whitespace().any(|known| known == name));
    seen.insert(name.into());
    if body.len() < before {
        seen.insert(format!("-{name}"));
    }
}

fn each(is_map: bool, member: &mut Value) -> Vec<&mut Map<String, Value>> {
    match member {
        Value::Array(many) => objects(many.iter_mut()),
        Value::Object(map) => {
            if is_map {
                objects(map.values_mut())
            } else {
                vec![map]
            }
        }
        _ => vec![],
    }
}

fn objects<'v>(values: impl Iterator<Item = &'v mut Value>) -> Vec<&'v mut Map<String, Value>> {
    values.filter_map(Value::as_object_mut).collect()
}

/// Checks that there were such items and members.
///
/// # Panics
/// If there were none.
pub fn assert_seen(seen: &BTreeSet<String>, names: &[&str]) {
    for name in names {
        assert!(seen.contains(*name), "no {name} in {seen:?}");
    }
}
