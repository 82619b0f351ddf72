//! Tests that an archive is refused whose pages name files that it lacks, before anything of it is public.

use crate::site::scene::Scene;
use crate::site::zips::zip;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_engine::ports::{Behaviour, Origin};

const BOTH: [SiteMode; 2] = [SiteMode::InPlace, SiteMode::Prefix];

const PAGE: &str = "<script src=/assets/app.js></script><img src=logo.svg>";

const WHOLE: &[(&str, &str)] = &[("index.html", PAGE), ("assets/app.js", "app()"), ("logo.svg", "<svg>")];

/// Prepares a release, and returns the pages that are refused for what they name.
fn refused(scene: &mut Scene, files: &[(&str, &str)]) -> Vec<String> {
    let artifact = scene.upload(zip(files));
    let prepared = scene.prepare(Some(&artifact), None).prepared;
    assert_eq!(prepared.findings.is_empty(), !prepared.stages.is_empty(), "{:?}", prepared.findings);
    let pages = prepared.findings.into_iter().map(|finding| {
        assert_eq!(finding.name, FindingName::BadArchive);
        finding.path.replace("artifacts/shop/prod/web/site.zip: ", "")
    });
    pages.collect()
}

#[test]
fn a_page_that_names_a_file_which_the_archive_lacks_is_refused_before_anything_is_public() {
    let files = [("index.html", PAGE), ("de/index.html", "<link rel=stylesheet href=gone.css>"), ("new.js", "new()")];
    for mode in BOTH {
        let mut scene = Scene::new(mode);
        assert_eq!(refused(&mut scene, &files), ["index.html", "de/index.html", "index.html"], "{mode:?}");
        assert_eq!(scene.keys(), [""; 0], "{mode:?}");
        assert_eq!(scene.world.cloudfront().distributions["E1"].changes, 0, "{mode:?}");
        assert_eq!(refused(&mut scene, WHOLE), [""; 0], "{mode:?}");
    }
}

#[test]
fn the_folder_counts_where_it_is_known() {
    let own = Some("https://shop.example");
    let table: [(&str, Option<&str>, bool, &[&str]); 4] = [
        ("<!doctype html>", own, false, &["index.html"]),
        ("<!doctype html>", None, false, &[]),
        ("", own, false, &[]),
        ("<!doctype html>", own, true, &[]),
    ];
    for (begin, url, rewrites, expected) in table {
        let page = format!("{begin}<script src=/app/assets/app.js></script>");
        for mode in BOTH {
            let mut scene = Scene::new(mode);
            scene.site.url = url.map(str::to_owned);
            scene.world.cloudfront().distribution("E1", "shop-web").rewrites = rewrites;
            let files = [("index.html", page.as_str()), ("assets/app.js", "app()")];
            assert_eq!(refused(&mut scene, &files), expected, "{mode:?} {begin} {url:?} {rewrites}");
        }
    }
}

/// Nobody knows what a function answers, or the routing rules of a bucket's website.
#[test]
fn what_may_be_answered_by_something_unread_is_a_warning() {
    let website = "shop-web.s3-website-eu-west-1.amazonaws.com";
    let bucket = "shop-web.s3.eu-west-1.amazonaws.com";
    for (domain, has_function, is_refused) in [(bucket, false, true), (bucket, true, false), (website, false, false)] {
        for mode in BOTH {
            let mut scene = Scene::new(mode);
            {
                let mut cdn = scene.world.cloudfront();
                let distribution = cdn.distribution("E1", "shop-web");
                distribution.origins[0].domain = domain.into();
                distribution.behaviours =
                    vec![Behaviour { paths: "*".to_owned(), origin: "shop-web".to_owned(), has_function }];
            }
            let artifact = scene.upload(zip(&[("index.html", PAGE)]));
            let prepared = scene.prepare(Some(&artifact), None).prepared;
            assert_eq!(prepared.findings.len(), if is_refused { 2 } else { 0 }, "{mode:?} {domain} {has_function}");
            let warned = prepared.warnings.iter().filter(|it| it.name == FindingName::BadArchive).count();
            assert_eq!(warned, usize::from(!is_refused), "{mode:?} {domain} {has_function}: {:?}", prepared.warnings);
        }
    }
}

