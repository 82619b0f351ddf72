//! Releases that are undone.

use crate::deployments::scene::{
    BACK, BOTH, GO, ROLLED_BACK, WAVE, assert_counted, both, cause, ending, live, path, program, serves, unlocked,
    whole_way,
};
use windlass_domain::deployment::step::StepFailure;
use windlass_domain::release::ending::Ending;
use windlass_domain::run;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::next_step::{NextStep, Redeploy};
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, ONE_FUNCTION, Shop};
use windlass_world::lambda::Package;

#[test]
fn a_failed_gate_rolls_everything_back_in_reverse() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Bake"));
    assert_eq!(serves(&shop), ("2 3@0.5".into(), "3".into()));
    shop.world().set_alarm(ALARM, "ALARM", &[7.3, 8.0, 9.0]);
    shop.region.run();
    let wanted = path(&[GO, WAVE, WAVE, BACK, BACK, ROLLED_BACK]);
    assert_eq!(shop.path(&arn), wanted);
    assert_eq!(serves(&shop), both("2"));
    let (error, cause) = cause(&shop, &arn);
    assert_eq!(error, "GateFailed");
    for part in ["measured 9", "threshold 5", "api (alias live 2 with 3 at 50 % → 2), jobs", "vetoed"] {
        assert!(cause.contains(part), "{cause}");
    }
    assert!(unlocked(&shop));
    assert_counted(&shop, &arn);
}

/// Safety: undo: A release that was undone is vetoed, and the fix goes live at once.
#[test]
fn a_release_that_was_rolled_back_is_vetoed_and_the_fix_goes_live_at_once() {
    let program = program();
    let mut shop = live(&program);
    let request = shop.release("1.1.0", &BOTH);
    let first = shop.start(&request);
    shop.region.run_until(&first, "Bake");
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    let second = shop.start(&request);
    shop.region.run();
    assert!(!shop.path(&second).contains("Change"), "{}", shop.path(&second));
    let fix = shop.deploy("1.1.1", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&fix), whole_way());
}

#[test]
fn a_component_that_fails_is_undone_with_what_went_before() {
    let program = program();
    let mut shop = live(&program);
    shop.world().lambda().named("shop-api").unwrap().fails = Some("disk full".into());
    let arn = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    let failed = "Change(Begin Deploy) Changed";
    assert_eq!(shop.path(&arn), path(&[GO, WAVE, failed, BACK, BACK, ROLLED_BACK]));
    assert_eq!(serves(&shop), both("2"));
    let (error, cause) = cause(&shop, &arn);
    assert_eq!(error, "ChangeFailed");
    assert!(cause.contains("api failed: The update of the code failed: disk full"), "{cause}");
}

/// The reason of a network that has no address left, and Lambda's word for it.
const NO_ADDRESS: [&str; 2] = ["no address is free", "SubnetOutOfIPAddresses"];

/// Lets the next update of the function's code fail by its network.
fn has_no_address(shop: &Shop<'_>) {
    let mut functions = shop.world().lambda();
    let function = functions.named("shop-api").unwrap();
    let [reason, code] = NO_ADDRESS.map(str::to_owned);
    (function.fails, function.fails_by) = (Some(reason), code);
}

/// What AWS could not do for a reason of the function's network is no fault of the release: the same one goes once that
/// is mended, also where nothing was changed of the function for it.
#[test]
fn a_release_that_the_network_failed_is_not_vetoed_and_goes_again() {
    let program = program();
    let mut shop = live(&program);
    has_no_address(&shop);
    let failed = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(cause(&shop, &failed).0, "TargetNotReady");
    assert_eq!(serves(&shop), both("2"));
    let again = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&again), whole_way());
}

