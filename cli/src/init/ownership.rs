//! The check that a target is nobody else's, by the tags that were seen in the account. Pure.

use super::account::Account;
use super::application::Text;
use windlass_domain::finding::FindingName;

/// The targets of one component.
pub struct Ownership<'a> {
    /// The account.
    pub account: &'a Account,
    /// The application.
    pub app: &'a str,
    /// All environments.
    pub environments: &'a [String],
    /// The cluster of a service.
    pub cluster: Option<Text>,
}

impl Ownership<'_> {
    /// Checks that no environment's target is an installation's, or carries the tags of another application or
    /// environment.
    ///
    /// # Errors
    /// The owner, and the next step.
    pub fn check(&self, member: &str, text: &Text) -> Result<(), String> {
        for environment in self.environments {
            let name = self.name(member, text, environment);
            if let Some(of) = self.account.installation(member, &name) {
                return Err(format!(
                    "{}: `{name}` belongs to the installation `{of}` of Windlass, and no release changes that. Name the {member} of your own application",
                    FindingName::PartOfWindlass
                ));
            }
            let owner = self.account.owner(member, &name);
            let Some(owner) = owner.filter(|it| !it.may_be(self.app, environment)) else {
                continue;
            };
            let is_it = if owner.app == self.app {
                String::new()
            } else {
                format!(", answer `app={}` if this is its repository", owner.app)
            };
            return Err(format!(
                "TargetNotOurs: `{name}` carries the tags of `{owner}`, whose releases would be refused as soon as it has those of `{}/{environment}`. Name another {member}{is_it}, or hand it over first: docs/let-go.md of Windlass tells how, and `--no-account` writes the declaration that it takes",
                self.app
            ));
        }
        Ok(())
    }

    /// Returns the name of an environment's target: of a service as `cluster/service`.
    fn name(&self, member: &str, text: &Text, environment: &str) -> String {
        let name = text.at(self.app, environment);
        match (member, &self.cluster) {
            ("service", Some(cluster)) => format!("{}/{name}", cluster.at(self.app, environment)),
            _ => name,
        }
    }
}
