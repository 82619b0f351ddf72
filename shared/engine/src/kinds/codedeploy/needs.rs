//! The permissions that CodeDeploy needs of the role that starts its deployments (Service Authorization Reference, AWS
//! CodeDeploy).

use crate::kinds::needs::{Needed, beside};
use windlass_domain::kinds::codedeploy::Group;

/// Returns the calls of a release by this group, which is in the account and the region of the target.
pub fn needs(group: &Group, target: &str) -> Vec<Needed> {
    let Group { application, group: name, continue_when_ready } = group;
    let on = |resource: &str, action| Needed::on("codedeploy", beside(target, "codedeploy", resource), &[action]);
    let mut on_any = vec!["codedeploy:StopDeployment"];
    if *continue_when_ready {
        on_any.push("codedeploy:ContinueDeployment");
    }
    vec![
        on(&format!("deploymentgroup:{application}/{name}"), "codedeploy:CreateDeployment"),
        on(&format!("application:{application}"), "codedeploy:RegisterApplicationRevision"),
        // A deployment has no ARN.
        Needed::on("codedeploy", "*".to_owned(), &on_any),
    ]
}
