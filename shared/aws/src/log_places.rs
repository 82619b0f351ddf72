//! The places of the log lines of what a deployment changed. A function has its log group; the log drivers of a
//! service's containers name theirs.

use crate::{Aws, stacks};
use serde_json::Value;
use std::collections::BTreeSet;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::kinds::Writes;
use windlass_engine::ports::{AssumeRole, EcsApi, Result};

/// A place at which lines are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// The log group.
    pub group: String,
    /// Its region; that of the credentials where absent.
    pub region: Option<String>,
    /// The streams of the group that are meant.
    pub streams: Streams,
}

/// Streams of a log group, by what their names say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Streams {
    /// Those of these versions of a function: a stream's name has the version in brackets (AWS Lambda Developer Guide,
    /// "Working with CloudWatch Logs").
    Versions(BTreeSet<String>),
    /// Those of a container, whose names are `prefix/container/task` (Amazon ECS Developer Guide, "Send Amazon ECS logs
    /// to CloudWatch").
    Container {
        /// All before the task's id.
        prefix: String,
        /// The ids of tasks that run, or ran, another task definition.
        others: BTreeSet<String>,
    },
    /// All: the names say nothing.
    All,
}

impl Streams {
    /// Returns whether lines of a stream of this name are meant.
    pub fn has(&self, stream: &str) -> bool {
        match self {
            Self::Versions(versions) => versions.iter().any(|version| stream.contains(&format!("[{version}]"))),
            Self::Container { prefix, others } => {
                stream.strip_prefix(prefix.as_str()).is_some_and(|task| !others.contains(task))
            }
            Self::All => true,
        }
    }

    pub(crate) fn prefix(&self) -> Option<&str> {
        match self {
            Self::Container { prefix, .. } => Some(prefix),
            Self::Versions(_) | Self::All => None,
        }
    }
}

/// The places of log lines, and those that cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogPlaces {
    /// The places that can be read.
    pub places: Vec<LogPlace>,
    /// The places that cannot be read, each with the reason.
    pub unseen: Vec<String>,
    /// Notes on the places that can be read.
    pub notes: Vec<String>,
}

impl LogPlaces {
    fn unseen(why: String) -> Self {
        Self { unseen: vec![why], ..Self::default() }
    }
}

impl Aws {
    /// Returns the places of the lines of what a deployment changed.
    pub async fn log_places(&self, writes: &Writes, region: Option<&str>) -> LogPlaces {
        let there = self.at(&in_region(region));
        match writes {
            Writes::Nothing(_) | Writes::Elsewhere(_) => LogPlaces::default(),
            Writes::Versions { function, versions } => there.group_of(function, versions, region).await,
            Writes::Tasks { cluster, service, task_definitions } => {
                let service = (cluster.as_str(), service.as_str());
                there.groups_of(service, task_definitions, region).await
            }
        }
    }

    /// Returns the log group of a function (AWS Lambda API Reference, "GetFunctionConfiguration").
    async fn group_of(&self, function: &str, versions: &BTreeSet<String>, region: Option<&str>) -> LogPlaces {
        let (config, _) = self.clients.config();
        let path = ["2015-03-31", "functions", function, "configuration"];
        let what = format!("the configuration of {function}");
        let body = match stacks::read(config, "lambda", &path, &what).await {
            Ok(body) => body,
            Err(fault) => return LogPlaces::unseen(unread(&fault, "lambda:GetFunctionConfiguration")),
        };
        let group = body.pointer("/LoggingConfig/LogGroup");
        let group = group.and_then(Value::as_str).filter(|name| !name.is_empty());
        let group = group.map_or(format!("/aws/lambda/{function}"), str::to_owned);
        let (region, streams) = (region.map(str::to_owned), Streams::Versions(versions.clone()));
        LogPlaces { places: vec![LogPlace { group, region, streams }], ..LogPlaces::default() }
    }

    async fn groups_of(
        &self,
        (cluster, service): (&str, &str),
        task_definitions: &BTreeSet<String>,
        region: Option<&str>,
    ) -> LogPlaces {
        let mut found = LogPlaces::default();
        let others = match self.tasks_of_others(cluster, service, task_definitions).await {
            Ok(others) => others,
            Err(fault) => {
                let why = unread(&fault, "ecs:ListTasks` and `ecs:DescribeTasks");
                found.notes.push(format!(
                    "lines of the former tasks are among those of {service}: which task runs what is not known: {why}"
                ));
                BTreeSet::new()
            }
        };
        for name in task_definitions {
            match self.task_definition(name).await {
                Ok(definition) => {
                    let (places, notes) = containers(&definition.document, &others, region);
                    found.places.extend(places);
                    found.notes.extend(notes);
                }
                Err(fault) => found.unseen.push(unread(&fault, "ecs:DescribeTaskDefinition")),
            }
        }
        // Two task definitions of one family write to the same places.
        found.places.dedup();
        found.notes.dedup();
        found
    }

