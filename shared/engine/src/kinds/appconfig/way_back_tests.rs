//! The next thing to do on the way back, as a table.

use super::next;
use super::tests::{back, seen, target, tells, told};

#[test]
fn back_it_is_stopped_or_reverted_or_the_version_before_is_deployed_at_once() {
    let at_once = "start v3 by AppConfig.AllAtOnce upon 2";
    let table: [(&[&str], &str, &str); 17] = [
        (&["2 flags v4 DEPLOYING @0", "1 flags v3 COMPLETE"], "3", "stop 2 to v3"),
        (&["2 flags v4 BAKING @0", "1 flags v3 COMPLETE"], "3", "stop 2 to v3"),
        (&["2 flags v4 VALIDATING @0", "1 flags v3 COMPLETE"], "3", "wait"),
        (&["2 flags v4 ROLLING_BACK @0", "1 flags v3 COMPLETE"], "3", "wait"),
        (&["2 flags v4 ROLLED_BACK @0", "1 flags v3 COMPLETE"], "3", "done"),
        (&["2 flags v4 REVERTED @0", "1 flags v3 COMPLETE"], "3", "done"),
        (&["2 flags v4 COMPLETE @72", "1 flags v3 COMPLETE @99"], "3", "stop 2 to v3"),
        // 72 hours after it was complete, AppConfig no longer reverts it.
        (&["2 flags v4 COMPLETE @73", "1 flags v3 COMPLETE @99"], "3", at_once),
        // A revert would bring another version.
        (&["2 flags v4 COMPLETE", "1 flags v2 COMPLETE @9"], "3", at_once),
        // It is documented nowhere what AppConfig does if something of the profile came after it.
        (&["2 flags v5 REVERTED", "1 flags v4 COMPLETE", "0 flags v3 COMPLETE @9"], "3", at_once),
        // Another profile's deployment does not hinder a revert, but it hinders a deployment.
        (&["3 other v1 BAKING @0", "2 flags v4 COMPLETE", "1 flags v3 COMPLETE @9"], "3", "stop 2 to v3"),
        (&["3 other v1 BAKING @1", "2 flags v4 COMPLETE @99", "1 flags v3 COMPLETE @99"], "3", "wait"),
        // The way back is a deployment as well, and its end is waited for.
        (&["3 flags v3 BAKING @0", "2 flags v4 COMPLETE @99"], "3", "wait"),
        (&["3 flags v3 COMPLETE", "2 flags v4 COMPLETE @99"], "3", "done"),
        // Nothing was deployed before.
        (&["1 flags v4 DEPLOYING @0"], "", "stop 1 to v-"),
        (&["1 flags v4 COMPLETE"], "", "stop 1 to v-"),
        (&["1 flags v4 COMPLETE @99"], "", "failed ChangeFailed"),
    ];
    for (rollouts, version, wanted) in table {
        let found = next(&target(), &seen(rollouts), &back(version));
        assert_eq!(told(&found), wanted, "{rollouts:?} back to {version}");
    }
    assert_eq!(told(&next(&target(), &seen(&[]), &back(""))), "done");
}

#[test]
fn what_somebody_else_began_on_the_way_back_is_left_to_them() {
    let theirs = "theirs";
    let table: [(&[&str], &str, Option<u32>, &str); 7] = [
        // They began after the stop of what this deployment had begun.
        (&["3 flags v5 DEPLOYING @0", "1 flags v3 COMPLETE"], "theirs", Some(2), theirs),
        (&["3 flags v5 BAKING @0", "1 flags v3 COMPLETE"], "theirs", Some(2), theirs),
        (&["3 flags v5 COMPLETE", "1 flags v3 COMPLETE"], "theirs", Some(2), theirs),
        // They began after the version before was deployed again.
        (&["4 flags v5 DEPLOYING @0", "3 flags v3 COMPLETE"], "theirs", None, theirs),
        // The answer to the stop was lost, or the stop is not over.
        (&["2 flags v4 DEPLOYING @0", "1 flags v3 COMPLETE"], "another deployment's", Some(2), "stop 2 to v3"),
        (&["2 flags v4 ROLLING_BACK @0", "1 flags v3 COMPLETE"], "ours", Some(2), "wait"),
        (&["2 flags v4 BAKING @0", "1 flags v3 COMPLETE"], "ours", None, "stop 2 to v3"),
    ];
    for (rollouts, description, stopped, wanted) in table {
        let mut seen = seen(rollouts);
        tells(&mut seen, description, "USER", "why");
        seen.stopped = stopped;
        let found = next(&target(), &seen, &back("3"));
        assert_eq!(told(&found), wanted, "{rollouts:?} {stopped:?}");
    }
}
