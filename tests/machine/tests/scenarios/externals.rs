//! Releases of a book behind a user's function: forward and back, what its function says of the outside, and what is not
//! believed of it.

use crate::scenarios::scene::{assert_free, ended, pass_minutes, program};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::digest::Digest;
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, Shop};
use windlass_machine::shop_world::BOOK;
use windlass_world::lambda::LiveAlias;
use windlass_world::outside::{Lie, Outside};
use windlass_world::run::run;

const DECLARATION: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  book: {kind: external, function: {name: shop-book, alias: live}, within: 10m}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// Returns what the outside has once it was given a release.
fn tree(version: &str) -> String {
    Digest::of(format!("book {version}").as_bytes()).as_str().to_owned()
}

/// Returns what the outside has.
fn there(shop: &Shop<'_>) -> String {
    shop.world().external().of(BOOK).tree.clone().unwrap_or_default()
}

fn set(shop: &Shop<'_>, change: impl FnOnce(&mut Outside)) {
    change(shop.world().external().of(BOOK));
}

/// Deploys a release to its end, which must be this one. Returns the execution's ARN.
fn deploys(shop: &mut Shop<'_>, version: &str, ending: Ending) -> String {
    let arn = shop.deploy(version, &["book"]);
    shop.region.run();
    is(shop, &arn, ending);
    arn
}

fn is(shop: &Shop<'_>, arn: &str, ending: Ending) {
    let ended = ended(shop, arn);
    assert_eq!(ended.ending, ending, "{}{}", ended.cause.written(), shop.path(arn));
    assert_free(shop);
}

/// Makes the shop with a book that is live.
fn live(program: &Program) -> Shop<'_> {
    let mut shop = Shop::new(program, DECLARATION);
    deploys(&mut shop, "1.0.0", Ending::Succeeded);
    shop
}

/// Deploys a release, and lets an alarm ring once it is live. Returns the execution's ARN.
fn is_undone(shop: &mut Shop<'_>, version: &str) -> String {
    let arn = shop.deploy(version, &["book"]);
    assert!(shop.region.run_until(&arn, "Bake"), "{}", shop.path(&arn));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    is(shop, &arn, Ending::RolledBack);
    arn
}

#[test]
fn a_book_is_released_undone_and_rolled_back() {
    let program = program();
    let mut shop = live(&program);
    assert_eq!(there(&shop), tree("1.0.0"));
    is_undone(&mut shop, "1.1.0");
    assert_eq!(there(&shop), tree("1.0.0"));
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    deploys(&mut shop, "1.2.0", Ending::Succeeded);
    let arn = shop.act("rollback");
    shop.region.run();
    is(&shop, &arn, Ending::Succeeded);
    assert_eq!(there(&shop), tree("1.0.0"));
}

#[test]
fn the_first_release_goes_back_to_nothing() {
    let program = program();
    let mut shop = Shop::new(&program, DECLARATION);
    is_undone(&mut shop, "1.0.0");
    assert_eq!(there(&shop), "");
}

/// Safety: kinds: A user's function is called in the version that the plan has pinned, forward and back.
#[test]
fn what_changed_it_brings_it_back_whatever_the_alias_says_meanwhile() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &["book"]);
    assert!(shop.region.run_until(&arn, "Bake"));
    if let Some(function) = shop.world().lambda().functions.get_mut(BOOK) {
        let version = function.publish_by_hand("mended");
        function.aliases.insert("live".into(), LiveAlias::at(&version));
    }
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    is(&shop, &arn, Ending::RolledBack);
    let asked = shop.world().external().asked.clone();
    assert!(asked.iter().all(|one| one.version == "1") && asked.iter().any(|one| one.key.ends_with("/back")));

    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    deploys(&mut shop, "1.2.0", Ending::Succeeded);
    let last = shop.world().external().asked.last().map(|one| one.version.clone());
    assert_eq!(last.as_deref(), Some("2"), "a later deployment calls the version of that day");
}

