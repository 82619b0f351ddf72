//! Answers what is recorded of an application beside its deployments: `GET …/declaration`, `GET …/releases/{version}`
//! with what was wrong with its upload, and `GET …/refusals`, newest first.

use crate::access;
use crate::ledger::Stored;
use crate::ports::Result;
use crate::routes::api::access::Reader;
use crate::routes::api::call::{Answered, ApiCall, Ports, Served, answers, refused};
use crate::routes::api::query::page;
use crate::trouble::{collected, findings};
use crate::{ledger, pin, upload_findings};
use std::collections::BTreeMap;
use windlass_domain::declaration::Declared;
use windlass_domain::declaration::version_name::RecordedRelease;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::key::manifest_key;
use windlass_domain::shown::api::recorded::{
    ApplicationVersion, DeclarationInForce, ListedRefusal, Refusals, UploadedManifest,
};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The recorded release, and its manifests in the artifacts bucket, by environment, with what was found wrong with
/// each.
pub async fn release(
    ports: &impl Ports,
    reader: &mut Reader,
    app: &AppName,
    version: &str,
) -> Served<answers::Release> {
    let mut unknown = Vec::new();
    let recorded = pin::recorded_release(ports, app, version).await;
    let recorded = collected(recorded, &mut unknown)?;
    let declared = pin::declaration_in_force(ports, app).await;
    let mut undeclared = Vec::new();
    let declared = collected(declared, &mut undeclared)?;
    let declared = declared.iter();
    let environments = declared.flat_map(|declared| declared.declaration.environments()).cloned().collect();
    let mut uploads = BTreeMap::new();
    for environment in reader.readable(ports, app, environments).await?.unwrap_or_default() {
        if let Some(lies) = upload(ports, app, &environment, version).await? {
            uploads.insert(environment, lies);
        }
    }
    if recorded.is_none() && uploads.is_empty() {
        if !undeclared.is_empty() {
            unknown = undeclared;
        }
        return Err(refused(404, &unknown));
    }
    let given_back = match &recorded {
        Some(recorded) => pin::is_given_back(ports, recorded).await?,
        None => false,
    };
    let (recorded, recorded_by, recorded_into) = match recorded {
        Some(RecordedRelease { release, by, environment, .. }) => (Some(release), by, environment),
        None => (None, None, None),
    };
    let (app, version) = (app.clone(), version.to_owned());
    Ok(Answered::One(ApplicationVersion { app, version, recorded, recorded_by, recorded_into, given_back, uploads }))
}

/// The manifest that lies in the bucket for an environment, and what lies beside it about its present version.
async fn upload(
    ports: &impl Ports,
    app: &AppName,
    environment: &EnvironmentName,
    version: &str,
) -> Result<Option<UploadedManifest>> {
    let key = manifest_key(app, environment, version);
    let place = ports.artifact(&key, None);
    let Some(head) = ports.head(&place).await? else { return Ok(None) };
    let lies = upload_findings::read(ports, &key).await?.filter(|lies| lies.is_about(head.version_id.as_deref()));
    Ok(Some(UploadedManifest { key, version_id: head.version_id, findings: lies.map(|lies| lies.findings) }))
}

/// The text, its version and digest, and when it was accepted.
pub async fn declaration(ports: &impl Ports, app: &AppName) -> Served<answers::Declaration> {
    let Some(declared) = ledger::load(ports, &ledger::declaration_in_force(app)).await? else {
        return Err(refused(404, &[pin::no_declaration(app)]));
    };
    let Declared { text, version, digest, accepted, .. } = declared.value;
    let ruled_by_access_file = access::rules(ports, app).await?.are_in_force();
    Ok(Answered::One(DeclarationInForce { app: app.clone(), version, digest, accepted, text, ruled_by_access_file }))
}

/// The number of pages that are looked through for the refusals of one application that is not declared.
const LOOKED_THROUGH: usize = 10;

/// One page. `limit` and `after` (the `next` of the page before) may be given. Without an application it is of what
/// names none that is declared; of an application that is not declared it is the part of that which names it, and 404
/// where there is none. What is of an environment that the caller may not read is left out.
pub async fn refusals(
    ports: &impl Ports,
    reader: &mut Reader,
    app: Option<&AppName>,
    call: &ApiCall,
) -> Served<answers::Refusals> {
    let unknown = match app {
        Some(app) => findings(pin::declaration_in_force(ports, app).await)?,
        None => Vec::new(),
    };
    let (app, undeclared) = if unknown.is_empty() { (app, None) } else { (None, app) };
    let mut query = page(call, ledger::refused(app), "");
    let mut refusals: Vec<ListedRefusal> = Vec::new();
    for _ in 0..LOOKED_THROUGH {
        let page = ports.query_index(query.clone()).await?;
        for item in page.items {
            let line: Stored<ListedRefusal> = ledger::from_item(item)?;
            let line = line.value;
            let is_asked_for = undeclared.is_none_or(|app| line.app.as_ref() == Some(app));
            let may_read = match line.app.as_ref().zip(line.environment.as_ref()) {
                Some((app, environment)) => reader.may_read(ports, EnvironmentId::new(app, environment)).await?,
                None => true,
            };
            if is_asked_for && may_read {
                refusals.push(line);
            }
        }
        query.after = page.next;
        if undeclared.is_none() || !refusals.is_empty() || query.after.is_none() {
            break;
        }
    }
    let is_first = !call.query.contains_key("after");
    if is_first && refusals.is_empty() && !unknown.is_empty() {
        return Err(refused(404, &unknown));
    }
    Ok(Answered::One(Refusals { refusals, next: query.after }))
}
