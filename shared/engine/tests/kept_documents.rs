//! Tests of documents that a kind keeps beside the item. The whole state of this kind is too large for an item, and
//! secret.

use serde_json::json;
use std::collections::BTreeSet;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_engine::kinds::{
    ChangeFacts, Class, DocumentToKeep, KeptDocuments, Kind, LookContext, Next, Noticed, View,
};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{Clock, ObjectId, PutOptions, Replaces, Result, S3Api};
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, Trial, conforms};
use windlass_world::run::run;

/// A secret in the content of every document.
const SECRET: &str = "hunter2-in-a-template";

fn kept_of<'a>(world: &'a World, component: &str) -> KeptDocuments<'a, World> {
    KeptDocuments::of(world, "papers", &format!("shop/prod/{component}"))
}

fn kept(world: &World) -> KeptDocuments<'_, World> {
    kept_of(world, "api")
}

fn text(name: &str) -> String {
    format!("{name} with {SECRET}")
}

/// Returns the key of the document's object.
fn key(document: &DocumentToKeep) -> String {
    format!("windlass/papers/shop/prod/api/kept/{}.json", document.digest)
}

fn documents(world: &World) -> Vec<String> {
    let keys = world.s3().texts("artifacts").into_keys();
    keys.collect()
}

/// A paper on a wall, for all to read.
struct Paper(World);

#[derive(Debug, Clone)]
struct Seen {
    document: DocumentToKeep,
    text: String,
    etag: String,
    is_kept: bool,
}

#[derive(Debug, Clone)]
enum Change {
    Keep(DocumentToKeep),
    Hang { digest: Digest, etag: String },
}

fn noticed(digest: &Digest) -> Noticed {
    Noticed { value: json!(digest), shown: format!("the paper {}", digest.short()) }
}

fn wall() -> ObjectId {
    ObjectId { bucket: "wall".into(), key: "paper".into(), version_id: None }
}

impl Kind for Paper {
    type Target = String;
    type Seen = Seen;
    type Goal = Digest;
    type Change = Change;

    async fn observe(&self, _: &String, _: &LookContext<'_, Digest>) -> Result<Seen> {
        let head = self.0.head(&wall()).await?;
        let missing = || Fault::new(FaultName::NotFound, "there is no paper");
        let etag = head.ok_or_else(missing)?.etag;
        let bytes = self.0.get(&wall(), 1024).await?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let document = DocumentToKeep::of(&text)?;
        Ok(Seen { is_kept: kept(&self.0).has(&document.digest).await?, document, text, etag })
    }

    fn view(_: &String, seen: &Seen) -> View {
        View { noticed: noticed(&seen.document.digest), waits_for: None, is_guarded: true, is_consistent: true }
    }

    fn back(seen: &Seen) -> Digest {
        seen.document.digest.clone()
    }

    async fn keep(&self, _: &String, seen: &Seen) -> Result<()> {
        kept(&self.0).keep(&seen.document).await
    }

    fn next(_: &String, seen: &Seen, goal: &Digest) -> Next<Change> {
        if !seen.text.contains(SECRET) {
            let name = FindingName::ChangeFailed;
            return Next::Failed(Finding::new(name, "wall", "it is no paper", "hang one"));
        }
        if !seen.is_kept {
            return Next::Do(Change::Keep(seen.document.clone()));
        }
        if seen.document.digest == *goal {
            return Next::Done;
        }
        Next::Do(Change::Hang { digest: goal.clone(), etag: seen.etag.clone() })
    }

    fn facts(change: &Change, _: &Seen) -> ChangeFacts {
        let (class, digest, what) = match change {
            Change::Keep(document) => (Class::Additive, &document.digest, "keep"),
            Change::Hang { digest, .. } => (Class::Switching, digest, "hang"),
        };
        let words = format!("{what} {}", digest.short());
        ChangeFacts {
            after: (class == Class::Switching).then(|| noticed(digest)),
            ..ChangeFacts::new(class, json!({what: digest}), words)
        }
    }

    fn owned(_: &String) -> String {
        "the paper".into()
    }

    async fn change(&self, _: &String, change: &Change, _: &DeploymentId) -> Result<Option<String>> {
        match change {
            Change::Keep(document) => kept(&self.0).keep(document).await?,
            Change::Hang { digest, etag } => {
                let text: String = kept(&self.0).read(digest).await?;
                let options = PutOptions { replaces: Replaces::ETag(etag.clone()), ..PutOptions::default() };
                let ObjectId { bucket, key, .. } = wall();
                self.0.put(&bucket, &key, text.into(), &options).await?;
            }
        }
        Ok(None)
    }
}

