//! Images whose pushes no event told, found by looking through one repository after the other.

use super::missed::{ARRIVALS, note};
use super::once::Known;
use super::{Ports, image};
use crate::faults::Faults;
use crate::log;
use crate::pin::declaration_in_force;
use crate::ports::{Answered, Tagged};
use crate::store::{self, RepositoryOwner, Stored};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use windlass_domain::declaration::Declaration;
use windlass_domain::request::ImagePush;
use windlass_domain::round::Round;
use windlass_domain::time::Time;

/// How many pages of the images of one repository a run reads, of 1,000 each.
const PAGES: usize = 20;

/// How far the looking has come over the repositories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Images {
    #[serde(flatten)]
    round: Round,
    /// Where the next run goes on in a repository that has more than a run looks at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    within: Option<Within>,
}

/// A place in a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Within {
    repository: String,
    /// The page, as the registry names it; the first if absent.
    page: Option<String>,
}

impl Images {
    /// Before the first round.
    pub fn first(now: Time) -> Self {
        Self {
            round: Round::first(now),
            within: None,
        }
    }

    /// Looks at a part of one repository, and then goes on in it or to the next one. One that cannot
    /// be looked through does not keep the others from their turn; the next round makes up for it.
    pub async fn look<P: Ports>(mut self, ports: &P, now: Time, faults: &mut Faults) -> Self {
        let known = faults.count();
        let owners: Option<Vec<Stored<RepositoryOwner>>> =
            store::load_whole_index(ports, store::REPOSITORIES, faults).await;
        let Some(owners) = owners else {
            return self;
        };
        if faults.count() > known {
            // The repository of an item that cannot be read.
            self.round.pass_over();
        }
        let mut owners = owners.into_iter().map(|owner| owner.value);
        let after = self.round.after.clone().unwrap_or_default();
        let Some(owner) = owners.find(|owner| owner.repository > after) else {
            return self.next(None, now);
        };
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
        Self {
            round: self.round.next(after, now),
            within: None,
        }
    }

    /// Looks at as much of a repository as a run may, and tells where the next one goes on.
    async fn look_through<P: Ports>(
        &mut self,
        ports: &P,
        owner: &RepositoryOwner,
        now: Time,
        faults: &mut Faults,
    ) -> Answered<Option<Within>> {
        let Ok(declared) = declaration_in_force(ports, &owner.app).await? else {
            return Ok(None);
        };
        let repository = &owner.repository;
        let place = self.within.take();
        let mut place = place
            .filter(|place| place.repository == *repository)
            .unwrap_or_else(|| Within {
                repository: repository.clone(),
                page: None,
            });
        let mut left = ARRIVALS;
        for _ in 0..PAGES {
            let page = ports.tagged(repository, place.page.clone()).await?;
            let concerned = |image: &Tagged| self.round.concerns(image.pushed, now);
            let tagged: Vec<Tagged> = page.tagged.into_iter().filter(concerned).collect();
            for (push, at) in pushes(repository, &declared.declaration, tagged) {
                if left == 0 {
                    return Ok(Some(place));
                }
                let what = format!("{repository}:{}", push.tag);
                let came = image::pushed(ports, push, None, Known::Found(at));
                let came = came.instrument(log::part(&what)).await;
                let came = note(&mut self.round, (&what, at), came, faults);
                left -= usize::from(came.is_some());
            }
            place.page = page.next;
            if place.page.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(place))
    }
}

/// What of these goes somewhere.
fn pushes<'a>(
    repository: &'a str,
    declaration: &'a Declaration,
    tagged: Vec<Tagged>,
) -> impl Iterator<Item = (ImagePush, Time)> + 'a {
    tagged.into_iter().flat_map(move |image| {
        let Tagged {
            digest,
            tags,
            pushed,
        } = image;
        let tags = tags.into_iter();
        let tags = tags.filter(|tag| image::chooses(declaration, tag));
        tags.map(move |tag| {
            let push = ImagePush {
                repository: repository.to_owned(),
                digest: digest.clone(),
                tag,
            };
            (push, pushed)
        })
    })
}
