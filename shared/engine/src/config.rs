//! The configuration that a function gets from its environment when it starts.

use crate::ports::ObjectId;
use std::collections::BTreeMap;

/// The installation's fixed names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// The artifacts bucket.
    pub artifacts_bucket: String,
    /// The number of the account that it is installed in; empty if unknown.
    pub account: String,
    /// The name of its stack; empty if unknown.
    pub stack: String,
    /// The region that it is installed in.
    pub region: String,
    /// True if it is installed into a VPC, so that probes may reach private addresses.
    pub in_vpc: bool,
    /// The endpoint of a local cloud, which probes may reach although it is a loopback address.
    pub local_endpoint: Option<String>,
    /// The ARNs, with wildcards, of the roles of tasks that may be passed on to Amazon ECS; empty if unknown.
    pub task_roles: Vec<String>,
    /// The ARNs of the roles with which this account's targets are changed, by the kind of the component; empty if
    /// unknown.
    pub deployers: BTreeMap<String, String>,
    /// The ARN of the role by which the empty place of a stack is deleted in this account; empty if unknown.
    pub place_role: String,
    /// The base of links in messages, such as the HTTP API's URL; empty if unknown.
    pub links: String,
}

/// The installation's names, from whatever holds the ports.
pub trait Configured {
    /// Returns the configuration.
    fn config(&self) -> &Config;

    /// Returns the place of an object in the artifacts bucket; of its current version where none is given.
    fn artifact(&self, key: &str, version_id: Option<&str>) -> ObjectId {
        ObjectId {
            bucket: self.config().artifacts_bucket.clone(),
            key: key.to_owned(),
            version_id: version_id.map(str::to_owned),
        }
    }
}
