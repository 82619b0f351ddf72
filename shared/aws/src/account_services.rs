//! One service of Amazon ECS, looked at closer by the command line with a person's credentials: its containers, and the
//! load balancer before it. Small reads without a client, as those of [`crate::account_resources`] are.

use crate::account_resources::{address, get};
use crate::json_services::endpoint;
use crate::stacks::texts;
use crate::{Aws, settings};
use serde_json::{Value, json};
use windlass_engine::ports::{JsonCall, JsonServices as _, Result};

/// A service.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct AccountService {
    /// Its containers, each with its image.
    pub containers: Vec<(String, String)>,
    /// The application load balancers before it, each with a target group.
    pub balancers: Vec<AccountBalancer>,
}

/// An application load balancer with a target group, as the dimensions of Amazon CloudWatch name them (User Guide for
/// Application Load Balancers, "CloudWatch metrics for your Application Load Balancer").
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct AccountBalancer {
    /// Such as `app/shop/50dc6c495c0c9188`.
    pub load_balancer: String,
    /// Such as `targetgroup/agent/73e2d6bc24d8a067`.
    pub target_group: String,
}

/// Looks at a service. A part that is not there is left out.
///
/// # Errors
/// If the credentials may not see it, or AWS does not answer.
pub async fn service(region: Option<&str>, cluster: &str, name: &str) -> Result<AccountService> {
    let home = settings::sdk_config_of_a_person(region).await?;
    let aws = Aws::new(home.clone(), settings::Settings::default());
    let asked = json!({"cluster": cluster, "services": [name]});
    let answer = called(&aws, "AmazonEC2ContainerServiceV20141113.DescribeServices", asked).await?;
    let found = &answer["services"][0];
    let mut service = AccountService::default();
    if let Some(definition) = found["taskDefinition"].as_str() {
        let asked = json!({"taskDefinition": definition});
        let answer = called(&aws, "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition", asked).await?;
        service.containers = containers(&answer);
    }
    let region = home.region().map(ToString::to_string).unwrap_or_default();
    for group in target_groups(found) {
        let host = endpoint(&home, "elasticloadbalancing", &region);
        let mut url = address(&host, "/")?;
        url.query_pairs_mut()
            .append_pair("Action", "DescribeTargetGroups")
            .append_pair("Version", "2015-12-01")
            .append_pair("TargetGroupArns.member.1", group);
        let body = get(&home, &url, ("elasticloadbalancing", &region)).await?;
        service.balancers.extend(balancers(group, &body));
    }
    Ok(service)
}

async fn called(aws: &Aws, target: &'static str, body: Value) -> Result<Value> {
    let service = "ecs";
    aws.json_call(JsonCall { service, target, body }).await
}

fn containers(answer: &Value) -> Vec<(String, String)> {
    let all = answer["taskDefinition"]["containerDefinitions"].as_array();
    all.into_iter()
        .flatten()
        .filter_map(|it| {
            let text = |name: &str| it[name].as_str().map(str::to_owned);
            Some((text("name")?, text("image")?))
        })
        .collect()
}

fn target_groups(service: &Value) -> Vec<&str> {
    service["loadBalancers"].as_array().into_iter().flatten().filter_map(|it| it["targetGroupArn"].as_str()).collect()
}

/// Reads the load balancers of a target group (Elastic Load Balancing API Reference, "DescribeTargetGroups"). A network
/// load balancer counts no answers.
fn balancers(group: &str, body: &str) -> Vec<AccountBalancer> {
    let Some((_, target_group)) = group.rsplit_once(':') else { return Vec::new() };
    let members = texts(body).into_iter().filter(|(tag, _)| tag == b"member");
    members
        .filter_map(|(_, arn)| {
            let (_, name) = arn.split_once(":loadbalancer/")?;
            name.starts_with("app/")
                .then(|| AccountBalancer { load_balancer: name.to_owned(), target_group: target_group.to_owned() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_balancer_is_read_by_the_names_that_its_metrics_have() {
        let group = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/agent/73e2";
        let body = |arn: &str| {
            format!(
                "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member><TargetGroupArn>{group}</TargetGroupArn>\
                 <LoadBalancerArns><member>{arn}</member></LoadBalancerArns><Matcher><HttpCode>200</HttpCode></Matcher></member>\
                 </TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>"
            )
        };
        let of = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer";
        assert_eq!(
            balancers(group, &body(&format!("{of}/app/shop/50dc"))),
            [AccountBalancer { load_balancer: "app/shop/50dc".into(), target_group: "targetgroup/agent/73e2".into() }]
        );
        assert_eq!(balancers(group, &body(&format!("{of}/net/shop/50dc"))), []);
        assert_eq!(balancers(group, "<a/>"), []);
    }

    #[test]
    fn containers_and_target_groups_are_read_as_the_reference_shows_them() {
        let answer =
            json!({"taskDefinition": {"containerDefinitions": [{"name": "agent", "image": "a:1"}, {"image": "b"}]}});
        assert_eq!(containers(&answer), [("agent".into(), "a:1".into())]);
        let service = json!({"loadBalancers": [{"targetGroupArn": "g"}, {"loadBalancerName": "classic"}]});
        assert_eq!(target_groups(&service), ["g"]);
        assert_eq!(target_groups(&json!({})), [""; 0]);
    }
}
