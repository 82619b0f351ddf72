//! Users' functions that are components, in memory: each stands for an outside thing that has one tree at a time, as a
//! branch has, and builds what it was given. One is honest, and others lie.

use crate::World;
use crate::outside::{Acted, Outside};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::external;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Time;
use windlass_engine::ports::{ExternalActApi, ExternalAnswer, ExternalLookApi, PinnedFunction, Result};

/// The outside things.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The things by the names of the functions that stand for them.
    pub outsides: BTreeMap<String, Outside>,
    /// The functions that only look, each with the function that it looks for.
    pub lookers: BTreeMap<String, String>,
    /// All changes that were ever asked for, oldest first.
    pub asked: Vec<AskedChange>,
    /// The answers that are still to come from any function, in place of its own.
    pub scripted: Vec<ExternalAnswer>,
}

/// A change that a function was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedChange {
    /// The function.
    pub function: String,
    /// The version that was called.
    pub version: String,
    /// The key of what is made.
    pub key: String,
    /// The time at which the call was sent.
    pub sent: Time,
    /// The time at which it did what it did; `None` if it never came to that.
    pub acted: Option<Time>,
    /// The time from which the outside serves what it was given, if this call has given it something.
    pub ready_at: Option<Time>,
}

impl State {
    /// Makes an outside thing that nothing was ever given, behind a function of this name.
    pub fn put(&mut self, function: &str, owns: &str) -> &mut Outside {
        let entry = self.outsides.entry(function.to_owned());
        entry.insert_entry(Outside::new(owns)).into_mut()
    }

    /// The outside thing of a function, or of the one that it looks for.
    ///
    /// # Panics
    /// If there is none.
    pub fn of(&mut self, function: &str) -> &mut Outside {
        let first = self.lookers.get(function).cloned().unwrap_or_else(|| function.to_owned());
        match self.outsides.get_mut(&first) {
            Some(outside) => outside,
            None => panic!("no outside thing belongs to {function}"),
        }
    }

    fn note(&mut self, function: &PinnedFunction, request: &Value, sent: Time) -> usize {
        self.asked.push(AskedChange {
            function: function.name.clone(),
            version: function.version.clone(),
            key: request["key"].as_str().unwrap_or_default().to_owned(),
            sent,
            acted: None,
            ready_at: None,
        });
        self.asked.len() - 1
    }
}

fn answered(answer: &Value) -> ExternalAnswer {
    ExternalAnswer::Answered(answer.to_string().into())
}

impl World {
    /// Lets Lambda find the version and run it. Returns its number.
    fn find_version(&self, function: &PinnedFunction) -> Result<String> {
        let mut state = self.lambda();
        let live = state.named(&function.name)?;
        live.tick();
        let version = live.read(Some(&function.version))?.version;
        live.can_run(&version)?;
        Ok(version)
    }

    /// Takes the next answer that a test has given.
    fn scripted_answer(&self) -> Option<ExternalAnswer> {
        let scripted = &mut self.external().scripted;
        (!scripted.is_empty()).then(|| scripted.remove(0))
    }

    /// Returns whether the bytes are those that the request names. An image is what its digest says.
    fn are_pinned(&self, request: &Value) -> bool {
        let release = &request["release"];
        let text = |name: &str| release[name].as_str().unwrap_or_default();
        if release.is_null() || release["image"].is_string() {
            return true;
        }
        let objects = self.s3();
        let versions = objects.buckets.get(text("bucket")).and_then(|bucket| bucket.keys.get(text("key")));
        let mut versions = versions.into_iter().flatten();
        let found = versions.find(|version| version.id.as_deref() == Some(text("version_id")));
        found.is_some_and(|version| Digest::of(&version.bytes).as_str() == text("sha256"))
    }

    /// Returns the answer to a request that may not begin any more, or whose bytes are others.
    fn refuses(&self, request: &Value, sent: Time) -> Option<Value> {
        let refused = |name: &str, says: &str| Some(json!({"refused": {"name": name, "says": says}}));
        let not_after = request["not_after"].as_str().and_then(Time::parse);
        // The time is written in whole seconds.
        if not_after.is_none_or(|at| at.plus_s(1) < sent) {
            return refused("TooLate", "it came after its time");
        }
        if !self.are_pinned(request) {
            return refused("WrongDigest", "the bytes are others");
        }
        None
    }
}

impl ExternalLookApi for World {
    async fn look(&self, function: &PinnedFunction, request: &external::Observe) -> Result<ExternalAnswer> {
        let call = self.call("external.look").await?;
        self.find_version(function)?;
        let answer = self.scripted_answer().unwrap_or_else(|| {
            let nth = self.external().of(&function.name).count_look();
            // The outside promises the function no more than AWS promises us: what it shows may be behind.
            let seen = call.seen();
            let now = seen.true_time();
            let answer = seen.external().of(&function.name).look(request.json(), nth, now);
            answered(&answer)
        });
        call.answer(answer).await
    }
}

