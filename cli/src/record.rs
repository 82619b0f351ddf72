//! A deployment's record, as the API answers it.

use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass_domain::deployment::Deployment;
use windlass_domain::judgement::Judgement;
use windlass_domain::plan::Plan;
use windlass_domain::step::Step;

/// The whole record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The deployment.
    pub deployment: Deployment,
    /// Its plan, once it has one.
    pub plan: Option<Plan>,
    /// Its steps, by component.
    pub steps: Vec<Step>,
    /// Its judgements, by wave.
    pub judgements: Vec<Judgement>,
}

impl Record {
    /// Reads an answer; `None` where the deployment is accepted and not recorded yet.
    ///
    /// # Errors
    /// If it has another form: the program and Windlass are of different versions.
    pub fn read(answer: &Value) -> Result<Option<Self>, Failure> {
        if answer["deployment"]["status"] == "accepted" {
            return Ok(None);
        }
        let record = Self::deserialize(answer).map_err(|error| Failure::not_understood("the record", error))?;
        Ok(Some(record))
    }
}
