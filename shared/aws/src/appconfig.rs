use crate::Aws;
use crate::appconfig_answers::{as_sent, count, named, number, refusal_or_fault, rollout_of, told_of};
use crate::error::OrFault;
use crate::limits;
use aws_sdk_appconfig::config::Builder;
use aws_sdk_appconfig::primitives::Blob;
use aws_sdk_appconfig::types as appconfig;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_engine::ports::{
    AppConfigApi, HostedVersion, Named, NewRollout, NewVersion, Profile, Result, Rollout, RolloutDetail, Strategy,
};

/// The most items that a list answers at once (AWS AppConfig API Reference, `MaxResults`).
const AT_ONCE: i32 = 50;

/// Calls a list until it has no next page: each of these operations has a type of its own.
macro_rules! all {
    ($request:expr, $operation:literal, $resource:expr, $of:expr) => {{
        let mut all = Vec::new();
        let mut next = None;
        loop {
            let sent = $request.max_results(AT_ONCE).set_next_token(next).send().await;
            let told = sent.or_fault($operation, $resource)?;
            all.extend(told.items.unwrap_or_default().into_iter().map($of));
            next = told.next_token;
            if next.is_none() {
                break all;
            }
        }
    }};
}

impl AppConfigApi for Aws {
    async fn applications(&self) -> Result<Vec<Named>> {
        let client = self.clients.appconfig();
        Ok(all!(client.list_applications(), "ListApplications", "", |it: appconfig::Application| named(it.id, it.name)))
    }

    async fn environments(&self, application: &str) -> Result<Vec<Named>> {
        let client = self.clients.appconfig();
        Ok(all!(
            client.list_environments().application_id(application),
            "ListEnvironments",
            application,
            |it: appconfig::Environment| named(it.id, it.name)
        ))
    }

    async fn profiles(&self, application: &str) -> Result<Vec<Profile>> {
        let client = self.clients.appconfig();
        let request = || client.list_configuration_profiles().application_id(application);
        Ok(all!(request(), "ListConfigurationProfiles", application, |it: appconfig::ConfigurationProfileSummary| {
            Profile {
                named: named(it.id, it.name),
                location: it.location_uri.unwrap_or_default(),
                // Before there were types AppConfig made free form alone.
                kind: it.r#type.unwrap_or_else(|| "AWS.Freeform".to_owned()),
            }
        }))
    }

    async fn strategies(&self) -> Result<Vec<Strategy>> {
        let client = self.clients.appconfig();
        Ok(all!(
            client.list_deployment_strategies(),
            "ListDeploymentStrategies",
            "",
            |it: appconfig::DeploymentStrategy| Strategy {
                minutes: (count(it.deployment_duration_in_minutes), count(it.final_bake_time_in_minutes),),
                named: named(it.id, it.name),
            }
        ))
    }

    async fn environment_tags(&self, application: &str, environment: &str) -> Result<BTreeMap<String, String>> {
        let arn = self.environment_arn(application, environment).await?;
        let request = self.clients.appconfig().list_tags_for_resource();
        let sent = request.resource_arn(&arn).send().await;
        let told = sent.or_fault("ListTagsForResource", &arn)?;
        Ok(told.tags.unwrap_or_default().into_iter().collect())
    }

    async fn versions(&self, application: &str, profile: &str) -> Result<Vec<HostedVersion>> {
        let client = self.clients.appconfig();
        let request = || {
            client.list_hosted_configuration_versions().application_id(application).configuration_profile_id(profile)
        };
        Ok(all!(
            request(),
            "ListHostedConfigurationVersions",
            profile,
            |it: appconfig::HostedConfigurationVersionSummary| HostedVersion {
                number: number(it.version_number),
                label: it.version_label,
            }
        ))
    }

    async fn content(&self, application: &str, profile: &str, version: u32) -> Result<Bytes> {
        let request = self.clients.appconfig().get_hosted_configuration_version();
        let sent = request
            .application_id(application)
            .configuration_profile_id(profile)
            .version_number(as_sent(version))
            .send()
            .await;
        let named = format!("{profile} {version}");
        let told = sent.or_fault("GetHostedConfigurationVersion", &named)?;
        Ok(Bytes::from(told.content.map(Blob::into_inner).unwrap_or_default()))
    }

