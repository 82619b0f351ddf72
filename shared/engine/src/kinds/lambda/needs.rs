//! The permissions that a release of a function needs of the role that changes it (Service Authorization Reference, AWS
//! Lambda).

use crate::kinds::PrepareInput;
use crate::kinds::codedeploy;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::ports::{LambdaApi, Result};
use std::collections::BTreeMap;
use windlass_domain::kinds::lambda::Lambda;

/// The calls of a release; see [`crate::kinds::needs`].
pub async fn needs(
    there: &impl LambdaApi,
    _: &PrepareInput<'_>,
    _: &DeployerRole<'_>,
    spec: &Lambda,
) -> Result<Vec<Needed>> {
    let function = there.function(&spec.function, None).await?;
    let tags = there.function_tags(&function.arn).await?;
    Ok(of(spec, &function.arn, &tags))
}

/// Pure: returns these calls. If CodeDeploy moves the alias, Windlass moves it as well, on the way back (decision
/// 0450).
fn of(spec: &Lambda, arn: &str, tags: &BTreeMap<String, String>) -> Vec<Needed> {
    let mut actions = vec!["lambda:UpdateFunctionCode", "lambda:PublishVersion"];
    if spec.alias.is_some() {
        actions.push("lambda:UpdateAlias");
    }
    let mut needs = vec![Needed::on("function", arn.to_owned(), &actions).tagged(tags)];
    let group = spec.codedeploy.iter();
    needs.extend(group.flat_map(|group| codedeploy::needs(group, arn)));
    needs
}
