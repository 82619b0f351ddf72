use super::*;
use windlass_domain::declaration::kinds::site::{SiteMode, StaticSite};
use windlass_domain::text::digest::Digest;

fn rules() -> SiteRules {
    SiteRules::new(&StaticSite {
        bucket: "shop-web".into(),
        prefix: String::new(),
        mode: SiteMode::InPlace,
        distribution: None,
        origin: None,
        url: None,
        root: None,
        cache: vec![],
        headers: vec![],
        hashed: vec!["h/**".into()],
        elsewhere: vec![],
        keep: 10,
        config: None,
        is_tried: false,
        files: windlass_domain::declaration::folder::FolderPatterns::default(),
    })
    .unwrap()
}

fn file(text: &str) -> File {
    File {
        sha256: Digest::of(text.as_bytes()),
        bytes: 1,
        content_type: "x".into(),
        cache_control: "y".into(),
        content_encoding: None,
        crc32: None,
    }
}

/// An object of ours with this text, or somebody else's if the text begins with `?`.
fn object(text: &str) -> Object {
    let ours = !text.starts_with('?');
    Object {
        etag: format!("\"{text}\""),
        bytes: 1,
        version_id: Some(format!("v-{text}")),
        file: ours.then(|| file(text)),
        ours,
        copy_of: None,
    }
}

fn objects(list: &[(&str, &str)]) -> Objects {
    list.iter().map(|(path, text)| ((*path).to_owned(), object(text))).collect()
}

fn way(direction: WayDirection, before: &[(&str, &str)], release: &[(&str, &str)], is: &[(&str, &str)]) -> Vec<String> {
    let files = release.iter().map(|(path, text)| ((*path).to_owned(), file(text))).collect();
    let rules = rules();
    let known = PlanInput {
        is: &objects(is),
        before: &Content::Recorded(objects(before)),
        forward: &Content::Release(files),
        rules: &rules,
        due: &BTreeSet::new(),
    };
    let way = plan(known, direction);
    let ops = way.ops.iter().map(|op| {
        let what = match &op.what {
            OperationKind::Put(_) => "put",
            OperationKind::Restore(_) => "restore",
            OperationKind::Delete => "delete",
        };
        let over = match &op.replaces {
            Replaces::Anything => "anything",
            Replaces::Nothing => "nothing",
            Replaces::ETag(etag) => etag.trim_matches('"'),
        };
        let class = if op.additive { "additive " } else { "" };
        format!("{class}{what} {} over {over}", op.path)
    });
    let strange = way.strange.iter().map(|path| format!("strange {path}"));
    ops.chain(strange).collect()
}

const BEFORE: &[(&str, &str)] = &[
    ("index.html", "1"),
    ("about.html", "1"),
    ("logo.png", "1"),
    ("h/a.js", "1"),
    ("gone.html", "1"),
    ("gone.png", "1"),
    ("uploads/x", "?u"),
];
const RELEASE: &[(&str, &str)] = &[
    ("index.html", "2"),
    ("about.html", "1"),
    ("logo.png", "2"),
    ("new.html", "2"),
    ("new.png", "2"),
    ("h/b.js", "2"),
];

#[test]
fn forward_writes_documents_last_and_then_deletes_documents_alone() {
    assert_eq!(
        way(WayDirection::Forward, BEFORE, RELEASE, BEFORE),
        [
            "additive put h/b.js over nothing",
            "additive put new.png over nothing",
            "put logo.png over 1",
            "put new.html over nothing",
            "put index.html over 1",
            "delete gone.html over 1",
        ]
    );
}

#[test]
fn forward_goes_on_where_it_was_stopped() {
    let is = &[
        ("index.html", "1"),
        ("about.html", "1"),
        ("logo.png", "2"),
        ("h/a.js", "1"),
        ("h/b.js", "2"),
        ("gone.html", "1"),
        ("gone.png", "1"),
    ];
    assert_eq!(
        way(WayDirection::Forward, BEFORE, RELEASE, is),
        [
            "additive put new.png over nothing",
            "put new.html over nothing",
            "put index.html over 1",
            "delete gone.html over 1",
        ]
    );
}

#[test]
fn back_restores_what_documents_name_then_documents_and_deletes_documents_alone() {
    let is = &[
        ("index.html", "2"),
        ("about.html", "1"),
        ("logo.png", "2"),
        ("new.html", "2"),
        ("new.png", "2"),
        ("h/a.js", "1"),
        ("h/b.js", "2"),
        ("uploads/x", "?other"),
    ];
    assert_eq!(
        way(WayDirection::Back, BEFORE, RELEASE, is),
        [
            "restore gone.png over nothing",
            "restore gone.html over nothing",
            "restore index.html over 2",
            "restore logo.png over 2",
            "delete new.html over 2",
        ]
    );
}

