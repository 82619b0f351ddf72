//! Sites in one bucket whose claims are of before folders were compared.

use crate::sites::{Story, tell};
use crate::tenants::Tenants;

/// What the deployments of each story up to that number claimed is as a Windlass left it that compared no folders.
#[test]
fn a_claim_of_before_folders_were_compared_holds() {
    let table: [(&str, usize, Story); 11] = [
        (
            "it is its owner's, whoever is above and below",
            0,
            &[
                ("shop/prod web=web/", ""),
                ("shop/prod web=web/", ""),
                ("shop/dev web=web/docs/", "is in s3://web/"),
                ("shop/prod web=web/", ""),
            ],
        ),
        (
            "also before its owner deploys again",
            0,
            &[
                ("shop/prod web=web/a/", ""),
                (
                    "bank/prod web=web/a/b/c/",
                    "s3://web/a/b/c/ is in s3://web/a/, which belongs to the component web of shop/prod.",
                ),
                (
                    "bank/prod web=web/a/>E1",
                    "s3://web/a/ belongs to the component web of shop/prod.",
                ),
                ("bank/prod web=web/b/", ""),
            ],
        ),
        (
            "of an origin",
            0,
            &[
                ("shop/prod web=web/releases/>E1", ""),
                (
                    "bank/prod web=web/more/>E1",
                    "belongs to the component web of shop/prod.",
                ),
                ("shop/prod web=web/releases/>E1", ""),
                (
                    "bank/prod web=web/releases/",
                    "s3://web/releases/ belongs to",
                ),
            ],
        ),
        (
            "it is compared like any other when its site moves",
            1,
            &[
                ("shop/prod web=web/prod/", ""),
                ("shop/dev web=web/dev/", ""),
                ("shop/prod web=web/prod/", ""),
                ("shop/dev web=web/prod/dev/", "is in s3://web/prod/"),
            ],
        ),
        (
            "a renamed component takes it over",
            0,
            &[
                ("shop/prod web=web/", ""),
                ("shop/prod site=web/", ""),
                (
                    "bank/prod web=web/a/",
                    "s3://web/a/ is in s3://web/, which belongs to the component site of shop/prod.",
                ),
            ],
        ),
        (
            "what serves it may change, and its name",
            1,
            &[
                ("shop/dev web=web/dev/", ""),
                ("shop/prod web=web/", ""),
                ("shop/prod web=web/", ""),
                ("shop/dev web=web/dev/", ""),
                ("shop/dev web=web/dev/@E1", ""),
                ("shop/dev web=web/dev/>E2", ""),
                ("shop/dev site=web/dev/", ""),
                ("shop/prod web=web/@E1", ""),
                (
                    "shop/dev site=web/dev/>E1",
                    "may be served by the same origin",
                ),
                ("shop/dev site=web/dev/more/@E2", "is in s3://web/"),
            ],
        ),
        (
            "it is not its owner's who left it and comes back with another distribution",
            0,
            &[
                ("shop/dev web=web/dev/", ""),
                ("shop/dev web=web/dev/", ""),
                ("shop/dev web=web/new/", ""),
                ("bank/prod web=web/dev/more/", ""),
                ("shop/dev web=web/dev/@E1", "is in s3://web/dev/"),
                ("shop/dev web=web/dev/>E1", "is in s3://web/dev/"),
            ],
        ),
        (
            "one that was left makes room",
            1,
            &[
                ("shop/prod web=web/", ""),
                ("shop/prod web=web/prod/", ""),
                ("shop/dev web=web/dev/", "is in s3://web/"),
                ("shop/prod web=web/prod/", ""),
                ("shop/dev web=web/dev/ docs=web/docs/", ""),
                ("bank/prod web=web/prod/bank/", "is in s3://web/prod/"),
                ("shop/prod web=web/", "is in s3://web/."),
            ],
        ),
        (
            "one that was left by a move that was undone is its owner's, whoever is above and below",
            1,
            &[
                ("shop/dev web=web/dev/", ""),
                ("shop/prod web=web/", ""),
                ("undone shop/prod web=web/prod/", ""),
                ("bank/prod web=web/bank/", "is in s3://web/, which"),
                ("shop/prod web=web/", ""),
                ("shop/dev web=web/dev/", ""),
                ("shop/prod web=web/", ""),
            ],
        ),
        (
            "nor is it held again by a component that has its name",
            1,
            &[
                ("shop/prod web=web/", ""),
                ("shop/prod web=web/prod/", ""),
                ("shop/prod web=web/prod/", ""),
                ("shop/dev web=web/dev/", ""),
                ("shop/prod site=web/prod/", ""),
                ("shop/prod web=web/", "is in s3://web/."),
            ],
        ),
        (
            "nor where somebody came around it",
            1,
            &[
                ("shop/prod web=web/a/b/", ""),
                ("shop/prod web=web/prod/", ""),
                ("shop/prod web=web/prod/", ""),
                ("shop/dev web=web/a/", ""),
                ("shop/prod web=web/a/b/", "is in s3://web/a/"),
                ("shop/prod site=web/a/b/", "is in s3://web/a/"),
            ],
        ),
    ];
    for (what, last, story) in table {
        println!("{what}");
        tell(story, &|number, tenants| {
            if number <= last {
                tenants.forget_folders();
            }
        });
    }
}

