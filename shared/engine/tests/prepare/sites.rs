//! Tests of sites of several tenants in one bucket.

use crate::prepare::tenants::Tenants;
use std::ops::RangeInclusive;
use windlass_engine::prepare::handle;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

/// Deployments one after the other, each with a word of why it is refused. The word is empty if it is planned.
pub type Story = &'static [(&'static str, &'static str)];

pub fn play(story: Story) {
    let mut tenants = Tenants::new();
    for (tenant, refused) in story {
        let refusal = tenants.deploy(tenant);
        match &refusal {
            Some(reason) if !refused.is_empty() => {
                assert!(reason.contains(refused), "{story:?} {tenant}: {reason}");
            }
            _ => assert_eq!(refusal.is_some(), !refused.is_empty(), "{story:?} {tenant}: {refusal:?}"),
        }
    }
}

/// Safety: tenancy: No site is in the folder of another one, and no origin that serves a site has its path switched by
/// another one.
#[test]
fn a_site_of_another_environment_is_beside_ours_or_refused() {
    let table: [(&str, Story); 13] = [
        (
            "a folder in a bucket",
            &[
                ("shop/prod web=web/", ""),
                (
                    "shop/dev web=web/docs/",
                    "The component web of shop/dev cannot have s3://web/docs/: it is in s3://web/, which the component web of shop/prod has.",
                ),
                ("bank/prod web=web/a/b/", "it is in s3://web/,"),
                ("shop/prod web=web/", ""),
            ],
        ),
        (
            "a bucket around a folder",
            &[
                ("shop/prod web=web/docs/", ""),
                ("bank/prod web=web/", "s3://web/docs/, which the component web of shop/prod has, is in it."),
            ],
        ),
        (
            "the same folder",
            &[
                ("shop/prod web=web/docs/", ""),
                ("bank/prod web=web/docs/", "cannot have s3://web/docs/: the component web of shop/prod has it."),
                ("bank/prod web=web/docs/>E1", "cannot have s3://web/docs/: the component web of shop/prod has it."),
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
            &[("shop/prod web=web/prod/", ""), ("bank/prod web=web/products/", ""), ("bank/dev web=docs/prod/", "")],
        ),
        (
            "a distribution's site below one in place, and the other way around",
            &[
                ("shop/prod web=web/", ""),
                ("bank/prod web=web/releases/>E1", "it is in s3://web/,"),
                ("bank/dev web=docs/releases/>E3", ""),
                ("shop/prod docs=docs/", "s3://docs/releases/, which the component web of bank/dev has, is in it"),
                ("shop/dev docs=docs/releases/new/", "it is in s3://docs/releases/,"),
            ],
        ),
        (
            "two distributions with one folder",
            &[
                ("shop/prod web=web/releases/>E1", ""),
                ("bank/prod web=web/releases/>E2", "web of shop/prod has it"),
                ("bank/prod web=web/more/>E2", ""),
            ],
        ),
        (
            "two sites that would switch one origin",
            &[
                ("shop/prod web=web/shop/>E1", ""),
                (
                    "bank/prod web=web/bank/>E1",
                    "cannot have arn:aws:cloudfront::111111111111:distribution/E1#web: the component web of shop/prod has it.",
                ),
            ],
        ),
        (
            "an origin that somebody's site is served by",
            &[
                ("shop/prod web=web/shop/@E1", ""),
                ("shop/dev web=web/dev/@E1", ""),
                (
                    "bank/prod web=web/bank/>E1",
                    "cannot have arn:aws:cloudfront::111111111111:distribution/E1#web: the component web of shop/prod uses it.",
                ),
                ("bank/prod web=web/bank/>E2", ""),
                (
                    "shop/dev web=web/dev/@E2",
                    "cannot use arn:aws:cloudfront::111111111111:distribution/E2#web: the component web of bank/prod has it.",
                ),
                (
                    "shop/dev web=web/dev/@E2#web",
                    "cannot use arn:aws:cloudfront::111111111111:distribution/E2#web: the component web of bank/prod has it.",
                ),
            ],
        ),
        (
            "sites of one environment",
            &[
                ("shop/prod web=web/", ""),
                (
                    "shop/prod docs=web/docs/ web=web/web/",
                    "The component docs of shop/prod cannot have s3://web/docs/: it is in s3://web/, which the component web of shop/prod has.",
                ),
                // Under the other name it is no longer declared where it was.
                ("shop/prod docs=web/docs/ pages=web/pages/", ""),
                ("bank/prod web=web/pages/more/", "it is in"),
                ("bank/prod web=web/bank/", "it is in s3://web/, which"),
            ],
        ),
        (
            "a component with another name",
            &[
                ("shop/prod web=web/shop/", ""),
                ("shop/prod site=web/shop/", "it has another name since"),
                ("bank/prod web=web/shop/more/", "it is in s3://web/shop/, which the component web of shop/prod has."),
                ("shop/prod web=web/shop/", ""),
            ],
        ),
        (
            "a component that is gone leaves its files",
            &[
                ("shop/prod web=web/shop/", ""),
                ("shop/prod site=web/site/", ""),
                ("bank/prod web=web/shop/more/", "it is in s3://web/shop/,"),
            ],
        ),
        (
            "who was refused has claimed nothing",
            &[
                ("shop/prod web=web/docs/", ""),
                ("bank/prod more=web/bank/ web=web/docs/a/", "it is in s3://web/docs/,"),
                ("shop/dev web=web/bank/", ""),
            ],
        ),
    ];
    for (what, story) in table {
        println!("{what}");
        play(story);
    }
}

/// While one is paused at any of its calls of the ledger after it looked at its target, the other comes and goes.
///
/// Safety: tenancy: Of two that claim a resource at the same moment one looks again, and is refused.
#[test]
fn of_two_that_come_at_the_same_moment_one_is_refused() {
    let table: [(&str, &str, usize); 5] = [
        ("shop/prod web=web/", "bank/prod web=web/docs/", 1),
        ("shop/prod web=web/a/", "bank/prod web=web/>E1", 1),
        ("shop/prod web=web/a/@E1", "bank/prod web=web/b/>E1", 1),
        ("shop/prod web=web/a/", "bank/prod web=web/b/", 0),
        ("shop/prod web=web/a/@E1", "bank/prod web=web/b/@E1", 0),
    ];
    for (slow, quick, refused) in table {
        for call in ledger_calls(slow) {
            for when in [When::Before, When::After] {
                let refusals = beside(slow, quick, call, when);
                let many = refusals.iter().flatten().count();
                assert_eq!(many, refused, "{slow} {call} {when:?}: {refusals:?}");
            }
        }
    }
}

/// Returns the numbers of the last calls of a `Prepare`, which are all of the ledger.
fn ledger_calls(tenant: &str) -> RangeInclusive<u64> {
    let mut tenants = Tenants::new();
    assert_eq!(tenants.deploy(&format!("undone {tenant}")), None);
    let mishaps = tenants.world().mishaps();
    let others = mishaps.calls.iter().rposition(|it| !it.starts_with("dynamodb."));
    let last = others.unwrap() + 1;
    let calls = last as u64 + 1..=mishaps.count();
    let writes = mishaps.calls[last..].iter();
    let writes = writes.filter(|it| **it == "dynamodb.transact");
    assert!(writes.count() == 2 && calls.clone().count() >= 5, "{calls:?}");
    calls
}

/// Returns why the slow one and the quick one are refused, if the quick one comes at that call of the slow one.
fn beside(slow: &str, quick: &str, call: u64, when: When) -> [Option<String>; 2] {
    let mut tenants = Tenants::new();
    let (slow, quick) = (tenants.tenant(slow), tenants.tenant(quick));
    let world = tenants.world();
    world.plan_mishap(call, when, Mishap::Pause);
    let mut prepares = std::pin::pin!(handle(world, slow.input.clone()));
    assert!(until_pause(prepares.as_mut()).is_none(), "{call}");
    run(handle(world, quick.input.clone())).unwrap();
    run(prepares).unwrap();
    [tenants.refused(&slow), tenants.refused(&quick)]
}
