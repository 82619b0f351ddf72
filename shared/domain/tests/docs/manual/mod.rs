//! The pages of names: findings, faults, troubles, and endings with their causes. Each name is a heading of its page,
//! at which `windlass explain` cuts the page.

use super::{UPDATE, comments, wrapping};
use schemars::JsonSchema;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use windlass_domain::release::cause_name::CauseName;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::FindingName;

const FINDINGS: &str = "findings.md";
const FAULTS: &str = "faults.md";
const TROUBLES: &str = "troubles.md";
const ENDINGS: &str = "endings.md";

const ABOUT_FINDINGS: &str = "\
# Findings: something wrong with input or with a target

A finding refuses a request, is the cause of an ending, or warns. It has a name, a place, a reason and a remedy. \
`windlass explain` with the name shows its section of this page.
";

const ABOUT_FAULTS: &str = "\
# Faults: something wrong while doing, and error names in the state machine

A fault is the error of a call that Windlass made. A state of the state machine shows its name, and so does an answer \
of the API that is no refusal. `windlass explain` with the name shows its section of this page.
";

const ABOUT_TROUBLES: &str = "\
# Troubles: what the command line itself could not do

A trouble stops a command before Windlass is asked, or beside that. A refusal of Windlass is one of the \
[findings](findings.md), and a call of Windlass that failed is one of the [faults](faults.md). `windlass explain` with \
the name shows its section of this page.
";

const ABOUT_ENDINGS: &str = "\
# Endings: how a deployment ended, and why

A deployment has exactly one ending. `windlass history`, a notification and the execution show it with the name of its \
cause behind it, such as `RolledBack (GateFailed)`. In Step Functions `Succeeded` and `NothingToDo` are SUCCEEDED, and \
the others FAILED. `windlass explain` with a name shows its section of this page.

A cause is one of this page, one of the [findings](findings.md) or one of the [faults](faults.md). A name with a dot, \
such as `States.Timeout`, is that of an error of Step Functions or of Lambda. Any other name is the error with which \
somebody stopped the execution.
";

/// The section of one name.
struct Section {
    name: String,
    /// Its text without the heading. Headings within it are of the third level.
    text: String,
}

impl Section {
    /// Makes the section of a comment: what the name means, then the next step, then what else there is.
    fn of_comment(name: String, comment: &str, more: &str) -> Self {
        let (meaning, next) = comment
            .split_once("\nNext: ")
            .unwrap_or_else(|| panic!("the comment of {name} has no line that begins `Next: `"));
        let text = format!("{}\n\n### Next step\n\n{}\n{more}", in_one_line(meaning), in_one_line(next));
        Self { name, text }
    }

    /// Returns the line of the index: the first sentence of the section.
    fn in_index(&self) -> String {
        let meaning = self.text.split("\n\n").next().unwrap_or_default();
        let meaning = in_one_line(meaning);
        let first = meaning.split(". ").next().unwrap_or_default().trim_end_matches('.');
        format!("- [{}](#{}): {first}.\n", self.name, self.name.to_lowercase())
    }
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the sections of the names of an enum.
fn sections<T: JsonSchema>(more: impl Fn(&str) -> String) -> Vec<Section> {
    let comments = comments::<T>().into_iter();
    comments
        .map(|(name, comment)| {
            let more = more(&name);
            Section::of_comment(name, &comment, &more)
        })
        .collect()
}

fn nothing_more(_: &str) -> String {
    String::new()
}

/// Returns the folder of the texts about troubles. The first line of each is for the tests of the command line.
fn folder_of_troubles() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../cli/tests/troubleshooting")
}

fn sections_of_troubles() -> Vec<Section> {
    let files = fs::read_dir(folder_of_troubles()).unwrap().map(|file| file.unwrap().path());
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let whole = fs::read_to_string(&path).unwrap();
        let (_, text) = whole.split_once("\n\n").unwrap();
        (name, text.to_owned())
    };
    let texts: BTreeMap<String, String> = files.map(read).collect();
    texts.into_iter().map(|(name, text)| Section { name, text }).collect()
}

/// Returns a page: its head, an index of each group behind the title of the group, and the sections.
fn page(source: &str, about: &str, groups: &[(&str, Vec<Section>)]) -> String {
    let mut page = format!("<!-- Generated from {source}.\nWritten anew by `{UPDATE}`. -->\n\n{about}\n");
    for (title, sections) in groups {
        let index: String = sections.iter().map(Section::in_index).collect();
        page.push_str(&format!("{title}{index}\n"));
    }
    let sections = groups.iter().flat_map(|(_, sections)| sections);
    let sections: Vec<String> = sections.map(|section| format!("## {}\n\n{}", section.name, section.text)).collect();
    wrapping::page(&(page + &sections.join("\n")))
}

