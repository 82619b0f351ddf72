//! AWS AppConfig in memory: applications with environments and profiles, hosted versions, and deployments that grow,
//! bake, and are rolled back by alarms.
//!
//! [`crate::live_rollout`] moves the deployments on.

use crate::World;
use crate::applications::conflict;
pub use crate::applications::{Application, Environment, HostedProfile};
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{
    AppConfigApi, ConfigurationRollout, ConfigurationStrategy, HostedVersion, Named, NewRollout, NewVersion, Profile,
    Result, RolloutDetail,
};

/// The number of deployments that a page has (AWS AppConfig API Reference, ListDeployments: at most 50). It is smaller
/// here, to catch callers that read one page alone.
const PAGE: usize = 4;

/// The time for which a deployment may be reverted, in seconds.
const REVERTIBLE_S: u64 = 72 * 3600;

/// The applications and strategies.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The applications.
    pub applications: Vec<Application>,
    /// The strategies, beside AppConfig's own.
    pub strategies: Vec<ConfigurationStrategy>,
}

/// Returns a name together with its id. The id is made of the name, as seven letters.
pub fn named(name: &str) -> Named {
    let letters = name.bytes().filter(u8::is_ascii_lowercase).chain(*b"zzzzzzz");
    Named { id: letters.take(7).map(char::from).collect(), name: name.to_owned() }
}

impl State {
    /// Makes an application with an environment, which is tagged as ours, and profiles of feature flags.
    pub fn put(&mut self, application: &str, environment: &str, profiles: &[&str]) {
        let tags = [("windlass:app", "shop"), ("windlass:environment", "prod")];
        let profiles = profiles.iter().map(|name| HostedProfile {
            profile: Profile {
                named: named(name),
                location: "hosted".into(),
                kind: "AWS.AppConfig.FeatureFlags".into(),
            },
            versions: BTreeMap::new(),
            made: 0,
            refused: None,
        });
        self.applications.push(Application {
            named: named(application),
            environments: vec![Environment {
                named: named(environment),
                tags: tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
                monitors: vec![],
                rollouts: vec![],
            }],
            profiles: profiles.collect(),
        });
    }

    fn application(&mut self, id: &str) -> Result<&mut Application> {
        let mut all = self.applications.iter_mut();
        all.find(|application| application.named.id == id).ok_or_else(|| missing(&format!("application {id}")))
    }

    /// An environment, by ids.
    pub fn environment(&mut self, application: &str, id: &str) -> Result<&mut Environment> {
        let mut all = self.application(application)?.environments.iter_mut();
        all.find(|environment| environment.named.id == id).ok_or_else(|| missing(&format!("environment {id}")))
    }

    /// A profile, by ids.
    pub fn profile(&mut self, application: &str, id: &str) -> Result<&mut HostedProfile> {
        let mut all = self.application(application)?.profiles.iter_mut();
        all.find(|profile| profile.profile.named.id == id).ok_or_else(|| missing(&format!("profile {id}")))
    }

    /// All strategies, AppConfig's own included.
    fn strategies(&self) -> Vec<ConfigurationStrategy> {
        let own = [
            ("AppConfig.AllAtOnce", (0, 10)),
            ("AppConfig.Linear50PercentEvery30Seconds", (1, 1)),
            ("AppConfig.Linear20PercentEvery6Minutes", (30, 30)),
        ];
        let own =
            own.map(|(id, minutes)| ConfigurationStrategy { named: Named { id: id.into(), name: id.into() }, minutes });
        own.into_iter().chain(self.strategies.clone()).collect()
    }
}

fn missing(what: &str) -> Fault {
    let message = format!("ResourceNotFoundException: {what} does not exist");
    Fault::new(FaultName::NotFound, message)
}

fn refused(why: &str) -> Fault {
    Fault::new(FaultName::Refused, format!("BadRequestException: {why}"))
}

impl AppConfigApi for World {
    async fn applications(&self) -> Result<Vec<Named>> {
        let call = self.call("appconfig.applications").await?;
        let all = self.appconfig().applications.clone();
        call.answer(all.into_iter().map(|it| it.named).collect()).await
    }

    async fn environments(&self, application: &str) -> Result<Vec<Named>> {
        let call = self.call("appconfig.environments").await?;
        let all = self.appconfig().application(application)?.environments.clone();
        call.answer(all.into_iter().map(|it| it.named).collect()).await
    }

    async fn profiles(&self, application: &str) -> Result<Vec<Profile>> {
        let call = self.call("appconfig.profiles").await?;
        let all = self.appconfig().application(application)?.profiles.clone();
        call.answer(all.into_iter().map(|it| it.profile).collect()).await
    }

    async fn strategies(&self) -> Result<Vec<ConfigurationStrategy>> {
        let call = self.call("appconfig.strategies").await?;
        let all = self.appconfig().strategies();
        call.answer(all).await
    }

    async fn environment_tags(&self, application: &str, environment: &str) -> Result<BTreeMap<String, String>> {
        let call = self.call("appconfig.environment_tags").await?;
        let found = self.appconfig().environment(application, environment)?.tags.clone();
        call.answer(found).await
    }

    async fn versions(&self, application: &str, profile: &str) -> Result<Vec<HostedVersion>> {
        let call = self.call("appconfig.versions").await?;
        let seen = call.seen();
        let versions = {
            let mut state = seen.appconfig();
            let versions = state.profile(application, profile)?.versions.values();
            versions.map(|(version, _)| version.clone()).collect()
        };
        call.answer(versions).await
    }

