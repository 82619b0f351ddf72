//! The look before a release is sent: by the API, else in the artifacts bucket.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::trouble::TroubleName;
use crate::talk::installation::Reached;
use crate::talk::installation_source::InstallationPlace;
use crate::talk::listing::{LARGEST_PAGE, List, page};
use crate::talk::windlass::{RouteName, Windlass};
use crate::verbs::release::preflight::{self, ReleasePlan};
use crate::verbs::release::upload;
use crate::view::declared_application::{self, OrFindings};
use crate::view::drills::LookedEnvironments;
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::declaration::{Declaration, Exceptions, LARGEST};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::deployments::{Deployments, HistoryEntry};
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The text where no API is asked, so that the caller knows that these were not looked at.
const ONLY_BY_API: &str =
    "whether deployments are held and whether the version is used already, which only the API shows";

/// The text where nothing shows which environment it goes to, below whose prefix its artifacts would lie.
pub const UNKNOWN: &str = "which environment it goes to is not known here, so that nothing was uploaded: neither the API nor the \
                       declaration in the bucket could be read";

/// Returns why it is not known where a release goes if there is only the bucket: what is wrong with it, if anything is.
pub async fn nowhere(app: &AppName, bucket: &InstallationPlace) -> Failure {
    let key = format!("apps/{app}/app.yaml");
    let read = upload::read(bucket, &key, LARGEST as u64).await;
    read.err().unwrap_or_else(|| Failure::of(TroubleName::NoAnswer, UNKNOWN.to_owned()))
}

/// The result of a look.
#[derive(Debug, Default)]
pub struct ReleaseLookup {
    /// The environment that it goes to, where that is known.
    pub here: Option<ResolvedEnvironment>,
    /// The components' artifacts by the declaration, where that is known: they are of the same kinds in every
    /// environment.
    pub declared: Option<ResolvedEnvironment>,
    /// The name under which it would be recorded, where that is known without its bytes.
    version: Option<String>,
    /// The findings against it.
    pub findings: Vec<Finding>,
    /// The things that could not be looked at, each with the reason.
    pub unseen: Vec<String>,
    /// The reason why the API was not asked, where it was not.
    pub without_api: Option<String>,
    /// The deployments of this version that were there before, as they were then.
    pub before: Vec<HistoryEntry>,
    /// The environments that were looked at.
    pub looked: LookedEnvironments,
}

/// Returns the application as it is declared, by the API or in the bucket: in the environment to which it goes, else
/// somewhere. `None` if it cannot be read there.
pub async fn declared(
    plan: ReleasePlan<'_>,
    (windlass, bucket): (Option<&Windlass>, Option<&InstallationPlace>),
    exceptions: &Exceptions,
) -> Option<ResolvedEnvironment> {
    if let Some(windlass) = windlass {
        let declaration = declared_application::declaration(windlass, plan.app).await;
        if let Ok(OrFindings::So(declaration)) = declaration {
            return there(plan, &declaration);
        }
    }
    let key = format!("apps/{}/app.yaml", plan.app);
    let bytes = upload::read(bucket?, &key, LARGEST as u64).await.ok()??;
    let text = String::from_utf8_lossy(&bytes);
    there(plan, &Declaration::parse_with(&text, exceptions).ok()?)
}

fn there(plan: ReleasePlan<'_>, declaration: &Declaration) -> Option<ResolvedEnvironment> {
    preflight::goes_to(plan, declaration).ok().or_else(|| anywhere(declaration))
}

/// Returns the application as it is declared somewhere: its components are of the same kinds in every environment, and
/// their folders have the same patterns.
fn anywhere(declaration: &Declaration) -> Option<ResolvedEnvironment> {
    let mut names = declaration.environments();
    names.find_map(|name| declaration.resolve(name).ok())
}

impl ReleaseLookup {
    /// Returns whether a deployment was there before.
    pub fn is_before(&self, id: &str) -> bool {
        self.before.iter().any(|one| one.id.as_str() == id)
    }