impl ExternalActApi for World {
    async fn act(&self, function: &PinnedFunction, request: &external::Act) -> Result<ExternalAnswer> {
        let request = request.json();
        let sent = self.true_time();
        if request["do"] == "prepare" {
            let call = self.call("external.prepare").await?;
            self.find_version(function)?;
            let answer = self.scripted_answer().unwrap_or_else(|| {
                let refused = self.refuses(request, sent);
                answered(&refused.unwrap_or_else(|| self.external().of(&function.name).prepare(request)))
            });
            return call.answer(answer).await;
        }
        // A function may work for as long as its timeout lets it: what it does is done when the call takes effect.
        let nth = self.external().note(function, request, sent);
        let call = self.call("external.change").await?;
        let version = self.find_version(function)?;
        let answer = self.scripted_answer().unwrap_or_else(|| {
            let refused = self.refuses(request, sent);
            let now = self.true_time();
            let mut state = self.external();
            let Acted { answer, ready_at } = match refused {
                Some(answer) => Acted { answer, ready_at: None },
                None => state.of(&function.name).change(request, now),
            };
            if let Some(asked) = state.asked.get_mut(nth) {
                (asked.version, asked.acted, asked.ready_at) = (version, Some(now), ready_at);
            }
            answered(&answer)
        });
        call.answer(answer).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outside::Lie;
    use crate::run::run;
    use serde_json::Map;
    use windlass_domain::declaration::kinds::external::{Act, Deed, Observe, ReleaseBytes, Subject};
    use windlass_domain::release::identity::DeploymentId;
    use windlass_domain::text::fault::FaultName;
    use windlass_engine::ports::Clock;

    fn world() -> World {
        let world = World::default();
        world.lambda().make("shop-book", b"handler").publish_as("live", "");
        world.external().put("shop-book", "github:org/book#gh-pages");
        world
    }

    fn function(version: &str) -> PinnedFunction {
        PinnedFunction { name: "shop-book".into(), version: version.into(), timeout_s: 30 }
    }

    fn about() -> Subject {
        Subject {
            app: "shop".parse().unwrap(),
            environment: "prod".parse().unwrap(),
            component: "book".parse().unwrap(),
            deployment: DeploymentId("1f0c".into()),
            settings: Map::new(),
        }
    }

    fn read(answer: Result<ExternalAnswer>) -> Value {
        match answer {
            Ok(ExternalAnswer::Answered(bytes)) => serde_json::from_slice(&bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn look(world: &World) -> Value {
        read(run(world.look(&function("1"), &Observe::new(&about(), None))))
    }

    /// Brings some bytes, upon a mark.
    fn bring(world: &World, bytes: &str, mark: Option<&str>) -> Value {
        let uploaded = world.s3().upload("artifacts", "artifacts/shop/prod/book/1.zip", bytes.as_bytes().to_vec());
        let version_id = uploaded.id.unwrap();
        let sha256 = Digest::of(bytes.as_bytes()).as_str().to_owned();
        let key = "artifacts/shop/prod/book/1.zip".to_owned();
        let release = ReleaseBytes::Object { bucket: "artifacts".into(), key, version_id, sha256 };
        let planned = read(run(world.look(&function("1"), &Observe::planning(&about(), &release))));
        let goal = planned["goal"].as_object().unwrap().clone();
        let not_after = world.now().plus_s(15);
        let deed = Deed { goal: &goal, release: Some(&release), is_back: false, not_after };
        while read(run(world.act(&function("1"), &Act::prepare(&about(), &deed))))["more"] == true {}
        read(run(world.act(&function("1"), &Act::change(&about(), &deed, mark))))
    }

    #[test]
    fn what_was_given_is_there_at_once_and_ready_when_it_is_built() {
        let world = world();
        let first = look(&world);
        assert_eq!(first["state"], json!({"format": "1", "tree": null}));
        assert_eq!(bring(&world, "one", first["mark"].as_str()), json!({"sent": true}));
        let then = look(&world);
        assert_eq!((&then["state"]["tree"], &then["ready"]), (&json!(Digest::of(b"one").as_str()), &json!(false)));
        run(world.sleep_ms(60_000));
        assert_eq!(look(&world)["ready"], json!(true));
    }

    #[test]
    fn a_mark_that_has_moved_is_refused_and_what_is_there_already_is_not_made_again() {
        let world = world();
        let stale = look(&world)["mark"].clone();
        assert_eq!(bring(&world, "one", stale.as_str()), json!({"sent": true}));
        assert_eq!(bring(&world, "two", stale.as_str())["refused"]["name"], "Conflict");
        let mark = look(&world)["mark"].clone();
        assert_eq!(bring(&world, "one", stale.as_str()), json!({"sent": true}));
        assert_eq!(look(&world)["mark"], mark);
    }

    #[test]
    fn only_a_published_version_is_called() {
        let world = world();
        let gone = run(world.look(&function("2"), &Observe::new(&about(), None)));
        assert_eq!(gone.map_err(|fault| fault.name), Err(FaultName::NotFound));
    }

    /// Each lie shows something else than the truth, so that a test with it is one.
    #[test]
    fn each_lie_differs_from_the_truth() {
        for lie in Lie::ALL {
            let (honest, lying) = (world(), world());
            lying.external().of("shop-book").lie = Some(lie);
            let said = |world: &World| {
                let mark = look(world)["mark"].clone();
                let answer = bring(world, "one", mark.as_str());
                json!([answer, look(world), look(world)])
            };
            assert_ne!(said(&honest), said(&lying), "{lie:?}");
        }
    }
}
