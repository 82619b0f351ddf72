//! The network in which a task of Amazon ECS runs.

use crate::declaration::aws_name::Form;
use crate::declaration::scope::Scope;
use crate::declaration::text::Text;
use crate::shape::join;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The network of a task (Amazon ECS API Reference, AwsVpcConfiguration).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "TaskNetwork", deny_unknown_fields)]
pub struct Network {
    /// The subnets, by id.
    #[schemars(extend("minItems" = 1, "maxItems" = 16))]
    pub subnets: Vec<Text>,
    /// The security groups, by id; that of the VPC if none is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("maxItems" = 5))]
    pub security_groups: Vec<Text>,
    /// True if it gets a public address.
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
    /// True if it gets a public address.
    pub public_ip: bool,
}

/// Amazon EC2 API Reference: ids of subnets and of security groups.
const SUBNET: Form =
    Form { accepts: |text| is_id(text, "subnet-"), words: "the id of a subnet such as `subnet-0a1b2c3d4e5f60718`" };
const SECURITY_GROUP: Form =
    Form { accepts: |text| is_id(text, "sg-"), words: "the id of a security group such as `sg-0a1b2c3d4e5f60718`" };

fn is_id(text: &str, begins: &str) -> bool {
    let rest = text.strip_prefix(begins);
    rest.is_some_and(|rest| (8..=32).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl Network {
    pub(super) fn resolve(&self, scope: &mut Scope<'_>, path: &str) -> TaskNetwork {
        TaskNetwork {
            subnets: scope.texts(&join(path, "subnets"), &self.subnets, &SUBNET),
            security_groups: scope.texts(&join(path, "security_groups"), &self.security_groups, &SECURITY_GROUP),
            public_ip: self.public_ip,
        }
    }
}
