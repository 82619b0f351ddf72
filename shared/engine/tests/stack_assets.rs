//! Tests of what a release brings for a stack: the files of its archive come into the declared bucket, and nothing
//! there is overwritten.

use crate::site::zips::{stored, zip};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::declaration::kinds::stack::package::ASSETS_BUCKET;
use windlass_domain::deployment::step::{Progress, Step};
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::kinds::stack;
use windlass_engine::kinds::{Checkpoint, PastReleases, Publication, Publishes, check_artifact};
use windlass_engine::ports::{Clock as _, Result};
use windlass_engine::trouble::Trouble;
use windlass_world::World;
use windlass_world::run::run;
use windlass_world::s3::Version;

const BUCKET: &str = "assets-111111111111";

/// A fence that leaves time for so many files.
struct Files(u32);

impl Checkpoint for Files {
    async fn pass(&mut self, progress: Progress) -> Result<()> {
        assert!(progress.files_done <= progress.files_total);
        self.0 = self.0.saturating_sub(1);
        Ok(())
    }

    async fn past(&self, _back: u32) -> Result<PastReleases> {
        Ok(PastReleases::default())
    }

    fn has_time(&self) -> bool {
        self.0 > 0
    }
}

/// An archive with these assets: the key of each, and its bytes.
fn archive(assets: &[(&str, &[u8])]) -> Vec<u8> {
    listed(assets, Digest::of)
}

/// Makes an archive of these assets, whose list has these digests.
fn listed(assets: &[(&str, &[u8])], sum: impl Fn(&[u8]) -> Digest) -> Vec<u8> {
    let file = |bytes: &[u8]| format!("assets/{}", Digest::of(bytes));
    let list = assets.iter().map(|(key, bytes)| json!({"file": file(bytes), "key": key, "sha256": sum(bytes)}));
    let list = json!({"template": "template.json", "assets": list.collect::<Vec<Value>>()}).to_string();
    let template = br#"{"Resources": {}}"#.as_slice();
    let mut members =
        BTreeMap::from([("stack.json".to_owned(), list.as_bytes()), ("template.json".to_owned(), template)]);
    members.extend(assets.iter().map(|(_, bytes)| (file(bytes), *bytes)));
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    stored(&members)
}

fn world() -> World {
    let world = World::default();
    world.s3().bucket(BUCKET, true);
    world
}

fn step(world: &World, archive: Vec<u8>) -> Step {
    let (sha256, bytes) = (Digest::of(&archive), archive.len());
    let version = world.s3().upload("artifacts", "artifacts/shop/prod/infra.zip", archive);
    let mut step = Step::planned(
        DeploymentId("0123456789abcdef".into()),
        AppName::new("shop").unwrap(),
        EnvironmentName::new("prod").unwrap(),
        ComponentName::new("infra").unwrap(),
        KindName::Stack,
    );
    let key = "artifacts/shop/prod/infra.zip";
    step.target = json!({
        "stack": "shop-prod",
        "role": "arn:aws:iam::111111111111:role/stack",
        "way_back": "windlass-d1-infra-back",
        "within_s": 3600,
        "assets": BUCKET,
        "owner": "shop/prod/infra",
        "package": {"key": key, "version_id": version.id, "sha256": sha256, "bytes": bytes},
    });
    step
}

fn publish(world: &World, step: &Step, files: u32) -> std::result::Result<Publication, Trouble> {
    let publisher = run(stack::of(world, step)).unwrap();
    run(publisher.publish(step, &mut Files(files)))
}

fn there(world: &World) -> BTreeMap<String, String> {
    world.s3().texts(BUCKET)
}

const WHOLE: std::result::Result<Publication, Trouble> = Ok(Publication::Whole(vec![]));

#[test]
fn each_file_comes_under_its_key_and_once() {
    let world = world();
    let step = step(&world, archive(&[("a.zip", b"one"), ("nested/b.json", b"two"), ("also/a.zip", b"one")]));
    assert_eq!(publish(&world, &step, 9), WHOLE);
    let expected = [("a.zip", "one"), ("also/a.zip", "one"), ("nested/b.json", "two")];
    let expected = expected.map(|(key, text)| (key.to_owned(), text.to_owned()));
    assert_eq!(there(&world), BTreeMap::from(expected));
    let writes = world.s3().writes;
    assert_eq!(publish(&world, &step, 9), WHOLE);
    assert_eq!(world.s3().writes, writes, "what is there is not written once more");
}

