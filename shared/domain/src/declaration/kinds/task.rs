//! The kind `task`: something that is run once per release, as a task of Amazon ECS in its network, or as one call of a
//! function.

use crate::declaration::aws_name::{self, TextForm};
use crate::declaration::claim::DeclaredClaim;
use crate::declaration::execution_history::polls;
use crate::declaration::kinds::{ArtifactSorts, AsWritten, Extent, ImageOf, ResolvedKind, Shares};
use crate::declaration::name_text::NameText;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::name::ComponentName;
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

mod function;
mod resolve;

pub use function::{CallEnd, CallOutcome, Called, FunctionCall, FunctionTask, GRACE_S, LIVES_S, LONGEST_CALL};

/// Something that is run once per release, such as a migration, a warmed cache or a smoke test: a task of Amazon ECS
/// with the release's image, or one call of a Lambda function. It has exactly one of `ecs` and `function`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-instead" = json!({
    "alias": "Remove it: only a `lambda` has an alias.",
    "cluster": "Write it within `ecs`, or leave it out: the task runs in the cluster of the service.",
    "command": "Write it within `ecs`.",
    "container": "Write it within `ecs`.",
    "family": "Write it within `ecs`.",
    "repository": "Remove it: the task runs the image of the component that `image` names.",
    "rollout": "Remove it: a task is run once, and shifts no callers.",
    "service": "Write as `image` the component that is the service.",
    "timeout": "Write `limit`.",
})))]
#[schemars(extend("x-common" = json!({
    "after": "Components that change before this task runs. If the `after` of another component names this task, the \
              task runs before that component changes.",
    "heal": null,
    "on_artifact": null,
})))]
pub struct Written {
    /// The name of an `ecs` component in this declaration. At each release of that component, Windlass runs the task
    /// once, from the component's image. Windlass does not run the task again if the task's last success was with the
    /// same image and command, and the request has no `again`. A success in a deployment that ended `RolledBack` does
    /// not count, even with `undo: none`. A release lists that component, and never the task. Windlass refuses a
    /// release with a separate artifact for the task. The task uses the network and the capacity (launch type or
    /// capacity providers) of the component's service. If you write `image`, write `ecs` too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ComponentName>,
    /// The task of Amazon ECS that Windlass runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecs: Option<EcsTask>,
    /// The Lambda function that Windlass calls instead of a task of Amazon ECS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionTask>,
    /// The longest time that the task may take, such as `15m`. The limit is at least `1m`, and at most `24h` for a task
    /// of Amazon ECS or `15m` for a Lambda function. After this time Windlass stops the task of Amazon ECS, and the
    /// task counts as failed. Windlass cannot stop the call of a function, so after the limit nobody knows what the
    /// call did.
    #[serde(default = "Span::of_seconds::<900>")]
    pub limit: Span,
    /// The way in which an undo takes back the effect of the task. With `{command: […]}`, Windlass runs this command
    /// once, in the same way as the task. With `{payload: {…}}`, Windlass calls the function once more, with this
    /// payload. Write `none` if the task has no effect that must be taken back. If `undo` is absent, Windlass takes
    /// nothing back either, and warns about that at each release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
    /// True if former versions must not be live after the task, for example because the task drops a column. Once the
    /// task has begun, an undo of the deployment restores no component. Every component stays as it is, and a person
    /// must decide. If you request a rollback to a snapshot that is older than the run of the task, name the task in
    /// `across`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irreversible: bool,
    /// True if Windlass shows the last 20 lines of the task's log. The lines appear in the progress and in the record
    /// of the deployment, and in the cause that Windlass reports when the deployment ends. Everybody who may read these
    /// texts can read the lines, so the task must not log a secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub show_log: bool,
}

/// A task that Windlass runs in Amazon ECS. In the fields below, *the service* means the service of the component that
/// you name in the task's `image`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [json!({"command": ["bin/migrate", "up"]})]))]
pub struct EcsTask {
    /// The cluster's name. If absent, the task runs in the cluster of the service. Another cluster needs the tags
    /// `windlass:app` and `windlass:environment` with the names of this application and environment.
    pub cluster: Option<Text>,
    /// The family whose newest task definition is the basis of the task. If absent, the basis is the task definition
    /// that the service uses now.
    pub family: Option<Text>,
    /// The container that gets the image and the command. It may be absent if a release changes only one container of
    /// the service.
    pub container: Option<Text>,
    /// The command that the container runs, word by word, such as `[bin/migrate, up]`. The command must not contain a
    /// secret. The task itself reads the secrets that it needs.
    #[schemars(extend("minItems" = 1, "maxItems" = 100))]
    pub command: Vec<Text>,
    /// The network of the task. If absent, the task uses the network of the service.
    pub network: Option<WrittenNetwork>,
}

/// The way in which an undo takes back the effect of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "TaskUndo", rename_all = "snake_case")]
pub enum Undo {
    /// There is nothing to take back.
    None,
    /// Windlass runs this command with the same image.
    #[schemars(extend("minItems" = 1, "maxItems" = 100))]
    Command(Vec<Text>),
    /// Windlass calls the same function once more. In the event of this call, `direction` is `undo`, and `payload` is
    /// the object that you write here.
    Payload(serde_json::Map<String, Value>),
}

