//! A preparation that takes longer than one invocation, such as a change set or a plan of Terraform.

use crate::scenarios::scene::*;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_engine::ports::Clock;
use windlass_machine::shop::Shop;

#[test]
fn what_aws_is_still_working_on_is_asked_for_again_and_then_planned() {
    let program = program();
    let mut shop = live(&program);
    arrive(&shop, release_unheard(&shop, "1.1.0"));
    let arn = shop.world().stepfunctions().started.last().unwrap().0.clone();
    shop.region.step();
    assert!(shop.region.run_until(&arn, "Prepare"));
    let working = Fault::new(FaultName::StillInProgress, "the change set is being made");
    let read = "lambda.function";
    shop.world().mishaps().refused.insert(read, working);
    let began = shop.world().now();
    while shop.world().now().ms_since(began) < 20 * 60_000 {
        assert!(shop.region.step());
    }
    assert_eq!(shop.region.state_of(&arn), Some("Prepare"));
    assert_eq!(serves(&shop), both("2"), "nothing is changed");
    shop.world().mishaps().refused.clear();
    shop.region.run();
    assert_eq!(ended(&shop, &arn).to_string(), "Succeeded");
    assert_free(&shop);
}

/// Nothing is planned without an answer that cannot be had. So nothing is changed, and there is nothing to undo.
#[test]
fn what_cannot_be_asked_refuses_and_says_what_it_is_and_what_to_do() {
    use FaultName::{Conflict, Internal, Refused, Throttled, Unavailable};
    let program = program();
    for (call, fault) in [
        ("lambda.function", Unavailable),
        ("lambda.function", Throttled),
        ("lambda.function", Refused),
        ("lambda.function", Internal),
        ("lambda.alias", Conflict),
        ("cloudwatch.alarms", Unavailable),
    ] {
        let mut shop = live(&program);
        let fault = Fault::new(fault, "DescribeThings: it is away");
        shop.world().mishaps().refused.insert(call, fault.clone());
        arrive(&shop, release_unheard(&shop, "1.1.0"));
        let arn = shop.world().stepfunctions().started.last().unwrap().0.clone();
        shop.region.step();
        shop.region.run();
        let ended = ended(&shop, &arn);
        assert_eq!(ended.ending, Ending::Rejected, "{call} {fault}: {}", ended.cause.written());
        let finding = &ended.findings[0];
        let found = (finding.name, finding.path.as_str());
        assert_eq!(found, (FindingName::CouldNotPrepare, "environments.prod"));
        for part in ["DescribeThings: it is away", "nothing was changed", &fault.name.to_string()] {
            assert!(finding.reason.written().contains(part), "{part}: {finding:?}");
        }
        let (error, cause) = failure(&shop, &arn);
        assert_eq!((error.as_str(), cause), ("CouldNotPrepare", ended.cause.written()));
        let beside = shop.world().s3().texts("artifacts");
        assert!(beside["releases/shop/prod/1.1.0.json.findings.json"].contains("it is away"));
        assert_eq!(serves(&shop), both("2"));
        assert!(!shop.has("veto#"));
        assert_free(&shop);
        // The input that the remedy names works after the mishap is mended.
        shop.world().mishaps().refused.clear();
        let remedy = finding.remedy.written();
        let (_, input) = remedy.split_once("then start ").unwrap();
        let input = serde_json::from_str(input.trim_end_matches('.')).unwrap();
        let arn = shop.start(&input);
        shop.region.run();
        assert_succeeded(&shop, &arn);
    }
}

fn assert_succeeded(shop: &Shop<'_>, arn: &str) {
    let ended = ended(shop, arn);
    assert_eq!(ended.ending, Ending::Succeeded, "{}", ended.cause.written());
    assert_eq!(serves(shop), both("3"));
}

/// A person stopped the deployment, so it does not end with the fault that it met meanwhile.
#[test]
fn one_that_is_stopped_while_it_cannot_ask_ends_as_stopped() {
    let program = program();
    let mut shop = live(&program);
    let away = Fault::new(FaultName::Unavailable, "it is away");
    shop.world().mishaps().refused.insert("lambda.function", away);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Prepare"));
    shop.region.step();
    shop.region.stop(&arn);
    shop.region.run();
    let ended = ended(&shop, &arn);
    assert_eq!(ended.ending, Ending::RolledBack, "{}", ended.cause.written());
    assert_free(&shop);
}

/// The target of a later wave, or the judge's ledger, cannot be asked. The earlier changes are undone, and the end
/// names the cause.
#[test]
fn what_cannot_be_asked_later_is_named_by_what_is_undone() {
    let program = program();
    for (state, call) in [("Prepare", "appconfig.versions"), ("Judge", "dynamodb.query")] {
        let mut shop = Shop::new(&program, POINTING);
        let arn = shop.deploy("1.0.0", &["api", "flags"]);
        assert!(shop.region.run_until(&arn, "Judge"));
        if state == "Prepare" {
            assert!(shop.region.run_until(&arn, "Prepare"));
        }
        let away = Fault::new(FaultName::Refused, "ListThings: it is away");
        shop.world().mishaps().refused.insert(call, away);
        while shop.region.state_of(&arn) == Some(state) {
            assert!(shop.region.step());
        }
        shop.world().mishaps().refused.clear();
        shop.region.run();
        let ended = ended(&shop, &arn);
        assert_eq!(ended.ending, Ending::RolledBack, "{}", ended.cause.written());
        for part in [state, "ListThings: it is away"] {
            assert!(ended.cause.written().contains(part), "{part}: {}", ended.cause.written());
        }
        assert_free(&shop);
    }
}

const POINTING: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live}
  flags:
    kind: appconfig
    application: shop
    environment: prod
    profile: flags
    strategy: AppConfig.Linear50PercentEvery30Seconds
    after: [api]
    fill: [api.version]
gates:
  bake: 1m
  between_waves: 1m
  alarms: [shop-5xx]
";
