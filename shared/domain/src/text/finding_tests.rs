use crate::text::finding::*;

#[test]
fn the_last_of_a_hundred_says_how_many_more_there_are() {
    let of = |count: usize| {
        let one = |n: usize| Finding::new(FindingName::BadValue, n.to_string(), "x", "y");
        limited((0..count).map(one).collect())
    };
    assert_eq!(of(100).len(), 100);
    assert_eq!(of(100)[99].name, FindingName::BadValue);
    let more = of(101);
    assert_eq!((more.len(), more[98].path.as_str()), (100, "98"));
    let last = "MoreFindings: the rest: 2 more things are wrong, which are not listed here. Remedy: Mend these \
                first; then the rest is listed.";
    assert_eq!(more[99].written(), last);
    assert_eq!(limited(more.clone()), more);
}

#[test]
fn nothing_is_listed_twice() {
    let one = |path: &str| Finding::new(FindingName::BadValue, path, "x", "y");
    let listed = limited(vec![one("a"), one("b"), one("a")]);
    assert_eq!(listed, [one("a"), one("b")]);
    let other = Finding::new(FindingName::BadValue, "a", "z.", "y");
    let [both] = limited(vec![one("a"), other, one("a")]).try_into().unwrap();
    assert_eq!((both.reason.written().as_str(), both.remedy.written().as_str()), ("X. Z.", "y"));
}

#[test]
fn what_is_joined_is_of_the_declaration_only_where_all_of_it_is() {
    let of = |declared: bool| {
        let one = Finding::new(FindingName::BadValue, "a", format!("{declared}"), "y");
        if declared { one.of_the_declaration() } else { one }
    };
    for (first, second, wanted) in [(true, true, true), (true, false, false), (false, true, false)] {
        let [one] = limited(vec![of(first), of(second)]).try_into().unwrap();
        assert_eq!(one.declared, wanted, "{first} {second}");
    }
}

#[test]
fn a_long_value_does_not_make_a_long_finding() {
    let long = "é".repeat(100_000);
    let finding = Finding::new(FindingName::BadValue, &long, &long, &long);
    assert!(finding.path.len() <= LONGEST_PATH);
    assert!(finding.reason.written().len() <= LONGEST_SENTENCE);
    assert!(finding.remedy.written().len() <= LONGEST_SENTENCE);
}

#[test]
fn a_finding_is_written_in_sentences() {
    let written =
        |path: &str, reason: &str, remedy: &str| Finding::new(FindingName::BadArchive, path, reason, remedy).written();
    assert_eq!(
        written("web.zip", "it has no files", "Pack it again."),
        "BadArchive: web.zip: It has no files. Remedy: Pack it again."
    );
    assert_eq!(
        written("site", "`x` is no name.", "write another"),
        "BadArchive: site: `x` is no name. Remedy: Write another."
    );
}

#[test]
#[should_panic(expected = "BadArchive does not say where")]
fn a_finding_without_a_path_is_noticed_by_every_test_that_meets_it() {
    Finding::new(FindingName::BadArchive, "", "it has no files", "Pack it.");
}

#[test]
fn in_a_message_a_finding_is_two_sentences() {
    let in_words = |reason: &str, remedy: &str| {
        Finding::new(FindingName::BadArchive, "web.zip", reason, remedy).in_words().written()
    };
    assert_eq!(in_words("it has no files", "pack it again!"), "It has no files. Pack it again!");
    assert_eq!(in_words(" why? ", "write:"), "Why? Write:");
    assert_eq!(in_words("", ""), " ");
}

#[test]
fn each_page_is_named_once_in_the_order_of_the_findings() {
    use FindingName::{BadValue, MissingField};
    let table: [(&[FindingName], Option<&str>); 4] = [
        (&[], None),
        (&[BadValue], Some("  page: docs/findings.md#badvalue")),
        (&[BadValue, BadValue], Some("  page: docs/findings.md#badvalue")),
        (
            &[MissingField, BadValue, MissingField],
            Some("  pages: docs/findings.md#missingfield, docs/findings.md#badvalue"),
        ),
    ];
    for (names, wanted) in table {
        let findings: Vec<Finding> = names.iter().map(|name| Finding::new(*name, "a", "x", "y")).collect();
        assert_eq!(pages(&findings).as_deref(), wanted, "{names:?}");
    }
}

#[test]
fn what_was_seen_is_one_short_line_and_stays_where_all_agree() {
    let seen = |found: &str, expected: &str| Finding::new(FindingName::BadValue, "a", found, "y").seen(found, expected);
    let value = |finding: &Finding| serde_json::to_value(finding).unwrap()["seen"].clone();
    assert_eq!(value(&seen("7", "a text")), serde_json::json!({"found": "7", "expected": "a text"}));
    assert_eq!(value(&seen("", "a text")), serde_json::json!({"expected": "a text"}));
    assert_eq!(value(&seen("", "")), serde_json::Value::Null);
    let among = |one_of: &[String]| value(&seen("", "").seen_among("wbe", one_of));
    let names = |count: usize| vec!["a\nb".to_owned(); count];
    assert_eq!(among(&[]), serde_json::json!({"found": "wbe"}));
    assert_eq!(among(&names(2)), serde_json::json!({"found": "wbe", "one_of": ["a⏎b", "a⏎b"]}));
    let many = among(&names(LONGEST_LIST));
    let cut = many["expected"].as_str().unwrap();
    assert!(cut.starts_with("a⏎b, ") && cut.ends_with('…') && many.get("one_of").is_none(), "{many}");
    let long = seen(&"a\n".repeat(1000), "").seen.unwrap().found.unwrap();
    assert!(long.len() <= LONGEST_VALUE && !long.contains('\n'), "{long}");
    let stored = serde_json::to_string(&seen("7", "8")).unwrap();
    assert_eq!(serde_json::from_str::<Finding>(&stored).unwrap(), seen("7", "8"));
    for (second, stays) in [(seen("7", "8"), true), (seen("7", "9"), false)] {
        let [one] = limited(vec![seen("7", "8"), second]).try_into().unwrap();
        assert_eq!(one.seen.is_some(), stays);
    }
    let meant = |name: &str| seen("7", "").meaning(Some(&name.to_owned()));
    for (second, stays) in [(meant("web"), true), (meant("api"), false), (seen("7", ""), false)] {
        let [one] = limited(vec![meant("web"), second]).try_into().unwrap();
        assert_eq!(one.meant.is_some(), stays);
    }
}

/// The version of a release is free until it is recorded.
#[test]
fn what_is_wrong_with_recorded_bytes_needs_another_version() {
    let remedy = |name| Finding::new(name, "web.zip", "x", "Pack it.").of_a_recorded_release().remedy.written();
    let other = "Pack it; a release that is recorded keeps its version and its bytes, so release the new ones under a \
                 new version";
    let table =
        [(FindingName::BadArchive, other), (FindingName::FileRefused, other), (FindingName::BadValue, "Pack it.")];
    for (name, wanted) in table {
        assert_eq!(remedy(name), wanted);
    }
}
