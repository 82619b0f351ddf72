//! The `AppSpec` of a service in Amazon ECS.

use super::{AppSpec, is, properties};
use serde_json::{Map, Value, json};

/// The type of the resource that is a service.
const SERVICE: &str = "AWS::ECS::Service";

/// The properties of a task set beside its task definition. CodeDeploy resets properties that a document leaves out
/// (AWS CodeDeploy User Guide, "`AppSpec` 'resources' section for Amazon ECS deployments").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// The container that gets the traffic, and its port; absent if it is behind no load balancer.
    pub container: Option<(String, u32)>,
    /// The version of the Fargate platform, such as `1.4.0`; absent if it has none.
    pub platform_version: Option<String>,
    /// Its network; absent if it has none of its own, or a part of it is not told: CodeDeploy takes all of it, or takes
    /// the service's.
    pub network: Option<Network>,
    /// The capacity providers with their base and their weight.
    pub providers: Vec<(String, i32, i32)>,
}

/// The network of a task set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// The subnets.
    pub subnets: Vec<String>,
    /// The security groups.
    pub security_groups: Vec<String>,
    /// `ENABLED` or `DISABLED`.
    pub public_ip: String,
}

impl AppSpec {
    /// Makes the document of a service whose task set has this shape, without hooks.
    pub fn of_service(shape: &Shape) -> Self {
        let mut properties = Map::new();
        properties.insert("TaskDefinition".into(), "".into());
        if let Some((container, port)) = &shape.container {
            let balanced = json!({"ContainerName": container, "ContainerPort": port});
            properties.insert("LoadBalancerInfo".into(), balanced);
        }
        if let Some(version) = &shape.platform_version {
            properties.insert("PlatformVersion".into(), version.as_str().into());
        }
        if let Some(network) = &shape.network {
            properties.insert("NetworkConfiguration".into(), network_of(network));
        }
        if !shape.providers.is_empty() {
            let each = shape
                .providers
                .iter()
                .map(|(provider, base, weight)| json!({"Base": base, "CapacityProvider": provider, "Weight": weight}));
            properties.insert("CapacityProviderStrategy".into(), each.collect());
        }
        Self(json!({
            "version": 0.0,
            "Resources": [{"TargetService": {"Type": SERVICE, "Properties": properties}}],
        }))
    }

    /// Reads a document of a service, as JSON or YAML.
    ///
    /// # Errors
    /// The reason why it is no document that deploys one service, for the end of a sentence.
    pub fn read_service(text: &str) -> Result<Self, String> {
        Self::of(text, SERVICE)
    }

    /// Returns the document that deploys this task definition, as JSON. Everything else stays as it was.
    pub fn deploying(&self, task_definition: &str) -> String {
        let mut document = self.0.clone();
        if let Some(properties) = properties(&mut document, SERVICE) {
            let known = properties.keys().find(|key| is(key, "TaskDefinition"));
            let key = known.cloned().unwrap_or_else(|| "TaskDefinition".into());
            properties.insert(key, task_definition.into());
        }
        document.to_string()
    }

    /// Returns the task definition that it deploys, as it is written.
    pub fn task_definition(&self) -> Option<String> {
        let mut document = self.0.clone();
        let properties = properties(&mut document, SERVICE)?;
        let (_, value) = properties.iter().find(|(key, _)| is(key, "TaskDefinition"))?;
        value.as_str().map(str::to_owned)
    }
}

fn network_of(network: &Network) -> Value {
    json!({"AwsvpcConfiguration": {
        "Subnets": network.subnets,
        "SecurityGroups": network.security_groups,
        "AssignPublicIp": network.public_ip,
    }})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    const WRITTEN: &str = "
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: 'arn:aws:ecs:eu-west-1:111111111111:task-definition/agent:7'
        LoadBalancerInfo: {ContainerName: agent, ContainerPort: 80}
        PlatformVersion: 1.4.0
        NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1], AssignPublicIp: DISABLED}}
        CapacityProviderStrategy: [{Base: 1, CapacityProvider: FARGATE_SPOT, Weight: 2}]
        Later: kept
Hooks:
  - AfterAllowTestTraffic: check
";

    #[test]
    fn only_the_task_definition_of_a_document_changes() {
        let read = AppSpec::read_service(WRITTEN).unwrap();
        assert_eq!(read.hooks(), ["AfterAllowTestTraffic"]);
        let written: Value = serde_json::from_str(&read.deploying("agent:9")).unwrap();
        let mut wanted = syntax::yaml("it", WRITTEN, 10_000).unwrap();
        wanted["Resources"][0]["TargetService"]["Properties"]["TaskDefinition"] = "agent:9".into();
        assert_eq!(written, wanted);
        let again = AppSpec::read_service(&written.to_string()).unwrap();
        assert_eq!(again.task_definition().as_deref(), Some("agent:9"));
        assert_eq!(again.deploying("agent:9"), written.to_string());
    }

    #[test]
    fn a_first_document_has_all_that_its_task_set_has() {
        let shape = Shape {
            container: Some(("agent".into(), 80)),
            platform_version: Some("1.4.0".into()),
            network: Some(Network {
                subnets: vec!["subnet-1".into()],
                security_groups: vec!["sg-1".into()],
                public_ip: "DISABLED".into(),
            }),
            providers: vec![("FARGATE_SPOT".into(), 1, 2)],
        };
        let written = AppSpec::of_service(&shape).deploying("agent:9");
        let written: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(
            written["Resources"][0]["TargetService"],
            json!({"Type": "AWS::ECS::Service", "Properties": {
                "TaskDefinition": "agent:9",
                "LoadBalancerInfo": {"ContainerName": "agent", "ContainerPort": 80},
                "PlatformVersion": "1.4.0",
                "NetworkConfiguration": {"AwsvpcConfiguration": {
                    "Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"], "AssignPublicIp": "DISABLED",
                }},
                "CapacityProviderStrategy": [
                    {"Base": 1, "CapacityProvider": "FARGATE_SPOT", "Weight": 2},
                ],
            }})
        );
        let bare = AppSpec::of_service(&Shape::default()).deploying("agent:9");
        let bare: Value = serde_json::from_str(&bare).unwrap();
        let properties = &bare["Resources"][0]["TargetService"]["Properties"];
        assert_eq!(*properties, json!({"TaskDefinition": "agent:9"}));
    }

    #[test]
    fn a_function_is_no_service() {
        let function = AppSpec::new("shop-api", "live").moving("1", "2");
        assert!(AppSpec::read_service(&function).is_err());
        assert!(AppSpec::read(WRITTEN).is_err());
    }
}