#[test]
fn templates_that_no_rollback_needs_are_deleted() {
    let world = world();
    let mut step = step(&world, archive(&[]));
    let kept = |text: &str| format!("windlass/stacks/shop/prod/infra/kept/{}.json", Digest::of(text.as_bytes()));
    for text in ["next", "former", "old"] {
        world.s3().upload("artifacts", &kept(text), text.as_bytes().to_vec());
    }
    step.goals = [(0, json!({"template": Digest::of(b"next")}))].into();
    step.before = json!({"goal": {"template": Digest::of(b"former")}});
    run(world.sleep_ms(2 * 60 * 60 * 1000));
    assert_eq!(publish(&world, &step, 9), WHOLE);
    for (text, is_there) in [("next", true), ("former", true), ("old", false)] {
        assert_eq!(world.s3().texts("artifacts").contains_key(&kept(text)), is_there, "{text}");
    }
}

#[test]
fn it_goes_on_in_a_further_invocation() {
    let world = world();
    let step = step(&world, archive(&[("a", b"one"), ("b", b"two"), ("c", b"three")]));
    assert_eq!(publish(&world, &step, 3), Ok(Publication::Part));
    assert_eq!(there(&world).len(), 2);
    assert_eq!(publish(&world, &step, 9), WHOLE);
    assert_eq!(there(&world).len(), 3);
}

#[test]
fn another_file_under_the_key_is_never_overwritten() {
    let files = [("index.js", "exports.handler = 1"), ("a/b.txt", "b")];
    let ours = zip(&files);
    let packed_otherwise = stored(&files.map(|(name, text)| (name, text.as_bytes())));
    let other = zip(&[("index.js", "exports.handler = 2"), ("a/b.txt", "b")]);
    let more = zip(&[("index.js", "exports.handler = 1"), ("a/b.txt", "b"), ("c", "c")]);
    for (is, goes) in
        [(ours.clone(), true), (packed_otherwise, true), (other, false), (more, false), (b"text".to_vec(), false)]
    {
        let world = world();
        world.s3().upload(BUCKET, "a.zip", is.clone());
        let step = step(&world, archive(&[("a.zip", &ours)]));
        let published = publish(&world, &step, 9);
        if goes {
            assert_eq!(published, WHOLE);
        } else {
            let Err(Trouble::Findings(findings)) = published else {
                panic!("it is a finding: {published:?}");
            };
            let found: Vec<_> = findings.iter().map(|one| (one.name, one.path.as_str())).collect();
            assert_eq!(found, [(FindingName::DigestMismatch, "s3://assets-111111111111/a.zip")]);
        }
        let s3 = world.s3();
        let versions: Vec<&Bytes> = s3.buckets[BUCKET].keys["a.zip"].iter().map(|version| &version.bytes).collect();
        assert_eq!(versions, [&Bytes::from(is)]);
    }
}

#[test]
fn a_large_file_comes_in_parts_and_only_with_the_bytes_that_were_packed() {
    let large = vec![7_u8; 17 * 1024 * 1024];
    let world = world();
    let right = step(&world, archive(&[("large", &large)]));
    assert_eq!(publish(&world, &right, 9), WHOLE);
    let turned = |turn: &dyn Fn(&mut Version)| {
        world.s3().buckets.get_mut(BUCKET).unwrap().keys.get_mut("large").unwrap().iter_mut().for_each(turn);
    };
    turned(&|version: &mut Version| version.bytes = Bytes::from_static(b"never read"));
    assert_eq!(publish(&world, &right, 9), WHOLE, "it is known by what is noted beside it");
    turned(&|version: &mut Version| (version.bytes, version.metadata) = (large.clone().into(), BTreeMap::new()));
    assert_eq!(publish(&world, &right, 9), WHOLE, "another one is read");
    let size = world.s3().buckets[BUCKET].keys["large"].iter().map(|version| version.size).collect::<Vec<_>>();
    assert_eq!(size, [large.len() as u64]);

    for content in [large.as_slice(), b"small"] {
        let world = self::world();
        let list = listed(&[("k", content)], |_| Digest::of(b"other"));
        let step = step(&world, list);
        let Err(Trouble::Findings(findings)) = publish(&world, &step, 9) else {
            panic!("it is a finding");
        };
        assert_eq!(findings.iter().map(|one| one.name).collect::<Vec<_>>(), [FindingName::BadArchive]);
        assert!(there(&world).is_empty() && world.s3().uploads.is_empty());
    }
}