    /// Looks by the API. Returns the reason where the caller is not let in, or the API does not answer.
    ///
    /// # Errors
    /// An answer that cannot be understood.
    pub async fn by_api(plan: ReleasePlan<'_>, windlass: &Windlass) -> Result<Reached<Self>, Failure> {
        let mut sight = Self::default();
        let declaration = match declared_application::declaration(windlass, plan.app).await {
            Ok(OrFindings::So(declaration)) => declaration,
            Ok(OrFindings::Not(findings)) => {
                sight.findings = findings;
                return Ok(Reached::Found(sight));
            }
            Err(failure) if failure.exit == Exit::Unreachable => return Ok(Reached::Unreachable(failure.message)),
            Err(failure) => return Err(failure),
        };
        sight.compare(plan, &declaration);
        sight.look(plan, windlass).await?;
        Ok(Reached::Found(sight))
    }

    /// Looks by a declaration that is at hand, and by the API as well where there is one.
    ///
    /// # Errors
    /// An answer that cannot be understood.
    pub async fn by_declaration(
        plan: ReleasePlan<'_>,
        declaration: &Declaration,
        windlass: Option<&Windlass>,
    ) -> Result<Self, Failure> {
        let mut sight = Self::default();
        sight.compare(plan, declaration);
        match windlass {
            Some(windlass) => sight.look(plan, windlass).await?,
            None => sight.unseen.push(ONLY_BY_API.to_owned()),
        }
        Ok(sight)
    }

    fn compare(&mut self, plan: ReleasePlan<'_>, declaration: &Declaration) {
        (self.here, self.findings) = preflight::misfits(plan, declaration);
        let version = &plan.manifest.version;
        let here = self.here.as_ref();
        self.version = here.and_then(|here| declaration.own_version(version, &here.environment));
        self.declared = self.here.clone().or_else(|| anywhere(declaration));
    }

    /// Adds holds, used versions and the history, which only the API knows.
    async fn look(&mut self, plan: ReleasePlan<'_>, windlass: &Windlass) -> Result<(), Failure> {
        // A name that has the digits of the bytes never means others.
        let recorded = match &self.version {
            Some(version) => declared_application::version(windlass, plan.app, version).await,
            None => Ok(OrFindings::Not(Vec::new())),
        };
        match recorded {
            Ok(OrFindings::So(release)) => {
                let here = self.here.as_ref().map(|here| &here.environment);
                let recorded = declared_application::recorded_in(&release, here);
                if let Some(recorded) = recorded.filter(|_| !release.given_back) {
                    self.findings.extend(preflight::reused(plan, recorded));
                    self.unseen.extend(preflight::not_compared(plan, recorded));
                }
            }
            Ok(OrFindings::Not(_)) => {}
            Err(failure) => self.note("whether the version is used already", failure)?,
        }
        if let Some(here) = self.here.clone() {
            self.look_at(plan, windlass, &here).await?;
        }
        Ok(())
    }

    async fn look_at(
        &mut self,
        plan: ReleasePlan<'_>,
        windlass: &Windlass,
        here: &ResolvedEnvironment,
    ) -> Result<(), Failure> {
        let name = here.environment.as_str();
        match windlass.read::<Environment>(RouteName::Environment, &[plan.app.as_str(), name], &[]).await {
            Ok(now) => self.findings.extend(preflight::stopped(plan, here, &now)),
            Err(failure) => self.note("whether deployments are held", failure)?,
        }
        match of_version(plan, windlass, &here.environment).await {
            Ok(before) => self.before = before,
            Err(failure) => self.note("its history", failure)?,
        }
        Ok(())
    }

    /// Looks at the declaration in the artifacts bucket. A hold, waiting deployments and recorded versions are not seen
    /// there.
    ///
    /// # Errors
    /// None of S3's: an object that cannot be read is listed as not seen.
    pub async fn by_bucket(
        plan: ReleasePlan<'_>,
        bucket: &InstallationPlace,
        exceptions: &Exceptions,
    ) -> Result<Self, Failure> {
        let mut sight = Self::default();
        let key = format!("apps/{}/app.yaml", plan.app);
        let there = format!("s3://{}/{key}", bucket.value);
        let lies = match upload::read(bucket, &key, LARGEST as u64).await {
            Ok(lies) => lies,
            // A wrong bucket or region is found before the first byte, too.
            Err(failure) if failure.exit == Exit::Usage => return Err(failure),
            Err(failure) => {
                sight.note(&there, failure)?;
                sight.findings.extend(preflight::no_destination(plan));
                return Ok(sight);
            }
        };
        let Some(bytes) = lies else {
            sight.findings.push(Finding::new(
                FindingName::NoDeclaration,
                "app",
                format!("there is no {there}: no application `{}` is declared.", plan.app),
                "Correct the name, or declare it first with `windlass declare app.yaml`.",
            ));
            return Ok(sight);
        };
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(declaration) = Declaration::parse_with(&text, exceptions) {
            sight.compare(plan, &declaration);
        } else {
            let what = format!("{there} is not valid, so that another one is in force");
            sight.unseen.push(what);
        }
        if sight.declared.is_none() {
            sight.findings.extend(preflight::no_destination(plan));
        }
        sight.unseen.push(ONLY_BY_API.to_owned());
        Ok(sight)
    }

