//! `artifacts/<app>/<environment>/<component>/…`: a single artifact arrives.

use super::arrival::{ArrivalOutcome, Created, Ports};
use super::ignored_arrivals;
use super::manifest::start;
use crate::log;
use crate::pin::declaration_in_force;
use crate::ports::Result;
use crate::upload_findings;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::request::{ActionName, ArtifactObject, Request};

/// Starts a release of one component, where the declaration says that an upload is one. Most
/// artifacts only wait for their manifest.
pub async fn artifact(
    ports: &impl Ports,
    app: AppName,
    environment: &EnvironmentName,
    component: ComponentName,
    created: Created,
) -> Result<ArrivalOutcome> {
    let Created { object, requester, arrived, seed } = created;
    log::name_app(&app);
    let unknown = match declaration_in_force(ports, &app).await {
        Err(trouble) => trouble.findings()?.pop(),
        Ok(declared) => {
            let declaration = &declared.declaration;
            let components = &declaration.document().components;
            let is_declared = declaration.environments().any(|it| it == environment);
            match components.get(&component).map(|it| it.on_artifact()) {
                _ if !is_declared => Some(declaration.no_such_prefix(&object.key, environment)),
                Some(true) => None,
                Some(false) => {
                    upload_findings::tell_of(ports, &object, &[]).await?;
                    return Ok(ArrivalOutcome::Served);
                }
                None => Some(declaration.unknown_component(&component)),
            }
        }
    };
    if let Some(finding) = unknown {
        upload_findings::tell_of(ports, &object, std::slice::from_ref(&finding)).await?;
        ignored_arrivals::list(ports, &object.key, Some(app), requester, vec![finding]).await?;
        // Its declaration may be on its way.
        return Ok(ArrivalOutcome::Nothing);
    }
    let mut request = Request::new(ActionName::Deploy, app);
    request.artifact_object = Some(ArtifactObject { component, object });
    request.arrived = arrived;
    request.requester = Some(requester);
    start(ports, &request, &seed).await
}