/// A task with every value final.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The component whose image it runs; absent for a function.
    pub image: Option<ComponentName>,
    /// The function that Windlass calls instead.
    pub function: Option<FunctionCall>,
    /// The cluster; that of the service if absent.
    pub cluster: Option<String>,
    /// The family that it is made from; what the service runs if absent.
    pub family: Option<String>,
    /// The container; the only one of the service if absent.
    pub container: Option<String>,
    /// The command.
    pub command: Vec<String>,
    /// The network; that of the service if absent.
    pub network: Option<TaskNetwork>,
    /// The longest time that it may take.
    pub limit: Span,
    /// The way in which its effect is taken back; absent if nobody has said.
    pub undo: Option<TaskUndo>,
    /// True if former versions must not run after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irreversible: bool,
    /// True if the last lines of its log are shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub show_log: bool,
}

/// The way in which an undo takes back the effect of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskUndo {
    /// There is nothing to take back.
    None,
    /// This command.
    Command(Vec<String>),
    /// A call of the function with this.
    Payload(serde_json::Map<String, Value>),
}

/// A task that may take so many seconds is polled often until its end, so that its limit holds to half a minute; one
/// that may take longer is looked at rarely at last.
pub const SHORT_S: u64 = 45 * 60;

/// The seconds between two polls of such a task, at least: beside the interval an invocation waits for a while.
const POLLED_S: u64 = 40;

/// The time that the end of a task is waited for beyond its limit, in seconds. ECS lets it have up to two minutes
/// between the two signals that end it (Amazon ECS API Reference, ContainerDefinition, `stopTimeout`).
pub const STOPPED_WITHIN_S: u64 = 10 * 60;

impl AsWritten for Written {
    fn takes(&self) -> ArtifactSorts {
        ArtifactSorts {
            key: false,
            image: false,
            images: false,
            instead: "Leave it out: a task runs the image of the component that its `image` names.",
        }
    }

    fn artifact_of(&self) -> Option<&ComponentName> {
        match (&self.function, &self.ecs) {
            (Some(function), None) => Some(&function.of),
            _ => self.image.as_ref(),
        }
    }

    fn shares(&self) -> Shares {
        match (&self.function, &self.ecs) {
            (Some(_), None) => Shares::Release,
            _ => Shares::Image,
        }
    }
}

/// The member that says that it is a task of Amazon ECS.
const ECS: &str = "ecs";

impl ResolvedKind for Task {
    fn function_or_bucket(&self) -> Option<(&'static str, String)> {
        let function = self.function.as_ref();
        function.map(|function| ("function.name", function.name.clone()))
    }

    /// The family of its own task definitions is claimed, and is known only when the task is looked at.
    fn claim(&self) -> DeclaredClaim {
        DeclaredClaim::whole("ecs:task", ECS, &[""], "the task".to_owned())
    }

    fn names_mut(&mut self) -> Vec<NameText<'_>> {
        let function = self.function.as_mut().map(|it| ("function.name", &mut it.name, &aws_name::FUNCTION));
        let cluster = self.cluster.as_mut().map(|name| ("ecs.cluster", name, &aws_name::ECS));
        let family = self.family.as_mut().map(|name| ("ecs.family", name, &aws_name::ECS));
        let names = function.into_iter().chain(cluster).chain(family);
        names.map(|(member, name, form)| NameText::new(member, name, form)).collect()
    }

    fn extent(&self) -> Extent {
        let limit_s = self.limit.as_s();
        let (seconds, is_polled_often) = match &self.function {
            Some(function) => (function.longest_s(limit_s), true),
            None => (limit_s + STOPPED_WITHIN_S, limit_s <= SHORT_S),
        };
        let often = if is_polled_often { seconds / POLLED_S } else { 0 };
        Extent { seconds, polls: polls(seconds).max(often) }
    }

    fn image_of(&self) -> Option<ImageOf<'_>> {
        Some(ImageOf {
            component: self.image.as_ref()?,
            container: self.container.as_deref(),
            container_at: "ecs.container",
        })
    }
}

/// The network of a task (Amazon ECS API Reference, AwsVpcConfiguration).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "TaskNetwork", deny_unknown_fields)]
pub struct WrittenNetwork {
    /// The ids of the subnets.
    #[schemars(extend("minItems" = 1, "maxItems" = 16))]
    pub subnets: Vec<Text>,
    /// The ids of the security groups. Without them, the task has the default security group of the VPC.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = 5))]
    pub security_groups: Vec<Text>,
    /// True if the task gets a public address.
    #[serde(default)]
    pub public_ip: bool,
}

/// A task's network, by ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskNetwork {
    /// The subnets.
    pub subnets: Vec<String>,
    /// The security groups.
    pub security_groups: Vec<String>,
    /// True if the task gets a public address.
    pub public_ip: bool,
}

/// Amazon EC2 API Reference: ids of subnets and of security groups.
const SUBNET: TextForm =
    TextForm { accepts: |text| is_id(text, "subnet-"), words: "the id of a subnet such as `subnet-0a1b2c3d4e5f60718`" };
const SECURITY_GROUP: TextForm =
    TextForm { accepts: |text| is_id(text, "sg-"), words: "the id of a security group such as `sg-0a1b2c3d4e5f60718`" };

fn is_id(text: &str, begins: &str) -> bool {
    let rest = text.strip_prefix(begins);
    rest.is_some_and(|rest| (8..=32).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl WrittenNetwork {
    pub(crate) fn resolve(&self, scope: &mut Scope<'_>, path: &str) -> TaskNetwork {
        TaskNetwork {
            subnets: scope.texts(&join(path, "subnets"), &self.subnets, &SUBNET),
            security_groups: scope.texts(&join(path, "security_groups"), &self.security_groups, &SECURITY_GROUP),
            public_ip: self.public_ip,
        }
    }
}
