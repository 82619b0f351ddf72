//! The pages of findings, faults, troubles and endings. The program carries them, because its users need not have the
//! repository.

use crate::ground::trouble::TroubleName;
use std::sync::LazyLock;
use windlass_domain::document::shape::objection::did_you_mean;
use windlass_domain::text::finding::{self, Finding};

const PAGES: [&str; 4] = [
    include_str!("../../../docs/findings.md"),
    include_str!("../../../docs/faults.md"),
    include_str!("../../../docs/troubles.md"),
    include_str!("../../../docs/endings.md"),
];

/// The sections of all pages, in the order of the pages.
static SECTIONS: LazyLock<Vec<ManualPage>> = LazyLock::new(|| PAGES.into_iter().flat_map(sections).collect());

/// The text about a name: a finding, a fault, a trouble, an ending or a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualPage {
    /// The name that it explains.
    pub name: String,
    /// Its text, in Markdown. Where several pages have the name, their sections follow each other: that of the finding
    /// comes first, and that of the ending last.
    pub text: String,
}

impl ManualPage {
    /// Returns the text about this name.
    ///
    /// # Errors
    /// If no page has this name; the message suggests the nearest.
    pub fn of(name: &str) -> Result<Self, String> {
        let texts = SECTIONS.iter().filter(|section| section.name == name).map(|section| section.text.trim());
        let texts: Vec<&str> = texts.collect();
        if texts.is_empty() {
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

/// Cuts a page at its headings of the second level. Each heading is one level higher in the section than on the page.
fn sections(page: &str) -> Vec<ManualPage> {
    let (mut found, mut is_code) = (Vec::<ManualPage>::new(), false);
    for line in page.lines() {
        is_code ^= line.trim_start().starts_with("```");
        let raised = line.strip_prefix('#').filter(|_| !is_code);
        if let Some(name) = raised.and_then(|raised| raised.strip_prefix("# ")) {
            found.push(ManualPage { name: name.to_owned(), text: format!("# {name}\n") });
        } else if let Some(section) = found.last_mut() {
            section.text.push_str(raised.unwrap_or(line));
            section.text.push('\n');
        }
    }
    found
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

fn names() -> Vec<String> {
    let mut names: Vec<String> = SECTIONS.iter().map(|section| section.name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::release::cause_name::CauseName;
    use windlass_domain::release::ending::Ending;

    #[test]
    fn each_name_has_its_page_and_no_other_word_has_one() {
        for name in names() {
            let page = ManualPage::of(&name).unwrap();
            let title = format!("# {name}\n");
            assert!(page.text.starts_with(&title), "{}", page.text);
            assert!(!page.text.contains("<!--"), "{}", page.text);
        }
        for (name, pages) in [("TargetChangedByOther", 2), ("NeedsOperator", 2), ("GateFailed", 1)] {
            let text = ManualPage::of(name).unwrap().text;
            assert_eq!(text.matches("\n## Next step").count(), pages, "{text}");
        }
        assert_eq!(ManualPage::alike("vetoed").as_deref(), Some("Vetoed"));
        assert_eq!(ManualPage::alike("veto"), None);
        for none in ["README", "../API", "Next step", ""] {
            assert!(ManualPage::of(none).is_err(), "{none}");
        }
    }

    #[test]
    fn the_nearest_name_of_all_pages_is_proposed() {
        for (wrong, right) in [
            ("BadValu", "BadValue"),
            ("Throtled", "Throttled"),
            ("NotAWindlas", "NotAWindlass"),
            ("GateFaild", "GateFailed"),
            ("RolledBak", "RolledBack"),
            ("SUPERSEDED", "Superseded"),
        ] {
            let near = ManualPage::of(wrong).unwrap_err();
            assert!(near.contains(&format!("Did you mean `{right}`?")), "{near}");
        }
    }

    #[test]
    fn each_ending_and_each_cause_has_a_page() {
        let endings =
            [Ending::Succeeded, Ending::NothingToDo, Ending::Rejected, Ending::RolledBack, Ending::NeedsOperator];
        let causes = CauseName::ALL.iter().map(ToString::to_string);
        for name in endings.iter().map(ToString::to_string).chain(causes) {
            assert!(ManualPage::of(&name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_page_is_cut_at_its_headings_and_not_within_code() {
        let page = "<!-- a -->\n\n# Title\n\nAbout.\n\n## One\n\nIt is.\n\n### Next step\n\n\
                    ```sh\n## no heading\n```\n\n## Two\n\nx\n";
        let [one, two] = <[ManualPage; 2]>::try_from(sections(page)).unwrap();
        let text = "# One\n\nIt is.\n\n## Next step\n\n```sh\n## no heading\n```\n\n";
        assert_eq!((one.name.as_str(), one.text.as_str()), ("One", text));
        assert_eq!((two.name.as_str(), two.text.as_str()), ("Two", "# Two\n\nx\n"));
    }
}
