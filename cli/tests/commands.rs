//! Every command in a message can be typed: those that the program's own texts name, and those that a text of Windlass
//! becomes for the command line.

#![allow(clippy::unwrap_used)]

use clap::{CommandFactory, Parser};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use windlass_cli::Arguments;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::{self, input};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::way_in::WayIn;
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The values for the placeholders in a text.
const VALUES: [(&str, &str); 7] = [
    ("app", "shop"),
    ("environment", "prod"),
    ("version", "1.4.0"),
    ("id", "0123456789abcdef"),
    ("name", "prod"),
    ("to", "store"),
    ("page", "Vetoed"),
];

/// The words of a command as a POSIX shell takes them.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => quoted = !quoted,
            '\\' if !quoted => word.extend(letters.next()),
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    words
}

/// Reads a command as the program does.
pub fn parses(command: &str) -> Result<(), String> {
    let parsed = Arguments::try_parse_from(words(command));
    parsed.map(|_| ()).map_err(|error| format!("`{command}`: {error}"))
}

/// The commands between backticks.
fn commands(text: &str) -> Vec<String> {
    let parts = text.split('`');
    let commands = parts.filter(|part| part.starts_with("windlass "));
    commands.map(str::to_owned).collect()
}

/// The source files of the product below a folder, each as its path and its text without tests and comments. A
/// literal that goes on in the next line is put together.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut found, mut folders) = (Vec::new(), vec![root.join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                if name != "tests" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|it| it == "rs") && !name.ends_with("_tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let product = text.split("#[cfg(test)]").next().unwrap();
                let lines = product.lines().map(str::trim_start);
                let lines: Vec<&str> = lines.filter(|line| !line.starts_with("//")).collect();
                let text = lines.join("\n").replace("\\\n", "");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

#[test]
fn each_command_that_the_program_itself_names_can_be_typed() {
    let values = BTreeMap::from(VALUES);
    let mut found = 0;
    for (path, text) in sources("cli/src") {
        for command in commands(&text) {
            let mut typed = command.clone();
            for (name, value) in &values {
                typed = typed.replace(&format!("{{{name}}}"), value);
            }
            assert!(
                !typed.contains('{'),
                "{}: `{command}` names something else than {VALUES:?}: this test cannot fill it in",
                path.display()
            );
            parses(&typed).unwrap();
            found += 1;
        }
    }
    assert!(found > 8, "only {found} were found: is the text read?");
}

/// Only the code that makes commands of inputs and calls names any, so no other caller reads one.
#[test]
fn no_text_of_windlass_names_a_command_but_for_the_command_line() {
    let verbs = Arguments::command();
    let verbs: Vec<String> = verbs.get_subcommands().map(|verb| format!("windlass {}", verb.get_name())).collect();
    assert!(verbs.len() > 10);
    let mut made = 0;
    for folder in ["shared", "functions"] {
        for (path, text) in sources(folder) {
            let makes = ["domain/src/release/way_in.rs", "domain/src/text/next_step.rs"];
            let makes = makes.iter().any(|one| path.ends_with(one));
            let mut named = verbs.iter().filter(|verb| text.contains(verb.as_str()));
            if makes {
                made += named.count();
            } else if let Some(verb) = named.next() {
                panic!("{} names `{verb}`: use an input or a call", path.display());
            }
        }
    }
    assert!(made > 2, "only {made}: is the text read?");
}

#[test]
fn each_input_and_each_call_is_a_command_that_can_be_typed() {
    let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let id = DeploymentId("0123456789abcdef".into());
    let reason = ("reason", "it's \"down\"".into());
    let wishes = ["again", "allow_older", "accept_red", "through_hold", "preempt"];
    let mut texts = vec![
        call::environment(EnvironmentId::new(&app, &prod)),
        call::observed(EnvironmentId::new(&app, &prod)),
        call::snapshots(EnvironmentId::new(&app, &prod)),
        call::cancel(EnvironmentId::new(&app, &prod), &id),
        call::watch(EnvironmentId::new(&app, &prod), &id),
    ];
    for of in 0..1_u32 << wishes.len() {
        let chosen = wishes.iter().enumerate();
        let chosen = chosen.filter(|(bit, _)| of & (1 << bit) != 0);
        let mut members: Vec<_> = chosen.map(|(_, wish)| (*wish, true.into())).collect();
        members.push(("version", "1.4.0".into()));
        if of > 0 {
            members.push(("reason", "…".into()));
        }
        texts.push(input(ActionName::Deploy, EnvironmentId::new(&app, &prod), &members));
    }
    for action in [
        ActionName::Rollback,
        ActionName::Recover,
        ActionName::Accept,
        ActionName::Hold,
        ActionName::ReleaseHold,
        ActionName::Pause,
        ActionName::Continue,
        ActionName::SkipBake,
        ActionName::Approve,
    ] {
        let more = match action {
            ActionName::Rollback => {
                let lost = ("may_lose", vec!["infra.Messages"].into());
                vec![("snapshot", 3.into()), ("across", vec!["migrate"].into()), lost]
            }
            ActionName::Pause => vec![("for", "2h".into())],
            ActionName::Recover | ActionName::Continue | ActionName::SkipBake => {
                vec![("deployment", id.to_string().into())]
            }
            ActionName::Approve => vec![("deployment", id.to_string().into()), ("hash", "b".repeat(64).into())],
            _ => vec![],
        };
        for more in [vec![], more] {
            let members: Vec<_> = more.into_iter().chain([("reason", "…".into())]).collect();
            texts.push(input(action, EnvironmentId::new(&app, &prod), &members));
        }
    }
    let lost =
        [("may_lose", vec!["infra.Messages", "infra.Files"].into()), ("version", "1.4.0".into()), reason.clone()];
    texts.push(input(ActionName::Deploy, EnvironmentId::new(&app, &prod), &lost));
    texts.push(input(ActionName::Hold, EnvironmentId::new(&app, &prod), &[reason]));
    texts.push(input(ActionName::Check, EnvironmentId::new(&app, &prod), &[]));
    for step in texts {
        let text = step.into();
        let words = WayIn::CommandLine.words(&text);
        let commands = commands(&words);
        assert_eq!(commands.len(), 1, "{text:?}: {words}");
        parses(&commands[0]).unwrap();
        for way in [WayIn::Console, WayIn::Http] {
            assert!(!way.words(&text).contains("windlass "), "{text:?}");
        }
    }
}
