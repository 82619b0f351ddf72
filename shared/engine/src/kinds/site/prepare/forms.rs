//! Compares names without their Unicode normal form and their case. S3 and browsers compare bytes: `é` as one code
//! point (NFC) and as two (NFD, which some systems write) are two names there, and look the same to people.

use crate::kinds::archive::Entry;
use crate::kinds::site::addresses::{Known, Lead};
use crate::kinds::site::types::name_of;
use icu_normalizer::ComposingNormalizerBorrowed;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Bound;
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::finding::{Finding, FindingName};

/// The most names, or pairs of names, that a warning lists.
const NAMED: usize = 5;

/// The remedy for a name that is there in another form.
const ONE_FORM: &str = "write each name in one form, in the pages and in the archive, best in NFC, to which \
                        `convmv -f utf-8 -t utf-8 --nfc -r --notest dist` brings the files of a folder";

/// The files of a release by a form of their paths.
type Paths<'a> = BTreeMap<Cow<'a, str>, &'a str>;

/// The files of a release whose names have letters beyond ASCII. Any other name has one form only.
pub(super) struct Forms<'a> {
    /// By their paths as they are.
    exact: Paths<'a>,
    /// By their paths in NFC.
    paths: Paths<'a>,
    /// By their names in NFC, without the folders.
    names: Paths<'a>,
}

impl<'a> Forms<'a> {
    /// The forms of these paths.
    pub(super) fn of(files: &BTreeSet<&'a str>) -> Self {
        let (mut exact, mut paths, mut names) = (Paths::new(), Paths::new(), Paths::new());
        for path in files.iter().copied().filter(|path| !path.is_ascii()) {
            exact.insert(path.into(), path);
            paths.entry(composed(path)).or_insert(path);
            names.entry(composed(name_of(path))).or_insert(path);
        }
        Self { exact, paths, names }
    }

    /// Returns the file to which an address leads but for the form.
    pub(super) fn file(&self, lead: &Lead) -> Option<&'a str> {
        self.paths.get(&*composed(&lead.path)).copied().or_else(|| self.by_name(&lead.path, lead.known))
    }

    /// Returns the file to which an address leads but for the form. Such an address may lack the ending of a page, or
    /// name a folder. `None` if a file is there in the address's own form.
    pub(super) fn page(&self, lead: &Lead) -> Option<&'a str> {
        let path = lead.path.trim_end_matches('/');
        if path.is_ascii() || page_at(&self.exact, path).is_some() {
            return None;
        }
        page_at(&self.paths, &composed(path)).or_else(|| self.by_name(path, lead.known))
    }

    fn by_name(&self, path: &str, known: Known) -> Option<&'a str> {
        self.names.get(&*composed(name_of(path))).copied().filter(|_| known < Known::Path)
    }
}

fn page_at<'a>(paths: &Paths<'a>, path: &str) -> Option<&'a str> {
    let below = format!("{path}/");
    let mut after = paths.range::<str, _>((Bound::Included(below.as_str()), Bound::<&str>::Unbounded));
    let within = after.next().filter(|(it, _)| it.starts_with(&below));
    let file = paths.get(path).or_else(|| paths.get(format!("{path}.html").as_str()));
    file.or(within.map(|(_, there)| there)).copied()
}

fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// A name in a page, and the file that the archive has under it in another form.
pub(super) struct InOtherForm<'a> {
    /// The first page that names it.
    pub(super) page: &'a str,
    /// The path to which the name leads.
    pub(super) asked: &'a str,
    /// The path of the file.
    pub(super) there: &'a str,
}

/// Refuses a file that a page needs, and that is there in another form; `also` says which other pages name it.
pub(super) fn in_other_form(archive: &str, it: &InOtherForm<'_>, also: &str) -> Finding {
    let (asked, there) = (encoded(it.asked), encoded(it.there));
    let reason =
        format!("the page names `{asked}`{also}, and the archive has it in another Unicode form alone: `{there}`");
    Finding::new(FindingName::BadArchive, format!("{archive}: {}", it.page), reason, ONE_FORM).seen(there, asked)
}

