//! IAM in memory, as far as it simulates the permissions of the roles that change targets. Each role has the policies
//! of Windlass's own template. The actions that change a target are allowed on what is tagged for an application and an
//! environment.

use crate::World;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{Evaluation, IamApi, Result, Simulation};

/// The deviations from the template.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The evaluations of these actions, in place of the template's; the action in an evaluation is not looked at.
    pub said: BTreeMap<String, Evaluation>,
    /// True if every question is refused, as to a role without permission.
    pub denied: bool,
    /// The roles, by ARN, that are not there.
    pub gone: BTreeSet<String>,
    /// The questions that were asked, in order.
    pub asked: Vec<Simulation>,
}

/// The actions that know the tags of what they change, and ask for them (`template.yaml`).
const TAGGED: [&str; 13] = [
    "lambda:UpdateFunctionCode",
    "lambda:PublishVersion",
    "lambda:UpdateAlias",
    "lambda:InvokeFunction",
    "ecs:UpdateService",
    "cloudfront:UpdateDistribution",
    "cloudfront:CreateInvalidation",
    "appconfig:StartDeployment",
    "appconfig:StopDeployment",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:CancelUpdateStack",
    "cloudformation:ContinueUpdateRollback",
];

/// The roles of this account that change targets, by the kind of the component.
pub(crate) fn deployers() -> BTreeMap<String, String> {
    let role = |kind: &KindName| {
        let name = kind.to_string();
        let role = format!("arn:aws:iam::111111111111:role/windlass-deploy-{name}");
        (name, role)
    };
    KindName::ALL.iter().map(role).collect()
}

impl State {
    fn say(&self, asked: &Simulation, action: &str) -> Evaluation {
        let is_tagged = ["windlass:app", "windlass:environment"].iter().all(|tag| {
            let key = format!("aws:ResourceTag/{tag}");
            asked.context.contains_key(&key)
        });
        // What a deployment of AppConfig asks for beside its environment need not be tagged.
        let is_beside = action.starts_with("appconfig:") && asked.resource.rsplit('/').nth(1) != Some("environment");
        // The place of a change set has no tags. It is deleted with a role without rights.
        let is_place = asked.context.get("cloudformation:RoleArn").is_some_and(|role| role.ends_with("-place"));
        let is_allowed = is_tagged || is_beside || is_place || !TAGGED.contains(&action);
        let decision = if is_allowed { "allowed" } else { "implicitDeny" };
        let said = self.said.get(action).cloned();
        Evaluation {
            action: action.to_owned(),
            ..said.unwrap_or_else(|| Evaluation { decision: decision.to_owned(), ..Evaluation::default() })
        }
    }
}

impl IamApi for World {
    async fn simulate(&self, asked: &Simulation) -> Result<Vec<Evaluation>> {
        let call = self.call("iam.simulate").await?;
        let said = {
            let mut state = self.iam();
            if state.denied {
                let message =
                    "SimulatePrincipalPolicy: the caller is not authorized to perform iam:SimulatePrincipalPolicy";
                return Err(Fault::new(FaultName::AccessDenied, message));
            }
            if state.gone.contains(&asked.role) {
                let message = format!("SimulatePrincipalPolicy {}: the entity cannot be found", asked.role);
                return Err(Fault::new(FaultName::NotFound, message));
            }
            state.asked.push(asked.clone());
            let actions = asked.actions.iter();
            actions.map(|action| state.say(asked, action)).collect()
        };
        call.answer(said).await
    }
}
