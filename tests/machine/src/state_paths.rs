//! The ways of the sample application's deployments through the release machine, in words.

use crate::program::Program;
use crate::shop::{FUNCTIONS, Shop};

/// From the arrival to a plan.
pub const GO: &str = "Admit Admitted Prepare Prepared";
/// One wave of a function, judged at once.
pub const WAVE: &str = "Change(Begin Deploy) Changed Judge Judged";
/// One wave of a function brought back.
pub const BACK: &str = "Undo Undoing UndoChange(Restore)";
/// The end when everything is back.
pub const ROLLED_BACK: &str = "Undo Undoing SettleUndo Ended RolledBack";
/// The end when all is well.
pub const SUCCEEDED: &str = "Settle Ended Succeeded";
/// Both functions.
pub const BOTH: [&str; 2] = ["api", "jobs"];

/// Returns the release machine.
///
/// # Panics
/// If its file cannot be run.
pub fn program() -> Program {
    match Program::release() {
        Ok(program) => program,
        Err(error) => panic!("{error}"),
    }
}

/// Joins the parts of a way.
pub fn path(parts: &[&str]) -> String {
    parts.join(" ")
}

/// The whole way of both functions: `jobs`, then `api` at 50 %, then `api`, watched for two minutes.
pub fn whole_way() -> String {
    path(&[GO, WAVE, WAVE, WAVE, SUCCEEDED])
}

/// Makes the shop with release 1.0.0 of both functions live: version 2 of each.
///
/// # Panics
/// If it goes another way.
pub fn live(program: &Program) -> Shop<'_> {
    live_with(program, &["1.0.0"])
}

/// Makes the shop and deploys these releases of both functions.
///
/// # Panics
/// If one of them goes another way.
pub fn live_with<'p>(program: &'p Program, versions: &[&str]) -> Shop<'p> {
    let mut shop = Shop::new(program, FUNCTIONS);
    for version in versions {
        let arn = shop.deploy(version, &BOTH);
        shop.region.run();
        assert_eq!(shop.path(&arn), whole_way());
    }
    shop
}

/// Returns the versions that both aliases serve: `api`, then `jobs`.
pub fn serves(shop: &Shop<'_>) -> (String, String) {
    (shop.serves("shop-api"), shop.serves("shop-jobs"))
}

/// Returns the same version for both aliases.
pub fn both(version: &str) -> (String, String) {
    (version.to_owned(), version.to_owned())
}
