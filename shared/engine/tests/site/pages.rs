//! Tests of pages of a site, as visitors get them: what each comes to before a release and after it.

use crate::site::in_place::{ONE, TWO};
use crate::site::scene::{Deployment, Scene};
use bytes::Bytes;
use windlass_domain::declaration::gate::{Measurement, Verdict};
use windlass_domain::declaration::gates::{DeclaredGate, PageGate, ResolvedGates};
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::declaration::plan::Wave;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Span;
use windlass_engine::measurements::{self, ChangeableComponent, GateProblem, Judging, Preparing};
use windlass_engine::ports::{Clock, ErrorPage, ProbeAnswer, Probed};
use windlass_world::run::run;

pub const SITE: &str = "https://e1.cloudfront.net/";
const SCRIPT: &str = "https://e1.cloudfront.net/assets/index-aaaa1111.js";

fn web() -> ComponentName {
    ComponentName::new("web").unwrap()
}

pub fn gates(paths: &[&str], before_switch: Option<&str>) -> ResolvedGates {
    let gate = |path: &&str| DeclaredGate {
        path: "components.web.gates.pages[0]".into(),
        component: Some(web()),
        gate: PageGate {
            site: "web".into(),
            page: (*path).to_owned(),
            before_switch: before_switch.map(str::to_owned),
        },
    };
    ResolvedGates { pages: paths.iter().map(gate).collect(), ..ResolvedGates::default() }
}

/// Returns what is measured in a wave of a deployment.
pub fn measured_in(scene: &Scene, deployment: &Deployment, gates: &ResolvedGates, wave: u32) -> Vec<Measurement> {
    let now = scene.world.now();
    let waves = deployment.prepared.stages.iter().map(|stage| Wave {
        changes: vec![],
        bake_s: 0,
        ahead: stage.ahead,
        look: stage.look,
    });
    let judging = Judging {
        gates,
        place: &Place::default(),
        waves: &waves.collect::<Vec<_>>(),
        steps: &[scene.step(deployment)],
        judgement: &Judgement::begin(wave, now, now, Span::ZERO, true),
        first_change: now,
        now,
    };
    run(measurements::measure(&scene.world, &judging))
}

fn measured(scene: &Scene, deployment: &Deployment, paths: &[&str]) -> Vec<Measurement> {
    measured_in(scene, deployment, &gates(paths, None), 0)
}

/// Returns the result of the first page.
fn first(scene: &Scene, deployment: &Deployment) -> Measurement {
    measured(scene, deployment, &["/"]).remove(0)
}

fn problems(scene: &Scene, deployment: &Deployment, is_first: bool) -> Vec<GateProblem> {
    let preparing = Preparing {
        gates: &gates(&["/"], None),
        place: &Place::default(),
        components: &[ChangeableComponent { name: &web(), is_first, target: &deployment.prepared.target }],
    };
    let looked = run(measurements::check(&scene.world, &preparing)).unwrap();
    looked.into_iter().flat_map(|one| one.problems).collect()
}

/// Lets an address answer so.
fn serve(scene: &Scene, url: &str, status: u16, content_type: &str, body: &str) {
    let answer = ProbeAnswer {
        status,
        content_type: Some(content_type.to_owned()),
        cache_control: None,
        body: Bytes::copy_from_slice(body.as_bytes()),
        ms: 5,
    };
    answer_at(scene, url, Probed::Answer(answer));
}

fn answer_at(scene: &Scene, url: &str, probed: Probed) {
    let mut probe = scene.world.probe();
    probe.answers.insert(url.to_owned(), probed);
}

#[test]
fn pages_of_a_good_release_pass_in_both_modes() {
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        let mut scene = Scene::new(mode);
        scene.deploy_files(ONE);
        let second = scene.deploy_files(TWO);
        let seen = measured(&scene, &second, &["/", "/about.html"]);
        let words: Vec<(&str, Verdict, &str)> =
            seen.iter().map(|one| (one.gate.as_str(), one.verdict, one.measured.as_str())).collect();
        let expected = [
            ("web /", Verdict::Pass, "a document; scripts and style sheets: 1 of 1"),
            ("web /about.html", Verdict::Pass, "a document; scripts and style sheets: 0 of 0"),
        ];
        assert_eq!(words, expected, "{mode:?}");
        assert_eq!(problems(&scene, &second, false), [], "{mode:?}");
    }
}

