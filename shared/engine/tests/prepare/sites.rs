//! Sites of several tenants in one bucket.

use crate::tenants::Tenants;
use std::ops::RangeInclusive;
use windlass_engine::prepare::handle;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

/// Deployments one after the other, each with a word of why it is refused; none of one that is planned.
pub type Story = &'static [(&'static str, &'static str)];

pub fn tell(story: Story, after: &dyn Fn(usize, &Tenants)) {
    let mut tenants = Tenants::new();
    for (number, (tenant, refused)) in story.iter().enumerate() {
        let told = tenants.deploy(tenant);
        match &told {
            Some(reason) if !refused.is_empty() => {
                assert!(reason.contains(refused), "{story:?} {tenant}: {reason}");
            }
            _ => assert_eq!(
                told.is_some(),
                !refused.is_empty(),
                "{story:?} {tenant}: {told:?}"
            ),
        }
        after(number, &tenants);
    }
}

#[test]
fn a_site_of_another_environment_is_beside_ours_or_refused() {
    let table: [(&str, Story); 13] = [
        (
            "a folder in a bucket",
            &[
                ("shop/prod web=web/", ""),
                (
                    "shop/dev web=web/docs/",
                    "s3://web/docs/ is in s3://web/, which belongs to the component web of shop/prod.",
                ),
                ("bank/prod web=web/a/b/", "s3://web/a/b/ is in s3://web/"),
                ("shop/prod web=web/", ""),
            ],
        ),
        (
            "a bucket around a folder",
            &[
                ("shop/prod web=web/docs/", ""),
                (
                    "bank/prod web=web/",
                    "s3://web/docs/, which belongs to the component web of shop/prod, is in s3://web/.",
                ),
            ],
        ),
        (
            "the same folder",
            &[
                ("shop/prod web=web/docs/", ""),
                (
                    "bank/prod web=web/docs/",
                    "s3://web/docs/ belongs to the component web of shop/prod.",
                ),
                (
                    "bank/prod web=web/docs/>E1",
                    "s3://web/docs/ belongs to the component web of shop/prod.",
                ),
            ],
        ),
        (
            "folders side by side",
            &[
                ("shop/prod web=web/prod/ docs=web/docs/", ""),
                ("shop/dev web=web/dev/", ""),
                ("bank/prod web=web/bank/>E1", ""),
                ("shop/prod web=web/prod/ docs=web/docs/", ""),
            ],
        ),
        (
            "names that only begin alike",
            &[
                ("shop/prod web=web/prod/", ""),
                ("bank/prod web=web/products/", ""),
                ("bank/dev web=docs/prod/", ""),
            ],
        ),
        (
            "a distribution's site below one in place, and the other way around",
            &[
                ("shop/prod web=web/", ""),
                ("bank/prod web=web/releases/>E1", "is in s3://web/"),
                ("bank/dev web=docs/releases/>E3", ""),
                ("shop/prod docs=docs/", "is in s3://docs/"),
                (
                    "shop/dev docs=docs/releases/new/",
                    "is in s3://docs/releases/",
                ),
            ],
        ),
        (
            "two distributions with one folder",
            &[
                ("shop/prod web=web/releases/>E1", ""),
                (
                    "bank/prod web=web/releases/>E2",
                    "s3://web/releases/ belongs to",
                ),
                ("bank/prod web=web/more/>E2", ""),
            ],
        ),
        (
            "an origin that somebody's site is served by",
            &[
                ("shop/prod web=web/shop/@E1", ""),
                ("shop/dev web=web/dev/@E1", ""),
                (
                    "bank/prod web=web/bank/>E1",
                    "; s3://web/shop/ names no `origin`, which would tell.",
                ),
                ("bank/prod web=web/bank/>E2", ""),
                (
                    "shop/dev web=web/dev/@E2",
                    "s3://web/dev/ and s3://web/bank/, which belongs to the component web of bank/prod, may be served by the same origin of arn:aws:cloudfront::111111111111:distribution/E2, whose path one of them switches; s3://web/dev/ names no `origin`, which would tell.",
                ),
                (
                    "shop/dev web=web/dev/@E2#web",
                    "are served by the same origin of arn:aws:cloudfront::111111111111:distribution/E2, whose path one of them switches.",
                ),
            ],
        ),
        (
            "a site that moves makes room",
            &[
                ("shop/prod web=web/", ""),
                ("shop/prod web=web/shop/", ""),
                ("bank/prod web=web/bank/", ""),
                (
                    "shop/prod web=web/",
                    "s3://web/bank/, which belongs to the component web of bank/prod, is in s3://web/.",
                ),
                ("shop/prod web=web/shop/", ""),
            ],
        ),
        (
            "sites of one environment that move together",
            &[
                ("shop/prod web=web/", ""),
                ("shop/prod docs=web/docs/ web=web/web/", ""),
                ("bank/prod web=web/web/more/", "is in"),
                ("bank/prod web=web/docs/more/", "is in"),
            ],
        ),
        (
            "a component with another name",
            &[
                ("shop/prod web=web/shop/", ""),
                ("shop/prod site=web/shop/", ""),
                ("shop/prod site=web/site/", ""),
                ("bank/prod web=web/shop/more/", ""),
            ],
        ),
        (
            "a component that is gone leaves its files",
            &[
                ("shop/prod web=web/shop/", ""),
                ("shop/prod site=web/site/", ""),
                ("bank/prod web=web/shop/more/", "is in s3://web/shop/"),
            ],
        ),
        (
            "who was refused has claimed nothing",
            &[
                ("shop/prod web=web/docs/", ""),
                (
                    "bank/prod more=web/bank/ web=web/docs/a/",
                    "is in s3://web/docs/",
                ),
                ("shop/dev web=web/bank/", ""),
            ],
        ),
    ];
    for (what, story) in table {
        println!("{what}");
        tell(story, &|_, _| {});
    }
}

