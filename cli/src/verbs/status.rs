//! `windlass status` shows what runs in an environment, its hold and lock, and who waits, or the same of all
//! environments of an application; `windlass apps` lists all applications in short.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::machine::now;
use crate::ground::output::VerbOutput;
use crate::ground::terminal::table;
use crate::talk::installation::Endpoint;
use crate::talk::listing::{List, ListPart};
use crate::talk::windlass::{self, RouteName, Windlass};
use crate::view::next_steps::Added;
use crate::view::overview::{AllObserved, COLUMNS, StepsThere, observed, rows, steps_there, with_observed};
use crate::view::record;
use crate::view::status::{steps, words_with};
use crate::view::under_way;
use clap::Args;
use serde_json::json;
use std::iter;
use windlass_domain::environment::HeldState;
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::shown::api::environments::{self, Environments};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The arguments of `windlass status`.
#[derive(Debug, Args)]
pub struct Status {
    /// The application; else all of them are listed, as `apps` does.
    app: Option<AppName>,
    /// The environment; else each that is declared.
    environment: Option<EnvironmentName>,
    /// Also look at the targets, and compare them with what is recorded.
    #[arg(long, requires = "app")]
    observe: bool,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Status {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        match (&self.app, &self.environment) {
            (None, _) => return list_apps(&ListPart::BEGINNING, false, &self.endpoint, output),
            (Some(app), Some(environment)) => {
                let environment = environment.as_str();
                let (answer, words) =
                    self.endpoint.ask(async |windlass| self.read(windlass, app, environment).await)?;
                output.result(&answer, &words);
            }
            (Some(app), None) => {
                let all = self.endpoint.ask(async |windlass| self.all(windlass, app).await)?;
                let (answers, words): (Vec<Added<'_>>, Vec<String>) = all.into_iter().unzip();
                let all = json!({"app": app, "environments": answers});
                output.result(&all, &words.join("\n"));
            }
        }
        Ok(Exit::Good)
    }

    /// Reads all declared environments of an application.
    async fn all(&self, windlass: &Windlass, app: &AppName) -> Result<Vec<(Added<'static>, String)>, Failure> {
        let known: Environments = windlass.read(RouteName::Environments, &[app.as_str()], &[]).await?;
        let mut answers = Vec::new();
        for name in &known.environments {
            answers.push(self.read(windlass, app, name.as_str()).await?);
        }
        Ok(answers)
    }

    /// Reads an environment: the answer, and its words, with how far a deployment is that is under way.
    async fn read(
        &self,
        windlass: &Windlass,
        app: &AppName,
        environment: &str,
    ) -> Result<(Added<'static>, String), Failure> {
        let query: &[(&str, &str)] = if self.observe { &[("observe", "true")] } else { &[] };
        let answer = windlass.get(RouteName::Environment, &[app.as_str(), environment], query).await?;
        let here: Environment = windlass::read(&answer)?;
        let lines = under_way(windlass, &here).await;
        Ok((Added::steps(answer, steps(&here).all()), words_with(&here, lines)))
    }
}

/// Returns the lines on how far the deployment is that holds the lock, if it does not need an operator.
async fn under_way(windlass: &Windlass, here: &Environment) -> Vec<String> {
    let held = here.situation.lock.held.as_ref();
    let Some(held) = held.filter(|held| held.state != HeldState::NeedsOperator) else { return Vec::new() };
    match record::of_deployment(windlass, &here.app, held.deployment.as_str()).await {
        Ok(record) => under_way::lines(record.as_ref(), here, now()),
        Err(failure) => vec![format!("  how far it is could not be seen: {}", failure.message)],
    }
}

/// The arguments of `windlass apps`.
#[derive(Debug, Args)]
pub struct Apps {
    #[command(flatten)]
    part: ListPart,
    /// Also look at the targets of each environment that is listed, and compare them with what is recorded.
    #[arg(long)]
    observe: bool,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl Apps {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        list_apps(&self.part, self.observe, &self.endpoint, output)
    }
}

/// Lists a part of all applications, with a look at their targets where `observe` says so.
///
/// # Errors
/// If Windlass refuses it or does not answer.
fn list_apps(part: &ListPart, observe: bool, endpoint: &Endpoint, output: VerbOutput) -> Result<Exit, Failure> {
    let list = List::everywhere(RouteName::Apps, vec![]);
    let (page, observed) = endpoint.ask(async |windlass| {
        let page = part.read::<environments::Apps>(windlass, &list).await?;
        let seen = if observe { observed(windlass, &page.listed).await } else { AllObserved::new() };
        Ok((page, seen))
    })?;
    let words = match (page.listed.is_empty(), part.goes_on()) {
        (true, true) => "there are no more applications".to_owned(),
        (true, false) => "no application is declared yet: `windlass declare app.yaml` declares one".to_owned(),
        (false, _) => table(COLUMNS, page.listed.iter().flat_map(|app| rows(app, &observed)).collect()),
    };
    let words = part.with_more(words, &page, if observe { "apps --observe" } else { "apps" });
    let next = steps_there(&page.listed, &observed);
    let lines: Vec<String> = iter::once(words).chain(next.iter().filter_map(StepsThere::line)).collect();
    output.result(&with_observed(page.answered, &page.listed, &observed, &next), &lines.join("\n"));
    Ok(Exit::Good)
}
