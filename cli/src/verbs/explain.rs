//! `windlass explain`: explains why a deployment ended as it did, why it waits and what one can do, which environment a
//! Git ref or an image tag chooses, and what a finding, a fault or a trouble means.

use crate::arguments;
use crate::declared_application::{self, OrFindings};
use crate::deployment_lookup;
use crate::environment_choice::EnvironmentChoice;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::git;
use crate::manual::Page;
use crate::output::Output;
use crate::release_status::print_now;
use windlass_domain::identity::EnvironmentId;

use crate::installation::Endpoint;
use crate::record::Record;
use crate::status::Environment;
use crate::story;
use crate::waiting_reason;
use crate::windlass::{Windlass, waiting};
use clap::Args;
use serde_json::{Value, json};
use windlass_domain::deployment::Status;
use windlass_domain::name::AppName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Explain {
    /// The application; or, alone, the name of a finding, a fault or a trouble, such as `TargetBusy`, whose page is shown.
    #[arg(value_name = "APP|NAME", value_parser = subject)]
    app: Subject,
    /// The deployment's id, or an environment, whose newest deployment is explained; without it the ref of CI, or of
    /// what is checked out.
    #[arg(value_name = "ID|ENVIRONMENT", value_parser = arguments::which)]
    which: Option<String>,
    /// The release's version, or the id of a deployment there, where an environment is named.
    #[arg(value_name = "VERSION|ID", value_parser = arguments::version)]
    version: Option<String>,
    /// Explain which environment this Git ref chooses, such as `refs/tags/v1.4.0`.
    #[arg(long, value_name = "REF", value_parser = arguments::text, conflicts_with_all = ["which", "image_tag"])]
    git_ref: Option<String>,
    /// Explain which environment an image of this tag goes to.
    #[arg(long, value_name = "TAG", value_parser = arguments::text, conflicts_with = "which")]
    image_tag: Option<String>,
    #[command(flatten)]
    endpoint: Endpoint,
}

/// The thing that is explained.
#[derive(Debug, Clone)]
enum Subject {
    App(AppName),
    Page(Page),
}

/// Reads the subject. No application's name has a capital letter, and each page's begins with one.
fn subject(text: &str) -> Result<Subject, String> {
    if text.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Page::of(text).map(Subject::Page);
    }
    let app = AppName::new(text).map_err(|why| why.to_string())?;
    Ok(Subject::App(app))
}

impl Explain {
    /// Runs the verb.
    ///
    /// # Errors
    /// If there is no such deployment, no environment is chosen, or Windlass does not answer.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let app = match &self.app {
            Subject::App(app) => app,
            Subject::Page(page) => return self.page(page, output),
        };
        waiting(async {
            let windlass = self.endpoint.open().await?;
            match &self.which {
                Some(which) => self.deployment(&windlass, app, which, output).await,
                None => self.chooses(&windlass, app, output).await,
            }
        })
        .map_err(|failure| match Page::alike(app.as_str()) {
            Some(name) => failure.with_next(&format!("The page is `windlass explain {name}`")),
            None => failure,
        })
    }

    fn page(&self, page: &Page, output: Output) -> Result<Exit, Failure> {
        if self.which.is_some() || self.git_ref.is_some() || self.image_tag.is_some() {
            return Err(Failure::usage(format!(
                "`{}` is the name of a page, which is explained alone: leave the rest out, or write an application's name",
                page.name
            )));
        }
        let document = json!({"name": page.name, "page": page.text});
        output.result(&document, &page.text);
        Ok(Exit::Good)
    }

    async fn chooses(&self, windlass: &Windlass, app: &AppName, output: Output) -> Result<Exit, Failure> {
        let chooses = self.asked()?;
        let declared = match declared_application::in_force(windlass, app).await? {
            OrFindings::So(declared) => declared,
            OrFindings::Not(findings) => {
                return Err(Failure::rejected("nothing is declared:", findings));
            }
        };
        let told = chooses.of(app, &declared)?;
        output.result(&told.document, &told.words);
        Ok(told.exit)
    }

    /// Returns the ref or tag that is given, else that of CI or of what is checked out.
    fn asked(&self) -> Result<EnvironmentChoice, Failure> {
        if let Some(tag) = &self.image_tag {
            return Ok(EnvironmentChoice::ImageTag(tag.clone()));
        }
        if let Some(reference) = &self.git_ref {
            return Ok(EnvironmentChoice::Ref { reference: reference.clone(), told_by: "given by `--git-ref`" });
        }
        let from = git::from_ci(|name| std::env::var(name).ok()).or_else(|| git::from_folder(None));
        let from = from.ok_or_else(|| {
            Failure::usage(
                "it is not said what to explain: give a deployment's id, an environment, `--git-ref` or `--image-tag`; \
                 neither CI nor what is checked out here tells a ref",
            )
        })?;
        Ok(EnvironmentChoice::Ref { reference: from.git.reference, told_by: from.told_by })
    }

    async fn deployment(
        &self,
        windlass: &Windlass,
        app: &AppName,
        which: &str,
        output: Output,
    ) -> Result<Exit, Failure> {
        let id = deployment_lookup::deployment_id(windlass, app, which, self.version.as_deref()).await?;
        let path = ["apps", app.as_str(), "deployments", &id];
        let mut answer = windlass.get(&path, &[]).await?;
        let Some(record) = Record::read(&answer)? else {
            let words = format!(
                "{app} deployment {id} is accepted, and is not recorded yet: its execution begins; `windlass watch {app} \
                 {id}` watches it"
            );
            output.result(&answer, &words);
            return Ok(Exit::Good);
        };
        let lines = self.lines(windlass, &record, &mut answer, output).await?;
        answer["explained"] = json!(lines);
        output.only_json(&answer);
        Ok(Exit::Good)
    }

    /// Returns the explanation, and the lines on the present state.
    async fn lines(
        &self,
        windlass: &Windlass,
        record: &Record,
        answer: &mut Value,
        output: Output,
    ) -> Result<Vec<String>, Failure> {
        let deployment = &record.deployment;
        let mut lines = match deployment.status {
            Status::Ended => story::why(record),
            Status::Waiting => {
                let mut lines = story::who(record);
                lines.extend(waiting_reason::why_it_waits(deployment, &self.environment(windlass, record).await?));
                lines
            }
            Status::Running | Status::Recovering => story::under_way(record),
        };
        for line in &lines {
            output.progress(line);
        }
        if let Some(ended) = &deployment.ending {
            // The exit status of the ending is not used: the caller asked for the explanation, and has it.
            print_now(windlass, record, answer, Exit::of(ended), output).await;
            let words = answer["now"]["text"].as_str().unwrap_or_default();
            lines.extend(words.lines().map(str::to_owned));
        } else {
            let held = self.environment(windlass, record).await?.hold_in_words();
            output.progress(&held);
            lines.push(held);
        }
        Ok(lines)
    }

    async fn environment(&self, windlass: &Windlass, record: &Record) -> Result<Environment, Failure> {
        let name = &record.deployment.environment;
        match declared_application::environment(windlass, EnvironmentId::new(&record.deployment.app, name)).await? {
            OrFindings::So(environment) => Ok(environment),
            OrFindings::Not(findings) => Err(Failure::rejected("it is not known:", findings)),
        }
    }
}
