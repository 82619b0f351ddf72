//! `artifacts/<app>/<component>/…`: a single artifact arrives.

use super::manifest::start;
use super::once::Came;
use super::{Created, Ports};
use crate::log;
use crate::pin::declaration_in_force;
use crate::ports::Answered;
use windlass_domain::declaration::component::Component;
use windlass_domain::name::{AppName, ComponentName};
use windlass_domain::request::{ActionName, ArtifactObject, Request};

/// Starts a release of one component, where the declaration says that an upload is one. Most
/// artifacts only wait for their manifest.
pub async fn handle<P: Ports>(
    ports: &P,
    app: AppName,
    component: ComponentName,
    created: Created,
) -> Answered<Came> {
    let Created {
        object,
        requester,
        arrived,
        seed,
    } = created;
    log::name_app(&app);
    let Ok(declared) = declaration_in_force(ports, &app).await? else {
        tracing::info!("an artifact of an unknown application is dropped");
        return Ok(Came::Nothing);
    };
    let components = &declared.declaration.document().components;
    match components.get(&component).map(Component::on_artifact) {
        Some(true) => {}
        Some(false) => return Ok(Came::Served),
        // Its declaration may be on its way.
        None => {
            tracing::info!(%component, "an artifact of an unknown component is dropped");
            return Ok(Came::Nothing);
        }
    }
    let mut request = Request::new(ActionName::Deploy, app);
    request.artifact_object = Some(ArtifactObject { component, object });
    request.arrived = arrived;
    request.requester = Some(requester);
    start(ports, &request, &seed).await
}
