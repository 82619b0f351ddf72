//! The `AppSpec` of a Lambda function, or of a service in Amazon ECS. AWS CodeDeploy reads in it what to deploy (AWS
//! CodeDeploy User Guide, "`AppSpec` file reference"). Pure.
//!
//! The document is the user's. Windlass changes the two versions in it, or the task definition, and keeps everything
//! else (rule 9), hooks and unknown members included. CodeDeploy's own documentation writes its keys in both cases.

use crate::document::syntax;
use crate::prose;
use crate::text::prose::Prose;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The largest document that is read, in bytes: a ledger item has room for it beside everything else.
const LARGEST: usize = 32 * 1024;

/// The document's name for a person.
const WHAT: &str = "the AppSpec";

/// The type of the resource that is a function.
const FUNCTION: &str = "AWS::Lambda::Function";

/// A document that deploys one Lambda function, or one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppSpec(Value);

impl AppSpec {
    /// Makes a document without hooks, for a function of which nothing is known.
    pub fn new(function: &str, alias: &str) -> Self {
        Self(json!({
            "version": 0.0,
            "Resources": [{
                function: {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Name": function, "Alias": alias, "CurrentVersion": "", "TargetVersion": "",
                    },
                },
            }],
        }))
    }

    /// Reads a document, as JSON or YAML.
    ///
    /// # Errors
    /// The reason why it is no document that deploys one Lambda function, for the end of a sentence.
    pub fn read(text: &str) -> Result<Self, Prose> {
        Self::of(text, FUNCTION)
    }

    /// Reads a document that deploys one resource of this type. A tag, such as `!Ref`, is refused: CodeDeploy has none
    /// (AWS CodeDeploy User Guide, "`AppSpec` file structure"), so that `!Ref live` is not the alias `live`, and the
    /// JSON that is sent would lose it.
    fn of(text: &str, of: &str) -> Result<Self, Prose> {
        let mut document = syntax::yaml(WHAT, text, LARGEST).map_err(|finding| {
            let why = finding.reason.bare();
            if finding.path == WHAT { why } else { prose!("at {} {}", finding.path, why) }
        })?;
        match properties(&mut document, of) {
            Some(_) => Ok(Self(document)),
            None => Err(format!("it does not name exactly one resource of the type {of} with its properties").into()),
        }
    }

    /// Returns whether it deploys this alias of this function.
    pub fn is_of(&self, function: &str, alias: &str) -> bool {
        let (named, its) = self.deploys();
        named.split(":function:").last().unwrap_or_default().split(':').next() == Some(function) && its == alias
    }

    /// Returns the function and the alias that it deploys, as they are written; empty if they are not written.
    pub fn deploys(&self) -> (String, String) {
        let text = |name| self.text(FUNCTION, name).unwrap_or_default();
        (text("Name"), text("Alias"))
    }

    /// Returns a property of the one resource of this type, as it is written.
    fn text(&self, of: &str, name: &str) -> Option<String> {
        let mut document = self.0.clone();
        let value = member(properties(&mut document, of)?, name)?;
        value.as_str().map(str::to_owned)
    }

    /// Returns the document with these properties of the one resource of this type, as JSON. Everything else stays as
    /// it was.
    fn with(&self, of: &str, values: &[(&str, &str)]) -> String {
        let mut document = self.0.clone();
        if let Some(properties) = properties(&mut document, of) {
            for (name, value) in values {
                let key = properties.keys().find(|key| is(key, name)).cloned().unwrap_or_else(|| (*name).to_owned());
                properties.insert(key, (*value).into());
            }
        }
        document.to_string()
    }

    /// Returns the names of the lifecycle events at which a function of the user's is run.
    pub fn hooks(&self) -> Vec<String> {
        let hooks = self.0.as_object().and_then(|document| {
            let (_, hooks) = document.iter().find(|(key, _)| is(key, "Hooks"))?;
            hooks.as_array()
        });
        hooks.into_iter().flatten().filter_map(Value::as_object).flat_map(Map::keys).cloned().collect()
    }

    /// Returns the document that moves callers from one version to another, as JSON. Everything else stays as it was.
    pub fn moving(&self, from: &str, to: &str) -> String {
        self.with(FUNCTION, &[("CurrentVersion", from), ("TargetVersion", to)])
    }
}

fn is(key: &str, name: &str) -> bool {
    key.eq_ignore_ascii_case(name)
}

fn member<'a>(of: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Value> {
    let mut members = of.iter_mut();
    members.find(|(key, _)| is(key, name)).map(|(_, value)| value)
}

/// Returns the properties of the one resource of this type that the document deploys.
fn properties<'a>(document: &'a mut Value, of: &str) -> Option<&'a mut Map<String, Value>> {
    let [resource] = member(document.as_object_mut()?, "Resources")?.as_array_mut()?.as_mut_slice() else {
        return None;
    };
    let resource = resource.as_object_mut().filter(|named| named.len() == 1)?;
    let resource = resource.values_mut().next()?.as_object_mut()?;
    let kind = member(resource, "Type")?.as_str()?;
    if kind != of {
        return None;
    }
    member(resource, "Properties")?.as_object_mut()
}

/// The type of the resource that is a service.
const SERVICE: &str = "AWS::ECS::Service";

