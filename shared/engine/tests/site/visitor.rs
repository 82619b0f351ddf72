//! A visitor who loads pages all the time, as a browser does, while releases, undos and rollbacks run. After every call
//! to AWS the visitor loads a document through some edge, then its assets through all edges, and the assets of
//! documents that were opened long ago.

use crate::site::scene::Scene;
use crate::site::zips::zip;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{ProbeAnswer, Probed};
use windlass_world::World;
use windlass_world::mishaps::Visitor;
use windlass_world::probe::Edge;

const SITE: &str = "https://e1.cloudfront.net/";
const EDGES: [Edge; 2] = [Edge::Quick, Edge::Slow];

/// Names of a script as bundlers give them, in three releases.
const NAMES: [[&str; 3]; 4] = [
    // esbuild, and Angular with it: base32, one in five without a digit
    ["chunk-ABCDEFGH.js", "chunk-QRSTUVWX.js", "chunk-YZABCDEF.js"],
    // digits alone
    ["main.12345678.js", "main.23456789.js", "main.34567890.js"],
    // Vite and Rollup: eight characters of base64url
    ["assets/page-DxYkAbCd.js", "assets/page-_qRsTuVw.js", "assets/page-xYz-AbCd.js"],
    // webpack: chunks by number
    ["123.js", "456.js", "789.js"],
];

/// Makes a release: a start page, a page that it links to, a script and a style.
fn release(name: &str, script: &str, pages: &[&str]) -> Vec<(String, String)> {
    let script = script.to_owned();
    let style = script.replace(".js", ".css");
    let links: Vec<String> = pages.iter().map(|page| format!("<a href={page}>")).collect();
    let links = links.concat();
    let head = format!("<link rel=stylesheet href=/{style}><script src=/{script}></script>");
    let mut files = vec![
        ("index.html".to_owned(), format!("{head}{links}{name}")),
        (script, format!("{name}()")),
        (style, format!("{{}} /* {name} */")),
        ("logo.svg".to_owned(), format!("<svg>{name}</svg>")),
    ];
    for page in pages {
        files.push(((*page).to_owned(), format!("{head}{page}")));
    }
    files
}

/// The things that are seen of a site.
#[derive(Default)]
struct Seen {
    /// The one right content of each asset, by path.
    assets: BTreeMap<String, String>,
    /// The assets of the documents that were opened.
    open: RefCell<BTreeSet<String>>,
    /// The start pages that were seen.
    pages: RefCell<BTreeSet<String>>,
    looks: Cell<u32>,
}

impl Seen {
    fn fetch(world: &World, edge: Edge, path: &str) -> ProbeAnswer {
        match world.visit_at(edge, &format!("{SITE}{path}")) {
            Some(Probed::Answer(answer)) => answer,
            other => panic!("{path}: {other:?}"),
        }
    }

    fn document(world: &World, edge: Edge, path: &str) -> String {
        let answer = Self::fetch(world, edge, path);
        assert_eq!(answer.status, 200, "{path} at {edge:?}");
        let found = answer.content_type.unwrap_or_default();
        assert_eq!(found, "text/html; charset=utf-8", "{path}");
        String::from_utf8(answer.body.to_vec()).unwrap()
    }

    fn asset(&self, world: &World, edge: Edge, path: &str) {
        let answer = Self::fetch(world, edge, path);
        assert_eq!(answer.status, 200, "{path} at {edge:?}");
        let wanted = if path.ends_with("js") { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" };
        assert_eq!(answer.content_type.as_deref(), Some(wanted), "{path}");
        assert_eq!(answer.body, self.assets[path], "{path}");
    }

    /// Opens a document, follows its links, and loads all assets that open documents need.
    fn look(&self, world: &World) {
        self.looks.set(self.looks.get() + 1);
        for edge in EDGES {
            let start = Self::document(world, edge, "");
            for link in between(&start, "<a href=", ">") {
                let page = Self::document(world, edge, link);
                self.open.borrow_mut().extend(named(&page));
            }
            self.open.borrow_mut().extend(named(&start));
            self.pages.borrow_mut().insert(start);
        }
        for path in self.open.borrow().iter() {
            for edge in EDGES {
                self.asset(world, edge, path);
            }
        }
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Vec<&'t str> {
    let parts = text.split(before).skip(1);
    parts.filter_map(|part| part.split(after).next()).collect()
}

fn named(document: &str) -> Vec<String> {
    let scripts = between(document, "src=/", ">");
    let styles = between(document, "href=/", ">");
    let all = scripts.into_iter().chain(styles);
    all.map(str::to_owned).collect()
}

fn archive(files: &[(String, String)]) -> Vec<u8> {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    zip(&files)
}

/// Plays a release, the next one, one that is undone, a rollback to the first, and the last again.
fn story(mode: SiteMode, names: [&str; 3]) -> Rc<Seen> {
    let one = release("one", names[0], &["old.html"]);
    let two = release("two", names[1], &["about.html", "new.html"]);
    let three = release("three", names[2], &["about.html"]);
    let all = one.iter().chain(&two).chain(&three);
    let pages = ["index.html", "old.html", "about.html", "new.html", "logo.svg"];
    let assets = all.filter(|(path, _)| !pages.contains(&path.as_str()));
    let seen = Rc::new(Seen { assets: assets.cloned().collect(), ..Seen::default() });

    let mut scene = Scene::new(mode);
    scene.world.cloudfront().distribution("E1", "shop-web").deploy_ms = 30_000;
    let artifact = scene.upload(archive(&one));
    scene.deploy(&artifact);
    let first = scene.running.clone().unwrap().state;

    let visitor = Rc::clone(&seen);
    scene.world.mishaps().visitor = Visitor::new(move |world| visitor.look(world));
    let artifact = scene.upload(archive(&two));
    scene.deploy(&artifact);
    let undone = scene.upload(archive(&three));
    let undone = scene.prepare(Some(&undone), None);
    assert_eq!(scene.publish(&undone), WorkTransition::Changed);
    assert_eq!(scene.switch(&undone), WorkTransition::Changed);
    assert_eq!(scene.undo(&undone), WorkTransition::Changed);
    let rollback = scene.prepare(None, Some(&first));
    assert_eq!(rollback.prepared.findings, []);
    scene.go(rollback);
    scene.deploy(&artifact);
    assert!(scene.text("").ends_with("two"));
    seen
}

#[test]
fn no_visitor_meets_a_missing_file_a_mixed_release_or_a_wrong_type() {
    for names in NAMES {
        for mode in [SiteMode::InPlace, SiteMode::Prefix] {
            let seen = story(mode, names);
            let met = seen.pages.borrow().len();
            assert_eq!(met, 3, "{mode:?} {names:?}: each release was met");
            let looks = seen.looks.get();
            assert!(looks > 100, "{mode:?} {names:?}: {looks} looks");
        }
    }
}