/// While one is paused at any of its calls of the ledger since it looked at its target the other comes and
/// goes.
#[test]
fn of_two_that_come_at_the_same_moment_one_is_refused() {
    let moved = &["shop/prod web=web/a/", "shop/prod web=web/b/"];
    let table: [(&[&str], &str, &str, usize); 6] = [
        (&[], "shop/prod web=web/", "bank/prod web=web/docs/", 1),
        (&[], "shop/prod web=web/a/", "bank/prod web=web/>E1", 1),
        (&[], "shop/prod web=web/a/@E1", "bank/prod web=web/b/>E1", 1),
        (&[], "shop/prod web=web/a/", "bank/prod web=web/b/", 0),
        // Who comes into what was left, and who comes back there.
        (moved, "bank/prod web=web/a/", "shop/prod web=web/a/", 1),
        (moved, "shop/prod web=web/a/", "bank/prod web=web/a/c/", 1),
    ];
    for (before, slow, quick, refused) in table {
        for call in ledger_calls(before, slow) {
            for when in [When::Before, When::After] {
                let told = beside(before, slow, quick, call, when);
                let many = told.iter().flatten().count();
                assert_eq!(many, refused, "{slow} {call} {when:?}: {told:?}");
            }
        }
    }
}

fn after(before: &[&str]) -> Tenants {
    let mut tenants = Tenants::new();
    for tenant in before {
        assert_eq!(tenants.deploy(tenant), None);
    }
    tenants
}

/// The last calls of a `Prepare`, which are all of the ledger.
fn ledger_calls(before: &[&str], tenant: &str) -> RangeInclusive<u64> {
    let mut tenants = after(before);
    assert_eq!(tenants.deploy(&format!("undone {tenant}")), None);
    let mishaps = tenants.world().mishaps();
    let others = mishaps
        .calls
        .iter()
        .rposition(|it| !it.starts_with("ledger."));
    let last = others.unwrap() + 1;
    let calls = last as u64 + 1..=mishaps.count();
    let writes = mishaps.calls[last..].iter();
    let writes = writes.filter(|it| **it == "ledger.transact");
    assert!(
        writes.count() == 2 && calls.clone().count() >= 5,
        "{calls:?}"
    );
    calls
}

/// Why the slow one and the quick one are refused, where the quick one comes at that call of the other.
fn beside(before: &[&str], slow: &str, quick: &str, call: u64, when: When) -> [Option<String>; 2] {
    let mut tenants = after(before);
    let (slow, quick) = (tenants.tenant(slow), tenants.tenant(quick));
    let world = tenants.world();
    world.plan_mishap(call, when, Mishap::Pause);
    let mut prepares = std::pin::pin!(handle(world, slow.ask.clone()));
    assert!(until_pause(prepares.as_mut()).is_none(), "{call}");
    run(handle(world, quick.ask.clone())).unwrap();
    run(prepares).unwrap();
    [tenants.refused(&slow), tenants.refused(&quick)]
}