#[test]
fn only_what_differs_is_changed() {
    let rules = rules();
    let files = RELEASE.iter().map(|(path, text)| ((*path).to_owned(), file(text)));
    let known = PlanInput {
        is: &Objects::new(),
        before: &Content::Recorded(objects(BEFORE)),
        forward: &Content::Release(files.collect()),
        rules: &rules,
        due: &BTreeSet::new(),
    };
    let expected = ["gone.html", "h/b.js", "index.html", "logo.png", "new.html", "new.png"];
    assert_eq!(changed(&known), expected);
    let back = PlanInput { forward: &Content::Recorded(objects(&BEFORE[..6])), ..known };
    assert_eq!(changed(&back), [""; 0]);
}

#[test]
fn few_paths_are_asked_for_and_many_listed() {
    // The paths, the site's files, the calls at once.
    let table = [
        (0, 0, 32, true),
        (1, 3, 32, true),
        (32, 1000, 32, true),
        (33, 1000, 32, false),
        (100, 10_000, 32, true),
        (321, 10_000, 32, false),
        (1000, 100_000, 32, true),
        (100_000, 100_000, 128, false),
    ];
    for (paths, site, at_once, expected) in table {
        assert_eq!(ask_each(paths, site, at_once), expected, "{paths} of {site}");
    }
}

#[test]
fn nothing_is_planned_where_the_goal_is_reached() {
    let reached = &[
        ("index.html", "2"),
        ("about.html", "1"),
        ("logo.png", "2"),
        ("new.html", "2"),
        ("new.png", "2"),
        ("h/a.js", "1"),
        ("h/b.js", "2"),
        ("gone.png", "1"),
        ("uploads/x", "?u"),
    ];
    assert_eq!(way(WayDirection::Forward, BEFORE, RELEASE, reached), [""; 0]);
    assert_eq!(way(WayDirection::Back, BEFORE, RELEASE, BEFORE), [""; 0]);
}

#[test]
fn what_is_due_is_deleted_where_it_is_what_was_seen() {
    let rules = rules();
    let forward = Content::Release(RELEASE.iter().map(|(path, text)| ((*path).to_owned(), file(text))).collect());
    let before = Content::Recorded(objects(BEFORE));
    let due = ["h/a.js".to_owned()].into();
    for (is, expected) in [("1", true), ("?s", false)] {
        let known =
            PlanInput { is: &objects(&[("h/a.js", is)]), before: &before, forward: &forward, rules: &rules, due: &due };
        assert!(changed(&known).iter().any(|path| *path == "h/a.js"));
        let way = plan(known, WayDirection::Forward);
        let mut deleted = way.ops.iter().filter(|op| op.what == OperationKind::Delete);
        assert_eq!(deleted.any(|op| op.path == "h/a.js"), expected, "{is}");
        assert_eq!(way.strange, [""; 0], "{is}");
        assert!(plan(known, WayDirection::Back).ops.iter().all(|op| op.what != OperationKind::Delete), "{is}");
    }
}

#[test]
fn what_somebody_else_wrote_is_not_overwritten() {
    let is = &[("index.html", "?s"), ("about.html", "1"), ("new.html", "?s")];
    let before = &BEFORE[..2];
    let release = &[("index.html", "2"), ("about.html", "1"), ("new.html", "2")];
    let strange = ["strange index.html", "strange new.html"];
    assert_eq!(way(WayDirection::Forward, before, release, is), strange);
    assert_eq!(way(WayDirection::Back, before, release, is), strange);
}

#[test]
fn a_copy_of_somebody_elses_object_is_that_object() {
    let before = objects(&[("index.html", "?1")]);
    let mut copy = object("?9");
    copy.copy_of = Some(before["index.html"].etag.clone());
    let rules = rules();
    let known = PlanInput {
        is: &[("index.html".to_owned(), copy)].into(),
        before: &Content::Recorded(before),
        forward: &Content::Release([("index.html".to_owned(), file("2"))].into()),
        rules: &rules,
        due: &BTreeSet::new(),
    };
    assert_eq!(plan(known, WayDirection::Back), InPlacePlan::default());
    let forward = plan(known, WayDirection::Forward);
    assert_eq!(forward.strange, [""; 0]);
    assert_eq!(forward.ops[0].replaces, Replaces::ETag("\"?9\"".into()));
}

#[test]
fn a_first_deployment_overwrites_what_is_found_but_deletes_nothing() {
    let found = &[("index.html", "?1"), ("old.html", "?1")];
    let release = &[("index.html", "2")];
    assert_eq!(way(WayDirection::Forward, found, release, found), ["put index.html over ?1"]);
    let is = &[("index.html", "2"), ("old.html", "?1")];
    assert_eq!(way(WayDirection::Back, found, release, is), ["restore index.html over 2"]);
}
