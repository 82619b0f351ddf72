//! `access/apps/<app>.yaml` and `access/all.yaml`: an access file arrives. Its application need not be declared. An
//! object that is deleted is no arrival, so that the file stays in force.

use super::arrival::{self, ArrivalOutcome, Created, Ports};
use crate::access;
use crate::ledger::{self, ItemKey, Stored, commit, retry};
use crate::ports::Result;
use crate::trouble::Unread;
use crate::{log, upload_findings};
use windlass_domain::access::{AccessFile, AccessFileForAll, AccessItem, LARGEST};
use windlass_domain::release::key::AccessPlace;
use windlass_domain::text::finding::{Finding, limited};

/// A file without mistakes, and the warnings about it.
type Good = (AccessItem, Vec<Finding>);

/// Puts an access file in force, or reports everything that is wrong with it: beside the upload and in the ledger, of
/// an application's also by a notification. One that is refused leaves the former in force.
pub async fn handle(ports: &impl Ports, place: &AccessPlace, created: Created) -> Result<ArrivalOutcome> {
    if let AccessPlace::App(app) = place {
        log::name_app(app);
    }
    let (findings, warnings) = match read(ports, place, &created).await {
        Ok((item, warnings)) => (put_in_force(ports, place, &item).await?, limited(warnings)),
        Err(unread) => {
            let part = unread.partial()?;
            let found = match part.rest() {
                Some(Some(item)) => against_it(ports, place, item).await?,
                _ => None,
            };
            (part.and(found.into_iter().collect()).findings(), Vec::new())
        }
    };
    if findings.is_empty() {
        upload_findings::write_in_force(ports, &created.object, warnings).await?;
        return Ok(ArrivalOutcome::Served);
    }
    match place {
        AccessPlace::App(app) => arrival::record(ports, app, &created, &findings).await?,
        AccessPlace::All => {
            let (about, requester) = (&created.object.key, created.requester.clone());
            arrival::list(ports, about, None, requester, findings.clone()).await?;
        }
    }
    upload_findings::write(ports, &created.object, &findings).await?;
    Ok(ArrivalOutcome::Served)
}

/// Reads a file, and the warnings about it. That of an application may name whom the file of all applications names that
/// is in force.
async fn read(ports: &impl Ports, place: &AccessPlace, created: &Created) -> Result<Good, Unread<Option<AccessItem>>> {
    let text = arrival::text(ports, created, "the access file", LARGEST).await?;
    let item = |version, digest| {
        let (text, object) = (text.clone(), created.object.clone());
        AccessItem { text, version, digest, accepted: ports.now(), object }
    };
    let part = |version| Some(item(version, AccessItem::digest(&text)?));
    match place {
        AccessPlace::App(app) => {
            let all = access::for_all(ports).await?;
            let read = AccessFile::read(&text, app, all.as_ref());
            let (file, digest) = read.map_err(|bad| bad.map(|file| part(file.version)))?;
            Ok((item(file.version, digest), file.warnings()))
        }
        AccessPlace::All => {
            let read = AccessFileForAll::read(&text);
            let (file, digest) = read.map_err(|bad| bad.map(|file| part(file.version)))?;
            Ok((item(file.version, digest), Vec::new()))
        }
    }
}

/// Returns what the file in force says against one that is refused for something else.
async fn against_it(ports: &impl Ports, place: &AccessPlace, item: &AccessItem) -> Result<Option<Finding>> {
    let former = ledger::load(ports, &key(place)).await?;
    Ok(item.takes_force(former.as_ref().map(|former| &former.value)).err())
}

async fn put_in_force(ports: &impl Ports, place: &AccessPlace, item: &AccessItem) -> Result<Vec<Finding>> {
    retry(ports, "putting the access file in force", async || {
        let former = ledger::load(ports, &key(place)).await?;
        match item.takes_force(former.as_ref().map(|former| &former.value)) {
            Ok(false) => return Ok(Some(Vec::new())),
            Ok(true) => {}
            Err(finding) => return Ok(Some(vec![finding])),
        }
        let value = AccessItem { accepted: ports.now(), ..item.clone() };
        let stored = Stored { key: key(place), rev: former.map_or(0, |former| former.rev), value };
        Ok(commit(ports, vec![stored.put()?]).await?.then(Vec::new))
    })
    .await
}

fn key(place: &AccessPlace) -> ItemKey<AccessItem> {
    match place {
        AccessPlace::App(app) => ledger::access(app),
        AccessPlace::All => ledger::access_for_all(),
    }
}
