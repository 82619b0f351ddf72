//! Finds the declaration in force, the one that a release names, and the environment that an action names.

// A pinned declaration that is not in force is refused without `allow_older`: whoever may upload releases would
// choose the rules, gates and account of the past.

use crate::config::Configured;
use crate::ledger::{self, Stored};
use crate::ports::{DynamoDbApi, Result};
use crate::trouble::Checked;
use std::sync::Arc;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::prose;
use windlass_domain::release::request::Request;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::next_step::{NextStep, Wish};

/// A declaration from the ledger.
pub struct KnownDeclaration {
    /// Its version.
    pub version: semver::Version,
    /// The declaration itself.
    pub declaration: Arc<Declaration>,
}

/// Finds the declaration in force.
///
/// # Errors
/// The finding that there is none.
pub async fn declaration_in_force(ports: &(impl DynamoDbApi + Configured), app: &AppName) -> Checked<KnownDeclaration> {
    let declared = ledger::load(ports, &ledger::declaration_in_force(app)).await?;
    found(declared, || no_declaration(app))
}

/// Returns the finding that no declaration is known for an application.
pub fn no_declaration(app: &AppName) -> Finding {
    Finding::new(
        FindingName::NoDeclaration,
        "app",
        format!("no declaration is known for application `{app}`."),
        format!(
            "Correct the name; or upload `apps/{app}/app.yaml` to the artifacts bucket first, and look for \
             `app.yaml.findings.json` beside it."
        ),
    )
}

/// Finds the declaration that a release names. If it names none, or one that it may not have, this is the one in force:
/// the release will go by that once it names no other. The findings say why it may not have the one that it names.
pub async fn declaration_of(
    ports: &(impl DynamoDbApi + Configured),
    request: &Request,
    in_force: KnownDeclaration,
    version: Option<&semver::Version>,
) -> Result<(KnownDeclaration, Vec<Finding>)> {
    let Some(version) = version.filter(|version| **version != in_force.version) else { return Ok((in_force, vec![])) };
    let declared = ledger::load(ports, &ledger::declaration(&request.app, version)).await?;
    Ok(match found(declared, || not_known(&request.app, version)) {
        Err(trouble) => (in_force, trouble.findings()?),
        Ok(pinned) if request.names_environment() && request.allow_older => (pinned, vec![]),
        Ok(_) => {
            let finding = not_in_force(version, &in_force.version);
            (in_force, vec![finding])
        }
    })
}

fn not_known(app: &AppName, version: &semver::Version) -> Finding {
    Finding::new(
        FindingName::NoDeclaration,
        "declaration",
        format!("version {version} of the declaration of `{app}` is not known."),
        "Upload that version first, or leave `declaration` out for the one in force.",
    )
}

/// Makes the finding that a release names an older declaration. Whoever may upload a release may not choose the rules,
/// gates and targets of a former time: it is somebody else who may change a declaration (`docs/integrate/ci.md`).
fn not_in_force(pinned: &semver::Version, in_force: &semver::Version) -> Finding {
    Finding::new(
        FindingName::Older,
        "declaration",
        format!("version {pinned} of the declaration is not in force; {in_force} is."),
        prose!(
            "Leave `declaration` out for the one in force, or name the environment and ask with {} and a reason.",
            NextStep::With(Wish::AllowOlder)
        ),
    )
    .seen(pinned, in_force)
}

fn found(declared: Option<Stored<Declared>>, missing: impl FnOnce() -> Finding) -> Checked<KnownDeclaration> {
    let declared = declared.ok_or_else(missing)?;
    let declaration = ledger::read_declaration(&declared.value).map_err(|f| {
        Fault::internal(format!(
            "the declaration {} in the ledger cannot be read any more: {f:?}",
            declared.value.version
        ))
    })?;
    Ok(KnownDeclaration { version: declared.value.version, declaration })
}

/// Finds the environment that an operator's action names.
///
/// # Errors
/// Findings if the action names none, or one that is not declared.
pub async fn named_environment(ports: &(impl DynamoDbApi + Configured), request: &Request) -> Checked<EnvironmentName> {
    let environment = request.named_environment()?;
    let declared = declaration_in_force(ports, &request.app).await?;
    declared.declaration.resolve(environment)?;
    Ok(environment.clone())
}