/// A change from one paper to another.
struct Another;

impl Subject for Another {
    type Kind = Paper;

    fn scene(&self) -> Scene {
        let world = World::default();
        world.s3().bucket("artifacts", true);
        world.s3().bucket("wall", true);
        world.s3().upload("wall", "paper", text("one"));
        let two = DocumentToKeep::of(&text("two")).unwrap();
        run(kept(&world).keep(&two)).unwrap();
        Scene { world, kind: KindName::Lambda, target: json!("wall"), goals: vec![json!(two.digest)] }
    }

    fn kind(&self, at: World) -> Paper {
        Paper(at)
    }

    fn arrived(&self, world: &World) {
        assert_eq!(world.s3().texts("wall")["paper"], text("two"));
    }
}

/// Safety: kinds: A kind whose state is kept beside the item conforms.
#[test]
fn a_kind_whose_state_is_kept_beside_the_item_conforms() {
    conforms(&Another);
}

/// Safety: secrets: What a kind keeps beside an item stands in no item.
#[test]
fn what_is_kept_stands_in_no_item() {
    let trial = Trial::begin(&Another).unwrap();
    let world = &trial.scene.world;
    let leaks = || {
        let ledger = world.dynamodb();
        assert!(!ledger.items.is_empty());
        let mut bodies = ledger.items.values().map(|item| json!(item.body));
        bodies.any(|body| body.to_string().contains(SECRET))
    };
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    assert!(!leaks());
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    assert!(!leaks());
    let step = trial.step().unwrap();
    let shown = step.shown.expect("what was seen, in words");
    assert!(shown.starts_with("the paper "), "{shown}");
    let kept = world.s3().texts("artifacts");
    assert_eq!(kept.len(), 2);
    assert!(kept.values().all(|content| content.contains(SECRET)));
}

#[test]
fn what_is_gone_or_another_is_named() {
    let world = World::default();
    world.s3().bucket("artifacts", true);
    let one = DocumentToKeep::of(&text("one")).unwrap();
    let read = || run(kept(&world).read::<String>(&one.digest)).map_err(|fault| fault.name);
    assert_eq!(read(), Err(FaultName::NotFound));
    run(kept(&world).keep(&one)).unwrap();
    run(kept(&world).keep(&one)).unwrap();
    assert_eq!(read(), Ok(text("one")));
    assert_eq!(documents(&world), [key(&one)]);
    // Another component has documents of its own.
    let other = run(kept_of(&world, "web").has(&one.digest));
    assert_eq!(other, Ok(false));
    // Somebody wrote over it.
    world.s3().upload("artifacts", &key(&one), "\"two\"");
    assert_eq!(read(), Err(FaultName::Refused));
}

/// Safety: deletion: Of what is kept beside items only that is deleted which nothing kept names and which is old.
#[test]
fn only_what_is_not_needed_and_old_is_deleted() {
    let world = World::default();
    world.s3().bucket("artifacts", true);
    let all = ["a", "b", "c", "d", "e"].map(|name| DocumentToKeep::of(&text(name)).unwrap());
    let [a, b, c, d, young] = &all;
    for document in [a, b, c, d] {
        run(kept(&world).keep(document)).unwrap();
    }
    let others = "windlass/papers/shop/prod/api2/kept/x.json";
    world.s3().upload("artifacts", others, "x");
    run(world.sleep_ms(60 * 60 * 1000));
    run(kept(&world).keep(young)).unwrap();
    world.s3().page = 2;
    let needed: BTreeSet<Digest> = [a, c].map(|it| it.digest.clone()).into();
    let taken_over = Fault::new(FaultName::StaleToken, "taken over");
    let refused = run(kept(&world).prune(&needed, async || Err(taken_over.clone())));
    assert_eq!(refused, Err(taken_over.clone()));
    assert_eq!(documents(&world).len(), 6, "who may not act deletes nothing");
    run(kept(&world).prune(&needed, async || Ok::<(), Fault>(()))).unwrap();
    let mut left: Vec<String> = [a, c, young].map(key).into();
    left.push(others.to_owned());
    left.sort();
    assert_eq!(documents(&world), left);
}