    /// Compares a declaration with the installation to which it is uploaded. Returns why it would be refused beside the
    /// one in force, and findings on the components that run and are no longer in it. Where the caller may not ask, or
    /// has no credentials, the result says that this was not looked at: the declaration is none the worse.
    ///
    /// # Errors
    /// An answer that cannot be understood.
    pub async fn beside_in_force(
        declaration: &Declaration,
        windlass: &Windlass,
    ) -> Result<(Option<Finding>, Self), Failure> {
        let mut sight = Self::default();
        let higher = "whether its version is higher than that of the declaration in force";
        let (refused, former) = match declared_application::in_force(windlass, declaration.app()).await {
            Ok(OrFindings::So(in_force)) => {
                (declaration.uploaded(declaration.app(), Some(&in_force)).err(), in_force.read().ok())
            }
            Ok(OrFindings::Not(_)) => (None, None),
            // To ask for each environment as well would show nothing more.
            Err(failure) if failure.is_everywhere => {
                sight.note(&format!("what runs there, and {higher}"), failure)?;
                return Ok((None, sight));
            }
            Err(failure) => {
                sight.note(higher, failure)?;
                (None, None)
            }
        };
        sight.departed(declaration, former.as_ref(), windlass).await?;
        Ok((refused, sight))
    }

    async fn departed(
        &mut self,
        declaration: &Declaration,
        former: Option<&Declaration>,
        windlass: &Windlass,
    ) -> Result<(), Failure> {
        let (app, version) = (declaration.app(), declaration.version());
        for name in declaration.environments() {
            let at = EnvironmentId::new(app, name);
            let now = match declared_application::environment(windlass, at).await {
                Ok(OrFindings::So(now)) => now,
                // Nothing runs in an environment that was never declared.
                Ok(OrFindings::Not(_)) => {
                    self.looked.insert(name.clone(), None);
                    continue;
                }
                Err(failure) => {
                    self.note(&format!("what runs in {name}"), failure)?;
                    continue;
                }
            };
            let here = declaration.resolve(name).ok();
            let before = former.and_then(|former| former.resolve(name).ok());
            let called = |component: &ComponentName| here.as_ref()?.called_since(before.as_ref()?, component);
            let is_declared =
                |component: &ComponentName| here.as_ref().is_some_and(|here| here.components.contains_key(component));
            let departed = now.running.iter().filter(|(component, _)| !is_declared(component));
            self.findings.extend(
                departed
                    .map(|(component, running)| running.no_longer_declared(component, at, version, called(component))),
            );
            self.looked.insert(name.clone(), Some(now));
        }
        Ok(())
    }

    fn note(&mut self, what: &str, failure: Failure) -> Result<(), Failure> {
        if matches!(failure.exit, Exit::Broken | Exit::Usage) {
            return Err(failure);
        }
        self.unseen.push(format!("{what} ({})", failure.message));
        Ok(())
    }
}

/// Returns the newest deployments of the version there.
///
/// # Errors
/// If there is no answer.
pub async fn of_version(
    plan: ReleasePlan<'_>,
    windlass: &Windlass,
    environment: &EnvironmentName,
) -> Result<Vec<HistoryEntry>, Failure> {
    let list = List::of::<HistoryEntry>(EnvironmentId::new(plan.app, environment));
    let page = page::<Deployments>(windlass, &list, LARGEST_PAGE, None).await?;
    let is_of_it = |one: &HistoryEntry| one.version == plan.manifest.version;
    Ok(page.listed.into_iter().filter(is_of_it).collect())
}
