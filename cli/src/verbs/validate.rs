//! `windlass validate`: finds everything that is wrong with a declaration, and a manifest for it. With an endpoint it
//! also finds what runs and is no longer in the declaration. An access file is looked at in the same way.

use crate::ground::arguments::{self, ComponentArgument};
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::machine::{self, now, shown};
use crate::ground::output;
use crate::ground::output::{VerbOutput, words};
use crate::ground::trouble::TroubleName;
use crate::talk::installation::{Endpoint, Reached};
use crate::talk::windlass::waiting;
use crate::verbs::access_file::AccessFileLook;
use crate::verbs::release::artifact_bytes;
use crate::verbs::release::lookup::ReleaseLookup;
use crate::verbs::release::preflight::{self, ReleasePlan};
use crate::view::drills::{LookedEnvironments, drills};
use crate::view::environment_choice::without_a_right;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use windlass_domain::declaration::resolved::{ResolvedEnvironment, Start};
use windlass_domain::declaration::{Declaration, Exceptions, LARGEST};
use windlass_domain::deployment::overtaking::Supersede;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::release::request::Route;
use windlass_domain::text::count::count;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::EnvironmentName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Validate {
    /// The declaration, or an access file: `access/apps/shop.yaml`.
    #[arg(default_value = "app.yaml")]
    file: PathBuf,
    /// A manifest to check against the declaration: what `windlass release` would refuse of it. The bytes of its
    /// artifacts are looked at where they are: as files (`--artifact`), or in the bucket (`--bucket`). With an endpoint
    /// also a hold, and a version that is used already with other bytes than the `sha256` of the manifest.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// A component of the manifest with its bytes, as `release` takes them: `web=dist.zip`, `web=dist/`. Several times
    /// for several components.
    #[arg(long = "artifact", value_name = "COMPONENT=BYTES", requires = "manifest")]
    artifacts: Vec<ComponentArgument>,
    /// The artifacts bucket, to look there at the bytes that no `--artifact` gives.
    #[arg(long, value_name = "NAME", requires = "manifest", value_parser = arguments::text)]
    bucket: Option<String>,
    /// The manifest is started there through the API, whatever its Git ref says.
    #[arg(long, value_name = "NAME", requires = "manifest")]
    environment: Option<EnvironmentName>,
    /// Take a manifest that says that it is of a dirty working tree also where a tag is released, or only a person
    /// starts deployments.
    #[arg(long, requires = "manifest")]
    dirty: bool,
    #[command(flatten)]
    endpoint: Endpoint,
    /// The endpoint of a local cloud, which probes may then name although it is a loopback address.
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL")]
    local_endpoint: Option<String>,
}

/// The result with `--json`.
#[derive(Debug, Default, Serialize)]
struct ValidateReport {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environments: Vec<ResolvedEnvironment>,
    /// The rhythm of each environment's drills, and the time of the next, in words.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    drills: BTreeMap<EnvironmentName, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goes_to: Option<EnvironmentName>,
    files: Vec<FileReport>,
    warnings: Vec<Finding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_looked_at: Vec<String>,
    #[serde(skip)]
    goes: String,
    /// The environments that were looked at.
    #[serde(skip)]
    looked: LookedEnvironments,
}

/// The findings about one file.
#[derive(Debug, Serialize)]
struct FileReport {
    file: String,
    findings: Vec<Finding>,
}