#[test]
fn a_script_that_a_fallback_answers_with_a_document_fails() {
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        let mut scene = Scene::new(mode);
        scene.deploy_files(ONE);
        scene.world.cloudfront().distribution("E1", "").error_pages =
            vec![ErrorPage { status: 403, answered: Some(200), path: Some("/index.html".into()) }];
        scene.site.elsewhere = vec!["assets/forgotten-*".into()];
        let page = "<script src=/assets/forgotten-dddd4444.js></script>";
        let second = scene.deploy_files(&[("index.html", page)]);
        let seen = first(&scene, &second);
        assert_eq!(seen.verdict, Verdict::Fail, "{mode:?}");
        assert_eq!(
            seen.measured,
            "the script `/assets/forgotten-dddd4444.js` is answered with status 200 and type `text/html; charset=utf-8`"
        );
        let forgotten = "https://e1.cloudfront.net/assets/forgotten-dddd4444.js: is it in the archive";
        assert!(seen.look_at.starts_with(forgotten), "{}", seen.look_at);
    }
}

#[test]
fn what_a_script_is_answered_with_is_judged() {
    let table = [
        (200, "text/javascript; charset=utf-8", Verdict::Pass),
        (200, "application/javascript", Verdict::Pass),
        (200, "Application/ECMAScript", Verdict::Pass),
        (206, "text/javascript", Verdict::Pass),
        (200, "text/html", Verdict::Fail),
        (200, "text/css", Verdict::Fail),
        (200, "", Verdict::Fail),
        (404, "text/javascript", Verdict::Fail),
        (403, "application/xml", Verdict::Fail),
        (503, "text/javascript", Verdict::Fail),
    ];
    let mut scene = Scene::new(SiteMode::InPlace);
    let deployment = scene.deploy_files(ONE);
    for (status, content_type, verdict) in table {
        serve(&scene, SCRIPT, status, content_type, "x");
        let seen = first(&scene, &deployment);
        assert_eq!(seen.verdict, verdict, "{status} {content_type}: {seen:?}");
    }
}

#[test]
fn what_a_page_is_answered_with_is_judged() {
    let table = [
        (200, "text/html", Verdict::Pass),
        (200, "application/xhtml+xml", Verdict::Pass),
        (200, "application/xml", Verdict::Fail),
        (200, "binary/octet-stream", Verdict::Fail),
        (403, "application/xml", Verdict::Fail),
        (404, "text/html", Verdict::Fail),
    ];
    let mut scene = Scene::new(SiteMode::InPlace);
    let deployment = scene.deploy_files(ONE);
    for (status, content_type, verdict) in table {
        serve(&scene, SITE, status, content_type, "<p>");
        let seen = first(&scene, &deployment);
        assert_eq!(seen.verdict, verdict, "{status} {content_type}: {seen:?}");
        let wanted = format!("answered with status {status} and type `{content_type}`");
        assert_eq!(seen.measured == wanted, verdict == Verdict::Fail, "{seen:?}");
    }
}

#[test]
fn what_is_not_answered_is_unknown_and_not_measurable_before_the_change() {
    let silent = Probed::NoAnswer("the name is not known".into());
    let forbidden = Probed::Forbidden("loopback".into());
    for url in [SITE, SCRIPT] {
        for probed in [&silent, &forbidden] {
            let mut scene = Scene::new(SiteMode::InPlace);
            let deployment = scene.deploy_files(ONE);
            answer_at(&scene, url, probed.clone());
            let seen = first(&scene, &deployment);
            assert_eq!(seen.verdict, Verdict::Unknown, "{url} {probed:?}");
            assert!(seen.measured.starts_with("not measured: "), "{seen:?}");
            let found = problems(&scene, &deployment, true);
            let [GateProblem::NotMeasurable(finding)] = found.as_slice() else {
                panic!("{url} {probed:?}: {found:?}");
            };
            assert_eq!(finding.name, FindingName::GateNotMeasurable);
            assert_eq!(finding.path, "components.web.gates.pages[0]");
        }
    }
}

#[test]
fn one_lost_connection_is_not_an_unhealthy_release() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let deployment = scene.deploy_files(ONE);
    answer_at(&scene, SCRIPT, Probed::NoAnswer("reset".into()));
    scene.world.probe().asked.clear();
    first(&scene, &deployment);
    let asked = scene.world.probe().asked.clone();
    assert_eq!(asked, [SITE, SCRIPT, SCRIPT]);
}

#[test]
fn what_is_red_before_a_release_is_named_and_stops_nothing() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let deployment = scene.deploy_files(ONE);
    serve(&scene, SCRIPT, 404, "text/html", "gone");
    let found = problems(&scene, &deployment, false);
    let [GateProblem::Noted(finding)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(finding.name, FindingName::GateAlreadyRed);
    assert!(finding.reason.written().contains("index-aaaa1111.js"), "{finding:?}");
    assert_eq!(problems(&scene, &deployment, true), [], "nobody expects it");
}