    async fn content(&self, application: &str, profile: &str, version: u32) -> Result<Bytes> {
        let call = self.call("appconfig.content").await?;
        let found = {
            let seen = call.seen();
            let mut state = seen.appconfig();
            let profile = state.profile(application, profile)?;
            let found = profile.versions.get(&version);
            let (_, content) = found.ok_or_else(|| missing(&format!("version {version}")))?;
            // AppConfig adds its own members to feature flags.
            if profile.profile.kind == "AWS.Freeform" {
                content.clone()
            } else {
                let text = String::from_utf8_lossy(content);
                Bytes::from(format!("{text}\n{{\"_createdAt\": 1}}"))
            }
        };
        call.answer(found).await
    }

    async fn create_version(&self, application: &str, profile: &str, version: &NewVersion) -> Result<u32> {
        let call = self.call("appconfig.create_version").await?;
        let number = {
            let mut state = self.appconfig();
            let profile = state.profile(application, profile)?;
            let newest = profile.versions.keys().max().copied().unwrap_or(0);
            if version.newest.is_some_and(|expected| expected != newest) {
                return Err(conflict("LatestVersionNumber is another one"));
            }
            let content = String::from_utf8_lossy(&version.content).into_owned();
            let is_refused = |part: &String| content.contains(part.as_str());
            if profile.refused.as_ref().is_some_and(is_refused) {
                return Err(refused("InvalidConfiguration"));
            }
            let mut labels = profile.versions.values().map(|(known, _)| &known.label);
            if version.label.len() > 64 || labels.any(|known| *known == Some(version.label.clone())) {
                return Err(refused("the label is too long, or taken"));
            }
            profile.put(Some(&version.label), &content)
        };
        call.answer(number).await
    }

    async fn rollouts(
        &self,
        application: &str,
        environment: &str,
        next: Option<&str>,
    ) -> Result<(Vec<ConfigurationRollout>, Option<String>)> {
        let call = self.call("appconfig.rollouts").await?;
        let page = {
            let seen = call.seen();
            seen.grow();
            let mut state = seen.appconfig();
            let all = &state.environment(application, environment)?.rollouts;
            let from: usize = next.and_then(|next| next.parse().ok()).unwrap_or(0);
            let newest = all.iter().rev().skip(from).take(PAGE);
            let page = newest.map(|live| live.rollout.clone()).collect();
            let is_more = from + PAGE < all.len();
            (page, is_more.then(|| (from + PAGE).to_string()))
        };
        call.answer(page).await
    }

    async fn rollout(&self, application: &str, environment: &str, number: u32) -> Result<RolloutDetail> {
        let call = self.call("appconfig.rollout").await?;
        let rollout = {
            let seen = call.seen();
            seen.grow();
            let mut state = seen.appconfig();
            let mut all = state.environment(application, environment)?.rollouts.iter();
            let found = all.find(|live| live.rollout.number == number);
            let found = found.ok_or_else(|| missing(&format!("deployment {number}")))?;
            found.described()
        };
        call.answer(rollout).await
    }

    async fn start_rollout(&self, application: &str, environment: &str, rollout: &NewRollout) -> Result<u32> {
        let call = self.call("appconfig.start_rollout").await?;
        self.grow();
        let now = self.true_time();
        let number = {
            let mut state = self.appconfig();
            let strategies = state.strategies();
            let mut strategies = strategies.iter();
            let strategy = strategies.find(|strategy| strategy.named.id == rollout.strategy);
            let minutes = strategy.ok_or_else(|| missing("the strategy"))?.minutes;
            let versions = &state.profile(application, &rollout.profile)?.versions;
            let version = rollout.version.parse().ok();
            let version = version.and_then(|number: u32| versions.get(&number));
            let (version, _) = version.ok_or_else(|| missing("the version"))?;
            let label = version.label.clone();
            let environment = state.environment(application, environment)?;
            environment.start(rollout, label, minutes, now)?
        };
        call.answer(number).await
    }

    async fn stop_rollout(&self, application: &str, environment: &str, number: u32) -> Result<()> {
        let call = self.call("appconfig.stop_rollout").await?;
        self.grow();
        let now = self.true_time();
        {
            let mut state = self.appconfig();
            let environment = state.environment(application, environment)?;
            let newest = environment.rollouts.iter().rev();
            let own = |profile: &str| newest.clone().find(|it| it.rollout.profile == profile);
            let found = newest.clone().find(|live| live.rollout.number == number);
            let found = found.ok_or_else(|| missing(&format!("deployment {number}")))?;
            // Nobody has written down what AWS does where another deployment of the profile came after it.
            let profile = found.rollout.profile.clone();
            if own(&profile).is_some_and(|last| last.rollout.number != number) {
                return Err(refused("a newer deployment of the profile is there"));
            }
            let mut all = environment.rollouts.iter_mut();
            let Some(found) = all.find(|live| live.rollout.number == number) else {
                return Err(missing("the deployment"));
            };
            if !found.stop(now, REVERTIBLE_S) {
                let state = &found.rollout.state;
                return Err(refused(&format!("deployment {number} is {state}")));
            }
        }
        call.answer(()).await
    }
}

impl World {
    /// Lets the time that has passed since the last look happen to every deployment.
    pub fn grow(&self) {
        let now = self.true_time();
        let alarms = self.cloudwatch().history.clone();
        for application in &mut self.appconfig().applications {
            for environment in &mut application.environments {
                for live in &mut environment.rollouts {
                    live.grow(&environment.monitors, &alarms, now);
                }
            }
        }
    }
}
