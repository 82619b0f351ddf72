//! The events of arrivals, and the look for those of which no event has come. The look comes only where something
//! arrives: elsewhere it would make every run longer and find nothing. It has looked once before a scenario begins,
//! because what was there before the first look is nobody's arrival.

use crate::arrivals::{Announced, Arrival, BUCKET, GRACE_S, served_by};
use crate::happening::Event;
use crate::stage::Stage;
use windlass_domain::release::request::{ImagePush, ObjectRef};
use windlass_domain::text::time::Time;
use windlass_world::ecr::HOST;

/// The folder of the bucket of which no event comes (`ArtifactsRule` in the template).
const UNANNOUNCED: &str = "windlass/";

impl Stage<'_> {
    /// Sends events of everything that arrived since the last time.
    pub(crate) fn announce_arrivals(&mut self) {
        if !self.hears {
            return;
        }
        let now = self.world.true_time();
        for arrival in self.arrivals() {
            self.note(|| format!("{arrival:?} arrives"));
            self.send(&arrival.event(now));
            if arrival.matters(self.scenario) {
                self.arrived.push((now, arrival.clone()));
                self.log(Event::Arrived(arrival));
            }
        }
    }

    fn arrivals(&mut self) -> Vec<Arrival> {
        let all = Announced::all(&self.world);
        let announced = std::mem::replace(&mut self.announced, all);
        let mut new = Vec::new();
        if all.images > announced.images {
            let registry = self.world.ecr();
            let pushed = registry.images.iter().skip(announced.images);
            new.extend(pushed.flat_map(|image| {
                let repository = image.repository_uri.trim_start_matches(HOST);
                image.tags.iter().map(move |tag| {
                    Arrival::Image(ImagePush {
                        repository: repository.trim_start_matches('/').to_owned(),
                        digest: image.digest.clone(),
                        tag: tag.clone(),
                    })
                })
            }));
        }
        if all.writes > announced.writes {
            new.extend(self.objects_since(announced.writes));
        }
        new
    }

    fn objects_since(&self, writes: u64) -> Vec<Arrival> {
        let objects = self.world.s3();
        let mut found = Vec::new();
        for (key, versions) in objects.buckets.get(BUCKET).into_iter().flat_map(|b| &b.keys) {
            if key.starts_with(UNANNOUNCED) {
                continue;
            }
            let since = Some(format!("version-{writes:06}"));
            let new = versions.iter().filter(|version| version.id > since);
            found.extend(new.map(|version| {
                let object = ObjectRef { key: key.clone(), version_id: version.id.clone() };
                (version.id.clone(), Arrival::Object(object))
            }));
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found.into_iter().map(|(_, arrival)| arrival).collect()
    }

    /// Returns whether the schedule has still to look for something that arrived, or has not found it yet although it
    /// should.
    pub(crate) fn is_looked_for(&self) -> bool {
        let now = self.world.true_time();
        let mishaps = self.schedule.mishaps.len();
        self.arrived.iter().any(|(at, arrival)| {
            let has_looked = self.looked >= at.plus_s(GRACE_S);
            !has_looked || (now <= served_by(*at, mishaps) && !self.is_served(*at, arrival))
        })
    }

    fn is_served(&self, at: Time, arrival: &Arrival) -> bool {
        arrival.is_answered(&self.world)
            || !arrival.deployments(&self.world).is_empty()
            || arrival.is_anothers(&self.world, at)
    }
}