/// A published version that failed stays so, and Lambda answers it again as long as the code is the same.
#[test]
fn a_release_whose_version_the_network_failed_goes_again_once_that_version_is_taken_away() {
    let program = program();
    let mut shop = live(&program);
    let [reason, code] = NO_ADDRESS.map(str::to_owned);
    shop.world().lambda().named("shop-api").unwrap().broken.insert(3, (reason, code));
    let take_away = run!("aws lambda delete-function --function-name shop-api --qualifier 3");
    for tried in ["while the network lacks addresses", "once it has some"] {
        let failed = shop.deploy("1.1.0", &BOTH);
        shop.region.run();
        assert_eq!(cause(&shop, &failed).0, "TargetNotReady", "{tried}");
        assert_eq!(serves(&shop), both("2"), "{tried}");
        let Some(StepFailure::Finding(finding)) = shop.step(&failed, "api").failure else { panic!("{tried}") };
        let steps: Vec<&NextStep> = finding.steps().collect();
        assert_eq!(steps, [&take_away, &NextStep::Deploy(Redeploy::Again)], "{tried}");
    }
    assert!(shop.world().lambda().named("shop-api").unwrap().versions.remove(&3).is_some());
    let again = shop.deploy("1.1.0", &BOTH);
    shop.region.run();
    assert_eq!(shop.path(&again), whole_way());
    assert_eq!(serves(&shop), ("4".into(), "3".into()));
}

/// Makes the shop in `NeedsOperator`, without an alias: the network has failed 1.1.0, and `undo` goes wrong.
fn stuck_without_an_alias(program: &Program, undo: impl FnOnce(&Shop<'_>)) -> (Shop<'_>, String) {
    let mut shop = Shop::new(program, &ONE_FUNCTION.replace(", alias: live", ""));
    let first = shop.deploy("1.0.0", &["api"]);
    shop.region.run();
    assert_eq!((ending(&shop, &first), latest(&shop)), (Ending::Succeeded, latest_is("1.0.0", "Successful")));
    let arn = shop.deploy("1.1.0", &["api"]);
    has_no_address(&shop);
    assert!(shop.region.run_until(&arn, "Undo"));
    undo(&shop);
    shop.region.run();
    assert_eq!(ending(&shop, &arn), Ending::NeedsOperator);
    (shop, arn)
}

/// Returns the code of `$LATEST`, and how its last update ended.
fn latest(shop: &Shop<'_>) -> (Package, String) {
    let mut functions = shop.world().lambda();
    let function = functions.named("shop-api").unwrap();
    (function.package.clone(), function.last_update.clone())
}

fn latest_is(version: &str, last_update: &str) -> (Package, String) {
    (Package::Zip(format!("api {version}").into()), last_update.to_owned())
}

/// The cause of a failed update may be mended without a change of the function. So each recovery sends the update anew.
#[test]
fn recover_updates_a_function_anew_whose_undo_the_network_failed() {
    let program = program();
    let (mut shop, arn) = stuck_without_an_alias(&program, has_no_address);
    assert_eq!(latest(&shop), latest_is("1.0.0", "Failed"));
    has_no_address(&shop);
    shop.act("recover");
    shop.region.run();
    assert_eq!((ending(&shop, &arn), latest(&shop)), (Ending::NeedsOperator, latest_is("1.0.0", "Failed")));
    shop.act("recover");
    shop.region.run();
    assert_eq!((ending(&shop, &arn), latest(&shop)), (Ending::RolledBack, latest_is("1.0.0", "Successful")));
    assert!(unlocked(&shop));
}

#[test]
fn a_failed_update_that_was_accepted_is_made_anew_by_the_same_release() {
    let program = program();
    let update = "lambda.update_code";
    let (mut shop, _) = stuck_without_an_alias(&program, |shop| {
        let denied = Fault::new(FaultName::AccessDenied, "it was refused");
        shop.world().mishaps().refused.insert(update, denied);
    });
    shop.world().mishaps().refused.clear();
    assert_eq!(latest(&shop), latest_is("1.1.0", "Failed"));
    let accept = shop.act("accept");
    shop.region.run();
    assert!(shop.path(&accept).ends_with("Succeeded"), "{}", shop.path(&accept));
    let same = shop.deploy("1.1.0", &["api"]);
    shop.region.run();
    assert_eq!((ending(&shop, &same), latest(&shop)), (Ending::Succeeded, latest_is("1.1.0", "Successful")));
}