#[test]
fn a_file_of_a_former_release_is_none_of_this_one() {
    for mode in BOTH {
        let mut scene = Scene::new(mode);
        scene.deploy_files(WHOLE);
        let (live, page) = (scene.bucket(), format!("{PAGE}two"));
        let files = [("index.html", page.as_str()), ("logo.svg", "<svg>")];
        assert_eq!(refused(&mut scene, &files), ["index.html"], "{mode:?}");
        assert_eq!(scene.bucket(), live, "{mode:?}");
    }
}

#[test]
fn what_others_serve_is_not_asked_of_the_archive() {
    let files = [("index.html", PAGE)];
    for mode in BOTH {
        let mut scene = Scene::new(mode);
        scene.site.elsewhere = vec!["assets/**".into(), "*.svg".into()];
        assert_eq!(refused(&mut scene, &files), [""; 0], "{mode:?}");

        let mut scene = Scene::new(mode);
        let behaviour = |paths: &str, origin: &str| Behaviour {
            paths: paths.to_owned(),
            origin: origin.to_owned(),
            has_function: false,
        };
        let other = Origin { id: "assets".into(), domain: "assets.example".into(), path: String::new() };
        {
            let mut cdn = scene.world.cloudfront();
            let distribution = cdn.distribution("E1", "shop-web");
            distribution.origins.push(other);
            distribution.behaviours = vec![behaviour("/assets/*", "assets"), behaviour("*", "shop-web")];
        }
        scene.site.origin = Some("shop-web".into());
        scene.site.elsewhere = vec!["logo.svg".into()];
        assert_eq!(refused(&mut scene, &files), [""; 0], "{mode:?}");
    }
}

#[test]
fn in_place_what_somebody_else_put_beside_the_site_is_served() {
    // How the page names the script, and where somebody else has put one.
    let table: [(&str, &str, &[&str]); 5] = [
        ("assets/app.js", "assets/app.js", &[]),
        ("assets/app.js", "vendor/app.js", &["index.html"]),
        ("assets/app.js", "assets/other.js", &["index.html"]),
        // It is not sure where this one leads.
        ("/assets/app.js", "vendor/app.js", &[]),
        ("/assets/app.js", "vendor/other.js", &["index.html"]),
    ];
    for (named, theirs, expected) in table {
        let mut scene = Scene::new(SiteMode::InPlace);
        scene.world.s3().upload("shop-web", theirs, "theirs()");
        let page = format!("<!doctype html><script src={named}></script>");
        assert_eq!(refused(&mut scene, &[("index.html", &page)]), expected, "{named} {theirs}");
    }
}

#[test]
fn in_place_a_former_file_that_somebody_else_has_overwritten_is_theirs() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.deploy_files(WHOLE);
    let (page, picture) = (format!("{PAGE}two"), ("logo.svg", "<svg>"));
    let files = [("index.html", page.as_str()), picture];
    assert_eq!(refused(&mut scene, &files), ["index.html"]);
    scene.world.s3().upload("shop-web", "assets/app.js", "theirs()");
    assert_eq!(refused(&mut scene, &files), [""; 0]);
}

#[test]
fn a_release_that_runs_already_is_not_refused() {
    let files = [("index.html", PAGE)];
    for mode in BOTH {
        let mut scene = Scene::new(mode);
        scene.site.elsewhere = vec!["**".into()];
        scene.deploy_files(&files);
        scene.site.elsewhere = vec![];
        let artifact = scene.upload(zip(&files));
        let prepared = scene.prepare(Some(&artifact), None).prepared;
        assert_eq!((prepared.findings, prepared.unchanged.is_some()), (vec![], true), "{mode:?}");
        let page = format!("{PAGE}two");
        assert_eq!(refused(&mut scene, &[("index.html", &page)]).len(), 2, "{mode:?}");
    }
}

