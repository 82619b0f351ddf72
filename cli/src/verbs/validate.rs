//! `windlass validate`: everything that is wrong with a declaration, and a manifest, offline.

use crate::exit::Exit;
use crate::output::{Output, error, words};
use clap::Args;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use windlass_domain::declaration::resolved::{Resolved, Start};
use windlass_domain::declaration::{Declaration, Exceptions};
use windlass_domain::finding::Finding;
use windlass_domain::manifest::Manifest;
use windlass_domain::name::EnvironmentName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Validate {
    /// The declaration.
    #[arg(default_value = "app.yaml")]
    file: PathBuf,
    /// A manifest to check against the declaration.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The endpoint of a local cloud, which probes may then name although it is a loopback address.
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL")]
    local_endpoint: Option<String>,
}

/// The result with `--json`.
#[derive(Debug, Default, Serialize)]
struct Report {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environments: Vec<Resolved>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goes_to: Option<EnvironmentName>,
    files: Vec<FileReport>,
    warnings: Vec<Finding>,
}

/// What was found in one file.
#[derive(Debug, Serialize)]
struct FileReport {
    file: String,
    findings: Vec<Finding>,
}

impl Validate {
    /// Checks the files.
    pub fn run(&self, output: Output) -> Exit {
        match self.report() {
            Ok(report) => {
                output.result(&report, &report.words());
                if report.valid {
                    Exit::Good
                } else {
                    Exit::Rejected
                }
            }
            Err(what) => {
                error(&what);
                Exit::Usage
            }
        }
    }

    fn report(&self) -> Result<Report, String> {
        let exceptions = Exceptions {
            probe_origin: self.local_endpoint.clone(),
        };
        let text = read(&self.file)?;
        let manifest = self.manifest.as_deref().map(read).transpose()?;
        let mut report = Report::default();
        let findings = match Declaration::parse_with(&text, &exceptions) {
            Ok(declaration) => {
                report.tell(&declaration);
                if let (Some(path), Some(text)) = (&self.manifest, &manifest) {
                    report.check_manifest(&declaration, path, text);
                }
                Vec::new()
            }
            Err(findings) => findings,
        };
        report
            .files
            .insert(0, FileReport::new(&self.file, findings));
        report.valid = report.files.iter().all(|file| file.findings.is_empty());
        Ok(report)
    }
}

impl Report {
    fn tell(&mut self, declaration: &Declaration) {
        self.app = Some(declaration.app().to_string());
        self.version = Some(declaration.version().to_string());
        self.warnings = declaration.warnings();
        let names = declaration.environments();
        self.environments = names
            .filter_map(|name| declaration.resolve(name).ok())
            .collect();
    }

    fn check_manifest(&mut self, declaration: &Declaration, path: &Path, text: &str) {
        let findings = match Manifest::parse(declaration.app(), text) {
            Err(findings) => findings,
            Ok(manifest) => {
                let mut findings = declaration.misfits(&manifest.components);
                let reference = manifest.git.as_ref().map(|git| git.reference.as_str());
                match reference.map(|reference| declaration.environment_for(reference)) {
                    None => {}
                    Some(Ok(environment)) => self.goes_to = environment,
                    Some(Err(finding)) => findings.push(finding),
                }
                findings
            }
        };
        self.files.push(FileReport::new(path, findings));
    }

    fn words(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            text.push_str(&words(&file.file, &file.findings));
        }
        let count: usize = self.files.iter().map(|file| file.findings.len()).sum();
        if count > 0 {
            let things = if count == 1 { "finding" } else { "findings" };
            return format!("{text}{count} {things}");
        }
        text.push_str(&warned(&self.warnings));
        for environment in &self.environments {
            text.push_str(&format!("  {}\n", in_words(environment)));
        }
        if self.files.len() > 1 {
            text.push_str(&match &self.goes_to {
                Some(environment) => format!("The manifest goes to {environment}.\n"),
                None => "The manifest goes to no environment by itself; name one.\n".to_owned(),
            });
        }
        let app = self.app.as_deref().unwrap_or_default();
        let version = self.version.as_deref().unwrap_or_default();
        format!("{app} {version} is valid.\n{text}")
    }
}

/// What is noted and stops nothing.
fn warned(warnings: &[Finding]) -> String {
    let warned = warnings.iter().map(|warning| {
        let (name, path) = (warning.name, &warning.path);
        format!(
            "  warning: {name}: {path}: {}\n    {}\n",
            warning.reason, warning.remedy
        )
    });
    warned.collect()
}

fn in_words(environment: &Resolved) -> String {
    let components: Vec<String> = environment
        .components
        .iter()
        .map(|(name, component)| format!("{name} ({})", component.spec.kind()))
        .collect();
    let start = match environment.start {
        Start::Automatic => "",
        Start::Manual => ", started by a person",
    };
    format!(
        "{}: {}{start}",
        environment.environment,
        components.join(", ")
    )
}

impl FileReport {
    fn new(path: &Path, findings: Vec<Finding>) -> Self {
        Self {
            file: path.display().to_string(),
            findings,
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| {
        format!(
            "{} cannot be read: {error}. Name the file as an argument.",
            path.display()
        )
    })
}
