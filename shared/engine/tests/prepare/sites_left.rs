//! What a site leaves behind in a bucket of several tenants, and where it goes back to.

use crate::sites::{Story, tell};
use crate::tenants::Tenants;

/// An undo goes back there, and so may the next release.
#[test]
fn what_a_site_leaves_is_its_own_until_the_move_held() {
    let table: [(&str, Story); 9] = [
        (
            "a move that was undone",
            &[
                ("shop/prod web=web/", ""),
                ("undone shop/prod web=web/new/", ""),
                (
                    "bank/prod web=web/bank/",
                    "s3://web/bank/ is in s3://web/, which belongs to the component web of shop/prod.",
                ),
                ("shop/prod web=web/", ""),
                ("bank/prod web=web/bank/", "is in s3://web/, which"),
                ("shop/prod web=web/", ""),
            ],
        ),
        (
            "one that held after it was undone twice",
            &[
                ("shop/prod web=web/", ""),
                ("undone shop/prod web=web/new/", ""),
                ("undone shop/prod web=web/new/", ""),
                ("bank/prod web=web/bank/", "is in s3://web/, which"),
                ("shop/prod web=web/new/", ""),
                ("bank/prod web=web/bank/", ""),
                ("shop/prod web=web/", "is in s3://web/."),
            ],
        ),
        (
            "what an operator accepted of a move may be in part where it was",
            &[
                ("shop/prod web=web/", ""),
                ("accepted shop/prod web=web/new/", ""),
                ("bank/prod web=web/bank/", "is in s3://web/, which"),
                ("shop/prod web=web/new/", ""),
                ("bank/prod web=web/bank/", ""),
            ],
        ),
        (
            "what was tried is free again when its site has stayed",
            &[
                ("shop/prod web=web/a/", ""),
                ("undone shop/prod web=web/b/", ""),
                ("bank/prod web=web/b/c/", "is in s3://web/b/, which"),
                ("shop/prod web=web/a/", ""),
                ("bank/prod web=web/b/c/", ""),
            ],
        ),
        (
            "a site on its way back to what it has left",
            &[
                ("shop/prod web=web/a/", ""),
                ("shop/prod web=web/b/", ""),
                ("undone shop/prod web=web/a/", ""),
                ("bank/prod web=web/a/", "s3://web/a/ belongs to"),
                ("bank/prod web=web/b/", "s3://web/b/ belongs to"),
                ("shop/prod web=web/b/", ""),
                ("bank/prod web=web/a/", ""),
            ],
        ),
        (
            "folders per release",
            &[
                ("shop/prod web=web/releases/>E1", ""),
                ("undone shop/prod web=web/new/>E1", ""),
                (
                    "bank/prod web=web/releases/",
                    "s3://web/releases/ belongs to",
                ),
                ("bank/prod web=web/new/>E2", "s3://web/new/ belongs to"),
                ("shop/prod web=web/releases/>E1", ""),
                ("bank/prod web=web/new/>E2", ""),
            ],
        ),
        (
            "an origin",
            &[
                ("shop/prod web=web/shop/>E1", ""),
                ("undone shop/prod web=web/shop/>E2", ""),
                (
                    "bank/prod web=web/bank/>E1",
                    "belongs to the component web of shop/prod.",
                ),
                (
                    "bank/prod web=web/bank/@E2",
                    "may be served by the same origin of",
                ),
                ("shop/prod web=web/shop/>E2", ""),
                ("bank/prod web=web/bank/>E1", ""),
                (
                    "shop/prod web=web/shop/>E1",
                    "belongs to the component web of bank/prod.",
                ),
            ],
        ),
        (
            "with another name of its component",
            &[
                ("shop/prod web=web/", ""),
                ("undone shop/prod site=web/site/", ""),
                ("bank/prod web=web/bank/", "is in s3://web/, which"),
                ("shop/prod site=web/site/", ""),
                ("bank/prod web=web/bank/", "is in s3://web/, which"),
                ("shop/prod site=web/site/", ""),
                ("bank/prod web=web/bank/", ""),
            ],
        ),
        (
            "exactly the folder that a site has left",
            &[
                ("shop/prod web=web/a/", ""),
                ("shop/prod web=web/b/", ""),
                ("bank/prod web=web/a/", ""),
                (
                    "shop/prod web=web/a/",
                    "s3://web/a/ belongs to the component web of bank/prod.",
                ),
            ],
        ),
    ];
    for (what, story) in table {
        println!("{what}");
        tell(story, &|_, _| {});
    }
}

#[test]
fn a_rollback_goes_back_to_no_folder_of_somebody_else_and_keeps_the_one_that_it_went_to() {
    let (old, new) = (
        "shop/prod web=web/releases/>E1",
        "shop/prod web=web/new/>E1",
    );
    let mut tenants = Tenants::new();
    assert_eq!(tenants.deploy(old), None);
    let snapshot = tenants.state("shop/prod");
    for _ in 0..2 {
        assert_eq!(tenants.deploy(new), None);
    }
    assert_eq!(tenants.roll_back(new, &snapshot), None);
    // It is live there, and the next release goes to the folder that is declared.
    for (bank, refused) in [
        ("bank/prod web=web/releases/", "is in s3://web/releases/."),
        ("bank/prod web=web/new/", "s3://web/new/ belongs to"),
    ] {
        let told = tenants.deploy(bank).unwrap();
        assert!(told.contains(refused), "{told}");
    }
    assert_eq!(tenants.deploy(new), None);
    assert_eq!(tenants.deploy("bank/prod web=web/releases/"), None);
    let told = tenants.roll_back(new, &snapshot).unwrap();
    assert!(
        told.contains("is in s3://web/releases/, which belongs to the component web of bank/prod."),
        "{told}"
    );
}