/// The properties of a task set beside its task definition. CodeDeploy resets properties that a document leaves out
/// (AWS CodeDeploy User Guide, "`AppSpec` 'resources' section for Amazon ECS deployments").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskSetShape {
    /// The container that gets the traffic, and its port; absent if it is behind no load balancer.
    pub container: Option<(String, u32)>,
    /// The version of the Fargate platform, such as `1.4.0`; absent if it has none.
    pub platform_version: Option<String>,
    /// Its network; absent if it has none of its own, or a part of it is not given: CodeDeploy takes all of it, or
    /// takes the service's.
    pub network: Option<TaskSetNetwork>,
    /// The capacity providers with their base and their weight.
    pub providers: Vec<(String, i32, i32)>,
}

/// The network of a task set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskSetNetwork {
    /// The subnets.
    pub subnets: Vec<String>,
    /// The security groups.
    pub security_groups: Vec<String>,
    /// `ENABLED` or `DISABLED`.
    pub public_ip: String,
}

impl AppSpec {
    /// Makes the document of a service whose task set has this shape, without hooks.
    pub fn of_service(shape: &TaskSetShape) -> Self {
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
    pub fn read_service(text: &str) -> Result<Self, Prose> {
        Self::of(text, SERVICE)
    }

    /// Returns the document that deploys this task definition, as JSON. Everything else stays as it was.
    pub fn deploying(&self, task_definition: &str) -> String {
        self.with(SERVICE, &[("TaskDefinition", task_definition)])
    }

    /// Returns the task definition that it deploys, as it is written.
    pub fn task_definition(&self) -> Option<String> {
        self.text(SERVICE, "TaskDefinition")
    }
}

fn network_of(network: &TaskSetNetwork) -> Value {
    json!({"AwsvpcConfiguration": {
        "Subnets": network.subnets,
        "SecurityGroups": network.security_groups,
        "AssignPublicIp": network.public_ip,
    }})
}

#[cfg(test)]
mod tests_of_service {
    use super::*;
    use crate::document::syntax;

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
        let shape = TaskSetShape {
            container: Some(("agent".into(), 80)),
            platform_version: Some("1.4.0".into()),
            network: Some(TaskSetNetwork {
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
        let bare = AppSpec::of_service(&TaskSetShape::default()).deploying("agent:9");
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

#[cfg(test)]
mod tests {
    use super::*;

    const WITH_HOOKS: &str = "
version: 0.0
resources:
  - api:
      type: AWS::Lambda::Function
      properties: {name: shop-api, alias: live, currentversion: '1', targetversion: '2', later: kept}
hooks:
  - BeforeAllowTraffic: check-before
  - AfterAllowTraffic: arn:aws:lambda:eu-west-1:111111111111:function:check-after
";

    #[test]
    fn only_the_versions_of_a_document_change() {
        let read = AppSpec::read(WITH_HOOKS).unwrap();
        assert_eq!(read.hooks(), ["BeforeAllowTraffic", "AfterAllowTraffic"]);
        let written: Value = serde_json::from_str(&read.moving("7", "9")).unwrap();
        let before = syntax::yaml("it", WITH_HOOKS, LARGEST).unwrap();
        let mut wanted = before;
        let properties = &mut wanted["resources"][0]["api"]["properties"];
        properties["currentversion"] = "7".into();
        properties["targetversion"] = "9".into();
        assert_eq!(written, wanted);
        // And once more, as the next release finds it.
        assert_eq!(AppSpec::read(&written.to_string()).unwrap().moving("7", "9"), written.to_string());
    }

    #[test]
    fn a_first_document_has_no_hooks() {
        let first = AppSpec::new("shop-api", "live");
        assert_eq!(first.hooks(), [""; 0]);
        let written: Value = serde_json::from_str(&first.moving("1", "2")).unwrap();
        assert_eq!(
            written,
            json!({"version": 0.0, "Resources": [{"shop-api": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Name": "shop-api", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2",
                },
            }}]})
        );
        assert_eq!(AppSpec::read(&written.to_string()).unwrap().hooks(), [""; 0]);
    }

    #[test]
    fn whose_alias_it_deploys() {
        let arn = "arn:aws:lambda:eu-west-1:111111111111:function:shop-api";
        let qualified = "arn:aws:lambda:eu-west-1:111111111111:function:shop-api:live";
        for (name, alias, is_ours) in [
            ("shop-api", "live", true),
            (arn, "live", true),
            (qualified, "live", true),
            ("shop-api", "other", false),
            ("shop-jobs", "live", false),
            ("shop-api-2", "live", false),
        ] {
            assert_eq!(AppSpec::new(name, alias).is_of("shop-api", "live"), is_ours, "{name} {alias}");
        }
    }

    #[test]
    fn what_deploys_no_function_is_refused() {
        let service =
            r#"{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": {}}}]}"#;
        let function = AppSpec::new("a", "b").0["Resources"][0].clone();
        let two = json!({"Resources": [function, function]}).to_string();
        for text in ["", "just text", "{", "[]", service, &two, "{\"Resources\": []}"] {
            assert!(AppSpec::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_tag_is_refused_with_its_place() {
        let tagged = WITH_HOOKS.replace("alias: live", "alias: !Ref live");
        let why = AppSpec::read(&tagged).unwrap_err().written();
        assert_eq!(why, "at line 6 column 43 `!Ref` is a tag, and the AppSpec has no tags");
        for tag in ["!Sub", "!GetAtt", "!mine"] {
            assert!(AppSpec::read(&tagged.replace("!Ref", tag)).is_err(), "{tag}");
        }
    }
}