#[test]
fn an_archive_that_is_no_package_is_refused_whole() {
    let list = |list: &str| stored(&[("stack.json", list.as_bytes()), ("t", b"{}")]);
    for (archive, members) in [
        (zip(&[("index.html", "")]), vec!["stack.json"]),
        (list("{"), vec!["stack.json"]),
        (list(r#"{"template": "template.yaml"}"#), vec!["template.yaml"]),
        (
            list(
                &json!({"template": "none", "assets": [{"file": "a", "key": "a", "sha256": Digest::of(b"a")}]})
                    .to_string(),
            ),
            vec!["none", "a"],
        ),
    ] {
        let world = world();
        let step = step(&world, archive);
        let Err(Trouble::Findings(findings)) = publish(&world, &step, 9) else {
            panic!("it is a finding");
        };
        let paths: Vec<&str> = findings.iter().filter_map(|one| one.path.rsplit_once(": ")).map(|it| it.1).collect();
        assert_eq!(paths, members);
    }
}

/// An archive, the component that brings it with what else it declares, and what is found.
type Row = (Vec<u8>, (&'static str, &'static str), &'static [FindingName]);

#[test]
fn what_is_wrong_with_an_archive_is_found_by_its_bytes_alone() {
    let declared = |assets: &str| {
        let text = format!(
            "app: shop\nversion: 1.0.0\nenvironments: {{prod: {{deploy: {{branch: main}}}}}}\n\
             components:\n  infra: {{kind: cloudformation, stack: shop-prod, role: stack{assets}}}\n  data: \
             {{kind: cloudformation, stack: shop-data, role: stack, artifact: infra}}\n"
        );
        let declaration = Declaration::parse(&text).unwrap();
        declaration.resolve(&EnvironmentName::new("prod").unwrap()).unwrap()
    };
    let list = br#"{"template": "t"}"#.as_slice();
    let other = br#"{"template": "t", "others": {"data": {"template": "none"}}}"#.as_slice();
    let both = br#"{"template": "t", "others": {"data": {"template": "t"}}}"#.as_slice();
    let placed = format!("{{\"a\": \"{ASSETS_BUCKET}\"}}");
    let placed = || stored(&[("stack.json", list), ("t", placed.as_bytes())]);
    let table: [Row; 10] = [
        (placed(), ("infra", ", assets: files"), &[]),
        (placed(), ("infra", ""), &[FindingName::MissingField]),
        (archive(&[("a", b"one")]), ("infra", ", assets: files"), &[]),
        (archive(&[("a", b"one")]), ("infra", ""), &[FindingName::MissingField]),
        (archive(&[]), ("infra", ""), &[]),
        (stored(&[("stack.json", list), ("t", b"\xff")]), ("infra", ""), &[FindingName::BadArchive]),
        (stored(&[("stack.json", other), ("t", b"{}")]), ("infra", ""), &[FindingName::BadArchive]),
        (stored(&[("stack.json", both), ("t", b"{}")]), ("data", ""), &[]),
        // It was packed when there was no such component: it never gets the template of another one.
        (stored(&[("stack.json", list), ("t", b"{}")]), ("data", ""), &[FindingName::BadArchive]),
        (b"no zip".to_vec(), ("infra", ""), &[FindingName::BadArchive]),
    ];
    for (bytes, (component, assets), expected) in table {
        let component = ComponentName::new(component).unwrap();
        let spec = declared(assets).components[&component].spec.clone();
        let found = check_artifact(&component, &spec, "infra.zip", &bytes);
        let names: Vec<FindingName> = found.into_iter().map(|one| one.name).collect();
        assert_eq!(names, expected, "{component} {assets}");
    }
}
