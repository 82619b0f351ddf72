//! The knowledge that Windlass has of an application before anything is sent: its declaration, a version, an
//! environment.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::talk::windlass::Windlass;
use crate::view::provenance::{commit, who};
use crate::view::status::Environment;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::release::Release;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::Requester;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, EnvironmentName};

/// Something that is known, or the findings that say why it is not.
#[derive(Debug)]
pub enum OrFindings<T> {
    /// It is known, and is this.
    So(T),
    /// It is not known.
    Not(Vec<Finding>),
}

/// A version of an application.
#[derive(Debug, Clone, Deserialize)]
pub struct ApplicationVersion {
    /// Its record, if it has one.
    pub recorded: Option<Release>,
    recorded_by: Option<Requester>,
    recorded_into: Option<EnvironmentName>,
    #[serde(default)]
    uploads: BTreeMap<EnvironmentName, Upload>,
}

/// Its manifest in the artifacts bucket, for an environment.
#[derive(Debug, Clone, Deserialize)]
struct Upload {
    findings: Option<Vec<Finding>>,
}

impl ApplicationVersion {
    /// Asks Windlass for a version.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn of(windlass: &Windlass, app: &AppName, version: &str) -> Result<OrFindings<Self>, Failure> {
        let path = ["apps", app.as_str(), "releases", version];
        read(windlass.get(&path, &[]).await)
    }

    /// Returns a line about who has recorded it and where in Git it comes from: whoever promotes it trusts them.
    pub fn origin(&self) -> Option<String> {
        let recorded = self.recorded.as_ref()?;
        let who = who(self.recorded_by.as_ref()?);
        let into = self.recorded_into.as_ref();
        let into = into.map_or_else(String::new, |into| format!(", by a release into {into}"));
        let from = match &recorded.git {
            Some(git) => format!("{}, commit {}", git.reference, commit(Some(git))),
            None => "no Git ref".to_owned(),
        };
        Some(format!("{}: recorded by {who}{into}, from {from}", recorded.version))
    }

    /// Returns what is recorded by releases into this environment: what another one has recorded stands in no way.
    pub fn of_environment(&self, environment: Option<&EnvironmentName>) -> Option<&Release> {
        let into = self.recorded_into.as_ref();
        let is_its = into.is_none() || into == environment;
        self.recorded.as_ref().filter(|_| is_its)
    }

    /// Returns the findings about the manifest that is uploaded now for an environment.
    pub fn refused(&self, environment: &EnvironmentName) -> Option<Vec<Finding>> {
        let findings = self.uploads.get(environment)?.findings.clone()?;
        (!findings.is_empty()).then_some(findings)
    }

    /// Returns the environments for which its manifest is uploaded.
    pub fn uploaded_for(&self) -> String {
        self.uploads.keys().map(EnvironmentName::as_str).collect::<Vec<_>>().join(" and ")
    }
}

/// Returns the environment that a full Git ref chooses by the rules in force.
///
/// # Errors
/// If there is no answer.
pub async fn chosen(
    windlass: &Windlass,
    app: &AppName,
    reference: &str,
) -> Result<OrFindings<EnvironmentName>, Failure> {
    #[derive(Deserialize)]
    struct Environments {
        chosen: EnvironmentName,
    }
    let path = ["apps", app.as_str(), "environments"];
    let answer = windlass.get(&path, &[("ref", reference)]).await;
    Ok(match read::<Environments>(answer)? {
        OrFindings::So(answer) => OrFindings::So(answer.chosen),
        OrFindings::Not(findings) => OrFindings::Not(findings),
    })
}

/// Reads the part of the declaration in force that the command line uses.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn in_force(windlass: &Windlass, app: &AppName) -> Result<OrFindings<Declared>, Failure> {
    let path = ["apps", app.as_str(), "declaration"];
    read(windlass.get(&path, &[]).await)
}

/// Reads the declaration in force.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn declaration(windlass: &Windlass, app: &AppName) -> Result<OrFindings<Declaration>, Failure> {
    match in_force(windlass, app).await? {
        OrFindings::Not(findings) => Ok(OrFindings::Not(findings)),
        OrFindings::So(declared) => declared
            .read()
            .map(OrFindings::So)
            .map_err(|_| Failure::not_understood("the declaration in force", "it is not valid for this program")),
    }
}

/// Reads an environment: its running releases, its hold and its waiting deployments.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn environment(windlass: &Windlass, of: EnvironmentId<'_>) -> Result<OrFindings<Environment>, Failure> {
    let path = ["apps", of.app().as_str(), "environments", of.environment().as_str()];
    read(windlass.get(&path, &[]).await)
}

fn read<T: for<'a> Deserialize<'a>>(answer: Result<Value, Failure>) -> Result<OrFindings<T>, Failure> {
    match answer {
        Ok(answer) => {
            T::deserialize(answer).map(OrFindings::So).map_err(|error| Failure::not_understood("the answer", error))
        }
        Err(failure) if failure.exit == Exit::Rejected => Ok(OrFindings::Not(failure.findings)),
        Err(failure) => Err(failure),
    }
}