    async fn create_version(&self, application: &str, profile: &str, version: &NewVersion) -> Result<u32> {
        let request = self.clients.appconfig().create_hosted_configuration_version();
        let sent = request
            .application_id(application)
            .configuration_profile_id(profile)
            .content(Blob::new(version.content.to_vec()))
            .content_type(&version.content_type)
            .version_label(&version.label)
            .description(&version.description)
            .set_latest_version_number(version.newest.map(as_sent))
            .customize()
            // A send whose answer was lost may have made it: the next look tells.
            .config_override(Builder::new().retry_config(limits::one_attempt()))
            .send()
            .await;
        match sent {
            Ok(told) => Ok(number(told.version_number)),
            Err(error) => Err(refusal_or_fault(&error, "CreateHostedConfigurationVersion", profile)),
        }
    }

    async fn rollouts(
        &self,
        application: &str,
        environment: &str,
        next: Option<&str>,
    ) -> Result<(Vec<Rollout>, Option<String>)> {
        let request = self.clients.appconfig().list_deployments();
        let sent = request
            .application_id(application)
            .environment_id(environment)
            .max_results(AT_ONCE)
            .set_next_token(next.map(str::to_owned))
            .send()
            .await;
        let told = sent.or_fault("ListDeployments", environment)?;
        let mut rollouts = Vec::new();
        for listed in told.items.unwrap_or_default() {
            if listed.configuration_profile_id.is_some() {
                rollouts.push(rollout_of(listed));
                continue;
            }
            // Not all of AppConfig's lists tell which profile a deployment belongs to.
            let number = number(listed.deployment_number);
            let told = self.rollout(application, environment, number).await?;
            rollouts.push(told.rollout);
        }
        Ok((rollouts, told.next_token))
    }

    async fn rollout(&self, application: &str, environment: &str, number: u32) -> Result<RolloutDetail> {
        let request = self.clients.appconfig().get_deployment();
        let sent = request
            .application_id(application)
            .environment_id(environment)
            .deployment_number(as_sent(number))
            .send()
            .await;
        let told = sent.or_fault("GetDeployment", &format!("{environment} {number}"))?;
        Ok(told_of(told))
    }

    async fn start_rollout(&self, application: &str, environment: &str, rollout: &NewRollout) -> Result<u32> {
        let request = self.clients.appconfig().start_deployment();
        let sent = request
            .application_id(application)
            .environment_id(environment)
            .configuration_profile_id(&rollout.profile)
            .configuration_version(&rollout.version)
            .deployment_strategy_id(&rollout.strategy)
            .description(&rollout.description)
            .set_latest_deployment_number(rollout.newest.map(as_sent))
            .customize()
            .config_override(switching())
            .send()
            .await;
        match sent {
            Ok(told) => Ok(number(told.deployment_number)),
            Err(error) => Err(refusal_or_fault(&error, "StartDeployment", environment)),
        }
    }

    async fn stop_rollout(&self, application: &str, environment: &str, number: u32) -> Result<()> {
        let request = self.clients.appconfig().stop_deployment();
        let sent = request
            .application_id(application)
            .environment_id(environment)
            .deployment_number(as_sent(number))
            // Without it a deployment that bakes is not stopped either.
            .allow_revert(true)
            .customize()
            .config_override(switching())
            .send()
            .await;
        let named = format!("{environment} {number}");
        sent.or_fault("StopDeployment", &named).map(drop)
    }
}

impl Aws {
    /// Returns the ARN of an environment, which no answer of AppConfig's names (Service Authorization Reference,
    /// "Resource types defined by AWS AppConfig").
    async fn environment_arn(&self, application: &str, environment: &str) -> Result<String> {
        let (config, _) = self.clients.config();
        let sent = aws_sdk_sts::Client::new(config).get_caller_identity().send().await;
        let told = sent.or_fault("GetCallerIdentity", "")?;
        let arn = told.arn.unwrap_or_default();
        let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
        let account = told.account.unwrap_or_default();
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        Ok(format!("arn:{partition}:appconfig:{region}:{account}:application/{application}/environment/{environment}"))
    }
}

/// Returns a configuration by which a switching change is sent once, for ten seconds.
fn switching() -> Builder {
    Builder::new().retry_config(limits::one_attempt()).timeout_config(limits::switching())
}
