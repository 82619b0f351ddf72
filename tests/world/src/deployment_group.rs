//! A deployment group of CodeDeploy in memory, and the deployment by which CodeDeploy takes another one of it back.

use windlass_domain::text::time::Time;
use windlass_engine::ports::{Deployed, Revision, Routing};

/// A deployment group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its application.
    pub application: String,
    /// Its name.
    pub name: String,
    /// `Lambda`, `ECS`, or what a test says.
    pub platform: String,
    /// The cluster and the service that it deploys.
    pub service: Option<(String, String)>,
    /// For how many minutes it waits before it moves callers; absent where it does not.
    pub ready_min: Option<u64>,
    /// For how many minutes it keeps the former tasks; absent where it leaves them for good.
    pub ends_min: Option<u64>,
    /// The steps of its deployment configuration.
    pub routing: Routing,
    /// The revision that it deployed last.
    pub revision: Option<Revision>,
    /// True where what fails, or is stopped by an alarm, is rolled back.
    pub rolls_back: bool,
    /// The names of the alarms that stop a deployment.
    pub monitors: Vec<String>,
    /// The hook that says no.
    pub fails_at: Option<&'static str>,
    /// The time that a hook takes, in seconds.
    pub hook_s: u64,
}

/// Returns the description of the deployment by which CodeDeploy takes another one back, and notes its id in that one.
pub(crate) fn taken_back(of: &mut Deployed, id: &str, begins: Time) -> Deployed {
    of.rolled_back_by = Some(id.to_owned());
    Deployed {
        id: id.to_owned(),
        status: "Created".into(),
        description: format!("Rollback of {}", of.id),
        creator: "codeDeployRollback".into(),
        created: Some(begins),
        rollback_of: Some(of.id.clone()),
        ..Deployed::default()
    }
}