/// Both were there before: neither is refused its own place, whichever deploys first.
#[test]
fn claims_of_before_that_clash_stay() {
    let both = ["shop/prod web=web/@E1", "bank/prod web=web/releases/>E1"];
    for (first, second) in [(0, 1), (1, 0)] {
        let mut tenants = Tenants::new();
        for tenant in both {
            let mut alone = Tenants::new();
            assert_eq!(alone.deploy(tenant), None);
            alone.forget_folders();
            let claims = alone.world().ledger().items.clone();
            let claims = claims
                .into_iter()
                .filter(|(key, _)| key.pk.starts_with("target#"));
            tenants.world().ledger().items.extend(claims);
        }
        tenants.runs("bank/prod", "web", "E1", "/releases/0123456789ab");
        for tenant in [first, second, first, second] {
            assert_eq!(tenants.deploy(both[tenant]), None, "{first}");
        }
        let moved = tenants.deploy("bank/prod web=web/more/>E1");
        assert!(moved.unwrap().contains("is in s3://web/"), "{first}");
        assert_eq!(tenants.deploy("undone shop/prod web=web/new/"), None);
        assert_eq!(tenants.deploy(both[0]), None, "it is its own again");
    }
}

/// A claim of before is of where its site runs, and not of wherever its declaration says now.
#[test]
fn an_origin_of_before_claims_no_other_folder() {
    let mut tenants = Tenants::new();
    assert_eq!(tenants.deploy("bank/prod web=web/releases/>E1"), None);
    tenants.forget_folders();
    tenants.runs("bank/prod", "web", "E1", "/releases/0123456789ab");
    assert_eq!(tenants.deploy("shop/prod web=web/shop/"), None);
    let below = tenants.deploy("bank/prod web=web/shop/releases/>E1");
    assert!(below.unwrap().contains("is in s3://web/shop/"));
}

/// As long as no claim named its deployment, a component had one folder of a bucket.
#[test]
fn what_was_left_before_claims_named_deployments_is_free_after_the_next_one() {
    let story: Story = &[
        ("shop/prod web=web/a/", ""),
        ("shop/prod web=web/b/", ""),
        ("bank/prod web=web/a/", "s3://web/a/ belongs to"),
        ("shop/prod web=web/b/", ""),
        ("bank/prod web=web/a/", ""),
    ];
    tell(story, &|number, tenants| {
        if number == 1 {
            tenants.forget_deployments();
        }
    });
}
