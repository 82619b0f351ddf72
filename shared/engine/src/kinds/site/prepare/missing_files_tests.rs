//! Tests of what is found missing in an archive, and of what is said of it.

use super::*;
use serde_json::{from_value, json};

fn entry(name: &str) -> Entry {
    Entry::plain(name)
}

/// The files that pages name and a release of `files` lacks, each with its first page and the number of pages. No
/// distribution is known.
fn missing(files: &[&str], pages: &[(&str, &str)]) -> MissingFiles {
    let site = from_value(json!({
        "bucket": "b", "prefix": "", "mode": "in_place", "cache": [], "hashed": [],
        "elsewhere": ["widgets/**"], "files": {"exclude": ["*.css"]},
    }))
    .unwrap();
    let rules = SiteRules::new(&site).unwrap();
    let entries: Vec<Entry> = files.iter().map(|name| entry(name)).collect();
    let addresses = Addresses::of(&site, None).unwrap();
    let looked = Looked::new(addresses, &rules, &entries, Some("config.js"));
    let mut missing = MissingFiles { archive: "web.zip".into(), ..MissingFiles::default() };
    for (page, html) in pages {
        missing.note(page, looked.lacks(page, html.as_bytes()));
    }
    missing
}

#[test]
fn what_a_page_names_is_there_or_missing() {
    let table: [(&str, &[&str]); 8] = [
        ("<script src=/gone.js></script><link rel=stylesheet href=gone.css>", &["gone.js"]),
        ("<link rel=modulepreload href=gone.mjs><img src=gone.png>", &["gone.mjs", "gone.png"]),
        ("<script src=/assets/a.js></script><img src=logo.svg>", &[]),
        // Where nobody knows the address of the site, the name is enough.
        ("<script src=/app/a.js></script>", &[]),
        ("<script src=config.js></script><script src=/widgets/a/b.js></script>", &[]),
        ("<a href=gone.html></a><link rel=icon href=gone.ico><link rel=preload href=gone.woff2>", &[]),
        ("<img srcset='gone.png 2x'><iframe src=gone.html></iframe>", &[]),
        ("<script src=folder.js/></script>", &[]),
    ];
    for (html, expected) in table {
        let found = missing(&["assets/a.js", "logo.svg", "folder.js/"], &[("index.html", html)]);
        assert_eq!(found.files.keys().map(String::as_str).collect::<Vec<_>>(), expected, "{html}");
    }
}

#[test]
fn every_missing_file_is_found_once_with_its_first_page() {
    let both = "<script src=/a.js></script><script src=/b.js></script>";
    let found = missing(&[], &[("index.html", "<script src=a.js></script>"), ("de/x.html", both)]);
    let expected = [("a.js", "index.html", 2), ("b.js", "de/x.html", 1)];
    let files = found.files.iter().map(|(path, file)| (path.as_str(), file.page.as_str(), file.pages));
    assert_eq!(files.collect::<Vec<_>>(), expected);
    let refused = |of_others: &[&str]| match found.check(&of_others.iter().copied().collect()) {
        Ok(warnings) => warnings.into_iter().map(|it| it.path).collect::<Vec<_>>(),
        Err(trouble) => trouble.findings().unwrap().into_iter().map(|it| it.path).collect::<Vec<_>>(),
    };
    assert_eq!(refused(&[]), ["web.zip: index.html", "web.zip: de/x.html"]);
    assert_eq!(refused(&["a.js"]), ["web.zip: de/x.html"]);
    assert_eq!(refused(&["a.js", "b.js"]), [""; 0]);
    // Where only the name is known, any folder of others may be the one.
    assert_eq!(refused(&["vendor/a.js", "de/b.js"]), [""; 0]);
}

/// A file of others is none that the archive must have, and a name that a page also needs is warned of once.
#[test]
fn a_linked_name_in_another_form_is_warned_of_once_and_not_where_others_have_it() {
    let form = |pages: &[(&str, bool)]| {
        let mut missing = MissingFiles { archive: "web.zip".into(), ..MissingFiles::default() };
        for (page, is_needed) in pages {
            let lack = Lack { known: Known::Guess, is_needed: *is_needed, there: Some("cafe\u{301}.png") };
            missing.note(page, BTreeMap::from([("café.png".to_owned(), lack)]));
        }
        missing
    };
    let (link, need) = (("a.html", false), ("b.html", true));
    let warned =
        |pages: &[(&str, bool)], of_others: &[&str]| form(pages).check(&of_others.iter().copied().collect()).unwrap();
    assert_eq!(warned(&[link], &[]).len(), 1);
    assert_eq!(warned(&[link], &["café.png"]), []);
    assert_eq!(warned(&[link, need], &[]), warned(&[need], &[]));
    assert_eq!(warned(&[link, need], &["café.png"]), []);
}

#[test]
fn a_great_many_missing_files_are_shortened() {
    let scripts: Vec<String> = (0..62).map(|n| format!("<script src={n}.js></script>")).collect();
    let trouble = missing(&[], &[("index.html", &scripts.concat())]).check(&BTreeSet::new()).unwrap_err();
    let findings = trouble.findings().unwrap();
    assert_eq!(findings.len(), LISTED + 1);
    assert_eq!(findings[LISTED].path, "web.zip: the archive");
}

#[test]
fn what_is_not_remembered_is_counted() {
    type Row<'a> = (&'a [(&'a str, &'a str)], usize, usize);
    let scripts: Vec<String> = (0..REMEMBERED + 3).map(|n| format!("<script src={n:05}.js></script>")).collect();
    let all = scripts.concat();
    let (all, one) = (all.as_str(), scripts[0].as_str());
    // The pages, and the numbers of files that are remembered and of names that are not.
    let table: [Row; 3] = [
        (&[("index.html", one)], 1, 0),
        (&[("index.html", all)], REMEMBERED, 3),
        (&[("index.html", all), ("de.html", all)], REMEMBERED, 6),
    ];
    for (pages, remembered, forgotten) in table {
        let found = missing(&[], pages);
        assert_eq!((found.files.len(), found.forgotten), (remembered, forgotten));
        assert_eq!(found.warning().is_some(), forgotten > 0);
    }
}

#[test]
fn pages_are_known_by_their_names() {
    let table = [
        ("index.html", true),
        ("de/about.HTM", true),
        ("a.xhtml", true),
        ("a.js", false),
        ("a.svg", false),
        ("about", false),
        ("html/", false),
    ];
    for (name, page) in table {
        assert_eq!(is_page(&entry(name)), page, "{name}");
    }
}