impl Validate {
    /// Checks the files.
    ///
    /// # Errors
    /// A file that cannot be read, and an answer of the API that cannot be understood.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        if let Some(access) = AccessFileLook::of(&self.file).filter(|_| self.manifest.is_none()) {
            return Ok(access.print(output));
        }
        let report = self.report()?;
        output.result(&report, &report.words());
        let found = report.files.iter().flat_map(|file| file.findings.clone());
        Ok(if report.valid { Exit::Good } else { Exit::of_findings(&found.collect::<Vec<_>>()) })
    }

    /// Reads both files; the failure names both where neither can be read.
    fn read(&self) -> Result<(String, Option<String>), Failure> {
        let text = machine::text(&self.file);
        let manifest = self.manifest.as_deref().map(machine::text).transpose();
        match (text, manifest) {
            (Ok(text), Ok(manifest)) => Ok((text, manifest)),
            (text, manifest) => {
                let named = "Name the declaration's file as the argument; `windlass init` writes one for a repository that has none";
                let text = text.err().map(|why| format!("{why}. {}.", mended(&self.file, named)));
                let named = "Name the manifest's file with `--manifest`";
                let path = self.manifest.as_deref().unwrap_or(Path::new(""));
                let manifest = manifest.err().map(|why| format!("{why}. {}.", mended(path, named)));
                let why: Vec<String> = text.into_iter().chain(manifest).collect();
                Err(Failure::of(TroubleName::FileNotRead, why.join("\n  ")))
            }
        }
    }

    fn report(&self) -> Result<ValidateReport, Failure> {
        let exceptions = Exceptions { probe_origin: self.local_endpoint.clone() };
        let (text, manifest) = self.read()?;
        let mut report = ValidateReport::default();
        let findings = match Declaration::read(&text, &exceptions) {
            Ok(declaration) => {
                report.describe(&declaration);
                let refused = self.look_at_what_is_there(&declaration, &mut report)?;
                report.drills = drills(&declaration, &report.looked, now());
                if let (Some(path), Some(text)) = (&self.manifest, &manifest) {
                    let findings = self.look_at_manifest(&declaration, text, &mut report)?;
                    report.files.push(FileReport::new(path, findings));
                }
                refused.into_iter().collect()
            }
            Err(part) => self.look_at_part(part, manifest.as_deref(), &mut report)?,
        };
        report.files.insert(0, FileReport::new(&self.file, findings));
        report.valid = report.files.iter().all(|file| file.findings.is_empty());
        Ok(report)
    }

    /// Returns the findings about a manifest, or about what can be read of it, beside a declaration.
    fn look_at_manifest(
        &self,
        declaration: &Declaration,
        text: &str,
        report: &mut ValidateReport,
    ) -> Result<Vec<Finding>, Failure> {
        let part = match Manifest::read(declaration.app(), text) {
            Ok(manifest) => return self.look(declaration, &manifest, report),
            Err(part) => part,
        };
        let found = match part.rest() {
            Some(rest) => self.look(declaration, rest, report)?,
            None => Vec::new(),
        };
        Ok(part.and(found).findings())
    }

    /// Looks at a declaration that is not valid, also beside the one in force; and at a manifest by itself, because the
    /// declaration to compare it with is not known.
    fn look_at_part(
        &self,
        part: PartialDocument<Declaration>,
        manifest: Option<&str>,
        report: &mut ValidateReport,
    ) -> Result<Vec<Finding>, Failure> {
        let unseen = "the manifest beside the declaration, because that is not valid";
        let unseen = self.manifest.iter().map(|_| unseen.to_owned());
        let Some(rest) = part.rest() else {
            report.not_looked_at.extend(unseen);
            return Ok(part.findings());
        };
        let refused = self.look_at_what_is_there(rest, report)?;
        // A member that could not be read may be the one that seems to be left out.
        report.warnings.clear();
        report.not_looked_at.extend(unseen);
        if let (Some(path), Some(text)) = (&self.manifest, manifest) {
            let findings = Manifest::parse(rest.app(), text).err().unwrap_or_default();
            let findings = part.of_itself(findings);
            report.files.push(FileReport::new(path, findings));
        }
        Ok(part.and(refused.into_iter().collect()).findings())
    }

    /// Looks at the installation, where an endpoint is given: why it would refuse the upload beside the declaration in
    /// force, and what the declaration would leave behind.
    fn look_at_what_is_there(
        &self,
        declaration: &Declaration,
        report: &mut ValidateReport,
    ) -> Result<Option<Finding>, Failure> {
        waiting(async {
            let windlass = match self.endpoint.open_if_named().await? {
                Reached::Found(windlass) => windlass,
                Reached::Unreachable(why) => {
                    let only_by_api =
                        "whether its version is higher than that of the declaration in force, which only the API shows";
                    report.not_looked_at.push(format!("{only_by_api}{why}"));
                    return Ok(None);
                }
            };
            let (refused, sight) = ReleaseLookup::beside_in_force(declaration, &windlass).await?;
            report.warnings.extend(sight.findings);
            report.not_looked_at = sight.unseen;
            report.looked = sight.looked;
            Ok(refused)
        })
    }

    /// Looks as `windlass release` does before it sends anything.
    fn look(
        &self,
        declaration: &Declaration,
        manifest: &Manifest,
        report: &mut ValidateReport,
    ) -> Result<Vec<Finding>, Failure> {
        let plan = ReleasePlan {
            app: declaration.app(),
            manifest,
            named: self.environment.as_ref(),
            route: self.environment.as_ref().map(|_| Route::Api),
            through_hold: false,
            allow_older: false,
            dirty: self.dirty,
            tag: None,
            uploads: false,
        };
        let sight = waiting(async {
            let windlass = self.endpoint.open_if_named().await?.found();
            ReleaseLookup::by_declaration(plan, declaration, windlass.as_ref()).await
        })?;
        report.goes = preflight::goes(plan, sight.here.as_ref());
        report.goes_to = sight.here.as_ref().map(|here| here.environment.clone());
        report.not_looked_at.extend(sight.unseen);
        let looked = waiting(async {
            let bucket = match &self.bucket {
                Some(bucket) => Some(self.endpoint.bucket(Some(bucket)).await?),
                None => None,
            };
            let declared = sight.declared.as_ref();
            artifact_bytes::look(declaration.app(), manifest, declared, &self.artifacts, bucket.as_ref()).await
        })?;
        report.not_looked_at.extend(looked.unseen);
        let mut findings = sight.findings;
        findings.extend(looked.findings);
        Ok(findings)
    }
}

