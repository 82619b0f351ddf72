//! `windlass watch`: shows a deployment, live, until it has ended.

use crate::ground::arguments::{self, is_id};
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::interrupt;
use crate::ground::output::{VerbOutput, error, text};
use crate::talk::installation::Endpoint;
use crate::talk::windlass::{RouteName, Windlass};
use crate::verbs::follow::{AwaitedEnd, Patience, follow};
use crate::view::declared_application::{self, OrFindings};
use crate::view::history::newest;
use crate::view::record;
use clap::Args;
use indicatif::HumanDuration;
use std::time::Duration;
use windlass_domain::prose;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::deployments::HistoryEntry;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The time within which a deployment must be there that somebody may have handed in a moment ago.
const SOON: Duration = Duration::from_mins(1);

/// The time that an upload may take to become a deployment: its event may be lost, and then it is found within a
/// quarter of an hour.
const FOUND: Duration = Duration::from_mins(20);

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Watch {
    /// The application.
    app: AppName,
    /// The deployment's id, or an environment.
    #[arg(value_name = "ID|ENVIRONMENT", value_parser = arguments::which)]
    which: String,
    /// The release's version, or the id of a deployment there, where an environment is named; the newest if not given.
    #[arg(value_name = "VERSION|ID", value_parser = arguments::version)]
    version: Option<String>,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    patience: Patience,
}

impl Watch {
    /// Watches it. The exit status is the deployment's ending, and whether it runs now.
    ///
    /// # Errors
    /// If there is no such deployment, or Windlass does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        self.endpoint.ask(async |windlass| {
            let id = match self.environment() {
                None => self.which.clone(),
                Some(environment) => self.find(windlass, &environment).await?,
            };
            let waiting = self.patience.begin();
            follow(windlass, &self.app, &id, &waiting, AwaitedEnd::Runs, output).await
        })
    }

    /// Returns the environment that is named, if it is not an id. Where a version follows, it is an environment even if
    /// its name looks like an id.
    fn environment(&self) -> Option<EnvironmentName> {
        if is_id(&self.which) && self.version.is_none() {
            return None;
        }
        EnvironmentName::new(&self.which).ok()
    }

    /// Returns the newest deployment of the version. One that was handed in a moment ago may not be there yet, so it is
    /// waited for as long as it can come. A refusal ends the wait, and for an unknown version it is short.
    async fn find(&self, windlass: &Windlass, environment: &EnvironmentName) -> Result<String, Failure> {
        if let Some(id) = self.named(windlass, environment).await? {
            return Ok(id);
        }
        if let Some(found) = self.look(windlass, environment, usize::MAX).await? {
            return Ok(found.id.0);
        }
        let (most, why) = self.what_can_come(windlass, environment).await?;
        let patience = self.patience.at_most(most);
        error(&format!("{}; it is looked for at most {}", text(&why.reason.clone().bare()), HumanDuration(patience)));
        let waiting = self.patience.begin_at_most(most);
        interrupt::says(format!(
            "interrupted; what may come goes on. `windlass history {app} {environment}` lists what came",
            app = self.app
        ));
        waiting.pulse.waits_for(format!("no deployment of it is in {environment} yet; it is looked for"));
        while waiting.goes_on().await {
            if let Some(found) = self.look(windlass, environment, 1).await? {
                return Ok(found.id.0);
            }
            // A finding on its upload ends the waiting.
            self.what_can_come(windlass, environment).await?;
        }
        let failure = Failure::rejected("it was not deployed:", vec![why]);
        if most == FOUND && patience < most {
            return Err(Failure {
                exit: Exit::TimedOut,
                message: format!("no deployment of it was found within {}; it may come yet:", HumanDuration(patience)),
                ..failure
            });
        }
        Err(failure)
    }

    /// Returns the deployment whose id stands in the place of a version. A version may look like an id; if it is none,
    /// it is looked for as a version.
    async fn named(&self, windlass: &Windlass, environment: &EnvironmentName) -> Result<Option<String>, Failure> {
        let Some(id) = self.version.as_deref().filter(|version| is_id(version)) else { return Ok(None) };
        let app = &self.app;
        let answer = match windlass.get(RouteName::Deployment, &[app.as_str(), id], &[]).await {
            Ok(answer) => answer,
            Err(failure) if failure.exit == Exit::Rejected => return Ok(None),
            Err(failure) => return Err(failure),
        };
        // A deployment that is accepted may have no environment yet.
        match record::environment(&answer)?.filter(|there| there != environment) {
            None => Ok(Some(id.to_owned())),
            Some(there) => {
                let finding = Finding::new(
                    FindingName::UnknownName,
                    "environment",
                    format!("deployment {id} of {app} is one into `{there}`, and not into `{environment}`."),
                    format!("Start `windlass watch {app} {id}`."),
                );
                Err(Failure::rejected("it is not there:", vec![finding]))
            }
        }
    }

    async fn look(
        &self,
        windlass: &Windlass,
        environment: &EnvironmentName,
        pages: usize,
    ) -> Result<Option<HistoryEntry>, Failure> {
        newest(windlass, EnvironmentId::new(&self.app, environment), self.version.as_deref(), pages).await
    }

    /// Returns the time for which it is sensible to wait for a deployment that is not there, and the finding if it does
    /// not come.
    async fn what_can_come(
        &self,
        windlass: &Windlass,
        environment: &EnvironmentName,
    ) -> Result<(Duration, Finding), Failure> {
        let app = &self.app;
        let Some(version) = &self.version else {
            let why = not_there(
                format!("{app} {environment} has no deployments yet"),
                "Release one, or look at the history of another environment.".to_owned(),
            );
            return Ok((SOON, Finding { path: "environment".to_owned(), ..why }));
        };
        match declared_application::version(windlass, app, version).await? {
            OrFindings::Not(findings) => {
                let unknown = findings.into_iter().next();
                let mut unknown = unknown
                    .unwrap_or_else(|| not_there(format!("no release {version} of `{app}` is known"), String::new()));
                if is_id(version) {
                    unknown.reason =
                        prose!("`{}` has no deployment of the id {}, and {}", app, version, unknown.reason);
                }
                Ok((SOON, unknown))
            }
            OrFindings::So(release) => {
                if let Some(findings) = declared_application::refused(&release, environment) {
                    return Err(Failure::rejected("its upload was rejected:", findings));
                }
                if release.recorded.is_none() {
                    let why = not_there(
                        format!(
                            "the manifest of {version} is uploaded for {}, and became no deployment into {environment} yet",
                            declared_application::uploaded_for(&release)
                        ),
                        format!(
                            "`windlass history {app} {environment}` shows what was deployed there. A manifest is deployed \
                             into the environment below whose prefix it lies."
                        ),
                    );
                    return Ok((FOUND, why));
                }
                let why = not_there(
                    format!("release {version} is recorded, and was not deployed into {environment}"),
                    format!("Start `windlass deploy {app} {environment} {version}`."),
                );
                Ok((SOON, why))
            }
        }
    }
}

fn not_there(reason: String, remedy: String) -> Finding {
    Finding::new(FindingName::UnknownName, "version", reason, remedy)
}
