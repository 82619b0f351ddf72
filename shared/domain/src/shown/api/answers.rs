//! The type of the answer of each route, in the one table of them. The handlers of the API return these types, and its
//! document has their schemas: the two cannot differ.

use crate::release::api_routes::RouteName;
use crate::shown::api::{self, deployments, environments, recorded};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

/// The answer of a route when all is well: one of two, each with its status. Where a route has one answer alone, both are
/// that.
#[derive(Debug)]
pub enum Answered<const S: u16, T, const U: u16, V> {
    /// The answer with the status `S`.
    One(T),
    /// The answer with the status `U`.
    Other(V),
}

/// An answer with status 200.
pub type So<T> = Answered<200, T, 200, T>;

/// An answer with status 202: something was started.
pub type Begun<T> = Answered<202, T, 202, T>;

impl<const S: u16, T: Serialize + JsonSchema, const U: u16, V: Serialize + JsonSchema> Answered<S, T, U, V> {
    /// Returns its status, and its body.
    pub fn as_json(&self) -> (u16, Value) {
        match self {
            Self::One(one) => (S, json!(one)),
            Self::Other(other) => (U, json!(other)),
        }
    }

    fn schemas(types: &mut SchemaGenerator) -> Vec<(u16, Value)> {
        vec![(S, types.subschema_for::<T>().to_value()), (U, types.subschema_for::<V>().to_value())]
    }
}

macro_rules! answers {
    ($($route:ident $(($action:tt))? => $answer:ty,)+) => {
        $(
            #[doc = concat!("The answer of the route `", stringify!($route), "`.")]
            pub type $route = $answer;
        )+

        /// Returns each status that the answer of a route may have, with the schema of the body.
        #[allow(clippy::match_same_arms, reason = "each route has a line of its own")]
        pub fn schemas(route: RouteName, types: &mut SchemaGenerator) -> Vec<(u16, Value)> {
            match route {
                $(RouteName::$route $(($action))? => <$answer>::schemas(types),)+
            }
        }
    };
}

answers! {
    Apps => So<environments::Apps>,
    AllStats => So<recorded::AllStats>,
    AllRefusals => So<recorded::Refusals>,
    Environments => So<environments::Environments>,
    Plan => Answered<200, api::PlanAnswer, 202, api::PlanAnswer>,
    Release => So<recorded::ApplicationVersion>,
    Declaration => So<recorded::DeclarationInForce>,
    Deployments => Answered<200, deployments::Deployments, 200, deployments::ExecutionOutcome>,
    Deployment => Answered<200, deployments::Record, 202, deployments::NotYetRecorded>,
    Refusals => So<recorded::Refusals>,
    Stats => So<recorded::AppStats>,
    AppRemovable => So<api::LetGo>,
    AppRenamable => So<api::Moves>,
    Environment => So<environments::Environment>,
    Snapshots => So<recorded::Snapshots>,
    Drills => So<recorded::DrillsPage>,
    Removable => So<api::LetGo>,
    Renamable => So<api::Moves>,
    Takable => So<api::Moves>,
    Start => Begun<api::DeploymentStarted>,
    StartRecorded => Begun<api::DeploymentStarted>,
    Uploads => So<api::SignedUploads>,
    DrawPlan => Begun<api::PlanStarted>,
    Cancel => Begun<api::CancellationStarted>,
    Act(_) => Begun<api::ActionStarted>,
    ActOnApp(_) => Begun<api::ActionStarted>,
}
