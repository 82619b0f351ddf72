//! AWS Lambda functions: code, versions, and the alias that shifts traffic to them.
//!
//! With an alias, new code and new versions are additive, and only the alias switches. Without an alias callers use
//! `$LATEST`, so that new code is live at once. The former code is then first kept as a published version, from which
//! it can be restored.

mod alias;
mod change;
mod checks;
mod code;
mod codedeploy;
mod fetch;
mod fitness;
mod handler;
mod kind;
mod links;
mod next;
mod package;
mod prepare;
mod state;
mod writes;

use super::{Either, PrepareInput, Prepared, from_value};
use crate::config::Configured;
use crate::ports::{AssumeRole, CodeDeployApi, EcrApi, LambdaApi, Result, S3Api};
pub use alias::{AliasState, Traffic};
pub use change::{LambdaKind, needs};
pub use code::check_artifact;
pub use codedeploy::CodeDeployed;
pub use fitness::words;
pub use state::*;
use windlass_domain::declaration::kinds::lambda::Lambda;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
pub use writes::writes;

/// Returns the kind for the target of a step: CodeDeploy's if the target has a deployment group.
#[allow(clippy::unused_async, reason = "the registry waits for every kind")]
pub async fn of<P: AssumeRole>(ports: &P, step: &Step) -> Result<Either<LambdaKind<P>, CodeDeployed<P>>> {
    let at = || ports.at(&step.place);
    let function = LambdaKind::new(ports.at(&Place::default()), at());
    let target: Target = from_value("target", &step.target)?;
    Ok(match target.codedeploy {
        Some(_) => Either::Other(CodeDeployed::new(function, at(), step.deployment.clone())),
        None => Either::One(function),
    })
}

/// Observes the function, checks that it may and can be changed, and computes the stages; then the same of who moves
/// its alias. Faults: `NotFound` and `AccessDenied` where the function cannot be read.
pub async fn prepare(
    there: &(impl LambdaApi + S3Api + EcrApi + AssumeRole + Configured + CodeDeployApi),
    input: &PrepareInput<'_>,
    spec: &Lambda,
) -> Result<Prepared> {
    let planned = prepare::prepare(there, input, spec).await?;
    match &spec.codedeploy {
        None => Ok(planned),
        Some(group) => codedeploy::prepare(there, input, spec, group, planned).await,
    }
}
