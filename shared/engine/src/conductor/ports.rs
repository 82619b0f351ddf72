//! The ports that the conductor needs.

use crate::config::Configured;
use crate::ports::{Clock, DynamoDbApi, EcrApi, S3Api, StepFunctionsApi};

/// The ports that the conductor needs.
pub trait Ports: DynamoDbApi + S3Api + EcrApi + StepFunctionsApi + Clock + Configured {}
impl<P: DynamoDbApi + S3Api + EcrApi + StepFunctionsApi + Clock + Configured> Ports for P {}
