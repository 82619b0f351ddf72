//! `apps/<app>/app.yaml`: a declaration arrives.

use super::arrival::{ArrivalOutcome, Created, Ports};
use super::{repositories, topics};
use crate::conductor::record_refusal;
use crate::ledger::{self, Stored, commit, retry};
use crate::log;
use crate::ports::{DynamoDbApi, ObjectId, Result, S3Api, Write};
use crate::trouble::Unread;
use crate::upload_findings;
use windlass_domain::declaration::{Declaration, Declared, Exceptions, LARGEST, Upload};
use windlass_domain::deployment::Refusal;
use windlass_domain::fault::FaultName;
use windlass_domain::finding::{Finding, FindingName, limited};
use windlass_domain::installation::by_name;
use windlass_domain::name::AppName;

/// Puts a declaration in force, or tells everything that is wrong with it: beside the upload, in
/// the ledger, and by a notification; no execution is started. One that is refused leaves the former in force.
pub async fn handle(ports: &impl Ports, app: &AppName, created: Created) -> Result<ArrivalOutcome> {
    log::name_app(app);
    let findings = match read(ports, &created).await {
        Ok((text, declaration)) => put_in_force(ports, app, &created, &text, &declaration).await?,
        Err(unread) => {
            let part = unread.partial()?;
            let found = match part.rest() {
                Some(rest) => against_it(ports, app, rest).await?,
                None => Vec::new(),
            };
            part.and(found).findings()
        }
    };
    let findings = limited(findings);
    if !findings.is_empty() {
        record(ports, app, &created, &findings).await?;
    }
    upload_findings::write(ports, &created.object, &findings).await?;
    Ok(ArrivalOutcome::Served)
}

async fn read(ports: &impl Ports, created: &Created) -> Result<(String, Declaration), Unread<Declaration>> {
    let id = ObjectId {
        bucket: ports.config().artifacts_bucket.clone(),
        key: created.object.key.clone(),
        version_id: created.object.version_id.clone(),
    };
    let bytes = match S3Api::get(ports, &id, LARGEST as u64).await {
        Ok(bytes) => bytes,
        Err(fault) if fault.name == FaultName::Refused => {
            return Err(Unread::whole(Finding::new(
                FindingName::BadValue,
                "the declaration",
                fault.message,
                format!("Write a declaration of at most {LARGEST} bytes."),
            )));
        }
        Err(fault) => return Err(fault.into()),
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let exceptions = Exceptions { probe_origin: ports.config().local_endpoint.clone() };
    let declaration = Declaration::read(&text, &exceptions)?;
    Ok((text, declaration))
}

/// Returns everything that is wrong with a declaration in comparison with the one in force and with other applications.
async fn against_it(ports: &impl Ports, app: &AppName, declaration: &Declaration) -> Result<Vec<Finding>> {
    let former = ledger::load(ports, &ledger::declaration_in_force(app)).await?;
    let former = former.map(|former| former.value);
    let uploaded = declaration.uploaded(app, former.as_ref());
    let (_, taken) = claim(ports, app, declaration, former.as_ref()).await?;
    Ok(uploaded.err().into_iter().chain(taken).collect())
}

/// Returns the writes that make what a declaration names the application's, and a finding for all that is not its own.
async fn claim(
    ports: &impl Ports,
    app: &AppName,
    declaration: &Declaration,
    former: Option<&Declared>,
) -> Result<(Vec<Write>, Vec<Finding>)> {
    let (owners, mut findings) = repositories::claim_repositories(ports, app, declaration, former).await?;
    findings.extend(topics::foreign(ports, app, declaration).await?);
    let stack = &ports.config().stack;
    findings.extend(declaration.of_installation(&|name| by_name(stack, name).map(str::to_owned)));
    Ok((owners, findings))
}

async fn put_in_force(
    ports: &impl Ports,
    app: &AppName,
    created: &Created,
    text: &str,
    declaration: &Declaration,
) -> Result<Vec<Finding>> {
    retry(ports, "putting the declaration in force", async || {
        let key = ledger::declaration_in_force(app);
        let former = ledger::load(ports, &key).await?;
        let rev = former.as_ref().map_or(0, |former| former.rev);
        let former = former.map(|former| former.value);
        match declaration.uploaded(app, former.as_ref()) {
            Ok(Upload::Unchanged) => {
                list(ports, app, rev, former).await?;
                return Ok(Some(Vec::new()));
            }
            Ok(Upload::TakesForce) => {}
            Err(_) => return Ok(Some(against_it(ports, app, declaration).await?)),
        }
        let object = Some(created.object.clone());
        let declared = Declared::new(declaration, text, ports.now(), object);
        let (owners, findings) = claim(ports, app, declaration, former.as_ref()).await?;
        if !findings.is_empty() {
            return Ok(Some(findings));
        }
        // A version from before the application was removed is replaced.
        let key_of_version = ledger::declaration(app, &declared.version);
        let kept = ledger::load(ports, &key_of_version).await?;
        let kept = Stored {
            key: key_of_version,
            rev: kept.filter(|_| rev == 0).map_or(0, |kept| kept.rev),
            value: declared.clone(),
        };
        let mut writes =
            vec![Stored { key, rev, value: declared }.put_indexed(Some(ledger::application_index(app)))?, kept.put()?];
        writes.extend(owners);
        Ok(commit(ports, writes).await?.then(Vec::new))
    })
    .await
}

/// Gives the declaration in force its place in the list of applications, where an earlier Windlass wrote it.
async fn list(ports: &impl Ports, app: &AppName, rev: u64, in_force: Option<Declared>) -> Result<()> {
    let key = ledger::declaration_in_force(app);
    let item = DynamoDbApi::get(ports, &key).await?;
    let is_listed = item.is_none_or(|item| item.index.is_some());
    let Some(value) = in_force.filter(|_| !is_listed) else {
        return Ok(());
    };
    let stored = Stored { key, rev, value };
    let write = stored.put_indexed(Some(ledger::application_index(app)))?;
    // If it is refused, somebody quicker has given it one.
    ports.transact(vec![write]).await.map(|_| ())
}

async fn record(ports: &impl Ports, app: &AppName, created: &Created, findings: &[Finding]) -> Result<()> {
    let refusal = Refusal {
        app: app.clone(),
        environment: None,
        about: created.object.key.clone(),
        requester: created.requester.clone(),
        execution: created.seed.clone(),
        findings: findings.to_vec(),
        at: ports.now(),
    };
    record_refusal(ports, refusal).await
}
