//! The pages of findings, faults and troubles. The program carries them, because its users need not have the
//! repository.

use crate::ground::trouble::TroubleName;
use include_dir::{Dir, include_dir};
use windlass_domain::document::shape::objection::did_you_mean;
use windlass_domain::text::finding::{self, Finding};

static FINDINGS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../docs/findings");
static FAULTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../docs/faults");
static TROUBLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../docs/troubles");

/// The page of a finding, a fault or a trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualPage {
    /// The name that it explains.
    pub name: String,
    /// Its text, in Markdown; the finding's first, where a fault has the same name.
    pub text: String,
}

impl ManualPage {
    /// Returns the page of this name.
    ///
    /// # Errors
    /// If no page has this name; the message suggests the nearest.
    pub fn of(name: &str) -> Result<Self, String> {
        let file = format!("{name}.md");
        let texts: Vec<&str> = [&FINDINGS, &FAULTS, &TROUBLES]
            .iter()
            .filter_map(|pages| pages.get_file(&file)?.contents_utf8())
            .map(|text| text.split_once("-->\n").map_or(text, |(_, text)| text).trim())
            .collect();
        if texts.is_empty() || name == INDEX {
            let why = format!("no page is called `{name}`.");
            let meant = match Self::alike(name) {
                Some(alike) => format!("Did you mean `{alike}`?"),
                None => did_you_mean(name, &names()),
            };
            return Err(format!("{why} {meant}"));
        }
        Ok(Self { name: name.to_owned(), text: texts.join("\n\n") })
    }

    /// Returns the name of the page that differs only by its capital letters.
    pub fn alike(name: &str) -> Option<String> {
        let mut names = names().into_iter();
        names.find(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Returns a line that names the page of each finding once, and the command that shows it; `None` where there are no
/// findings.
pub fn line<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Option<String> {
    let findings: Vec<&Finding> = findings.into_iter().collect();
    let pages = finding::pages(findings.iter().copied())?;
    let first = findings.first()?.name;
    let name = if findings.iter().all(|finding| finding.name == first) { first.to_string() } else { "NAME".to_owned() };
    Some(format!("{pages} (or `windlass explain {name}`)"))
}

/// Returns a line that names the page of a trouble, and the command that shows it.
pub fn of_trouble(name: TroubleName) -> String {
    format!("  page: {} (or `windlass explain {name}`)", name.page())
}

/// The file that lists the others.
const INDEX: &str = "README";

fn names() -> Vec<String> {
    let files = FINDINGS.files().chain(FAULTS.files()).chain(TROUBLES.files());
    let names = files.filter_map(|file| Some(file.path().file_stem()?.to_str()?.to_owned()));
    let mut names: Vec<String> = names.filter(|name| name != INDEX).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_page_and_no_other_word_has_one() {
        for name in names() {
            let page = ManualPage::of(&name).unwrap();
            let title = format!("# {name}\n");
            assert!(page.text.starts_with(&title), "{}", page.text);
            assert!(!page.text.contains("<!--"), "{}", page.text);
        }
        assert_eq!(ManualPage::of("TargetChangedByOther").unwrap().text.matches("\n## Next step").count(), 2);
        let near = ManualPage::of("BadValu").unwrap_err();
        assert!(near.contains("Did you mean `BadValue`?"), "{near}");
        assert_eq!(ManualPage::alike("vetoed").as_deref(), Some("Vetoed"));
        assert_eq!(ManualPage::alike("veto"), None);
        assert!(ManualPage::of(INDEX).is_err());
        assert!(ManualPage::of("../API").is_err());
    }
}
