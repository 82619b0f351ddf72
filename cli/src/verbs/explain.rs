//! `windlass explain`: explains why a deployment ended as it did, why it has no turn yet and what one can do, which
//! environment a Git ref or an image tag chooses, and what the name of a finding, a fault, a trouble, an ending or a
//! cause means.

use crate::ground::arguments;
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::machine::now;
use crate::ground::manual::ManualPage;
use crate::ground::output::VerbOutput;
use crate::talk::git;
use crate::talk::installation::Endpoint;
use crate::talk::windlass::{RouteName, Windlass};
use crate::view::approval;
use crate::view::declared_application;
use crate::view::environment_choice::EnvironmentChoice;
use crate::view::live_comparison::print_now;
use crate::view::next_steps::{Added, Explained, Explains, in_words, of_deployment, of_holder};
use crate::view::record;
use crate::view::{history, status, story};
use anstream::adapter::strip_str;
use clap::Args;
use serde_json::{Value, json};
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::environment::{HeldState, TURN_MS};
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::text::name::AppName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Explain {
    /// The application; or, alone, the name of a finding, a fault, a trouble, an ending or a cause, such as
    /// `GateFailed`, whose page is shown.
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
    Page(ManualPage),
}

/// Reads the subject. No application's name has a capital letter, and each page's begins with one.
fn subject(text: &str) -> Result<Subject, String> {
    if text.starts_with(|c: char| c.is_ascii_uppercase()) {
        return ManualPage::of(text).map(Subject::Page);
    }
    let app =
        AppName::new(text).map_err(|why| if arguments::is_id(text) { BEHIND.to_owned() } else { why.to_string() })?;
    Ok(Subject::App(app))
}

/// The remedy for the id of a deployment in the place of an application's name.
const BEHIND: &str =
    "Write the id of a deployment behind its application's name, as in `windlass explain shop 3f9a1c2255667788`";

impl Explain {
    /// Runs the verb.
    ///
    /// # Errors
    /// If there is no such deployment, no environment is chosen, or Windlass does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let app = match &self.app {
            Subject::App(app) => app,
            Subject::Page(page) => return self.page(page, output),
        };
        let explained = self.endpoint.ask(async |windlass| match &self.which {
            Some(which) => self.deployment(windlass, app, which, output).await,
            None => self.chooses(windlass, app, output).await,
        });
        explained.map_err(|failure| match ManualPage::alike(app.as_str()) {
            Some(name) => failure.with_next(&format!("The page is `windlass explain {name}`")),
            None if self.which.is_none() && arguments::is_id(app.as_str()) => failure.with_next(BEHIND),
            None => failure,
        })
    }

    fn page(&self, page: &ManualPage, output: VerbOutput) -> Result<Exit, Failure> {
        if self.which.is_some() || self.git_ref.is_some() || self.image_tag.is_some() {
            return Err(Failure::usage(format!(
                "`{}` is the name of a page, which is explained alone: leave the rest out, or write an application's name",
                page.name
            )));
        }
        let document = json!({"name": page.name, "page": page.text});
        output.document(&document, &page.text);
        Ok(Exit::Good)
    }

    async fn chooses(&self, windlass: &Windlass, app: &AppName, output: VerbOutput) -> Result<Exit, Failure> {
        let chooses = self.asked()?;
        let declared = declared_application::in_force(windlass, app).await?.or_rejected("nothing is declared:")?;
        let answer = chooses.of(app, &declared)?;
        output.result(&answer.document, &answer.words);
        Ok(answer.exit)
    }

    /// Returns the ref or tag that is given, else that of CI or of what is checked out.
    fn asked(&self) -> Result<EnvironmentChoice, Failure> {
        if let Some(tag) = &self.image_tag {
            return Ok(EnvironmentChoice::ImageTag(tag.clone()));
        }
        if let Some(reference) = &self.git_ref {
            return Ok(EnvironmentChoice::Ref { reference: reference.clone(), source: "given by `--git-ref`" });
        }
        let from = git::from_ci(|name| std::env::var(name).ok()).or_else(|| git::from_folder(None));
        let from = from.ok_or_else(|| {
            Failure::usage(
                "it is not said what to explain: give a deployment's id, an environment, `--git-ref` or `--image-tag`; \
                 neither CI nor what is checked out here names a ref",
            )
        })?;
        Ok(EnvironmentChoice::Ref { reference: from.git.reference, source: from.source })
    }

    async fn deployment(
        &self,
        windlass: &Windlass,
        app: &AppName,
        which: &str,
        output: VerbOutput,
    ) -> Result<Exit, Failure> {
        let id = history::deployment_id(windlass, app, which, self.version.as_deref()).await?;
        let mut answer = windlass.get(RouteName::Deployment, &[app.as_str(), &id], &[]).await?;
        let Some(record) = record::read(&answer)? else {
            let words = format!(
                "{app} deployment {id} is accepted, and is not recorded yet: its execution begins; `windlass watch {app} \
                 {id}` watches it"
            );
            output.result(&answer, &words);
            return Ok(Exit::Good);
        };
        let lines = self.lines(windlass, &record, &mut answer, output).await?;
        // A program reads the words without their colours.
        let lines = lines.into_iter().map(|(about, line)| Explained { about, text: strip_str(&line).to_string() });
        let steps = of_deployment(&record.deployment).into_iter().map(|one| one.step).collect();
        output.only_json(&Added { explained: Some(lines.collect()), ..Added::steps(answer, steps) });
        Ok(Exit::Good)
    }

    /// Returns the explanation, and the lines on the present state.
    async fn lines(
        &self,
        windlass: &Windlass,
        record: &Record,
        answer: &mut Value,
        output: VerbOutput,
    ) -> Result<Vec<(Explains, String)>, Failure> {
        let deployment = &record.deployment;
        let all = |about, lines: Vec<String>| lines.into_iter().map(move |line| (about, line));
        let mut lines: Vec<(Explains, String)> = match deployment.status {
            Status::Ended => all(Explains::Ending, story::why(record, now())).collect(),
            Status::Waiting => {
                let waits = match approval::of_record(record) {
                    Some(standing) => why_it_asks(deployment, &standing),
                    None => why_it_waits(deployment, &self.environment(windlass, record).await?),
                };
                all(Explains::Request, story::who(record)).chain(all(Explains::Wait, waits)).collect()
            }
            Status::Running | Status::Recovering => all(Explains::Progress, story::under_way(record, now())).collect(),
        };
        for (_, line) in &lines {
            output.progress(line);
        }
        if let Some(ended) = &deployment.ending {
            // The exit status of the ending is not used: the caller asked for the explanation, and has it.
            let now = print_now(windlass, record, answer, Exit::of(ended), output).await;
            lines.extend(now.words.lines().map(|line| (Explains::Present, line.to_owned())));
        } else {
            let held = status::hold_in_words(&self.environment(windlass, record).await?);
            output.progress(&held);
            lines.push((Explains::Present, held));
        }
        Ok(lines)
    }

    async fn environment(&self, windlass: &Windlass, record: &Record) -> Result<Environment, Failure> {
        let of = record.deployment.environment_id();
        declared_application::environment(windlass, of).await?.or_rejected("it is not known:")
    }
}

