//! The part of a plan's input that is alike for each kind, and what the kinds' scenes read of a step.

use std::collections::BTreeSet;
use windlass_domain::declaration::output::Inputs;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::{Step, StepFailure};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::kinds::{PrepareInput, Withdrawals};

/// The deployment and the component that are planned.
pub struct Planning {
    deployment: DeploymentId,
    app: AppName,
    environment: EnvironmentName,
    component: ComponentName,
    may_lose: BTreeSet<String>,
    inputs: Inputs,
    place: Place,
}

impl Planning {
    /// Returns a deployment that plans a component of the shop.
    pub fn of(deployment: &str, component: &str) -> Self {
        Self {
            deployment: DeploymentId(deployment.into()),
            app: AppName::new("shop").unwrap(),
            environment: EnvironmentName::new("prod").unwrap(),
            component: ComponentName::new(component).unwrap(),
            may_lose: BTreeSet::new(),
            inputs: Inputs::new(),
            place: Place::default(),
        }
    }

    /// Returns the input of a plan that brings nothing, and asks for nothing beside.
    pub fn input(&self) -> PrepareInput<'_> {
        PrepareInput {
            deployment: &self.deployment,
            app: &self.app,
            environment: &self.environment,
            component: &self.component,
            home: None,
            artifact: None,
            goal_state: None,
            is_check: false,
            is_plan: false,
            is_trial: false,
            may_lose: &self.may_lose,
            takes_losses: true,
            running: None,
            oldest: None,
            again: false,
            image_of: None,
            inputs: &self.inputs,
            withdrawals: Withdrawals::default(),
            place: &self.place,
        }
    }
}

/// Says why a step failed, or could not be undone, as people read it.
pub fn failure_of(step: Step) -> String {
    match step.undo_failure.or(step.failure) {
        Some(StepFailure::Finding(finding)) => finding.written(),
        Some(StepFailure::Fault(fault)) => fault.to_string(),
        None => "nothing failed".into(),
    }
}