#[test]
fn a_way_back_is_not_asked() {
    for mode in BOTH {
        let mut scene = Scene::new(mode);
        scene.site.elsewhere = vec!["**".into()];
        scene.deploy_files(&[("index.html", PAGE)]);
        let ran = scene.running.clone().unwrap().state;
        scene.site.elsewhere = vec![];
        scene.deploy_files(WHOLE);
        assert_eq!(scene.prepare(None, Some(&ran)).prepared.findings, [], "{mode:?}");
    }
}

/// The values of the findings on the archive: what is there, and what is named.
fn on_the_archive(findings: &[Finding]) -> Vec<(&str, &str)> {
    let seen = findings.iter().filter(|it| it.name == FindingName::BadArchive).map(|it| it.seen.as_deref().unwrap());
    seen.map(|it| (it.found.as_deref().unwrap_or(""), it.expected.as_deref().unwrap_or(""))).collect()
}

/// Browsers and S3 compare bytes: `é` as one code point and as two are two names.
#[test]
fn a_name_in_another_form_is_refused_where_a_page_needs_it_and_a_warning_where_it_is_linked() {
    let (one, two) = ("caf%C3%A9", "cafe%CC%81");
    // What is in the page, the file, what is there and what is named, and whether the page needs it.
    let table = [
        ("<script src=caf\u{e9}.js></script>", "cafe\u{301}.js", (two, one), ".js", true),
        ("<img src=caf%C3%A9.png>", "cafe\u{301}.png", (two, one), ".png", true),
        ("<link rel=stylesheet href=cafe%CC%81.css>", "caf\u{e9}.css", (one, two), ".css", true),
        ("<a href=caf\u{e9}.html></a>", "cafe\u{301}.html", (two, one), ".html", false),
        ("<a href=caf&eacute;.html></a>", "cafe\u{301}.html", (two, one), ".html", false),
        ("<a href=cafe%CC%81.pdf></a>", "caf\u{e9}.pdf", (one, two), ".pdf", false),
        ("<a href='/caf\u{e9}/'></a>", "cafe\u{301}/", (two, one), "/", false),
    ];
    for (page, file, (found, expected), ending, is_refused) in table {
        let page = format!("<!doctype html>{page}");
        let file = if file.ends_with('/') { format!("{file}index.html") } else { file.to_owned() };
        let found = if ending == "/" { format!("{found}/index.html") } else { format!("{found}{ending}") };
        let expected = format!("{expected}{ending}");
        for mode in BOTH {
            let mut scene = Scene::new(mode);
            let artifact = scene.upload(zip(&[("index.html", &page), (&file, "x")]));
            let prepared = scene.prepare(Some(&artifact), None).prepared;
            let (with, without) =
                if is_refused { (prepared.findings, vec![]) } else { (prepared.warnings, prepared.findings) };
            assert_eq!(on_the_archive(&with), [(found.as_str(), expected.as_str())], "{mode:?} {page}");
            assert_eq!(without, [], "{mode:?} {page}");
        }
    }
}

#[test]
fn names_that_are_alike_are_a_warning_until_the_release_runs() {
    let files = [("index.html", "<p>"), ("About.html", "<p>1"), ("about.html", "<p>2")];
    for mode in BOTH {
        let mut scene = Scene::new(mode);
        let artifact = scene.upload(zip(&files));
        let warnings = scene.prepare(Some(&artifact), None).prepared.warnings;
        assert_eq!(on_the_archive(&warnings), [("About.html and about.html", "")], "{mode:?}");
        scene.deploy_files(&files);
        let artifact = scene.upload(zip(&files));
        let warnings = scene.prepare(Some(&artifact), None).prepared.warnings;
        assert!(on_the_archive(&warnings).is_empty(), "{mode:?}");
    }
}