    /// Returns the ids of the tasks of a service that have another task definition, as far as ECS remembers them.
    async fn tasks_of_others(
        &self,
        cluster: &str,
        service: &str,
        task_definitions: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>> {
        let mut tasks = self.tasks(cluster, service, false).await?;
        tasks.extend(self.tasks(cluster, service, true).await?);
        let others = tasks.into_iter().filter(|task| !task_definitions.contains(&task.task_definition));
        Ok(others.filter_map(|task| task.arn.rsplit('/').next().map(str::to_owned)).collect())
    }
}

/// Returns the places to which the containers of a task definition write, and a note for each container that writes
/// elsewhere.
fn containers(document: &Value, others: &BTreeSet<String>, region: Option<&str>) -> (Vec<LogPlace>, Vec<String>) {
    let (mut places, mut notes) = (Vec::new(), Vec::new());
    let each = document["containerDefinitions"].as_array();
    for container in each.into_iter().flatten() {
        let name = container["name"].as_str().unwrap_or_default();
        let logs = &container["logConfiguration"];
        let option = |key: &str| logs["options"][key].as_str().map(str::to_owned);
        let group = option("awslogs-group").filter(|_| logs["logDriver"] == "awslogs");
        let Some(group) = group else {
            let driver = logs["logDriver"].as_str().unwrap_or("no log driver");
            notes.push(format!("container {name} writes to no log group that is named for it ({driver})"));
            continue;
        };
        let prefix = option("awslogs-stream-prefix");
        places.push(LogPlace {
            group,
            region: option("awslogs-region").filter(|region| is_region(region)).or_else(|| region.map(str::to_owned)),
            streams: prefix.map_or(Streams::All, |prefix| Streams::Container {
                prefix: format!("{prefix}/{name}/"),
                others: others.clone(),
            }),
        });
    }
    (places, notes)
}

/// Returns whether a text may be the name of a region. A task definition is somebody else's text, and a region becomes
/// a part of the host that is called.
fn is_region(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(fits)
}

/// Returns the caller's own account in this region.
pub(crate) fn in_region(region: Option<&str>) -> Place {
    Place { region: region.map(str::to_owned), role: None }
}

/// Returns the reason why something could not be read, with the right that it takes where that is missing.
pub(crate) fn unread(fault: &Fault, action: &str) -> String {
    let said = fault.message.trim_end_matches('.');
    match fault.name {
        FaultName::AccessDenied => format!("{said}. Allow yourself `{action}`"),
        _ => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_region_that_would_lead_elsewhere_is_none() {
        for (region, is) in [("eu-west-1", true), ("x@127.0.0.1:8443/", false), ("a.b", false), ("", false)] {
            assert_eq!(is_region(region), is, "{region}");
        }
    }

    fn set(texts: &[&str]) -> BTreeSet<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_stream_belongs_to_a_version_or_a_task_by_its_name() {
        let versions = Streams::Versions(set(&["42", "$LATEST"]));
        let container = Streams::Container { prefix: "agent/web/".into(), others: set(&["0former"]) };
        let table = [
            (&versions, "2026/11/20/[42]4f1e", true),
            (&versions, "2026/11/20/shop-api-prod[42]4f1e", true),
            (&versions, "2026/11/20/[$LATEST]4f1e", true),
            (&versions, "2026/11/20/[4]2f1e", false),
            (&versions, "2026/11/20/[142]4f1e", false),
            (&container, "agent/web/1new", true),
            (&container, "agent/web/0former", false),
            (&container, "agent/worker/1new", false),
            (&Streams::All, "whatever", true),
        ];
        for (streams, name, wanted) in table {
            assert_eq!(streams.has(name), wanted, "{name}");
        }
    }

    #[test]
    fn each_container_writes_where_its_log_driver_says() {
        let logs = |options: Value| json!({"logDriver": "awslogs", "options": options});
        let own =
            json!({"awslogs-group": "/shop/agent", "awslogs-region": "eu-north-1", "awslogs-stream-prefix": "agent"});
        let document = json!({"containerDefinitions": [
            {"name": "web", "logConfiguration": logs(own)},
            {"name": "worker", "logConfiguration": logs(json!({"awslogs-group": "/shop/worker"}))},
            {"name": "proxy", "logConfiguration": {"logDriver": "awsfirelens", "options": {}}},
            {"name": "silent"},
        ]});
        let (places, notes) = containers(&document, &set(&["0"]), Some("eu-west-1"));
        let found: Vec<_> =
            places.iter().map(|one| (one.group.as_str(), one.region.as_deref(), one.streams.prefix())).collect();
        let wanted =
            [("/shop/agent", Some("eu-north-1"), Some("agent/web/")), ("/shop/worker", Some("eu-west-1"), None)];
        assert_eq!(found, wanted);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].contains("proxy") && notes[0].contains("awsfirelens"));
        assert!(notes[1].contains("silent") && notes[1].contains("no log driver"));
    }

    #[test]
    fn a_missing_right_is_named_by_its_action() {
        let denied = Fault::new(FaultName::AccessDenied, "FilterLogEvents: not authorized.");
        let message = unread(&denied, "logs:FilterLogEvents");
        assert!(message.ends_with("not authorized. Allow yourself `logs:FilterLogEvents`"), "{message}");
        let late = Fault::new(FaultName::Unavailable, "no answer");
        assert_eq!(unread(&late, "logs:FilterLogEvents"), "no answer");
    }
}
