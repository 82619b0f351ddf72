//! The place of a task's log lines: as the log driver `awslogs` of its container says (Amazon ECS Developer Guide,
//! "Send Amazon ECS logs to CloudWatch"), or its function.

use crate::ports::Function;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass_domain::release::call::host;

/// The log group of a container.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The group.
    pub group: String,
    /// Its region; that of the task if `None`.
    pub region: Option<String>,
    /// The prefix of the names of streams; `None` if these have another form.
    pub prefix: Option<String>,
}

impl Log {
    /// Returns the log of a container, by its task definition; `None` if the container writes elsewhere.
    pub fn of(document: &Value, container: &str) -> Option<Self> {
        let own = document["containerDefinitions"].as_array()?.iter().find(|one| one["name"] == container)?;
        let logs = &own["logConfiguration"];
        let option = |name: &str| logs["options"][name].as_str().map(str::to_owned);
        let group = option("awslogs-group").filter(|_| logs["logDriver"] == "awslogs")?;
        Some(Self { group, region: option("awslogs-region"), prefix: option("awslogs-stream-prefix") })
    }

    /// The page of a function's log group (AWS Lambda Developer Guide, "Sending Lambda function logs to CloudWatch
    /// Logs").
    pub fn page_of(function: &Function) -> String {
        let name = function.arn.split(':').nth(6).unwrap_or_default();
        let group = function.log_group.clone();
        let log = Self { group: group.unwrap_or_else(|| format!("/aws/lambda/{name}")), region: None, prefix: None };
        log.link("", &function.arn)
    }

    /// Returns the stream of a task's container; `None` if its name is not known.
    pub fn stream(&self, container: &str, task: &str) -> Option<String> {
        let prefix = self.prefix.as_ref()?;
        Some(format!("{prefix}/{container}/{}", id(task)))
    }

    /// Returns the address of its page in the console. If nothing names the stream, it is the page of the group.
    pub fn link(&self, container: &str, task: &str) -> String {
        let mut parts = task.split(':').skip(1);
        let partition = parts.next().unwrap_or_default();
        let region = self.region.as_deref().or(parts.nth(1)).unwrap_or_default();
        let host = host(partition);
        let group = escaped(&self.group);
        let stream = self.stream(container, task);
        let stream = stream.map(|stream| format!("/log-events/{}", escaped(&stream)));
        format!(
            "https://{host}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}{}",
            stream.unwrap_or_default()
        )
    }
}

/// Returns the id of a task, from its ARN.
pub(super) fn id(task: &str) -> &str {
    task.rsplit('/').next().unwrap_or(task)
}

/// Escapes a name within the fragment of such a page's address, which the console decodes twice.
fn escaped(name: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("$25{other:02X}"),
    };
    name.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TASK: &str = "arn:aws:ecs:eu-west-1:111111111111:task/shop/0123";

    #[test]
    fn it_is_where_the_container_writes() {
        let of = |logs: Value| {
            let document = json!({"containerDefinitions": [
                {"name": "proxy"}, {"name": "agent", "logConfiguration": logs},
            ]});
            let log = Log::of(&document, "agent");
            log.map(|log| (log.link("agent", TASK), log.stream("agent", TASK)))
        };
        let logs = |options: Value| json!({"logDriver": "awslogs", "options": options});
        let page = |region: &str, rest: &str| {
            format!("https://console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{rest}")
        };
        let table = [
            (
                logs(json!({"awslogs-group": "/shop/a", "awslogs-stream-prefix": "x"})),
                Some((
                    page("eu-west-1", "$252Fshop$252Fa/log-events/x$252Fagent$252F0123"),
                    Some("x/agent/0123".to_owned()),
                )),
            ),
            (
                logs(json!({"awslogs-group": "a", "awslogs-region": "eu-north-1"})),
                Some((page("eu-north-1", "a"), None)),
            ),
            (json!({"logDriver": "awsfirelens", "options": {"awslogs-group": "a"}}), None),
            (Value::Null, None),
        ];
        for (logs, wanted) in table {
            assert_eq!(of(logs.clone()), wanted, "{logs}");
        }
    }
}
