//! Each trouble of the command line has its page, with a message that the code has.

#![allow(clippy::unwrap_used)]

use clap::ValueEnum;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use windlass_cli::ground::failure::Failure;
use windlass_cli::ground::manual::ManualPage;
use windlass_cli::ground::trouble::{TroubleName, next_for_credentials};
use windlass_domain::text::fault::{Fact, Fault, FaultName};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the text of a source file with its literals put together: those that go on in the next line become one.
fn as_said(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |said, line| said + line.trim_start())
}

#[test]
fn each_trouble_has_a_page_with_its_status_and_what_to_do() {
    for &name in TroubleName::value_variants() {
        let page = ManualPage::of(&name.to_string()).unwrap().text;
        assert!(page.starts_with(&format!("# {name}\n")), "{page}");
        let meaning = page.split("\n## ").next().unwrap().replace('\n', " ");
        let status = format!("exit status is {}", name.exit() as u8);
        assert!(meaning.contains(&status), "{name}: not `{status}`");
        for part in ["\n## What you see\n\n```text\nwindlass: ", "\n## Look, and mend it\n"] {
            assert!(page.contains(part), "{name}: no {part}");
        }
        assert!(page.contains("```sh\n"), "{name} shows nothing to type");
    }
}

/// The folder of the texts of which `docs/troubles.md` is written.
const TEXTS: &str = "cli/tests/troubleshooting";

#[test]
fn each_text_is_of_a_trouble_and_in_the_index_of_the_page() {
    let files = fs::read_dir(root().join(TEXTS)).unwrap();
    let texts: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let names: BTreeSet<String> = TroubleName::value_variants().iter().map(|name| format!("{name}.md")).collect();
    assert_eq!(texts, names);
    let page = fs::read_to_string(root().join("docs/troubles.md")).unwrap();
    for name in TroubleName::value_variants() {
        let (path, anchor) = (name.page(), name.to_string().to_lowercase());
        assert_eq!(path, format!("docs/troubles.md#{anchor}"));
        assert!(page.contains(&format!("- [{name}](#{anchor}): ")), "{name}");
    }
}

#[test]
fn the_code_has_the_message_of_each_page() {
    for &name in TroubleName::value_variants() {
        let text = fs::read_to_string(root().join(TEXTS).join(format!("{name}.md"))).unwrap();
        let said = text.strip_prefix("said in ").unwrap();
        let (said, page) = said.split_once("\n\n").unwrap();
        let (file, phrase) = said.split_once(": ").unwrap();
        let code = as_said(&fs::read_to_string(root().join(file)).unwrap());
        assert!(code.contains(phrase), "{name}: {file} does not say `{phrase}`");
        let fixed = phrase.split("{}").map(str::trim);
        for part in fixed {
            assert!(page.contains(part), "{name}: its page does not say `{part}`");
        }
    }
}

#[test]
fn a_failure_links_its_page_for_people_and_for_programs() {
    for &name in TroubleName::value_variants() {
        let failure = Failure::of(name, "it did not go");
        let line = format!("\n  page: {} (or `windlass explain {name}`)", name.page());
        assert_eq!(failure.words(), format!("it did not go{line}"));
        let document = failure.as_json();
        assert_eq!(document["name"], name.to_string());
        assert_eq!(document["page"], name.page());
        assert_eq!(document["exit"], name.exit() as u8);
    }
}

#[test]
fn a_fault_is_named_by_its_fact_and_not_by_its_words() {
    let nonsense = "no AWS credentials: SignatureDoesNotMatch: the security token has expired";
    let next = |fact: Option<&Fact>| next_for_credentials(fact).unwrap_or_default();
    for (name, fact, trouble, begins) in [
        (FaultName::AccessDenied, None, TroubleName::NotPermitted, ""),
        (FaultName::AccessDenied, Some(Fact::NoCredentials), TroubleName::CredentialsNotTaken, ""),
        (FaultName::BadInput, Some(Fact::NoRegion), TroubleName::NoInstallation, ""),
        (FaultName::Refused, Some(Fact::ExpiredCredentials), TroubleName::CredentialsNotTaken, "Sign in again"),
        (FaultName::Refused, Some(Fact::UnknownKey), TroubleName::CredentialsNotTaken, "Set AWS_PROFILE"),
        (FaultName::Refused, Some(Fact::WrongSecret), TroubleName::CredentialsNotTaken, "Set AWS_SECRET_ACCESS_KEY"),
        (FaultName::AccessDenied, Some(Fact::WrongClock), TroubleName::CredentialsNotTaken, "Set the clock"),
        (FaultName::BadInput, Some(Fact::NoAddress), TroubleName::NotUnderstood, ""),
        (FaultName::NotFound, Some(Fact::NoBucket), TroubleName::NotAWindlass, ""),
        (FaultName::Unavailable, Some(Fact::NotTaken), TroubleName::NoAnswer, ""),
        (FaultName::Unavailable, None, TroubleName::NoAnswer, ""),
    ] {
        for said in [nonsense, "x"] {
            let fault = Fault::new(name, said).with_fact(fact.clone());
            assert_eq!(TroubleName::of(&fault), trouble, "{name} {fact:?}");
            assert!(next(fault.fact.as_ref()).starts_with(begins), "{name} {fact:?}");
            assert_eq!(next(fault.fact.as_ref()).is_empty(), begins.is_empty(), "{name} {fact:?}");
        }
    }
}
