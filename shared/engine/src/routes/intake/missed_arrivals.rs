//! The schedule: finds the objects and the images that arrived and no event announced, by looking at a part at a time.

use super::arrival::ArrivalOutcome;
use super::object::created;
use crate::faults::Faults;
use crate::ledger::{self, ImageSearch, RepositoryOwner, RepositoryPlace, SearchProgress, Stored};
use crate::log;
use crate::pin::declaration_in_force;
use crate::ports::{Listed, Result, Tagged, Transacted};
use crate::routes::intake::arrival::{ARRIVALS, Discovery, Ports, note};
use crate::routes::intake::image;
use crate::trouble::found;
use tracing::Instrument as _;
use windlass_domain::declaration::Declaration;
use windlass_domain::release::arrival_sweep::ArrivalSweep;
use windlass_domain::release::key::upload;
use windlass_domain::release::misplaced_upload::misplaced_upload;
use windlass_domain::release::request::{ImagePush, ObjectRef};
use windlass_domain::text::time::Time;

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
        None => Stored::new(key, SearchProgress { uploads: ArrivalSweep::first(now), images: ImageSearch::first(now) }),
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
        let Some(page) = faults.take("listing the artifacts bucket", page) else { return round };
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

/// Returns whether there is something to do or to report about a key.
fn is_an_arrival(key: &str) -> bool {
    upload(key).is_some() || misplaced_upload(key).is_some()
}

async fn look_after(ports: &impl Ports, one: &Listed) -> Result<Option<ArrivalOutcome>> {
    log::name_arrival(&one.key);
    let object = ObjectRef { key: one.key.clone(), version_id: None };
    created(ports, object, None, Discovery::Found(one.modified)).await
}

/// The number of pages of the images of one repository that a run reads, of 1,000 each.
const PAGES_OF_IMAGES: usize = 20;

/// The number of pushes that a run asks the ledger about; most of them are known to be served.
const LOOKS: usize = 1000;

impl ImageSearch {
    /// Returns the state before the first round.
    pub fn first(now: Time) -> Self {
        Self { round: ArrivalSweep::first(now), within: None }
    }

    /// Looks at a part of one repository, and then goes on in it or to the next one. One that cannot
    /// be looked through does not keep the others from their turn; the next round makes up for it.
    pub async fn look(mut self, ports: &impl Ports, now: Time, faults: &mut Faults) -> Self {
        let known = faults.count();
        let Some(owners) = ledger::load_whole_index(ports, &ledger::REPOSITORIES, faults).await else { return self };
        if faults.count() > known {
            // It may be the repository of an item that cannot be read.
            self.round.pass_over();
        }
        let mut owners = owners.into_iter().map(|owner| owner.value);
        let after = self.round.after.clone().unwrap_or_default();
        let Some(owner) = owners.find(|owner| owner.repository > after) else { return self.next(None, now) };
        match self.look_through(ports, &owner, now, faults).await {
            Ok(None) => {}
            Ok(within) => return Self { within, ..self },
            Err(fault) => {
                faults.note(format!("repository {}", owner.repository), fault);
                self.round.pass_over();
            }
        }
        let after = owners.next().is_some().then_some(owner.repository);
        self.next(after, now)
    }

    fn next(self, after: Option<String>, now: Time) -> Self {
        Self { round: self.round.next(after, now), within: None }
    }

    /// Looks at as much of a repository as a run may, and returns where the next one goes on.
    async fn look_through(
        &mut self,
        ports: &impl Ports,
        owner: &RepositoryOwner,
        now: Time,
        faults: &mut Faults,
    ) -> Result<Option<RepositoryPlace>> {
        let Some(declared) = found(declaration_in_force(ports, &owner.app).await)? else { return Ok(None) };
        let mut place = self.place_in(&owner.repository);
        let (mut left, mut looks) = (ARRIVALS, LOOKS);
        for _ in 0..PAGES_OF_IMAGES {
            let page = ports.tagged(&place.repository, place.page.clone());
            let page = page.await?;
            let concerned = |image: &Tagged| self.round.concerns(image.pushed, now);
            let tagged: Vec<Tagged> = page.tagged.into_iter().filter(concerned).collect();
            for (push, at) in pushes(&place, &declared.declaration, tagged) {
                if left == 0 || looks == 0 {
                    return Ok(Some(place));
                }
                place.after = Some(push.tag.clone());
                let what = format!("{}:{}", push.repository, push.tag);
                let came = image::pushed(ports, push, Discovery::Found(at));
                let came = came.instrument(log::part(&what)).await;
                looks -= 1;
                left -= usize::from(note(&mut self.round, (&what, at), came, faults));
            }
            (place.page, place.after) = (page.next, None);
            if place.page.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(place))
    }

    /// Returns where a run goes on in a repository.
    fn place_in(&mut self, repository: &str) -> RepositoryPlace {
        let place = self.within.take().filter(|place| place.repository == repository);
        place.unwrap_or_else(|| RepositoryPlace { repository: repository.to_owned(), page: None, after: None })
    }
}

/// Returns the pushes of these images that go somewhere and were not looked at yet, by tag.
fn pushes(place: &RepositoryPlace, declaration: &Declaration, tagged: Vec<Tagged>) -> Vec<(ImagePush, Time)> {
    let mut pushes = Vec::new();
    for image in tagged {
        let tags = image.tags.into_iter();
        for tag in tags.filter(|tag| image::chooses(declaration, tag)) {
            let push = ImagePush { repository: place.repository.clone(), digest: image.digest.clone(), tag };
            pushes.push((push, image.pushed));
        }
    }
    pushes.retain(|(push, _)| Some(&push.tag) > place.after.as_ref());
    pushes.sort_by(|(one, _), (other, _)| one.tag.cmp(&other.tag));
    pushes
}