/// Returns the pages by their names.
pub fn pages() -> BTreeMap<String, String> {
    let (findings, faults) =
        (sections::<FindingName>(|name| More::of(name).in_page()), sections::<FaultName>(nothing_more));
    let endings = ("The endings:\n\n", sections::<Ending>(nothing_more));
    let causes = ("The causes:\n\n", sections::<CauseName>(nothing_more));
    let of_findings = "comments in the code, and from shared/domain/tests/troubleshooting";
    let of_comments = "comments in the code";
    [
        (FINDINGS, page(of_findings, ABOUT_FINDINGS, &[("", findings)])),
        (FAULTS, page(of_comments, ABOUT_FAULTS, &[("", faults)])),
        (TROUBLES, page("cli/tests/troubleshooting", ABOUT_TROUBLES, &[("", sections_of_troubles())])),
        (ENDINGS, page(of_comments, ABOUT_ENDINGS, &[endings, causes])),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into()
}

/// The parts of a finding's section beside the comment: the message that people meet, and what to look at and to type.
struct More {
    /// The file that makes the message, or that a test pins it in.
    said_in: String,
    /// The message as it is shown; parts that only its moment knows stand between `‹` and `›`.
    message: String,
    /// The things to look at and to type.
    steps: String,
}

impl More {
    fn of(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/troubleshooting");
        let file = folder.join(format!("{name}.md"));
        let text =
            fs::read_to_string(&file).unwrap_or_else(|_| panic!("the section of {name} needs {}", file.display()));
        let mut parts = text.splitn(3, "\n\n");
        let said_in = parts.next().unwrap().strip_prefix("said in ").unwrap();
        Self {
            said_in: said_in.to_owned(),
            message: parts.next().unwrap().to_owned(),
            steps: parts.next().unwrap().to_owned(),
        }
    }

    fn in_page(&self) -> String {
        let message = self.message.replace(['‹', '›'], "");
        let steps = &self.steps;
        format!("\n### What you see\n\n```text\n{message}\n```\n\n### Look, and mend it\n\n{steps}")
    }

    /// Returns the parts of reason and remedy that no moment changes.
    fn fixed(&self) -> Vec<&str> {
        let (_, rest) = self.message.split_once(": ").unwrap();
        let (_, rest) = rest.split_once(": ").unwrap();
        let sentences = rest.split(" Remedy: ");
        let parts = sentences.flat_map(|text| text.split('‹'));
        let parts = parts.map(|part| part.split_once('›').map_or(part, |(_, fixed)| fixed));
        let parts = parts.map(|part| part.trim().trim_end_matches('.'));
        parts.filter(|part| !part.is_empty()).collect()
    }
}

/// Returns the text of a source file as its literals say it: literals over several lines are joined.
fn as_said(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let said = lines.fold(first, |said, line| said + line.trim_start());
    said.to_lowercase()
}

/// A check names the page of each finding that it lists. So a finding without a command of its own has one there, or
/// lines to write.
#[test]
fn each_section_of_a_finding_has_a_command_or_lines_to_write() {
    for name in comments::<FindingName>().into_keys() {
        let steps = More::of(&name).steps;
        let mut begins = ["sh", "yaml", "json", "diff"].map(|sort| format!("```{sort}\n")).into_iter();
        assert!(begins.any(|begin| steps.contains(&begin)), "{name} has nothing to type or to write");
    }
}

#[test]
fn each_message_of_a_page_is_made_by_the_code() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let names = comments::<FindingName>().into_keys();
    let more: Vec<(String, More)> = names.map(|name| (name.clone(), More::of(&name))).collect();
    let files = fs::read_dir("tests/troubleshooting").unwrap().count();
    assert_eq!(more.len(), files, "each file is named as a finding");
    for (name, more) in more {
        assert!(more.message.starts_with(&format!("{name}: ")), "{name}");
        let said = as_said(&fs::read_to_string(root.join(&more.said_in)).unwrap());
        let fixed = more.fixed();
        assert!(!fixed.is_empty(), "{name}");
        for part in fixed {
            let is_said = said.contains(&part.to_lowercase());
            assert!(is_said, "{name}: {} does not say `{part}`", more.said_in);
        }
    }
}

/// Returns the headings of a page that are cut at, in their order.
fn headings(page: &str) -> Vec<&str> {
    let (mut found, mut is_code) = (Vec::new(), false);
    for line in page.lines() {
        is_code ^= line.trim_start().starts_with("```");
        found.extend(line.strip_prefix("## ").filter(|_| !is_code));
    }
    found
}

/// Whatever name an ending, the history or a message shows, its page has a heading for it, and an index that leads
/// there.
#[test]
fn each_name_is_a_heading_of_its_page_and_in_its_index() {
    let names = |of: BTreeMap<String, String>| of.into_keys();
    let causes = CauseName::ALL.iter().map(ToString::to_string);
    let endings: BTreeSet<String> = names(comments::<Ending>()).chain(causes).collect();
    assert_eq!(endings.len(), comments::<Ending>().len() + CauseName::ALL.len(), "no cause is called as an ending");
    let troubles = sections_of_troubles().into_iter().map(|section| section.name).collect();
    let pages = pages();
    for (page, names) in [
        (FINDINGS, names(comments::<FindingName>()).collect()),
        (FAULTS, names(comments::<FaultName>()).collect()),
        (TROUBLES, troubles),
        (ENDINGS, endings),
    ] {
        let text = &pages[page];
        let headings = headings(text);
        assert_eq!(headings.len(), names.len(), "{page}");
        assert_eq!(headings.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), names, "{page}");
        let anchors: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(anchors.len(), names.len(), "{page}: two headings have one anchor");
        for name in names {
            assert!(text.contains(&format!("- [{name}](#{}): ", name.to_lowercase())), "{page}: {name}");
        }
    }
}

#[test]
fn the_address_of_a_name_leads_to_its_heading() {
    let address = |page: &str, name: &str| format!("docs/{page}#{}", name.to_lowercase());
    for name in comments::<FindingName>().into_keys() {
        let finding: FindingName = serde_json::from_value(name.clone().into()).unwrap();
        assert_eq!(finding.page(), address(FINDINGS, &name));
    }
    for name in comments::<FaultName>().into_keys() {
        let fault: FaultName = serde_json::from_value(name.clone().into()).unwrap();
        assert_eq!(fault.page(), address(FAULTS, &name));
    }
}
