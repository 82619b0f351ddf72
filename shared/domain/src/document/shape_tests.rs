use crate::document::shape::*;
use serde_json::json;

/// A shape with everything that may be wrong with a value.
fn shape() -> Shape {
    let schema = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
            "name": {
                "type": "string", "minLength": 2, "maxLength": 5,
                "description": "The name,\nin two lines.\n\nAnd what nobody needs here.",
            },
            "code": {"type": "string", "pattern": "^[a-z]+$"},
            "count": {"type": "integer", "minimum": 1, "maximum": 9, "description": "How many."},
            "share": {"type": "number"},
            "on": {"type": "boolean"},
            "list": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true},
            "map": {
                "type": "object", "minProperties": 1, "maxProperties": 2,
                "additionalProperties": false, "patternProperties": {"^[a-z]+$": {}},
            },
            "closed": {"type": "object", "additionalProperties": false},
            "both": {"type": ["string", "integer"]},
            "maybe": {"type": ["integer", "null"]},
            "null": {"type": "null"},
            "even": {"multipleOf": 2},
            "apiToken": {"type": "integer"},
            "word": {"oneOf": [{"const": "one"}, {"enum": ["two", "three"]}]},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 5}]},
            "part": {"oneOf": [part("lambda", "function"), part("ecs", "service")]},
        },
    });
    let validator = jsonschema::validator_for(&schema).ok();
    assert!(validator.is_some());
    Shape { what: "the document", language: Language::Yaml, schema, validator }
}

#[test]
fn a_type_has_its_schema() {
    let shape = Shape::of::<crate::release::manifest::Manifest>("the manifest", Language::Json);
    let members = &shape.schema()["properties"];
    assert!(members.get("components").is_some(), "{members}");
    assert_eq!(shape.findings(&json!({}), &DocumentText::default()).len(), 2);
}

/// One of several kinds, known by its `kind`.
fn part(kind: &str, field: &str) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["kind", field],
        "properties": {"kind": {"const": kind}, field: {"type": "string", "minLength": 1}},
    })
}

