//! The schedule: what arrived and no event told, found by looking, a part at a time.

use super::once::{Came, Known};
use super::{Ports, created, image};
use crate::faults::Faults;
use crate::log;
use crate::pin::declaration_in_force;
use crate::ports::{Answered, Listed, Transacted};
use crate::store::{self, RepositoryOwner, Stored};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use windlass_domain::key::upload;
use windlass_domain::request::{ImagePush, ObjectRef};
use windlass_domain::round::Round;
use windlass_domain::time::Time;

/// How many pages of the bucket's listing, of 1,000 objects each, one run looks at.
const PAGES: usize = 3;

/// How many arrivals one run looks after, so that it ends in time after a long outage.
const ARRIVALS: usize = 100;

/// How many pages of the images of one repository are read, of 1,000 each: as many images as ECR
/// keeps in one unless it was asked for more (Amazon ECR User Guide, "Amazon ECR service quotas").
const IMAGE_PAGES: usize = 20;

/// How far the looking has come, over the bucket and over the repositories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Rounds {
    uploads: Round,
    images: Round,
}

/// Looks at a part of the artifacts bucket and at one image repository. What it costs does not grow
/// with what there is; what was missed comes in as late as the round takes.
///
/// A run that is killed is done again: what it has served is noted. What could not be served keeps
/// nothing else from it, is looked at again in the next round, and fails the run.
pub async fn handle<P: Ports>(ports: &P) -> Answered<()> {
    let key = store::rounds();
    let now = ports.now();
    let stored: Option<Stored<Rounds>> = store::load(ports, &key).await?;
    let mut faults = Faults::default();
    let rounds = match stored {
        None => Stored::new(
            key,
            Rounds {
                uploads: Round::first(now),
                images: Round::first(now),
            },
        ),
        Some(Stored { key, rev, value }) => Stored {
            key,
            rev,
            value: Rounds {
                uploads: uploads(ports, value.uploads, now, &mut faults).await?,
                images: images(ports, value.images, now, &mut faults).await?,
            },
        },
    };
    if let Transacted::Refused(_) = ports.transact(vec![rounds.put()?]).await? {
        tracing::info!("another run was quicker; the next one goes on from there");
    }
    faults.into_answer()
}

/// Notes what came of an arrival in the round that looked after it.
fn note(
    round: &mut Round,
    (what, arrived): (&str, Time),
    came: Answered<Option<Came>>,
    faults: &mut Faults,
) -> Option<Came> {
    let came = faults.take(what, came);
    if matches!(came, None | Some(Some(Came::Started(_)))) {
        round.look_again(arrived);
    }
    came.flatten()
}

async fn uploads<P: Ports>(
    ports: &P,
    mut round: Round,
    now: Time,
    faults: &mut Faults,
) -> Answered<Round> {
    let bucket = ports.config().artifacts_bucket.clone();
    let mut left = ARRIVALS;
    for _ in 0..PAGES {
        let page = ports.list(&bucket, "", round.after.clone()).await?;
        let concerned =
            |one: &&Listed| round.concerns(one.modified, now) && upload(&one.key).is_some();
        let arrived: Vec<Listed> = page.objects.iter().filter(concerned).cloned().collect();
        for one in &arrived {
            if left == 0 {
                return Ok(round);
            }
            left -= 1;
            let came = look_after(ports, one).instrument(log::part(&one.key));
            note(&mut round, (&one.key, one.modified), came.await, faults);
            round.after = Some(one.key.clone());
        }
        round = round.next(page.next, now);
        if round.after.is_none() {
            break;
        }
    }
    Ok(round)
}

async fn look_after<P: Ports>(ports: &P, one: &Listed) -> Answered<Option<Came>> {
    log::name_arrival(&one.key);
    let object = ObjectRef {
        key: one.key.clone(),
        version_id: None,
    };
    created(ports, object, None, Known::Found(one.modified)).await
}

/// One repository after the other.
async fn images<P: Ports>(
    ports: &P,
    mut round: Round,
    now: Time,
    faults: &mut Faults,
) -> Answered<Round> {
    let known = faults.count();
    let owners: Vec<Stored<RepositoryOwner>> =
        store::load_all_indexed(ports, store::REPOSITORIES, faults).await;
    if faults.count() > known {
        // What cannot be read now is looked through by the next round.
        round.look_again(round.since);
    }
    let mut owners = owners.into_iter().map(|owner| owner.value);
    let after = round.after.clone().unwrap_or_default();
    let Some(owner) = owners.find(|owner| owner.repository > after) else {
        return Ok(round.next(None, now));
    };
    let mut left = ARRIVALS;
    for (push, at) in pushes(ports, &owner, &round, now).await? {
        if left == 0 {
            return Ok(round);
        }
        let what = format!("{}:{}", push.repository, push.tag);
        let came = image::pushed(ports, push, None, Known::Found(at));
        let came = came.instrument(log::part(&what)).await;
        let came = note(&mut round, (&what, at), came, faults);
        left -= usize::from(came.is_some());
    }
    let after = owners.next().is_some().then_some(owner.repository);
    Ok(round.next(after, now))
}

/// What was pushed to a repository, goes somewhere, and concerns the round.
async fn pushes<P: Ports>(
    ports: &P,
    owner: &RepositoryOwner,
    round: &Round,
    now: Time,
) -> Answered<Vec<(ImagePush, Time)>> {
    let (name, mut found, mut after) = (&owner.repository, Vec::new(), None);
    let Ok(declared) = declaration_in_force(ports, &owner.app).await? else {
        return Ok(found);
    };
    for _ in 0..IMAGE_PAGES {
        let page = ports.tagged(name, after).await?;
        let tagged = page.tagged.into_iter();
        for image in tagged.filter(|image| round.concerns(image.pushed, now)) {
            let tags = image.tags.into_iter();
            let tags = tags.filter(|tag| image::chooses(&declared.declaration, tag));
            found.extend(tags.map(|tag| {
                let push = ImagePush {
                    repository: name.clone(),
                    digest: image.digest.clone(),
                    tag,
                };
                (push, image.pushed)
            }));
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if after.is_some() {
        tracing::warn!(repository = name, "it has more images than are looked at");
    }
    Ok(found)
}