/// Safety: truth: A user's function is believed that something is ready where two looks 15 s apart say so.
#[test]
fn each_lie_ends_as_two_looks_show_it() {
    let program = program();
    for (lie, ending, left) in [
        (Lie::ReadyTooEarly, Ending::Succeeded, "1.1.0"),
        (Lie::SentNotDone, Ending::RolledBack, "1.0.0"),
        (Lie::DoneButRefused, Ending::RolledBack, "1.1.0"),
        (Lie::DoneTwice, Ending::Succeeded, "1.1.0"),
        (Lie::Flips, Ending::Rejected, "1.0.0"),
        (Lie::Forgets, Ending::Succeeded, "1.1.0"),
    ] {
        let mut shop = live(&program);
        set(&shop, |outside| outside.lie = Some(lie));
        let arn = deploys(&mut shop, "1.1.0", ending);
        assert_eq!(there(&shop), tree(left), "{lie:?}");
        let now = ended(&shop, &arn).at;
        let is_ready = shop.world().external().of(BOOK).is_ready(now);
        // Nobody waits for what was done beside the answer: it is taken for somebody else's change.
        assert!(is_ready || lie == Lie::DoneButRefused, "{lie:?} ended while the outside was not ready");
    }
}

#[test]
fn what_the_outside_gives_up_is_undone_with_its_words() {
    let program = program();
    let mut shop = live(&program);
    set(&shop, |outside| outside.broken.extend([tree("1.1.0")]));
    let arn = deploys(&mut shop, "1.1.0", Ending::RolledBack);
    assert_eq!(there(&shop), tree("1.0.0"));
    assert!(ended(&shop, &arn).cause_name.contains("ChangeFailed"));
}

#[test]
fn slow_is_not_failed_until_the_declared_time_is_over() {
    let program = program();
    let mut shop = live(&program);
    set(&shop, |outside| outside.builds_s = 8 * 60);
    deploys(&mut shop, "1.1.0", Ending::Succeeded);
    set(&shop, |outside| outside.builds_s = 11 * 60);
    let arn = shop.deploy("1.2.0", &["book"]);
    shop.region.run();
    assert_ne!(ended(&shop, &arn).ending, Ending::Succeeded);
}

/// A release of somebody else's state is warned about, and a change meanwhile is theirs.
#[test]
fn somebody_elses_change_is_left_to_them() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &["book"]);
    assert!(shop.region.run_until(&arn, "Bake"));
    let now = shop.world().true_time();
    set(&shop, |outside| outside.commit(Some("by-hand"), now));
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    assert_ne!(ended(&shop, &arn).ending, Ending::Succeeded);
    assert_eq!(there(&shop), "by-hand");
}

fn looks(shop: &Shop<'_>) -> usize {
    shop.world().mishaps().calls.iter().filter(|call| **call == "external.look").count()
}

/// Returns what the API shows of the book beside its record.
fn observed(shop: &Shop<'_>) -> Value {
    let call = ApiCall {
        method: "GET".into(),
        path: "/apps/shop/environments/prod".into(),
        query: BTreeMap::from([("observe".into(), "true".into())]),
        ..ApiCall::default()
    };
    let reply = run(handle(shop.world(), call));
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["observed"]["book"].clone()
}

/// Safety: kinds: The API runs no function of the user's: it shows the last look.
#[test]
fn the_api_shows_the_last_look_and_makes_none() {
    let program = program();
    let mut shop = live(&program);
    let before = looks(&shop);
    assert_eq!(observed(&shop)["drift"], "unknown");
    assert_eq!(looks(&shop), before);
    for _ in 0..13 {
        pass_minutes(&shop, 5);
        shop.region.scheduled();
        shop.region.run();
    }
    let after = looks(&shop);
    assert!(after > before, "an hourly look is made");
    assert_eq!(observed(&shop)["drift"], "none");
    assert_eq!(looks(&shop), after);
}
