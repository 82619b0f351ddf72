//! The account, looked at for `init`: its functions, services and distributions, and the installation. A part that
//! cannot be seen is listed as not looked at, and fails nothing.

use crate::init::account::{Account, InitDistribution, LiveResource, ServiceDetail, TagOwner};
use crate::init::application::{InitApplication, InitTarget};
use crate::init::facts::InitFacts;
use std::collections::BTreeMap;
use windlass_aws::AccountResources;
use windlass_domain::declaration::installation;

/// The tags that name the application and the environment of a target.
const APP: &str = "windlass:app";
const ENVIRONMENT: &str = "windlass:environment";

/// Returns the region that the environment names.
pub fn region() -> Option<String> {
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter();
    let mut named = named.filter_map(|name| std::env::var(name).ok());
    named.find(|region| !region.is_empty())
}

/// Looks at the installation, and then at everything else.
pub async fn look(facts: &mut InitFacts) {
    let at = facts.region.clone();
    match windlass_aws::stack_outputs(&facts.stack, at.as_deref()).await {
        Ok(Some(outputs)) => {
            facts.endpoint = outputs.get("ApiUrl").cloned();
            let machine = outputs.get("ReleaseMachineArn").map_or("", String::as_str);
            let mut parts = machine.split(':').skip(3).map(str::to_owned);
            facts.region = parts.next().or(at.clone());
            facts.account_id = parts.next();
        }
        Ok(None) => facts.account.unseen.push(format!("the installation: there is no stack `{}`", facts.stack)),
        Err(fault) => {
            facts.account.unseen.push(format!("the account: {}", fault.message));
            return;
        }
    }
    match windlass_aws::account_resources(facts.region.as_deref()).await {
        Ok(living) => {
            facts.region.get_or_insert_with(|| living.region.clone());
            let unseen = std::mem::take(&mut facts.account.unseen);
            facts.account = account(living, &facts.stack);
            facts.account.unseen.extend(unseen);
        }
        Err(fault) => facts.account.unseen.push(format!("the account: {}", fault.message)),
    }
}

/// Looks closer at the services that an application has by now, and that are in the account. Returns whether there were
/// any that had not been looked at.
pub async fn look_closer(facts: &mut InitFacts, application: &InitApplication) -> bool {
    let mut is_new = false;
    for name in services(application) {
        let account = &mut facts.account;
        let is_there = account.services.iter().any(|it| it.name == name);
        if !is_there || account.closer.contains_key(&name) {
            continue;
        }
        is_new = true;
        let (cluster, service) = name.split_once('/').unwrap_or_default();
        let seen = windlass_aws::service(facts.region.as_deref(), cluster, service).await;
        let seen = seen.map_err(|fault| {
            let unseen = &mut facts.account.unseen;
            unseen.push(format!("the service {name}: {}", fault.message));
        });
        let seen = seen.ok().map(|it| ServiceDetail {
            containers: it.containers,
            balancers: it.balancers.into_iter().map(|it| (it.load_balancer, it.target_group)).collect(),
        });
        facts.account.closer.insert(name, seen);
    }
    is_new
}

/// Returns the services of an application, in all of its environments.
fn services(application: &InitApplication) -> Vec<String> {
    let environments = application.environments.iter();
    let all = environments.flat_map(|environment| {
        let components = application.components.iter();
        components.filter_map(|component| match &component.target {
            InitTarget::Service { cluster, service, .. } => {
                let at = |text: &crate::init::text::DeclaredText| text.at(&application.app, &environment.name);
                Some(format!("{}/{}", at(cluster), at(service)))
            }
            InitTarget::Site { .. } | InitTarget::Function { .. } => None,
        })
    });
    all.collect()
}

