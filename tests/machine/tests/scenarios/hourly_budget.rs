//! The environments of an application share the calls of its hourly looks.

use crate::scenarios::scene::{live, pass_minutes, program};
use windlass_domain::deployment::hourly_look::{CALLS_AN_HOUR, HourlyLook};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::{Clock, DynamoDbApi};
use windlass_machine::shop::Shop;
use windlass_world::run::run;

/// Runs the schedule every five minutes for so many minutes.
fn schedule_for(shop: &mut Shop<'_>, minutes: u64) {
    for _ in 0..minutes / 5 {
        pass_minutes(shop, 5);
        shop.region.scheduled();
        shop.region.run();
    }
}

/// Returns the time at which the shop's production was looked at last.
fn looked(shop: &Shop<'_>) -> Option<Time> {
    let (app, prod) = (name("shop"), EnvironmentName::new("prod").unwrap());
    let look: Stored<HourlyLook> =
        run(ledger::require(shop.world(), &ledger::hourly_look(EnvironmentId::new(&app, &prod)))).unwrap();
    look.value.looked
}

fn name(app: &str) -> AppName {
    AppName::new(app).unwrap()
}

/// Records that looks at an environment, which is not due again for days, have taken so many calls.
fn have_taken(shop: &Shop<'_>, app: &str, environment: &str, calls: u32) {
    let (app, environment) = (name(app), EnvironmentName::new(environment).unwrap());
    let now = shop.world().now();
    let mut look = HourlyLook::new(EnvironmentId::new(&app, &environment), now);
    look.due = now.plus_s(5 * 24 * 3600);
    look.spent.add(calls, now);
    let stored = Stored::new(ledger::hourly_look(EnvironmentId::new(&app, &environment)), look);
    let write = ledger::put_look(&stored).unwrap();
    run(shop.world().transact(vec![write])).unwrap();
}

#[test]
fn what_the_looks_at_one_environment_take_is_not_there_for_another() {
    // The application whose looks have taken the calls of so many hours, and whether the shop's production is looked at
    // in the next hour.
    for (app, hours, is_looked_at) in [("shop", 0, true), ("shop", 1, true), ("shop", 6, false), ("bank", 6, true)] {
        let program = program();
        let mut shop = live(&program);
        schedule_for(&mut shop, 65);
        let before = looked(&shop);
        assert!(before.is_some());
        have_taken(&shop, app, "staging", hours * CALLS_AN_HOUR);
        schedule_for(&mut shop, 120);
        assert_eq!(looked(&shop) > before, is_looked_at, "{app} {hours}");
        // The next hours pay for the rest, and no environment is forgotten.
        schedule_for(&mut shop, 6 * 60);
        assert!(looked(&shop) > before, "{app} {hours}");
    }
}