impl ValidateReport {
    fn describe(&mut self, declaration: &Declaration) {
        self.app = Some(declaration.app().to_string());
        self.version = Some(declaration.version().to_string());
        self.warnings = declaration.warnings();
        self.environments = declaration.environments().filter_map(|name| declaration.resolve(name).ok()).collect();
    }

    fn words(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            text.push_str(&words(&file.file, &file.findings));
        }
        let found: usize = self.files.iter().map(|file| file.findings.len()).sum();
        if found > 0 {
            return format!("{text}{}{}", self.unseen(), count(found, "finding"));
        }
        text.push_str(&output::warnings(&self.warnings));
        for environment in &self.environments {
            let drills = self.drills.get(&environment.environment);
            let drills = drills.map_or_else(String::new, |words| format!("; drills: {words}"));
            text.push_str(&format!("  {}{drills}\n", in_words(environment)));
            if let Some(open) = without_a_right(environment) {
                text.push_str(&format!("    {open}\n"));
            }
        }
        if self.files.len() > 1 {
            text.push_str(&format!("The manifest {}.\n", self.goes.trim()));
        }
        text.push_str(&self.unseen());
        let app = self.app.as_deref().unwrap_or_default();
        let version = self.version.as_deref().unwrap_or_default();
        format!("{app} {version} is valid.\n{text}")
    }

    fn unseen(&self) -> String {
        let unseen = self.not_looked_at.iter().map(|unseen| format!("  not looked at: {unseen}\n"));
        unseen.collect()
    }
}

/// Returns what mends a file whose text cannot be read: where its bytes can, they are of another encoding.
fn mended<'w>(path: &Path, named: &'w str) -> &'w str {
    if machine::bytes(path, LARGEST as u64).is_ok() { "Save it as UTF-8" } else { named }
}

fn in_words(environment: &ResolvedEnvironment) -> String {
    let components: Vec<String> =
        environment.components.iter().map(|(name, component)| format!("{name} ({})", component.spec.kind())).collect();
    let start = match environment.start {
        Start::Automatic => "",
        Start::Manual => ", started by a person",
    };
    let supersede = match environment.supersede {
        Supersede::Wait => "",
        Supersede::UndoFirst => ", a newer release undoes an older one first",
    };
    format!("{}: {}{start}{supersede}", environment.environment, components.join(", "))
}

impl FileReport {
    fn new(path: &Path, findings: Vec<Finding>) -> Self {
        Self { file: shown(path), findings }
    }
}