fn account(living: AccountResources, stack: &str) -> Account {
    let tags = &living.tags;
    let of_installation = |name: &str, arn: &str| {
        let tagged = tags.get(arn).and_then(installation::by_tags);
        let of = tagged.or_else(|| installation::by_name(stack, name));
        of.map(|of| (name.to_owned(), of.to_owned()))
    };
    let named = living.functions.iter();
    let functions = named.filter_map(|(name, arn)| of_installation(name, arn));
    let mut of_installations: BTreeMap<String, String> = functions.collect();
    let buckets = tags.keys().filter_map(|arn| of_installation(bucket(arn)?, arn));
    of_installations.extend(buckets);
    let free = living.functions.iter();
    let free = free.filter(|(name, _)| !of_installations.contains_key(name));
    let functions = free.map(|(name, arn)| LiveResource { name: name.clone(), belongs: belongs(tags, arn) });
    let services = living.services.iter().filter_map(|arn| {
        let (_, name) = arn.split_once(":service/")?;
        Some(LiveResource { name: name.to_owned(), belongs: belongs(tags, arn) })
    });
    let distributions = living.distributions.iter().map(|it| InitDistribution {
        id: it.arn.rsplit('/').next().unwrap_or_default().to_owned(),
        about: format!("{} {} {}", it.names.join(" "), it.comment, it.bucket().unwrap_or_default()),
        bucket: it.bucket().map(str::to_owned),
        // The first name is CloudFront's own.
        host: it.names.get(1).cloned(),
        belongs: belongs(tags, &it.arn),
    });
    let buckets = tags.keys().filter_map(|arn| Some((bucket(arn)?.to_owned(), belongs(tags, arn)?)));
    Account {
        functions: functions.collect(),
        services: services.collect(),
        distributions: distributions.collect(),
        buckets: buckets.collect(),
        of_installations,
        unseen: living.unseen,
        ..Account::default()
    }
}

/// Returns the bucket of an ARN, in any partition.
fn bucket(arn: &str) -> Option<&str> {
    arn.split_once(":s3:::").map(|(_, name)| name)
}

fn belongs(tags: &BTreeMap<String, BTreeMap<String, String>>, arn: &str) -> Option<TagOwner> {
    let tags = tags.get(arn)?;
    Some(TagOwner { app: tags.get(APP)?.clone(), environment: tags.get(ENVIRONMENT).cloned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_a_target_is_stands_in_its_tags() {
        let one =
            |tags: &[(&str, &str)]| tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let arn = "arn:aws:lambda:eu-west-1:1:function:x";
        let service = "arn:aws:ecs:eu-west-1:1:service/shop-prod/agent";
        let bucket = "arn:aws:s3:::shop-web";
        let living = AccountResources {
            functions: vec![
                ("x".into(), arn.into()),
                ("windlass-api".into(), "a".into()),
                ("deployer-api".into(), "b".into()),
            ],
            services: vec![service.into()],
            tags: BTreeMap::from([
                (arn.to_owned(), one(&[(APP, "shop"), (ENVIRONMENT, "prod")])),
                (service.to_owned(), one(&[(APP, "shop")])),
                (bucket.to_owned(), one(&[(APP, "shop")])),
                ("b".to_owned(), one(&[(installation::INSTALLATION_TAG, "deployer"), (APP, "shop")])),
            ]),
            ..AccountResources::default()
        };
        let account = account(living, "windlass");
        for (member, name, wanted) in [
            ("function", "x", Some("shop/prod")),
            ("service", "shop-prod/agent", Some("shop")),
            ("bucket", "shop-web", Some("shop")),
            ("distribution", "E1", None),
            ("function", "y", None),
        ] {
            let owner = account.owner(member, name).map(ToString::to_string);
            assert_eq!(owner.as_deref(), wanted, "{member} {name}");
        }
        let offered: Vec<&str> = account.functions.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(offered, ["x"], "what an installation has is never offered");
        for (name, of) in [("windlass-api", "windlass"), ("deployer-api", "deployer")] {
            let found = account.installation("function", name);
            assert_eq!(found, Some(of), "{name}");
        }
        assert_eq!(account.installation("function", "x"), None);
    }
}
