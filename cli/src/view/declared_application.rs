//! The knowledge that Windlass has of an application before anything is sent: its declaration, a version, an
//! environment.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::talk::windlass::{RouteName, Windlass};
use crate::view::provenance::{commit, who};
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::release::Release;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::environments::{Environment, Environments};
use windlass_domain::shown::api::recorded::{ApplicationVersion, DeclarationInForce};
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

impl<T> OrFindings<T> {
    /// Returns what is known.
    ///
    /// # Errors
    /// A refusal with this message and the findings, where it is not known.
    pub fn or_rejected(self, message: &str) -> Result<T, Failure> {
        match self {
            Self::So(known) => Ok(known),
            Self::Not(findings) => Err(Failure::rejected(message, findings)),
        }
    }
}

/// Asks Windlass for a version of an application.
///
/// # Errors
/// If there is no answer.
pub async fn version(
    windlass: &Windlass,
    app: &AppName,
    version: &str,
) -> Result<OrFindings<ApplicationVersion>, Failure> {
    or_findings(windlass.read(RouteName::Release, &[app.as_str(), version], &[]).await)
}

/// Returns a line about who has recorded a version and where in Git it comes from: whoever promotes it trusts them.
pub fn origin(version: &ApplicationVersion) -> Option<String> {
    let recorded = version.recorded.as_ref()?;
    let who = who(version.recorded_by.as_ref()?);
    let into = version.recorded_into.as_ref();
    let into = into.map_or_else(String::new, |into| format!(", by a release into {into}"));
    let from = match &recorded.git {
        Some(git) => format!("{}, commit {}", git.reference, commit(Some(git))),
        None => "no Git ref".to_owned(),
    };
    Some(format!("{}: recorded by {who}{into}, from {from}", recorded.version))
}

/// Returns what is recorded of a version by releases into this environment: what another one has recorded stands in no
/// way.
pub fn recorded_in<'a>(version: &'a ApplicationVersion, environment: Option<&EnvironmentName>) -> Option<&'a Release> {
    let into = version.recorded_into.as_ref();
    let is_its = into.is_none() || into == environment;
    version.recorded.as_ref().filter(|_| is_its)
}

/// Returns the findings about the manifest of a version that is uploaded now for an environment.
pub fn refused(version: &ApplicationVersion, environment: &EnvironmentName) -> Option<Vec<Finding>> {
    let findings = version.uploads.get(environment)?.findings.clone()?;
    (!findings.is_empty()).then_some(findings)
}

/// Returns the environments for which the manifest of a version is uploaded.
pub fn uploaded_for(version: &ApplicationVersion) -> String {
    version.uploads.keys().map(EnvironmentName::as_str).collect::<Vec<_>>().join(" and ")
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
    let query = [("ref", reference)];
    match or_findings(windlass.read::<Environments>(RouteName::Environments, &[app.as_str()], &query).await)? {
        OrFindings::So(answer) => {
            let chosen = answer.chosen.ok_or_else(|| Failure::not_understood("the answer", "it names no environment"));
            chosen.map(OrFindings::So)
        }
        OrFindings::Not(findings) => Ok(OrFindings::Not(findings)),
    }
}

/// Reads the part of the declaration in force that the command line uses.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn in_force(windlass: &Windlass, app: &AppName) -> Result<OrFindings<Declared>, Failure> {
    or_findings(windlass.read(RouteName::Declaration, &[app.as_str()], &[]).await)
}

/// Reads the declaration in force.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn declaration(windlass: &Windlass, app: &AppName) -> Result<OrFindings<Declaration>, Failure> {
    match or_findings(windlass.read::<DeclarationInForce>(RouteName::Declaration, &[app.as_str()], &[]).await)? {
        OrFindings::Not(findings) => Ok(OrFindings::Not(findings)),
        OrFindings::So(DeclarationInForce { text, version, digest, accepted, ruled_by_access_file, .. }) => {
            let read = Declared { text, version, digest, accepted, object: None }.read();
            let read = read.map(|it| if ruled_by_access_file { it.ruled_by_access_file() } else { it });
            read.map(OrFindings::So)
                .map_err(|_| Failure::not_understood("the declaration in force", "it is not valid for this program"))
        }
    }
}

/// Reads an environment: its running releases, its hold and its waiting deployments.
///
/// # Errors
/// No answer, or one that cannot be understood.
pub async fn environment(windlass: &Windlass, of: EnvironmentId<'_>) -> Result<OrFindings<Environment>, Failure> {
    let names = [of.app().as_str(), of.environment().as_str()];
    or_findings(windlass.read(RouteName::Environment, &names, &[]).await)
}

fn or_findings<T>(answer: Result<T, Failure>) -> Result<OrFindings<T>, Failure> {
    match answer {
        Ok(answer) => Ok(OrFindings::So(answer)),
        Err(failure) if failure.exit == Exit::Rejected => Ok(OrFindings::Not(failure.findings)),
        Err(failure) => Err(failure),
    }
}