/// Returns the findings of a document with a good name and these members.
fn listed(more: &Value) -> String {
    let mut document = json!({"name": "shop"});
    for (name, value) in more.as_object().unwrap() {
        document[name] = value.clone();
    }
    shape().findings(&document, &DocumentText::default()).iter().map(Finding::written).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_good_has_no_finding() {
    let good = json!({
        "name": "ab", "code": "x", "count": 9, "share": 1.5, "on": true, "list": [1, 2],
        "map": {"a": 1, "b": 2}, "closed": {}, "both": 7, "maybe": null, "null": null, "even": 4,
        "word": "three", "either": 5, "part": {"kind": "ecs", "service": "s"},
    });
    assert_eq!(listed(&good), "");
}

#[test]
fn each_mistake_is_listed_with_what_to_write() {
    let documents = [
        json!({"name": "a"}),
        json!({"name": "abcdef"}),
        json!({"name": 7}),
        json!({"name": true}),
        json!({"name": null}),
        json!({"code": "A"}),
        json!({"code": 7}),
        json!({"count": 0}),
        json!({"count": 10}),
        json!({"count": 1.5}),
        json!({"share": "1.5"}),
        json!({"on": "yes"}),
        json!({"list": []}),
        json!({"list": [1, 2, 3]}),
        json!({"list": [1, 1]}),
        json!({"list": {}}),
        json!({"map": {}}),
        json!({"map": {"a": 1, "b": 2, "c": 3}}),
        json!({"map": {"A": 1}}),
        json!({"map": []}),
        json!({"closed": {"x": 1}}),
        json!({"both": true}),
        json!({"both": []}),
        json!({"maybe": "x"}),
        json!({"null": 1}),
        json!({"even": 3}),
        json!({"naem": 1}),
        json!({"apiToken": 1.5}),
        json!({"apiToken": "hunter2"}),
        json!({"count": "ghp_16C7e42F292c6912E7710c838347Ae178B4a"}),
        json!({"word": "thre"}),
        json!({"word": 7}),
        json!({"either": 4}),
        json!({"either": []}),
    ];
    let lines: Vec<String> = documents.iter().map(listed).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    BadValue: name: `"a"` has fewer than 2 characters. Remedy: Write 2 to 5 characters: The name, in two lines.
    BadValue: name: `"abcdef"` has more than 5 characters. Remedy: Write 2 to 5 characters: The name, in two lines.
    BadValue: name: `7` is not a text. Remedy: Write a text: The name, in two lines.
    BadValue: name: `true` is not a text. Remedy: Put it in quotes, `"true"`: The name, in two lines.
    BadValue: name: It has no value. Remedy: Write a text: The name, in two lines.
    BadValue: code: `"A"` does not have the form that is expected. Remedy: Write `a`.
    BadValue: code: `7` is not a text. Remedy: Write a text.
    BadValue: count: `0` is less than 1. Remedy: Write 1 to 9: How many.
    BadValue: count: `10` is more than 9. Remedy: Write 1 to 9: How many.
    BadValue: count: `1.5` is not a whole number. Remedy: Write a whole number from 1 to 9: How many.
    BadValue: share: `"1.5"` is not a number. Remedy: Write `1.5`, without quotes.
    BadValue: on: `"yes"` is not true or false. Remedy: Write `true` or `false`, without quotes.
    BadValue: list: `[]` is empty. Remedy: Write 1 to 2 members.
    BadValue: list: `[1,2,3]` has more than 2 members. Remedy: Write 1 to 2 members.
    BadValue: list: `[1,1]` names something twice. Remedy: Write each of them once.
    BadValue: list: `{}` is not a list. Remedy: Write a list.
    BadValue: map: `{}` is empty. Remedy: Write 1 to 2 members.
    BadValue: map: `{"a":1,"b":2,"c":3}` has more than 2 members. Remedy: Write 1 to 2 members.
    BadValue: map.A: `A` is not a name. Remedy: Write `a`. Use lower-case letters, digits and hyphens, start with a letter, at most 32 characters.
    BadValue: map: `[]` is not a map of fields. Remedy: Write a map of fields.
    BadValue: closed: `1` does not have the form that is expected. Remedy: Write a map: names, each with its value.
    BadValue: both: `true` is not a whole number or a text. Remedy: Put it in quotes, `"true"`.
    BadValue: both: `[]` is not a whole number or a text. Remedy: Write a whole number or a text.
    BadValue: maybe: `"x"` is not a whole number. Remedy: Write a whole number.
    BadValue: null: `1` is not nothing. Remedy: Write nothing.
    BadValue: even: `3` does not have the form that is expected. Remedy: Write another value; `docs/app.schema.json` says which.
    UnknownField: naem: `naem` is not a field here. Remedy: Did you mean `name`? Known here: `apiToken`, `both`, `closed`, `code`, `count`, `either`, `even`, `list`, `map`, `maybe`, `name`, `null`, `on`, `part`, `share`, `word`.
    BadValue: apiToken: The value is not a whole number. Remedy: Write a whole number.
    SecretInInput: apiToken: The value of `apiToken` looks like a secret by its name; it is not repeated here. Remedy: Remove it here and revoke it if it was real. Keep it in Secrets Manager or an SSM parameter, and write the ARN. If it is none, give the member another name, or the value another form.
    SecretInInput: count: The value of `count` looks like a secret, a key of GitHub; it is not repeated here. Remedy: Remove it here and revoke it if it was real. Keep it in Secrets Manager or an SSM parameter, and write the ARN. If it is none, give the member another name, or the value another form.
    BadValue: word: `"thre"` is not known here. Remedy: Did you mean `three`? Known here: `one`, `two`, `three`.
    BadValue: word: `7` is not known here. Remedy: Known here: `one`, `two`, `three`.
    BadValue: either: `4` is less than 5. Remedy: Write at least 5.
    BadValue: either: `[]` does not have the form that is expected. Remedy: Write another value; `docs/app.schema.json` says which.
    "#);
}

#[test]
fn of_several_kinds_only_the_one_that_was_meant_is_named() {
    let documents = [
        json!({"part": {"kind": "lambda"}}),
        json!({"part": {"kind": "ecs", "service": "", "servce": "x"}}),
        json!({"part": {"kind": "lamda", "function": "f"}}),
        json!({"part": {"function": "f"}}),
        json!({"part": "lambda"}),
    ];
    let lines: Vec<String> = documents.iter().map(listed).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    MissingField: part.function: `function` is required and is not there. Remedy: Write `function`.
    BadValue: part.service: `""` is empty. Remedy: Write at least one.
    UnknownField: part.servce: `servce` is not a field here. Remedy: Did you mean `service`? Known here: `kind`, `service`.
    BadValue: part.kind: `"lamda"` is not known here. Remedy: Did you mean `lambda`? Known here: `lambda`, `ecs`.
    MissingField: part.kind: `kind` is required and is not there. Remedy: Write `kind`, one of `lambda`, `ecs`.
    BadValue: part: `"lambda"` does not have the form that is expected. Remedy: Write a map of these fields: `function`, `kind`.
    "#);
    assert_eq!(
        shape().findings(&json!({}), &DocumentText::default())[0].written(),
        "MissingField: name: `name` is required and is not there. \
         Remedy: Write `name`: The name, in two lines."
    );
}

#[test]
fn a_value_is_shown_shortly_and_never_where_it_may_be_a_secret() {
    let text = |length: usize| json!("x".repeat(length - 2));
    let shown = |path: &str, value: &Value| shown(path, DocumentValue { value, text: None });
    assert_eq!(shown("here", &text(60)), format!("`{}`", text(60)));
    let long = shown("here", &text(61));
    assert_eq!(long, format!("`\"{}...`", "x".repeat(56)));
    for (path, value) in [
        ("environments.prod.password", "x"),
        ("list[0].apiKey[1]", "x"),
        ("here", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    ] {
        assert_eq!(shown(path, &json!(value)), "the value", "{path}");
    }
}

#[test]
fn a_word_that_was_probably_meant_is_near() {
    let known = ["branch", "to", "kind", "components"].map(str::to_owned);
    for (word, meant) in [
        ("brunch", Some("branch")),
        ("brnch", Some("branch")),
        ("brnh", Some("branch")),
        ("bnh", None),
        ("t", Some("to")),
        ("xx", None),
        ("kidn", Some("kind")),
        ("knd", Some("kind")),
        ("kx", None),
        ("kxyd", Some("kind")),
        ("compnts", Some("components")),
        ("cmpnts", None),
    ] {
        let found = nearest(word, &known).map(String::as_str);
        assert_eq!(found, meant, "{word}");
    }
    let none = suggest(None, &known[1..3]);
    assert_eq!(none, "Known here: `to`, `kind`.");
    let meant = suggest(nearest("too", &known), &known[1..3]);
    assert_eq!(meant, "Did you mean `to`? Known here: `to`, `kind`.");
}

#[test]
fn a_schema_that_cannot_be_read_refuses_everything() {
    let shape = Shape { what: "the manifest", language: Language::Json, schema: json!({}), validator: None };
    assert_eq!(shape.findings(&json!({}), &DocumentText::default()).len(), 1);
    let typed = shape.typed::<u8>(&json!("x"), &DocumentText::default()).unwrap_err();
    assert_eq!(typed[0].path, "the manifest");
}

/// A program acts on them; it reads no sentence.
#[test]
fn a_finding_has_the_values_that_were_found_and_expected() {
    let seen = |more: Value| {
        let mut document = json!({"name": "shop"});
        let members = more.as_object().unwrap();
        document.as_object_mut().unwrap().extend(members.clone());
        let [finding] = shape().findings(&document, &DocumentText::default()).try_into().unwrap();
        serde_json::to_value(&finding.seen).unwrap()
    };
    let table = [
        (json!({"count": "7"}), json!({"found": "\"7\"", "expected": "a whole number from 1 to 9"})),
        (json!({"count": 12}), json!({"found": "12", "expected": "1 to 9"})),
        (json!({"name": "too long"}), json!({"found": "\"too long\"", "expected": "2 to 5 characters"})),
        (json!({"word": "for"}), json!({"found": "\"for\"", "one_of": ["one", "two", "three"]})),
        (json!({"coed": "a"}), json!({"found": "coed", "one_of": KNOWN})),
        (json!({"part": {"function": "a"}}), json!({"one_of": ["lambda", "ecs"]})),
        (json!({"part": {"kind": "ecs"}}), json!(null)),
        (json!({"share": null}), json!({"expected": "a number"})),
        (json!({"apiToken": true}), json!({"expected": "a whole number"})),
    ];
    for (more, wanted) in table {
        assert_eq!(seen(more.clone()), wanted, "{more}");
    }
}

/// The fields of the shape.
const KNOWN: [&str; 16] = [
    "apiToken", "both", "closed", "code", "count", "either", "even", "list", "map", "maybe", "name", "null", "on",
    "part", "share", "word",
];

/// A reader makes another value of these texts.
#[test]
fn a_finding_repeats_the_text_of_the_document() {
    let table = [
        ("code: 1.10", "1.10"),
        ("code: 0x1F", "0x1F"),
        ("code: no # not one", "no"),
        ("code: ~ # none", "~"),
        ("count: 1_000", "1_000"),
        ("word: on", "on"),
        ("part: 012", "012"),
        ("list: 1.0", "1.0"),
        ("code: !!int \"7\"", "7"),
    ];
    for (text, wanted) in table {
        let text = format!("name: shop\n{text}");
        let document = crate::document::syntax::yaml("it", &text, 99).unwrap();
        let findings = shape().findings(&document, &DocumentText::of(&text));
        let found = findings.first().and_then(|finding| finding.seen.as_ref()?.found.clone());
        assert_eq!(found.as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn a_number_that_may_be_a_secret_is_not_written_in_another_form() {
    for form in ["string", "array"] {
        let schema = json!({"type": "object", "properties": {"apiToken": {"type": form}}});
        let validator = jsonschema::validator_for(&schema).ok();
        let shape = Shape { what: "the document", language: Language::Yaml, schema, validator };
        let text = "apiToken: 0048151623";
        let document = crate::document::syntax::yaml("it", text, 99).unwrap();
        let findings = shape.findings(&document, &DocumentText::of(text));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(!format!("{findings:?}").contains("48151623"), "{findings:?}");
    }
}

/// The schema takes a number such as `1.0` for a whole one, and the type does not.
#[test]
fn what_the_schema_takes_and_the_type_does_not_is_named_with_its_place() {
    let read = |text: &str| {
        let document = serde_json::from_str(text).unwrap();
        let shape = Shape::of::<crate::release::manifest::Manifest>("the manifest", Language::Json);
        let unread = shape.typed::<crate::release::manifest::Manifest>(&document, &DocumentText::of(text));
        let [finding] = unread.unwrap_err().try_into().unwrap();
        (finding.name, finding.path, finding.seen.and_then(|seen| seen.found))
    };
    for sequence in ["1.0", "99999999999999999999"] {
        let seen = read(&format!(r#"{{"version": "1.0.0", "components": {{}}, "sequence": {sequence}}}"#));
        assert_eq!(seen, (FindingName::BadValue, "sequence".into(), Some(sequence.into())));
    }
}

#[test]
fn a_leading_zero_of_a_version_is_named() {
    let shape = Shape::of::<crate::release::manifest::Manifest>("the manifest", Language::Json);
    let table = [
        ("2026.01.05", "`\"2026.01.05\"` has a leading zero."),
        ("01.2", "`\"01.2\"` has a leading zero."),
        ("2026.1", "`\"2026.1\"` does not have the form that is expected."),
        ("0.1.x", "`\"0.1.x\"` does not have the form that is expected."),
    ];
    for (version, wanted) in table {
        let findings = shape.findings(&json!({"declaration": version}), &DocumentText::default());
        let finding = findings.iter().find(|finding| finding.path == "declaration").unwrap();
        assert_eq!(finding.reason.written(), wanted);
    }
}

/// A reader makes 1.1 of `1.10`. Where nobody knows which of them stands there, none is written.
#[test]
fn a_remedy_has_a_number_as_it_is_written_or_not_at_all() {
    let table = [
        (json!({"share": "0.10"}), "share: `\"0.10\"` is not a number. Remedy: Write `0.10`, without quotes."),
        (
            json!({"name": 1.1}),
            "name: `1.1` is not a text. Remedy: Put it in quotes as it was written: The name, in two lines.",
        ),
        (json!({"list": 1.1}), "list: `1.1` is not a list. Remedy: Write a list, with it in brackets."),
    ];
    for (more, wanted) in table {
        assert_eq!(listed(&more), format!("BadValue: {wanted}"));
    }
}
