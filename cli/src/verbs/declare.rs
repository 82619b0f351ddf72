//! `windlass declare` puts a declaration in force, and shows its differences from the one that was; `windlass
//! declaration` prints the one in force, as its team wrote it.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::machine::{self, now, shown};
use crate::ground::output::{VerbOutput, known_warnings, warnings, words};
use crate::ground::trouble::TroubleName;
use crate::ground::{arguments, interrupt};
use crate::talk::installation::{Endpoint, Reached};
use crate::talk::installation_source::{InstallationPart, InstallationPlace};
use crate::talk::windlass::{self, RouteName, Windlass, waiting};
use crate::verbs::follow::WaitOptions;
use crate::verbs::release::lookup::ReleaseLookup;
use crate::verbs::release::upload;
use crate::view::declared_application::{self, OrFindings};
use crate::view::drills::{LookedEnvironments, drills};
use bytes::Bytes;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use windlass_domain::declaration::difference::differences;
use windlass_domain::declaration::installation::by_arns;
use windlass_domain::declaration::{Declaration, DeclarationUpload, Declared, Exceptions, LARGEST};
use windlass_domain::release::key::FINDINGS_SUFFIX;
use windlass_domain::shown::api::recorded::DeclarationInForce;
use windlass_domain::text::count::count;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_engine::upload_findings::UploadFindings;

/// The time that an upload may take to be taken: its event may be lost, and then it is found within a quarter of an
/// hour.
const FOUND: Duration = Duration::from_mins(20);

/// The difference of a declaration that only has its environments in another order.
const OTHER_ORDER: &str = "~ environments: another order, which needs a higher `version`";

/// The arguments of `windlass declare`.
#[derive(Debug, Args)]
pub struct Declare {
    /// The declaration.
    #[arg(default_value = "app.yaml")]
    file: PathBuf,
    /// Only show what is wrong with it, and what is different; upload nothing.
    #[arg(long, conflicts_with_all = ["no_wait", "watch"])]
    dry_run: bool,
    /// The artifacts bucket: the output `ArtifactsBucket` of the installation's stack.
    #[arg(long, value_name = "NAME", env = "WINDLASS_BUCKET", value_parser = arguments::text)]
    bucket: Option<String>,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    wait: WaitOptions,
    /// The endpoint of a local cloud, which probes may then name although it is a loopback address.
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL", hide = true)]
    local_endpoint: Option<String>,
}

/// The document of `--json`.
#[derive(Debug, Default, Serialize)]
struct DeclareReport {
    app: String,
    version: String,
    /// The version that was in force, where that was seen.
    former: Option<String>,
    differences: Vec<String>,
    /// The rhythm of each environment's drills, and the time of the next, in words.
    drills: BTreeMap<EnvironmentName, String>,
    warnings: Vec<Finding>,
    not_looked_at: Vec<String>,
    key: String,
    version_id: Option<String>,
    /// True if it is in force; null where nobody looked.
    in_force: Option<bool>,
}

/// The outcome of an upload.
enum DeclareOutcome {
    InForce,
    Refused(Vec<Finding>),
    /// Nothing came of it yet; with what could not be looked at.
    Nothing(Vec<String>),
}

