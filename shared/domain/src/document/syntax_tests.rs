//! Every text that cannot be read is answered in a person's words, with its place.

use super::*;

fn in_words(read: Result<Value, Finding>) -> String {
    read.err().map_or_else(String::new, |f| format!("{}: {} {}", f.path, f.reason.written(), f.remedy.written()))
}

#[test]
fn what_is_wrong_with_yaml_is_said_in_a_persons_words() {
    let many = format!("a: &a [1, 2]\nb: [{}]", "*a, ".repeat(300));
    let deep = "[".repeat(50) + &"]".repeat(50);
    let mut lines = String::new();
    for text in [
        "",
        "# nothing yet",
        "app: shop\napp: bank",
        "app: [shop",
        "app: \"shop\nversion: 1",
        "a: b: c",
        "a:\n\t- b",
        "a: 1\n b: 2\n  - c",
        "a: *nothing",
        "a: 1\n---\nb: 2",
        "a: .inf",
        "a: @x",
        "? [a]\n: b",
        &many,
        &deep,
    ] {
        let first: String = text.chars().take(20).collect();
        lines += &format!("{first:?}: {}\n", in_words(yaml("the declaration", text, 9999)));
    }
    insta::assert_snapshot!(lines, @r##"
    "": line 1 column 1: the declaration is not well-formed YAML: it is empty. Write the whole of it.
    "# nothing yet": line 1 column 1: the declaration is not well-formed YAML: it is empty. Write the whole of it.
    "app: shop\napp: bank": line 2 column 1: `app` is written twice in the same place. Keep one of the two, with everything that belongs to it.
    "app: [shop": line 1 column 6: the declaration is not well-formed YAML: a bracket is opened and not closed, or closed and not opened. Close each `[` with `]` and each `{` with `}`, and put texts with brackets in quotes.
    "app: \"shop\nversion: ": line 2 column 1: the declaration is not well-formed YAML: a quote is opened and not closed. Close the quote on the line on which it begins.
    "a: b: c": line 1 column 5: the declaration is not well-formed YAML: it is broken here. Write `name: value` with a space after the colon, indent the members of a map alike, and put texts with `: `, `#`, `*`, `@` or `{environment}` in quotes.
    "a:\n\t- b": line 2 column 2: the declaration is not well-formed YAML: a line is indented by a tab. Indent with spaces: YAML takes no tabs.
    "a: 1\n b: 2\n  - c": line 2 column 3: the declaration is not well-formed YAML: it is broken here. Write `name: value` with a space after the colon, indent the members of a map alike, and put texts with `: `, `#`, `*`, `@` or `{environment}` in quotes.
    "a: *nothing": line 1 column 4: the declaration is not well-formed YAML: an alias (`*name`) stands for nothing. Put the value in quotes if it begins with `*`, or define the anchor `&name` before.
    "a: 1\n---\nb: 2": line 3 column 1: the declaration is not well-formed YAML: it holds several documents. Write one document: remove the line `---` and what follows it.
    "a: .inf": line 1 column 4: `.inf` is a number that nobody can count with. Put it in quotes, `".inf"`, if it is a text; else write a finite number.
    "a: @x": line 1 column 4: the declaration is not well-formed YAML: it is broken here. Write `name: value` with a space after the colon, indent the members of a map alike, and put texts with `: `, `#`, `*`, `@` or `{environment}` in quotes.
    "? [a]\n: b": line 1 column 3: the declaration is not well-formed YAML: it is broken here. Write `name: value` with a space after the colon, indent the members of a map alike, and put texts with `: `, `#`, `*`, `@` or `{environment}` in quotes.
    "a: &a [1, 2]\nb: [*a,": line 2 column 805: the declaration is not well-formed YAML: it is nested too deep, has too many members, or its aliases make it too large. Write out what the aliases stand for, at most 32 levels deep.
    "[[[[[[[[[[[[[[[[[[[[": line 1 column 33: the declaration is not well-formed YAML: it is nested too deep, has too many members, or its aliases make it too large. Write out what the aliases stand for, at most 32 levels deep.
    "##);
}

#[test]
fn what_is_wrong_with_json_is_said_in_a_persons_words() {
    let mut lines = String::new();
    for text in [
        "",
        "{",
        "{\"a\": \"b",
        "{a: 1}",
        "{\"a\": 1,}",
        "[1] 2",
        "{\"a\": 01}",
        "nul",
        "{\"a\": 1,\n \"a\": 2}",
        "{\"web\": [{\"key\": \"k\", \"key\": {}}]}",
        "{\"ghp_16C7e42F292c6912E7710c838347Ae178B4a\": 1, \"ghp_16C7e42F292c6912E7710c838347Ae178B4a\": 1}",
    ] {
        lines += &format!("{text:?}: {}\n", in_words(json("the manifest", text, 99)));
    }
    insta::assert_snapshot!(lines, @r#"
    "": line 1 column 1: the manifest is not well-formed JSON: it is empty. Write the whole of it.
    "{": line 1 column 1: the manifest is not well-formed JSON: it ends before everything that was opened is closed. Write the whole of it: its end is missing, or a quote or a bracket is not closed.
    "{\"a\": \"b": line 1 column 8: the manifest is not well-formed JSON: it ends before everything that was opened is closed. Write the whole of it: its end is missing, or a quote or a bracket is not closed.
    "{a: 1}": line 1 column 2: the manifest is not well-formed JSON: it is broken here. Mend it at this place: a missing or surplus comma, quote or bracket is the usual cause.
    "{\"a\": 1,}": line 1 column 9: the manifest is not well-formed JSON: it is broken here. Mend it at this place: a missing or surplus comma, quote or bracket is the usual cause.
    "[1] 2": line 1 column 5: the manifest is not well-formed JSON: it is broken here. Mend it at this place: a missing or surplus comma, quote or bracket is the usual cause.
    "{\"a\": 01}": line 1 column 8: the manifest is not well-formed JSON: it is broken here. Mend it at this place: a missing or surplus comma, quote or bracket is the usual cause.
    "nul": line 1 column 3: the manifest is not well-formed JSON: it ends before everything that was opened is closed. Write the whole of it: its end is missing, or a quote or a bracket is not closed.
    "{\"a\": 1,\n \"a\": 2}": line 2 column 4: `a` is written twice in the same place. Keep one of the two, with everything that belongs to it.
    "{\"web\": [{\"key\": \"k\", \"key\": {}}]}": line 1 column 27: `key` is written twice in the same place. Keep one of the two, with everything that belongs to it.
    "{\"ghp_16C7e42F292c6912E7710c838347Ae178B4a\": 1, \"ghp_16C7e42F292c6912E7710c838347Ae178B4a\": 1}": line 1 column 90: `key` is written twice in the same place. Keep one of the two, with everything that belongs to it.
    "#);
}

#[test]
fn a_text_is_read_up_to_its_size_and_without_a_byte_order_mark() {
    let three = Ok(Value::from(3));
    assert_eq!(json("the manifest", "\u{feff}3", 4), three);
    assert_eq!(yaml("the declaration", "\u{feff}3", 4), three);
    let large = json("the manifest", "12345", 4);
    assert_eq!(in_words(large), "the manifest: the manifest has 5 bytes; at most 4 are read. Make it smaller.");
}

/// Texts that people copy from templates of infrastructure code and from other programs, each with the column of its
/// tag.
const TAGGED: [(&str, usize); 10] = [
    ("function: !Ref Api", 11),
    ("alias: !Sub \"live-${Stage}\"", 8),
    ("branch: !GetAtt Foo.Bar", 9),
    ("vars: {z: !include other.yaml}", 11),
    ("key: !include [a, b]", 6),
    ("key: !If [A, b, c]", 6),
    ("key: !<tag:example.org,2002:it> x", 6),
    ("[a, !secret b]", 5),
    ("a: !Select\n  - 0\n  - b", 4),
    ("größe: !Equals [a, b]", 8),
];

#[test]
fn a_tag_that_yaml_does_not_define_is_refused_in_its_place() {
    for (text, column) in TAGGED {
        let finding = yaml("the declaration", text, 99).unwrap_err();
        assert_eq!(finding.name, FindingName::NotWellFormed, "{text}");
        assert_eq!(finding.path, format!("line 1 column {column}"), "{text}");
    }
    let below = yaml("the declaration", "# first\na:\n  - b: !Ref C\n", 99).unwrap_err();
    assert_eq!(below.path, "line 3 column 8");
}

/// A password that begins with `!` is read as a tag, and one of digits with an `e` as a number.
#[test]
fn what_may_be_a_password_is_not_repeated() {
    for (text, hidden) in
        [("db: !hunter2-Xy9", "hunter2"), ("token: 48151623e901", "48151623"), ("{api_token: 1e999}", "1e999")]
    {
        let finding = yaml("the declaration", text, 99).unwrap_err();
        assert!(!format!("{finding:?}").contains(hidden), "{finding:?}");
    }
    let known = yaml("the declaration", "a: !Equals [b, c]", 99).unwrap_err();
    assert_eq!(known.reason.written(), "`!Equals` is a tag, and the declaration has no tags.");
}

#[test]
fn a_tag_that_yaml_defines_says_what_stands_there() {
    let read = yaml("the declaration", "{a: !!str 1.10, b: !!int 7, c: really!}", 99);
    assert_eq!(read, Ok(serde_json::json!({"a": "1.10", "b": 7, "c": "really!"})));
}

#[test]
fn what_is_another_programs_may_have_tags() {
    let read = yaml_with_tags("the template", "a: [x!, !Ref B]", 99);
    assert_eq!(read, Ok(serde_json::json!({"a": ["x!", "B"]})));
}
