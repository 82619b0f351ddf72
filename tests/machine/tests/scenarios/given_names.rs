//! Releases of a function whose name another one gives: where that stays, where it leads elsewhere, and the way back.

use crate::scenarios::scene::{assert_free, ended, failure, program};
use windlass_domain::release::ending::Ending;
use windlass_machine::shop::Shop;

/// The name of `jobs` has the version of `api` in it.
const GIVEN: &str = r#"
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api: {kind: lambda, function: shop-api, alias: live}
  jobs: {kind: lambda, function: "shop-f${api.version}", alias: live, after: [api]}
gates:
  bake: 1m
  alarms: [shop-5xx]
"#;

/// Returns what callers get of `api`, and of the functions that its versions 2 and 3 name.
fn served(shop: &Shop<'_>) -> [String; 3] {
    ["shop-api", "shop-f2", "shop-f3"].map(|function| shop.serves(function))
}

/// Deploys the components. Returns the execution's ARN.
fn deploys(shop: &mut Shop<'_>, version: &str, components: &[&str], ending: Ending) -> String {
    let arn = shop.deploy(version, components);
    shop.region.run();
    assert_eq!(ended(shop, &arn).ending, ending, "{version}: {}", failure_of(shop, &arn));
    assert_free(shop);
    arn
}

fn failure_of(shop: &Shop<'_>, arn: &str) -> String {
    ended(shop, arn).cause.written() + &shop.path(arn)
}

/// What a given name leads to goes back as it was, and a name that leads elsewhere undoes the release.
#[test]
fn a_name_that_is_given_leads_there_and_back() {
    let program = program();
    let mut shop = Shop::new(&program, GIVEN);
    for name in ["shop-f2", "shop-f3"] {
        shop.make_function(name);
    }
    deploys(&mut shop, "1.0.0", &["api"], Ending::Succeeded);
    assert_eq!(served(&shop), ["2", "1", "1"]);
    deploys(&mut shop, "1.1.0", &["jobs"], Ending::Succeeded);
    assert_eq!(served(&shop), ["2", "2", "1"]);

    // The next version of `api` names another function than is expected.
    let arn = deploys(&mut shop, "1.2.0", &["api", "jobs"], Ending::RolledBack);
    let (error, cause) = failure(&shop, &arn);
    assert_eq!(error, "TargetChangedByOther", "{cause}");
    assert_eq!(served(&shop), ["2", "2", "1"]);

    let arn = shop.act("rollback");
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded, "{}", failure_of(&shop, &arn));
    assert_eq!(served(&shop), ["2", "1", "1"]);
}
