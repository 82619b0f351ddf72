//! The schedule: finds, by looking at a part at a time, what arrived and no event told.

use super::arrival::{ARRIVALS, ArrivalOutcome, Discovery, Ports, note};
use super::object::created;
use crate::faults::Faults;
use crate::ledger::{self, Images, SearchProgress, Stored};
use crate::log;
use crate::ports::{Listed, Result, Transacted};
use tracing::Instrument as _;
use windlass_domain::arrival_sweep::ArrivalSweep;
use windlass_domain::key::upload;
use windlass_domain::misplaced_upload::misplaced_upload;
use windlass_domain::request::ObjectRef;
use windlass_domain::time::Time;

/// The number of pages of the bucket's listing, of 1,000 objects each, that one run looks at.
const PAGES: usize = 3;

/// Looks at a part of the artifacts bucket and at one image repository. What it costs does not grow
/// with what there is; what was missed comes in as late as the round takes.
///
/// A run that is killed is done again: what it has served is noted. What could not be served keeps
/// nothing else from it, is looked at again in the next round, and fails the run.
pub async fn handle(ports: &impl Ports) -> Result<()> {
    let key = ledger::rounds();
    let now = ports.now();
    let stored = ledger::load(ports, &key).await?;
    let mut faults = Faults::default();
    let rounds = match stored {
        None => Stored::new(key, SearchProgress { uploads: ArrivalSweep::first(now), images: Images::first(now) }),
        Some(Stored { key, rev, value }) => Stored {
            key,
            rev,
            value: SearchProgress {
                uploads: uploads(ports, value.uploads, now, &mut faults).await,
                images: value.images.look(ports, now, &mut faults).await,
            },
        },
    };
    if let Transacted::Refused(_) = ports.transact(vec![rounds.put()?]).await? {
        tracing::info!("another run was quicker; the next one goes on from there");
    }
    faults.into_answer()
}

async fn uploads(ports: &impl Ports, mut round: ArrivalSweep, now: Time, faults: &mut Faults) -> ArrivalSweep {
    let bucket = ports.config().artifacts_bucket.clone();
    let mut left = ARRIVALS;
    for _ in 0..PAGES {
        let page = ports.list(&bucket, "", round.after.clone()).await;
        let Some(page) = faults.take("listing the artifacts bucket", page) else {
            return round;
        };
        let concerned = |one: &&Listed| round.concerns(one.modified, now) && is_an_arrival(&one.key);
        let arrived: Vec<Listed> = page.objects.iter().filter(concerned).cloned().collect();
        for one in &arrived {
            if left == 0 {
                return round;
            }
            left -= 1;
            let came = look_after(ports, one).instrument(log::part(&one.key));
            note(&mut round, (log::shown(&one.key), one.modified), came.await, faults);
            round.after = Some(one.key.clone());
        }
        round = round.next(page.next, now);
        if round.after.is_none() {
            break;
        }
    }
    round
}

/// Returns whether there is something to do or to tell about a key.
fn is_an_arrival(key: &str) -> bool {
    upload(key).is_some() || misplaced_upload(key).is_some()
}

async fn look_after(ports: &impl Ports, one: &Listed) -> Result<Option<ArrivalOutcome>> {
    log::name_arrival(&one.key);
    let object = ObjectRef { key: one.key.clone(), version_id: None };
    created(ports, object, None, Discovery::Found(one.modified)).await
}