impl Declare {
    /// Runs the verb.
    ///
    /// # Errors
    /// Anything that is wrong with it or in the way.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let text = machine::text(&self.file).map_err(|why| {
            Failure::of(TroubleName::FileNotRead, format!(
                "{why}. Name the declaration's file as the argument; `windlass init` writes one for a repository that has none"
            ))
        })?;
        let exceptions = Exceptions { probe_origin: self.local_endpoint.clone() };
        let declaration = match Declaration::read(&text, &exceptions) {
            Ok(declaration) => declaration,
            Err(part) => return Ok(self.invalid(&part.findings(), output)),
        };
        waiting(self.declare(&text, &declaration, output))
    }

    /// Prints what is wrong with the file, as `validate` does.
    fn invalid(&self, findings: &[Finding], output: VerbOutput) -> Exit {
        let file = shown(&self.file);
        let found = count(findings.len() as u64, "finding");
        let text = format!("{}{found}; nothing was uploaded", words(&file, findings));
        output.result(&serde_json::json!({"file": file, "findings": findings}), &text);
        Exit::of_findings(findings)
    }

    async fn declare(&self, text: &str, declaration: &Declaration, output: VerbOutput) -> Result<Exit, Failure> {
        let needed = [(InstallationPart::Bucket, self.bucket.as_deref())];
        self.endpoint.require(&needed[usize::from(self.dry_run)..]).await?;
        let (windlass, former, mut report) = self.look(text, declaration).await?;
        let taken = declaration.uploaded(declaration.app(), former.as_ref());
        let taken = taken.map_err(|finding| refused(vec![finding]))?;
        if taken == DeclarationUpload::TakesForce {
            self.look_for_installations(declaration, &mut report).await?;
        }
        if taken == DeclarationUpload::Reordered {
            report.differences.push(OTHER_ORDER.to_owned());
        }
        output.announce(&report.what_changes(windlass.is_some(), taken));
        if taken != DeclarationUpload::TakesForce || self.dry_run {
            report.in_force = Some(taken != DeclarationUpload::TakesForce);
            output.only_json(&report);
            return Ok(Exit::Good);
        }
        let bucket = self.endpoint.bucket(self.bucket.as_deref()).await?;
        let beside = format!("{}{FINDINGS_SUFFIX}", report.key);
        let before = upload::read(&bucket, &beside, LARGEST as u64).await.ok().flatten();
        let bytes = Bytes::from(text.to_owned());
        report.version_id = upload::declaration(&bucket, &report.key, bytes).await?;
        output.announce(&format!("uploaded: s3://{}/{}", bucket.value, report.key));
        if self.wait.no_wait {
            output.only_json(&report);
            return Ok(Exit::Good);
        }
        let upload = Uploaded { bucket, beside, before, version_id: report.version_id.clone() };
        let came = self.wait(&upload, windlass.as_ref(), declaration).await;
        end(came, report, output)
    }

    /// Returns the API where it can be asked, the declaration in force by it, and what is to be shown before.
    async fn look(
        &self,
        text: &str,
        declaration: &Declaration,
    ) -> Result<(Option<Windlass>, Option<Declared>, DeclareReport), Failure> {
        let app = declaration.app();
        let mut report = DeclareReport {
            app: app.to_string(),
            version: declaration.version().to_string(),
            key: format!("apps/{app}/app.yaml"),
            warnings: declaration.warnings(),
            drills: drills(declaration, &LookedEnvironments::new(), now()),
            ..DeclareReport::default()
        };
        let windlass = match self.endpoint.open_or_why().await? {
            Reached::Found(windlass) => windlass,
            Reached::Unreachable(why) => {
                let what = "the declaration in force, which only the API shows";
                report.not_looked_at.push(format!("{what}: {why}"));
                return Ok((None, None, report));
            }
        };
        let former = match declared_application::in_force(&windlass, app).await {
            Ok(OrFindings::So(former)) => Some(former),
            Ok(OrFindings::Not(_)) => None,
            Err(failure) if failure.exit == Exit::Unreachable => {
                report.not_looked_at.push(format!("the declaration in force: {}", failure.message));
                return Ok((None, None, report));
            }
            Err(failure) => return Err(failure),
        };
        let (_, sight) = ReleaseLookup::beside_in_force(declaration, &windlass).await?;
        report.warnings.extend(sight.findings);
        report.not_looked_at.extend(sight.unseen);
        report.drills = drills(declaration, &sight.looked, now());
        if let Some(former) = &former {
            report.former = Some(former.version.to_string());
            report.differences = differences(&former.text, text).iter().map(ToString::to_string).collect();
        }
        Ok((Some(windlass), former, report))
    }

    /// Refuses targets that belong to an installation of Windlass by the tags of the account's resources. Windlass
    /// itself reads no target when it takes a declaration, and knows its own names alone then.
    async fn look_for_installations(
        &self,
        declaration: &Declaration,
        report: &mut DeclareReport,
    ) -> Result<(), Failure> {
        let seen = match self.endpoint.aws().await {
            Ok(aws) => aws.of_installations().await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        match seen {
            Ok(tagged) => {
                let of = |name: &str| by_arns(&tagged, name).map(str::to_owned);
                let found = declaration.of_installation(&of);
                if !found.is_empty() {
                    return Err(refused(found));
                }
            }
            Err(failure) => report
                .not_looked_at
                .push(format!("whether a target belongs to an installation of Windlass: {}", failure.message)),
        }
        Ok(())
    }

    async fn wait(&self, upload: &Uploaded, windlass: Option<&Windlass>, declaration: &Declaration) -> DeclareOutcome {
        let waiting = self.wait.patience.begin_at_most(FOUND);
        let app = declaration.app();
        interrupt::says(format!(
            "interrupted; the declaration is uploaded, and may come into force. `windlass declaration {app}` shows which one \
             is"
        ));
        waiting.pulse.waits_for("it is uploaded; it is looked whether it is in force".to_owned());
        loop {
            let mut unseen = Vec::new();
            match upload.findings().await {
                Ok(Some(findings)) if !findings.is_empty() => return DeclareOutcome::Refused(findings),
                Ok(Some(_)) if upload.version_id.is_some() => return DeclareOutcome::InForce,
                Ok(_) => {}
                Err(why) => unseen.push(why.message),
            }
            if let Some(windlass) = windlass {
                match declared_application::in_force(windlass, declaration.app()).await {
                    Ok(OrFindings::So(now)) if now.digest == *declaration.digest() => return DeclareOutcome::InForce,
                    Ok(_) => {}
                    Err(failure) => unseen.push(failure.message),
                }
            }
            if !waiting.goes_on().await {
                return DeclareOutcome::Nothing(unseen);
            }
        }
    }
}

