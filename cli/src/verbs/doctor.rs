//! `windlass doctor`: everything that an environment lacks for its next release, all of it at once, each with its
//! remedy, and what takes the subject of a run of GitHub Actions; or the parts of Windlass itself that do not work.

// The command line looks with the caller's rights: a route of the API needs a role that reads everything, and does
// not answer where the API is what is broken.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::machine;
use crate::ground::manual;
use crate::ground::output;
use crate::ground::output::VerbOutput;
use crate::ground::trouble::TroubleName;
use crate::talk::installation::{Endpoint, Installed};
use crate::talk::windlass::{Windlass, waiting};
use crate::verbs::follow::Patience;
use crate::verbs::planned::{self, CallerKind};
use crate::view::declared_application::{self, OrFindings};
use crate::view::installation_health;
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use windlass_domain::declaration::LARGEST;
use windlass_domain::declaration::difference::differences;
use windlass_domain::declaration::plan::Plan;
use windlass_domain::document::syntax;
use windlass_domain::environment::reach::{Reach, SnapshotReach, instead};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::planned::Planned;
use windlass_domain::text::count::count;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Doctor {
    /// The application; without one Windlass itself is looked at, by its stack.
    #[arg(requires = "environment")]
    app: Option<AppName>,
    /// The environment.
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
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        waiting(async {
            for line in subject_of_run(|name| std::env::var(name).ok()).await {
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
    fn itself(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let Installed { stack, version, parts, reserved, unreserved } = waiting(self.endpoint.parts())?;
        if parts.is_empty() {
            let message = format!("the stack `{stack}` has nothing that can be looked at: it is no Windlass");
            return Err(Failure::of(TroubleName::NoAnswer, message));
        }
        let mut wrong = installation_health::wrong(&parts);
        let own = env!("CARGO_PKG_VERSION");
        wrong.extend(installation_health::version(&stack, version.as_deref(), own));
        let warning = installation_health::concurrency(&stack, reserved.as_deref(), &unreserved);
        let document = json!({
            "healthy": wrong.is_empty(),
            "stack": stack,
            "version": version,
            "findings": wrong,
            "warnings": warning.as_slice(),
            "looked_at": parts.len(),
        });
        output.result(&document, &installation_health::words(&stack, &wrong, warning.as_ref(), parts.len()));
        Ok(if wrong.is_empty() { Exit::Good } else { Exit::Rejected })
    }

    fn check(&self, of: EnvironmentId<'_>, output: VerbOutput) -> Result<Exit, Failure> {
        let body = json!({"action": "check"});
        let (planned, differs) = waiting(async {
            let windlass = self.endpoint.open().await?;
            let (_, planned) = planned::drawn(&windlass, of, &body, CallerKind::Person, &self.patience).await?;
            Ok((planned, file_differs(&windlass, of.app()).await))
        })?;
        let report = DoctorReport::of(of, &planned, differs);
        let exit = exit(&report.findings);
        output.result(&report.as_json(), &report.words());
        Ok(exit)
    }
}

/// The limits of any look.
const NOT_CHECKED: [&str; 2] = [
    "the bytes of a release (the verbs `release` and `plan release` look at them before anything is sent)",
    "whether a policy of a bucket, of a key or of a VPC endpoint, or a resource control policy of the organization, refuses a write to the roles that change the targets (IAM's simulation knows none of them)",
];

/// The file of a declaration, where `init` writes it.
const FILE: &str = "app.yaml";

/// Says that the declaration's file in this folder is another one than the declaration in force, which alone is looked
/// at. `None` where there is no such file of this application, and where it says the same.
async fn file_differs(windlass: &Windlass, app: &AppName) -> Option<String> {
    let text = machine::text(Path::new(FILE)).ok()?;
    let written = syntax::yaml(FILE, &text, LARGEST).ok()?;
    if written["app"] != app.as_str() {
        return None;
    }
    match declared_application::in_force(windlass, app).await {
        Ok(OrFindings::So(in_force)) => {
            let differences = differences(&in_force.text, &text);
            (!differences.is_empty()).then(|| {
                let places = count(differences.len(), "place");
                format!(
                    "`{FILE}` here differs in {places}, and was not looked at: `windlass declare --dry-run` shows them"
                )
            })
        }
        Ok(OrFindings::Not(_)) => None,
        Err(failure) => Some(format!("`{FILE}` here could not be compared with it: {}", failure.message)),
    }
}

/// A check's findings.
struct DoctorReport<'a> {
    of: EnvironmentId<'a>,
    /// The look, as a plan of everything.
    planned: &'a Planned,
    /// The sentence that the file here is another one, if it is.
    differs: Option<String>,
    findings: Vec<&'a Finding>,
    warnings: &'a [Finding],
    /// The snapshots that a rollback may go to, with whether it can.
    snapshots: &'a [SnapshotReach],
    /// The components whose look itself may be slow, with what it has shown and the time that it took.
    seen: Vec<(&'a ComponentName, &'a str)>,
    /// The outcome of a release if it were started now.
    turn: String,
}

/// Returns the exit status, as `validate` does.
fn exit(findings: &[&Finding]) -> Exit {
    if findings.is_empty() { Exit::Good } else { Exit::Rejected }
}

impl<'a> DoctorReport<'a> {
    fn of(of: EnvironmentId<'a>, planned: &'a Planned, differs: Option<String>) -> Self {
        let plan = planned.drawn.as_ref().map(|drawn| &drawn.plan);
        let mut findings: Vec<&Finding> = planned.turn.findings.iter().collect();
        findings.extend(plan.iter().flat_map(|plan| &plan.findings));
        Self {
            of,
            planned,
            differs,
            findings,
            warnings: plan.map_or(&[], |plan| &plan.warnings),
            snapshots: planned.drawn.as_ref().map_or(&[], |drawn| &drawn.snapshots),
            seen: plan.map_or_else(Vec::new, seen),
            turn: output::text(&planned.turn.text),
        }
    }

    fn as_json(&self) -> Value {
        let Planned { deployment, drawn, .. } = self.planned;
        json!({
            "healthy": self.findings.is_empty() && self.unknown() == 0,
            "findings": self.findings,
            "warnings": self.warnings,
            "snapshots": self.snapshots,
            "seen": self.seen.iter().copied().collect::<BTreeMap<_, _>>(),
            "declaration": deployment.declaration,
            "file_differs": self.differs,
            "not_checked": NOT_CHECKED,
            "id": deployment.id,
            "at": drawn.as_ref().map(|drawn| drawn.at),
        })
    }

    /// Counts the warnings about what could not be looked at, and the snapshots of which that is so.
    fn unknown(&self) -> usize {
        let warnings = self.warnings.iter().filter(|warning| warning.not_checked).count();
        warnings + self.snapshots.iter().filter(|one| one.reach == Reach::Unknown).count()
    }

    /// Returns the lines about the snapshots that a rollback cannot go to now, each with what stands in the way, unless
    /// that stands above already; and where a rollback can go instead.
    fn snapshots_in_words(&self) -> String {
        let mut text = String::new();
        for one in self.snapshots.iter().filter(|one| one.reach != Reach::Open) {
            text.push_str(&format!("  {}\n", one.line()));
            let is_new = |finding: &&Finding| !self.findings.contains(finding);
            text.extend(one.findings.iter().filter(is_new).map(|finding| in_lines("  ", finding)));
        }
        text.extend(instead(self.of, self.snapshots).map(|instead| format!("  {}\n", output::text(&instead))));
        text
    }

    /// Returns the text for people. A part that nobody looked at does not count as healthy, and the text says so.
    fn words(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            text.push_str(&in_lines("", finding));
        }
        for warning in self.warnings {
            text.push_str(&in_lines("warning: ", warning));
        }
        text.extend(self.seen.iter().map(|(name, what)| format!("  {name}: {what}\n")));
        text.push_str(&self.snapshots_in_words());
        let of_snapshots = self.snapshots.iter().flat_map(|one| &one.findings);
        let all = self.findings.iter().copied().chain(self.warnings).chain(of_snapshots);
        text.extend(manual::line(all).map(|line| format!("  {line}\n")));
        for what in NOT_CHECKED {
            text.push_str(&format!("  not checked: {what}\n"));
        }
        let differs = self.differs.as_ref().map_or_else(String::new, |differs| format!("; {differs}"));
        text.push_str(&format!("  declaration: {}, the one in force{differs}\n", self.planned.deployment.declaration));
        let (named, turn) = (format!("{} {}", self.of.app(), self.of.environment()), &self.turn);
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

/// Returns what a check has seen of the components whose kind shows it.
fn seen(plan: &Plan) -> Vec<(&ComponentName, &str)> {
    let changes = plan.waves.iter().flat_map(|wave| &wave.changes);
    let shown = changes.filter(|change| change.kind.shows_looks());
    shown.map(|change| (&change.component, change.what.as_str())).collect()
}

fn in_lines(sort: &str, finding: &Finding) -> String {
    let (path, name) = (&finding.path, finding.name);
    format!("  {sort}{path}: {name}: {}\n    {}\n", output::text(&finding.reason), output::text(&finding.remedy))
}

/// The member of a token that a trust policy compares, as IAM calls it (AWS Identity and Access Management User Guide,
/// "IAM and AWS STS condition context keys").
const CLAIM: &str = "token.actions.githubusercontent.com:sub";

/// Returns what is to be said of the run in which this program works; nothing where it works in none. These variables
/// are GitHub's (GitHub Docs, "OpenID Connect reference").
async fn subject_of_run(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    let service = given("ACTIONS_ID_TOKEN_REQUEST_URL").zip(given("ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
    match service {
        Some((address, secret)) => match windlass_aws::subject_of_run(&address, &secret).await {
            Ok(subject) => lines(&subject),
            Err(fault) => vec![format!("not looked at: {}", fault.message)],
        },
        None if given("GITHUB_ACTIONS").is_some() => vec![
            "this job gets no token from GitHub to sign in with: give it `permissions: {id-token: write, contents: read}`; a pull request from a fork never gets one"
                .to_owned(),
        ],
        None => Vec::new(),
    }
}

/// Returns the lines about a subject: what it is, the condition that takes it, and the answers by which `init` writes
/// that. Pure.
fn lines(subject: &str) -> Vec<String> {
    // A branch, or an environment, has the name that somebody gave it.
    let subject: String = subject.chars().filter(|c| !c.is_control()).collect();
    let by_init = match answers(&subject) {
        Some(answers) => format!("`windlass init` writes such a role, with {answers}"),
        None => "`windlass init` writes no such role: the repository, or its organization, has a template of its own for the subject".to_owned(),
    };
    vec![
        format!("GitHub signs this run in as `{subject}`"),
        format!("  a role takes it whose trust policy has, under `StringEquals`, \"{CLAIM}\": \"{subject}\""),
        format!("  {by_init}"),
    ]
}

/// Returns the answers to `init` that lead to a role which takes a subject; `None` where none do.
fn answers(subject: &str) -> Option<String> {
    let (repository, of) = subject.strip_prefix("repo:")?.split_once(':')?;
    let (owner, name) = repository.split_once('/')?;
    let (owner, owner_id) = with_id(owner);
    let (name, id) = with_id(name);
    let mut answers = vec![format!("`github={owner}/{name}`")];
    answers.extend(owner_id.zip(id).map(|(owner, id)| format!("`github.ids={owner}/{id}`")));
    answers.push(match of.split_once(':') {
        Some(("environment", name)) => {
            format!("`github.environment={name}` for the environment that it releases into")
        }
        Some(("ref", reference)) => {
            format!("a rule (`deploy.…`) that takes `{reference}`, and `github.environment=none`")
        }
        _ => return None,
    });
    Some(answers.join(", "))
}

fn with_id(name: &str) -> (&str, Option<&str>) {
    name.split_once('@').map_or((name, None), |(name, id)| (name, Some(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_shown_with_the_condition_and_the_answers_that_take_it() {
        for (subject, wanted) in [
            (
                "repo:acme/shop:ref:refs/heads/main",
                "with `github=acme/shop`, a rule (`deploy.…`) that takes `refs/heads/main`",
            ),
            ("repo:acme@12/shop@345:ref:refs/tags/v1.4.0", "with `github=acme/shop`, `github.ids=12/345`, a rule"),
            ("repo:acme@12/shop@345:environment:production", "`github.ids=12/345`, `github.environment=production`"),
            ("repo:acme/shop:pull_request", "writes no such role"),
            ("repository_owner:acme", "writes no such role"),
            ("repo:acme/shop:job_workflow_ref:x", "writes no such role"),
        ] {
            let shown = lines(subject);
            assert_eq!(shown[0], format!("GitHub signs this run in as `{subject}`"));
            let condition = format!("\"{CLAIM}\": \"{subject}\"");
            assert!(shown[1].ends_with(&condition), "{shown:?}");
            assert!(shown[2].contains(wanted), "{shown:?}");
        }
        assert_eq!(lines("repo:a\nb")[0], "GitHub signs this run in as `repo:ab`");
    }
}
