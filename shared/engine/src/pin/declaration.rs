use crate::config::Configured;
use crate::ledger::{self, Stored};
use crate::ports::DynamoDbApi;
use crate::trouble::Checked;
use std::sync::Arc;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::release::request::Request;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// A declaration from the ledger.
pub struct KnownDeclaration {
    /// Its version.
    pub version: semver::Version,
    /// The declaration itself.
    pub declaration: Arc<Declaration>,
}

/// The declaration in force.
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

/// A version of the declaration that a manifest pins.
pub async fn pinned(
    ports: &(impl DynamoDbApi + Configured),
    app: &AppName,
    version: &semver::Version,
) -> Checked<KnownDeclaration> {
    let declared = ledger::load(ports, &ledger::declaration(app, version)).await?;
    found(declared, || {
        Finding::new(
            FindingName::NoDeclaration,
            "declaration",
            format!("version {version} of the declaration of `{app}` is not known."),
            "Upload that version first, or leave `declaration` out for the one in force.",
        )
    })
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

/// The environment that an operator's action names, which must be declared.
pub async fn named_environment(ports: &(impl DynamoDbApi + Configured), request: &Request) -> Checked<EnvironmentName> {
    let environment = request.named_environment()?;
    let declared = declaration_in_force(ports, &request.app).await?;
    declared.declaration.resolve(environment)?;
    Ok(environment.clone())
}
