//! The ports of a service that is deployed, and the task definitions that were read over them.

use crate::ports::{EcsApi, Result, TaskDefinition};
use std::cell::RefCell;
use std::collections::BTreeMap;
use windlass_domain::identity::DeploymentId;

/// The kind over its ports.
#[derive(Debug)]
pub struct Ecs<P> {
    /// The ports at the deployer's own place, for the artifacts bucket.
    pub(super) home: P,
    /// The ports at the target's place.
    pub(super) at: P,
    pub(super) deployment: DeploymentId,
    /// Task definitions that were read: they never change.
    pub(super) known: RefCell<BTreeMap<String, TaskDefinition>>,
}

impl<P> Ecs<P> {
    /// Returns the kind for one deployment.
    pub fn new(home: P, at: P, deployment: DeploymentId) -> Self {
        Self { home, at, deployment, known: RefCell::default() }
    }
}

impl<P: EcsApi> Ecs<P> {
    /// Returns a task definition by ARN. Each is asked for once.
    pub(super) async fn task_definition(&self, arn: &str) -> Result<TaskDefinition> {
        if let Some(known) = self.known.borrow().get(arn) {
            return Ok(known.clone());
        }
        let found = self.at.task_definition(arn).await?;
        self.known.borrow_mut().insert(arn.to_owned(), found.clone());
        Ok(found)
    }
}
