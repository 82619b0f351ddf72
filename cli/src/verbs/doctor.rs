//! `windlass doctor`: everything that an environment lacks for its next release, all of it at once, each with its
//! remedy; or the parts of Windlass itself that do not work.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::Patience;
use crate::installation::{Endpoint, Installed};
use crate::installation_health;
use crate::manual;
use crate::output::Output;
use crate::planned::{self, PlanRequest};
use crate::run_subject;
use crate::start::CallerKind;
use crate::trouble::Trouble;
use crate::windlass::waiting;
use clap::Args;
use serde_json::{Value, json};
use windlass_domain::count::count;
use windlass_domain::finding::{self, Finding};
use windlass_domain::identity::EnvironmentId;
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::planned::Planned;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The application; without one Windlass itself is looked at, by its stack.
    #[arg(requires = "environment", value_parser = |text: &str| AppName::new(text))]
    app: Option<AppName>,
    /// The environment.
    #[arg(value_parser = |text: &str| EnvironmentName::new(text))]
    environment: Option<EnvironmentName>,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    patience: Patience,
}

impl Doctor {
    /// Runs the verb.
    ///
    /// # Errors
    /// If Windlass refuses it, does not answer, or does not look in time.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        waiting(async {
            for line in run_subject::subject_of_run(|name| std::env::var(name).ok()).await {
                output.announce(&line);
            }
            Ok(())
        })?;
        match (&self.app, &self.environment) {
            (Some(app), Some(environment)) => self.check(EnvironmentId::new(app, environment), output),
            _ => self.itself(output),
        }
    }

    /// Checks Windlass itself, with the rights of the person who asks.
    fn itself(&self, output: Output) -> Result<Exit, Failure> {
        let Installed { stack, version, parts } = waiting(self.endpoint.parts())?;
        if parts.is_empty() {
            let message = format!("the stack `{stack}` has nothing that can be looked at: it is no Windlass");
            return Err(Failure::of(Trouble::NoAnswer, message));
        }
        let mut wrong = installation_health::wrong(&parts);
        let own = env!("CARGO_PKG_VERSION");
        wrong.extend(installation_health::version(&stack, version.as_deref(), own));
        let document = json!({
            "healthy": wrong.is_empty(),
            "stack": stack,
            "version": version,
            "findings": wrong,
            "looked_at": parts.len(),
        });
        output.result(&document, &installation_health::words(&stack, &wrong, parts.len()));
        Ok(if wrong.is_empty() { Exit::Good } else { Exit::Rejected })
    }

    fn check(&self, EnvironmentId { app, environment }: EnvironmentId<'_>, output: Output) -> Result<Exit, Failure> {
        let body = json!({"action": "check"});
        let (answer, planned) = waiting(async {
            let windlass = self.endpoint.open().await?;
            let asked = PlanRequest { windlass: &windlass, app, environment, body: &body, by: CallerKind::Person };
            planned::drawn(asked, &self.patience).await
        })?;
        let report = Report::of(format!("{app} {environment}"), &planned);
        let exit = exit(&report.findings);
        output.result(&report.as_json(&answer), &report.words());
        Ok(exit)
    }
}

/// The limits of any look.
const NOT_CHECKED: [&str; 2] = [
    "the bytes of a release (the verbs `release` and `plan release` look at them before anything is sent)",
    "whether a policy of a bucket, of a key or of a VPC endpoint, or a resource control policy of the organization, refuses a write to the roles that change the targets (IAM's simulation knows none of them)",
];

/// A check's findings.
struct Report<'a> {
    named: String,
    findings: Vec<&'a Finding>,
    warnings: &'a [Finding],
    /// The outcome of a release if it were started now.
    turn: &'a str,
}

/// Returns the exit status, as `validate` does.
fn exit(findings: &[&Finding]) -> Exit {
    if findings.is_empty() { Exit::Good } else { Exit::Rejected }
}

impl<'a> Report<'a> {
    fn of(named: String, planned: &'a Planned) -> Self {
        let plan = planned.drawn.as_ref().map(|drawn| &drawn.plan);
        let mut findings: Vec<&Finding> = planned.turn.findings.iter().collect();
        findings.extend(plan.iter().flat_map(|plan| &plan.findings));
        Self { named, findings, warnings: plan.map_or(&[], |plan| &plan.warnings), turn: &planned.turn.text }
    }

    fn as_json(&self, answer: &Value) -> Value {
        json!({
            "healthy": self.findings.is_empty() && self.unknown() == 0,
            "findings": self.findings,
            "warnings": self.warnings,
            "not_checked": NOT_CHECKED,
            "id": answer["id"],
            "at": answer["drawn"]["at"],
        })
    }

    /// Counts the warnings about what could not be looked at.
    fn unknown(&self) -> usize {
        let warnings = self.warnings.iter();
        warnings.filter(|warning| warning.reason.starts_with(finding::NOT_CHECKED)).count()
    }

    /// Returns the text for people. A part that nobody looked at does not count as healthy, and the text says so.
    fn words(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            text.push_str(&told("", finding));
        }
        for warning in self.warnings {
            text.push_str(&told("warning: ", warning));
        }
        let told = self.findings.iter().copied().chain(self.warnings);
        text.extend(manual::line(told).map(|line| format!("  {line}\n")));
        for what in NOT_CHECKED {
            text.push_str(&format!("  not checked: {what}\n"));
        }
        let Self { named, turn, .. } = self;
        match (self.findings.len(), self.unknown()) {
            (0, 0) => format!("{named} has what a release needs. {turn}\n{text}"),
            (0, unknown) => format!(
                "{named}: nothing wrong was found, and {} could not be looked at. {turn}\n{text}",
                count(unknown, "thing")
            ),
            (found, _) => format!("{named}: {}\n{text}", count(found, "finding")),
        }
    }
}

fn told(sort: &str, finding: &Finding) -> String {
    let (path, name) = (&finding.path, finding.name);
    format!("  {sort}{path}: {name}: {}\n    {}\n", finding.reason, finding.remedy)
}