#[test]
fn a_script_that_is_nowhere_and_is_answered_is_noted() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let deployment = scene.deploy_files(ONE);
    let error_page = |answered| ErrorPage { status: 403, answered: Some(answered), path: Some("/index.html".into()) };
    for (answered, is_noted) in [(200, true), (206, true), (404, false), (503, false)] {
        scene.world.cloudfront().distribution("E1", "").error_pages = vec![error_page(answered)];
        scene.world.probe().asked.clear();
        let found = problems(&scene, &deployment, false);
        assert_eq!(found.len(), usize::from(is_noted), "{answered}: {found:?}");
        let asked = scene.world.probe().asked.clone();
        let last = asked.last().unwrap();
        assert!(
            last.starts_with("https://e1.cloudfront.net/assets/windlass-nowhere-"),
            "behaviours go by path: {last}"
        );
        if let [GateProblem::Noted(finding)] = found.as_slice() {
            assert_eq!(finding.name, FindingName::TargetNotReady);
            assert!(finding.reason.written().contains("a script that is nowhere"), "{finding:?}");
        }
    }
}

#[test]
fn another_cache_header_than_the_file_was_given_is_noted_and_fails_nothing() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let deployment = scene.deploy_files(ONE);
    serve(&scene, SCRIPT, 200, "text/javascript", "one()");
    let seen = first(&scene, &deployment);
    assert_eq!(seen.verdict, Verdict::Pass);
    assert_eq!(
        seen.measured,
        "a document; scripts and style sheets: 1 of 1; `/assets/index-aaaa1111.js` has the cache header `` instead of `public, max-age=31536000, immutable`"
    );
}

/// Returns the addresses that are asked for, if a site that is reached at `url` has a page with this text.
fn asked_for(url: &str, path: &str, page: &str) -> Vec<String> {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.site.url = Some(url.into());
    let deployment = scene.deploy_files(ONE);
    let at = format!("{}{path}", url.trim_end_matches('/'));
    serve(&scene, &at, 200, "text/html", page);
    scene.world.probe().asked.clear();
    measured(&scene, &deployment, &[path]);
    let mut asked = scene.world.probe().asked.clone();
    assert_eq!(asked.remove(0), at);
    asked.dedup();
    asked
}

#[test]
fn what_a_page_names_is_fetched_where_a_browser_fetches_it() {
    let shop = "https://shop.example";
    let table: [(&str, &str, &str, &[&str]); 9] = [
        (shop, "/", "<script src=a.js>", &["https://shop.example/a.js"]),
        (shop, "/de/", "<script src=a.js?v=1#x>", &["https://shop.example/de/a.js?v=1"]),
        (shop, "/de/about/", "<script src=../../b.js>", &["https://shop.example/b.js"]),
        (shop, "/", "<base href=/app/><script src=a.js>", &["https://shop.example/app/a.js"]),
        (shop, "/", "<script src=https://shop.example/a.js>", &["https://shop.example/a.js"]),
        (shop, "/", "<script src=https://cdn.example/a.js>", &[]),
        (shop, "/", "<script src=data:text/javascript,1>", &[]),
        ("https://shop.example/docs", "/", "<script src=a.js>", &["https://shop.example/docs/a.js"]),
        ("https://shop.example/docs/", "/", "<script src=/a.js>", &["https://shop.example/a.js"]),
    ];
    for (url, path, page, expected) in table {
        assert_eq!(asked_for(url, path, page), expected, "{url} {path} {page}");
    }
}

#[test]
fn in_place_a_folder_of_the_bucket_is_reached_where_the_origin_leads() {
    for (origin, visited) in [("", "https://e1.cloudfront.net/web/"), ("/web", SITE)] {
        let mut scene = Scene::new(SiteMode::InPlace);
        scene.site.prefix = "web/".into();
        scene.world.cloudfront().distribution("E1", "").origins[0].path = origin.into();
        scene.site.root = Some("index.html".into());
        let deployment = scene.deploy_files(&[("index.html", "<p>")]);
        first(&scene, &deployment);
        assert_eq!(scene.world.probe().asked.last().unwrap(), visited);
    }
}

#[test]
fn what_several_pages_name_is_fetched_once_and_no_more_than_fits() {
    let scripts: Vec<String> = (0..130).map(|n| format!("<script src={n}.js></script>")).collect();
    let mut scene = Scene::new(SiteMode::InPlace);
    let deployment = scene.deploy_files(ONE);
    let serves = |path: &str, kind: &str, text: &str| {
        serve(&scene, &format!("{SITE}{path}"), 200, kind, text);
    };
    serves("", "text/html", &scripts.concat());
    serves("about.html", "text/html", &scripts[7]);
    for n in 0..130 {
        serves(&format!("{n}.js"), "text/javascript", "x");
    }
    scene.world.probe().asked.clear();
    let seen = measured(&scene, &deployment, &["/", "/about.html"]);
    assert!(seen[0].measured.starts_with("a document; scripts and style sheets: 128 of 130"), "{seen:?}");
    assert_eq!(scene.world.probe().asked.len(), 2 + 128);
}