/// Returns the lines, with the environment as it is now.
fn why_it_waits(record: &Deployment, now: &Environment) -> Vec<String> {
    let id = &record.id;
    let place = now.situation.waiting.iter().find(|one| one.deployment == *id);
    if let Some(until) = place.and_then(|place| place.until) {
        let waits = [
            format!("it waits until {until}, because the clock holds deployments"),
            format!("  it is decided on anew within five minutes of that, and gives up at {}", record.waits_until()),
        ];
        return waits.into_iter().chain(story::next(record)).collect();
    }
    let since = place.map_or(record.accepted, |place| place.since);
    let mut lines = vec![format!("it waits for its turn since {since}")];
    lines.extend(what_for(record, now));
    let others = now.situation.waiting.iter().filter(|one| one.deployment != *id);
    let others = others.map(|one| {
        let who = status::deployment(now, &one.deployment);
        format!("  also waiting: {who}, since {}", one.since)
    });
    let others: Vec<String> = others.collect();
    if !others.is_empty() {
        lines.push(
            "  an operator's request goes first, then the newest release; one that it covers ends as superseded"
                .to_owned(),
        );
        lines.extend(others);
    }
    lines.push(format!("  it gives up at {}", since.plus_ms(TURN_MS).min(record.waits_until())));
    lines.extend(story::next(record));
    lines
}

/// Returns the lines of one that waits until people have approved its plan. Nobody else waits for it, and it is in
/// nobody's way.
fn why_it_asks(record: &Deployment, standing: &str) -> Vec<String> {
    let asks = "it waits until people approve its plan, as the access file wants; until then it is in nobody's way";
    let ends =
        "  at the end of that time it ends as ApprovalExpired; a newer release of all its components supersedes it";
    let all = [asks.to_owned(), format!("  {standing}"), ends.to_owned()];
    all.into_iter().chain(story::next(record)).collect()
}

fn what_for(record: &Deployment, now: &Environment) -> Vec<String> {
    let (app, environment) = (&record.app, &record.environment);
    let Some(held) = &now.situation.lock.held else {
        return vec![format!(
            "  nothing works in {app} {environment} now: its turn comes as soon as it is woken, within five minutes at most"
        )];
    };
    let id = &held.deployment;
    let who = status::deployment(now, id);
    let since = held.since;
    let works = match held.state {
        HeldState::Running => format!("  {who} is under way, since {since}"),
        HeldState::Recovering => format!("  {who} is being recovered, since {since}"),
        HeldState::NeedsOperator => {
            format!("  {who} NEEDS AN OPERATOR, since {since}: nothing else gets a turn until a person has ended that")
        }
    };
    let steps = in_words(&of_holder(record.environment_id(), held)).map(|steps| format!("  {steps}"));
    std::iter::once(works).chain(steps).collect()
}
