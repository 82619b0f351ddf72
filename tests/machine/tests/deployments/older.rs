//! What an older Windlass left in the ledger.

use crate::scene::{BOTH, both, ending, live, program, serves, unlocked};
use std::rc::Rc;
use windlass_domain::ending::Ending;
use windlass_world::World;

/// By the beginning of an item's sort key, the members that the first Windlass wrote. This table does not
/// grow: what is written since then must have a default, and none of these gets another name.
const FIRST: [(&str, &str); 10] = [
    ("declaration", "accepted digest text version"),
    ("release", "release"),
    (
        "judgement",
        "changed decides looked measurements pace_s polls started unknown_since until verdict wave",
    ),
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
    (
        "snapshot",
        "components deployment made number release replaced version",
    ),
    ("state", "hold last_snapshot marks running snapshot"),
    ("owner", "app component environment"),
];

/// Leaves of each item what the first Windlass would have written.
fn written_by_the_first(world: &World) -> usize {
    let mut dropped = 0;
    for (key, item) in &mut world.ledger().items {
        let known = FIRST.iter().find(|(begin, _)| key.sk.starts_with(begin));
        if let Some((_, known)) = known {
            let body = &mut Rc::make_mut(item).body;
            let before = body.len();
            body.retain(|name, _| known.split_whitespace().any(|known| known == name));
            dropped += before - body.len();
        }
    }
    dropped
}

#[test]
fn a_deployment_that_an_older_windlass_began_is_brought_back() {
    for told in [true, false] {
        let program = program();
        let mut shop = live(&program);
        let arn = shop.deploy("1.1.0", &BOTH);
        assert!(shop.region.run_until(&arn, "Bake"));
        assert!(written_by_the_first(shop.region.world()) > 0);
        if told {
            shop.region.stop(&arn);
        } else {
            shop.region.stop_untold(&arn);
            shop.region.scheduled();
        }
        shop.region.run();
        assert_eq!(ending(&shop, &arn), Ending::RolledBack);
        assert_eq!(serves(&shop), both("2"));
        assert!(unlocked(&shop));
    }
}

#[test]
fn what_an_older_windlass_deployed_is_gone_on_from() {
    let program = program();
    let mut shop = live(&program);
    assert!(written_by_the_first(shop.region.world()) > 0);
    let arn = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(ending(&shop, &arn), Ending::Succeeded);
    assert_eq!(serves(&shop), both("3"));
}
