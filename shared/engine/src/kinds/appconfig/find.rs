//! Finds the ids of things that people declare by name or id, and which permissions a release of them needs (Service
//! Authorization Reference, AWS AppConfig). In AppConfig two things may have the same name.

// The content's digest is the label, because some lists leave out the description. Feature flags get members from
// AppConfig, so there the label alone counts.

use crate::kinds::PrepareInput;
use crate::kinds::needs::{DeployerRole, Needed};
use crate::ports::{AppConfigApi, ConfigurationStrategy, Named, Profile, Result};
use crate::trouble::{Checked, found};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::appconfig::Appconfig as Spec;
use windlass_domain::text::finding::{Finding, FindingName};

/// The things that the declaration names.
pub(super) struct ConfigurationTarget {
    pub application: Named,
    pub environment: Named,
    pub profile: Profile,
    pub strategy: ConfigurationStrategy,
}

/// Finds all of it, or reports all that is not there.
pub(super) async fn find(
    ports: &impl AppConfigApi,
    input: &PrepareInput<'_>,
    spec: &Spec,
) -> Checked<ConfigurationTarget> {
    let ask = |member, named| Search { input, member, named };
    let strategies = ports.strategies().await?;
    let strategy = ask("strategy", &spec.strategy).one_of(strategies, |strategy| &strategy.named);
    let applications = ports.applications().await?;
    let application = ask("application", &spec.application).one_of(applications, |named| named);
    let application = match application {
        Ok(application) => application,
        Err(finding) => return Err([Some(finding), strategy.err()].into_iter().flatten().collect::<Vec<_>>().into()),
    };
    let environments = ports.environments(&application.id).await?;
    let environment = ask("environment", &spec.environment).one_of(environments, |named| named);
    let profiles = ports.profiles(&application.id).await?;
    let profile = ask("profile", &spec.profile).one_of(profiles, |profile: &Profile| &profile.named);
    match (environment, profile, strategy) {
        (Ok(environment), Ok(profile), Ok(strategy)) => {
            Ok(ConfigurationTarget { application, environment, profile, strategy })
        }
        (environment, profile, strategy) => {
            let findings = [environment.err(), profile.err(), strategy.err()];
            Err(findings.into_iter().flatten().collect::<Vec<Finding>>().into())
        }
    }
}

/// A name that is looked for.
struct Search<'a> {
    input: &'a PrepareInput<'a>,
    member: &'static str,
    named: &'a str,
}

impl Search<'_> {
    /// Returns the one with this id, else the one with this name.
    fn one_of<T>(&self, all: Vec<T>, named: impl Fn(&T) -> &Named) -> Result<T, Finding> {
        let (by_id, others): (Vec<T>, Vec<T>) = all.into_iter().partition(|it| named(it).id == self.named);
        let by_name = others.into_iter().filter(|it| named(it).name == self.named);
        let mut found: Vec<T> = by_id.into_iter().chain(by_name).collect();
        let is_by_id = found.first().is_some_and(|it| named(it).id == self.named);
        if found.is_empty() {
            return Err(self.missing());
        }
        if found.len() > 1 && !is_by_id {
            let ids: Vec<&str> = found.iter().map(|it| named(it).id.as_str()).collect();
            return Err(self.ambiguous(&ids));
        }
        Ok(found.swap_remove(0))
    }

    fn missing(&self) -> Finding {
        let Self { member, named, .. } = self;
        Finding::new(
            FindingName::TargetMissing,
            self.input.path(member),
            format!("AppConfig has no {member} with the name or id `{named}` here."),
            "Make it with your infrastructure code before the first deployment, or mend the name.",
        )
    }

    fn ambiguous(&self, ids: &[&str]) -> Finding {
        let Self { member, named, .. } = self;
        Finding::bad_value(
            self.input.path(member),
            format!("AppConfig has {} of the name `{named}`: {}.", ids.len(), ids.join(", ")),
            "Write the id of the one that is meant.",
        )
    }
}

/// The calls of a release; see [`crate::kinds::needs`]. `prepare` reports what is not there.
pub async fn needs(
    there: &impl AppConfigApi,
    input: &PrepareInput<'_>,
    by: &DeployerRole<'_>,
    spec: &Spec,
) -> Result<Vec<Needed>> {
    let Some(found) = found(find(there, input, spec).await)? else { return Ok(vec![]) };
    let (application, environment) = (&found.application.id, &found.environment.id);
    let tags = there.environment_tags(application, environment).await?;
    Ok(of(by, &found, &tags))
}

/// Returns the calls. Pure. Beside the environment, a start asks for the application, the profile and the strategy; a
/// stop asks for the application and the deployment, whose number nobody knows before.
fn of(by: &DeployerRole<'_>, found: &ConfigurationTarget, tags: &BTreeMap<String, String>) -> Vec<Needed> {
    let (start, stop) = ("appconfig:StartDeployment", "appconfig:StopDeployment");
    let publish = "appconfig:CreateHostedConfigurationVersion";
    let application = format!("application/{}", found.application.id);
    let environment = format!("{application}/environment/{}", found.environment.id);
    let profile = format!("{application}/configurationprofile/{}", found.profile.named.id);
    let strategy = format!("deploymentstrategy/{}", found.strategy.named.id);
    let on =
        |member, resource: &str, actions: &[&'static str]| Needed::on(member, by.arn("appconfig", resource), actions);
    vec![
        on("environment", &environment, &[start, stop]).tagged(tags),
        on("environment", &format!("{environment}/deployment/1"), &[stop]),
        on("application", &application, &[start, stop, publish]),
        on("profile", &profile, &[start, publish]),
        on("strategy", &strategy, &[start]),
    ]
}