/// Pure: a warning of names that pages link, and that are there in another form.
pub(super) fn other_forms(archive: &str, all: &[InOtherForm<'_>]) -> Option<Finding> {
    if all.is_empty() {
        return None;
    }
    let some = all.get(..NAMED).unwrap_or(all);
    let list = |text: fn(&InOtherForm<'_>) -> String| some.iter().map(text).collect::<Vec<_>>().join(", ");
    let names = list(|it| format!("`{}` names `{}`, and `{}` is there", it.page, encoded(it.asked), encoded(it.there)));
    let reason = format!(
        "its pages name {} that it has in another Unicode form alone, which is another address: {names}",
        count(all.len(), "file")
    );
    let (there, asked) = (list(|it| encoded(it.there)), list(|it| encoded(it.asked)));
    Some(Finding::new(FindingName::BadArchive, archive, reason, ONE_FORM).seen(there, asked))
}

/// Pure: a warning of files of an archive whose paths differ in Unicode form or in case alone.
pub(super) fn alike(archive: &str, entries: &[Entry]) -> Option<Finding> {
    // The names of an archive may take all the memory there is once more, and their hashes do not.
    let hash = |path: &str| {
        let mut hasher = DefaultHasher::new();
        folded(path).hash(&mut hasher);
        hasher.finish()
    };
    let files = entries.iter().filter(|entry| !entry.folder).map(|entry| entry.name.as_str());
    let mut sorted: Vec<(u64, &str)> = files.map(|path| (hash(path), path)).collect();
    sorted.sort_unstable();
    let pairs = sorted.windows(2).filter_map(|two| match two {
        [(first, one), (second, other)] => (first == second && one != other).then_some((*one, *other)),
        _ => None,
    });
    let pairs: Vec<(&str, &str)> = pairs.collect();
    let some: Vec<String> = pairs.iter().take(NAMED).map(|(one, other)| pair(one, other)).collect();
    let some = some.join(", ");
    let reason = format!(
        "{} of its names {} in case or in Unicode form alone: {some}",
        count(pairs.len(), "pair"),
        agree(pairs.len(), "differs", "differ")
    );
    (!pairs.is_empty()).then(|| {
        Finding::new(
            FindingName::BadArchive,
            archive,
            reason,
            "keep one of the two: visitors get the one or the other by how an address is written, and a disk of macOS \
             or Windows has only one of them",
        )
        .seen(some, "")
    })
}

fn pair(one: &str, other: &str) -> String {
    if composed(one) == composed(other) {
        return format!("{} and {}", encoded(one), encoded(other));
    }
    format!("{one} and {other}")
}

/// Returns a name without its form and its case, nearly as Unicode folds it: `ß` is `SS`, both small sigmas are one.
fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let upper = composed(name).to_uppercase();
    composed(&upper.to_lowercase()).into_owned()
}

/// Returns a name as an address has it, so that its form is seen.
fn encoded(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii() {
            shown.push(char::from(byte));
        } else {
            shown.push_str(&format!("%{byte:02X}"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of which each has two forms: NFC, and another that means the same.
    const TWO_FORMS: [(&str, &str); 5] = [
        ("caf\u{e9}.html", "cafe\u{301}.html"),
        ("\u{d55c}\u{ae00}.html", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}.html"),
        ("\u{c5}.html", "\u{212b}.html"),
        ("\u{c5}.html", "A\u{30a}.html"),
        ("\u{1e69}.html", "s\u{307}\u{323}.html"),
    ];

    #[test]
    fn a_name_is_found_in_its_other_form() {
        for (one, other) in TWO_FORMS.into_iter().chain(TWO_FORMS.map(|(one, other)| (other, one))) {
            let folder = other.trim_end_matches(".html");
            let below = format!("{folder}/index.html");
            let (path, known) = (one.to_owned(), Known::Path);
            let stem = one.trim_end_matches(".html");
            // The file that is there, the address, and whether it is found as a file and as a page.
            let table = [
                (other, path.clone(), known, true, true),
                (other, stem.to_owned(), known, false, true),
                (other, format!("{stem}/"), known, false, true),
                (below.as_str(), format!("{stem}/"), known, false, true),
                (below.as_str(), path.clone(), known, false, false),
                (other, format!("x/{one}"), known, false, false),
                (other, format!("x/{one}"), Known::Name, true, true),
                (one, path.clone(), known, true, false),
            ];
            for (there, path, known, as_file, as_page) in table {
                let forms = Forms::of(&BTreeSet::from([there, "index.html"]));
                let lead = Lead { path, known };
                assert_eq!(forms.file(&lead), as_file.then_some(there), "{lead:?} {there:?}");
                assert_eq!(forms.page(&lead), as_page.then_some(there), "{lead:?} {there:?}");
            }
            let both = Forms::of(&BTreeSet::from([one, other]));
            assert_eq!(both.page(&Lead { path, known }), None, "{one:?}");
        }
    }

    #[test]
    fn names_that_differ_in_form_or_case_alone_are_listed_by_pairs() {
        let cases = [
            ("about.html", "About.html"),
            ("a/x.PNG", "A/x.png"),
            ("stra\u{df}e.html", "STRASSE.html"),
            ("\u{3bf}\u{3b4}\u{3cc}\u{3c2}.html", "\u{39f}\u{394}\u{38c}\u{3a3}.HTML"),
            ("CAF\u{c9}.html", "cafe\u{301}.html"),
        ];
        let seen = |names: &[&str]| {
            let entries: Vec<Entry> = names.iter().map(|name| Entry::plain(name)).collect();
            alike("web.zip", &entries).and_then(|finding| finding.seen?.found)
        };
        for (one, other) in cases.into_iter().chain(TWO_FORMS) {
            let mut two = [one, other];
            two.sort_unstable();
            let expected = Some(pair(two[0], two[1]));
            assert_eq!(seen(&[one, "index.html", other]), expected, "{one:?}");
        }
        assert_eq!(
            seen(&["caf\u{e9}.html", "cafe\u{301}.html"]),
            Some("cafe%CC%81.html and caf%C3%A9.html".to_owned())
        );
        for different in [["a.html", "b.html"], ["e.html", "\u{e9}.html"], ["x", "x/"], ["ss.html", "s.html"]] {
            assert_eq!(seen(&different), None, "{different:?}");
        }
        let many: Vec<String> = (0..9).flat_map(|n| [format!("a{n}"), format!("A{n}")]).collect();
        let listed = seen(&many.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        assert_eq!(listed.split(", ").count(), NAMED);
    }
}
