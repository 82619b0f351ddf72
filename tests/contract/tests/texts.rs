//! Texts for people: none is read back, a step that one names is a value in it, and only the last rooms open one.

#![allow(clippy::expect_used, reason = "a test may panic, and reads better")]

use crate::lines::product;
use std::fs;
use windlass_domain::release::cause_name::CauseName;

/// A fact travels beside the sentence, as a value, so that a better sentence changes no behaviour. These files break
/// the lines of a terminal, read what AWS and a library say in words alone, and find the mark of a call in a cause.
#[test]
fn no_product_code_reads_a_text_for_people_back() {
    let names =
        ["cause", "detail", "message", "note", "reason", "remedy", "shown", "title", "waits_for", "warning", "why"];
    let reads = ["contains(", "starts_with(", "ends_with(", "strip_", "find(", "split(", "split_once(", "rsplit"];
    let (root, product) = product();
    let reads_one = |name: &&String| {
        let text = fs::read_to_string(root.join(name)).expect("a file");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        names.iter().any(|name| reads.iter().any(|read| code.contains(&format!("{name}.{read}"))))
    };
    let found: Vec<&String> = product.iter().filter(reads_one).collect();
    let known = [
        "cli/src/ground/terminal.rs",
        "shared/aws/src/cloudformation.rs",
        "shared/aws/src/stacks.rs",
        "shared/aws/src/web.rs",
        "shared/domain/src/release/cancellation.rs",
        "shared/engine/src/kinds/ecs/next.rs",
        "shared/engine/src/kinds/ecs/observe.rs",
        "shared/engine/src/kinds/lambda/fitness.rs",
        "shared/engine/src/kinds/stack/state.rs",
    ];
    assert_eq!(found, known, "a fact that is read of a sentence belongs beside it");
}

/// A line on what can be done next is known by its type (`Prose::next`), and so is a command of another tool (`run!`).
/// The end of a watched wave is no text that a channel shows, and a wait, a form and a note of a publication are words.
#[test]
fn no_text_writes_next_steps_by_hand() {
    let (root, product) = product();
    let words = [
        "shared/engine/src/kinds/codedeploy/sentences.rs",
        "shared/engine/src/kinds/ecs/codedeploy/wording.rs",
        "shared/engine/src/kinds/ecs/document.rs",
        "shared/engine/src/kinds/site/bucket_distributions.rs",
        "shared/engine/src/kinds/stack/wording.rs",
    ];
    for (step, wanted) in [("  next: ", &["shared/domain/src/shown/message.rs"][..]), ("`aws ", &words[..])] {
        let writes = |name: &&String| {
            let text = fs::read_to_string(root.join(name)).expect("a file");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            name.starts_with("shared/") && code.lines().any(|line| line.contains(step) && line.contains('"'))
        };
        let by_hand: Vec<&String> = product.iter().filter(writes).collect();
        assert_eq!(by_hand, wanted, "{by_hand:#?}");
    }
}

/// A text for people can only be shown. These rooms do that: for a message, for an end that Step Functions shows, for a
/// fault, for a wait, for the API, and for the command line, whose one function all of its rooms use.
#[test]
fn only_the_last_rooms_open_a_text_for_people() {
    let rooms = [
        "cli/src/ground/failure.rs",
        "cli/src/ground/output.rs",
        "shared/domain/src/release/way_in.rs",
        "shared/domain/src/shown/event.rs",
        "shared/domain/src/shown/event/approval.rs",
        "shared/domain/src/shown/event/release.rs",
        "shared/domain/src/shown/summary.rs",
        "shared/domain/src/shown/summary/day.rs",
        "shared/domain/src/text/fault.rs",
        "shared/domain/src/text/finding.rs",
        "shared/domain/src/text/prose.rs",
        "shared/engine/src/conductor/answering/mod.rs",
        "shared/engine/src/conductor/answering/release_status.rs",
    ];
    let opens = [".written()", "Prose::written", "Finding::written", "CommandLine.words(", "way.words("];
    let (root, product) = product();
    let is_open = |name: &&String| {
        let text = fs::read_to_string(root.join(name)).expect("a file");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        opens.iter().any(|open| code.contains(open))
    };
    let open: Vec<&String> = product.iter().filter(is_open).collect();
    assert_eq!(open, rooms, "{open:#?}");
}

/// The name of a cause comes from the list of causes, which has a text for each. A name of one word is a word of AWS
/// and of the command line as well.
#[test]
fn no_product_code_writes_the_name_of_a_cause_by_hand() {
    let (root, product) = product();
    let names = CauseName::ALL.iter().map(|cause| cause.as_str());
    let names: Vec<&str> = names.filter(|name| name.matches(char::is_uppercase).count() > 1).collect();
    assert!(names.len() > 12, "{names:?}");
    let writes_one = |file: &&String| {
        let text = fs::read_to_string(root.join(file)).expect("a file");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        names.iter().any(|name| code.contains(&format!("\"{name}\"")))
    };
    let found: Vec<&String> = product.iter().filter(writes_one).collect();
    assert!(found.is_empty(), "take it from `CauseName`: {found:?}");
}