/// Prints the outcome.
fn end(came: DeclareOutcome, mut report: DeclareReport, output: VerbOutput) -> Result<Exit, Failure> {
    let (app, version) = (report.app.clone(), report.version.clone());
    match came {
        DeclareOutcome::Refused(findings) => {
            let message = format!("{app} {version} was uploaded and refused; the former stays in force:");
            Err(Failure::rejected(message, findings))
        }
        DeclareOutcome::InForce => {
            report.in_force = Some(true);
            output.result(&report, &format!("{app} {version} is in force"));
            Ok(Exit::Good)
        }
        DeclareOutcome::Nothing(unseen) => {
            let unseen = unseen.iter().map(|why| format!("\n  not looked at: {why}"));
            let unseen: String = unseen.collect();
            let words = format!(
                "{app} {version} is uploaded, and was not seen in force yet; `windlass declaration {app}` shows what is{unseen}"
            );
            report.in_force = Some(false);
            output.result(&report, &words);
            Ok(Exit::TimedOut)
        }
    }
}

/// An upload whose outcome is awaited.
struct Uploaded {
    bucket: InstallationPlace,
    /// The key at which its findings come to lie.
    beside: String,
    /// The bytes that lay there before.
    before: Option<Bytes>,
    version_id: Option<String>,
}

impl Uploaded {
    /// Reads the findings beside it; `None` as long as what lies there is not of this upload.
    async fn findings(&self) -> Result<Option<Vec<Finding>>, Failure> {
        let lies = upload::read(&self.bucket, &self.beside, LARGEST as u64).await?;
        let is_new = lies != self.before;
        let lies = lies.and_then(|bytes| serde_json::from_slice::<UploadFindings>(&bytes).ok());
        let is_ours = |lies: &UploadFindings| {
            let can_be_ours = lies.version_id.is_some() || is_new;
            can_be_ours && lies.is_about(self.version_id.as_deref())
        };
        Ok(lies.filter(is_ours).map(|lies| lies.findings))
    }
}

fn refused(findings: Vec<Finding>) -> Failure {
    Failure::rejected("it was not declared, and nothing was uploaded:", findings)
}

impl DeclareReport {
    fn what_changes(&self, was_asked: bool, taken: DeclarationUpload) -> String {
        let (app, version) = (&self.app, &self.version);
        let mut lines = Vec::new();
        lines.push(match (&self.former, taken) {
            (Some(former), DeclarationUpload::Unchanged) => {
                format!("{app} {former} is in force already and says the same: nothing was uploaded")
            }
            (Some(former), DeclarationUpload::Reordered) => {
                format!("{app} {former} is in force already, in another order: nothing was uploaded")
            }
            (Some(former), DeclarationUpload::TakesForce) => format!("{app} {version} in place of {former}:"),
            (None, _) if was_asked => {
                format!("{app} {version} is the first declaration of {app}")
            }
            (None, _) => format!("{app} {version}"),
        });
        lines.extend(self.differences.iter().map(|line| format!("  {line}")));
        let drills = self.drills.iter();
        lines.extend(drills.map(|(environment, words)| format!("  drills of {environment}: {words}")));
        let (known, new): (Vec<Finding>, Vec<Finding>) =
            self.warnings.iter().cloned().partition(|one| one.declared && taken != DeclarationUpload::TakesForce);
        lines.extend(warnings(&new).lines().map(str::to_owned));
        lines.extend(known_warnings(known.len(), version, "windlass validate"));
        let unseen = self.not_looked_at.iter();
        lines.extend(unseen.map(|unseen| format!("  not looked at: {unseen}")));
        lines.join("\n")
    }
}

/// The arguments of `windlass declaration`.
#[derive(Debug, Args)]
pub struct InForce {
    /// The application.
    app: AppName,
    #[command(flatten)]
    endpoint: Endpoint,
}

impl InForce {
    /// Runs the verb. The words are the text itself, so that it can be written into a file.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let answer = waiting(async {
            let windlass = self.endpoint.open().await?;
            windlass.get(RouteName::Declaration, &[self.app.as_str()], &[]).await
        })?;
        let declared: DeclarationInForce = windlass::read(&answer)?;
        output.document(&answer, &declared.text);
        Ok(Exit::Good)
    }
}
