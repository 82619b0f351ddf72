//! `windlass import sam` of values that are no texts, or texts that CloudFormation puts together: each is shown as the
//! file has it, and none becomes a valid value that nobody has written.

#![allow(clippy::unwrap_used)]

use serde_json::json;
use windlass_cli::init::import::{Imported, WITH_COUNTS, sam};

/// Returns a template with one function that has these lines, each a property, and with these resources.
fn of(properties: &[&str], resources: &str) -> Imported {
    let properties: String = properties.iter().flat_map(|line| ["      ", line, "\n"]).collect();
    let text =
        format!("Resources:\n  Api:\n    Type: AWS::Serverless::Function\n    Properties:\n{properties}{resources}");
    sam::import(&text).unwrap()
}

const ALIAS: &str = "AutoPublishAlias: live";
const NAME: &str = "FunctionName: shop-api";

#[test]
fn a_name_that_is_no_text_is_shown_as_the_file_has_it() {
    let preference = "DeploymentPreference: {Type: AllAtOnce}";
    for (named, wanted) in [
        ("0123", "the name 0123 of `Api` is no text"),
        ("1e3", "the name 1e3 of `Api` is no text"),
        ("on", "the name on of `Api` is no text"),
        ("!If [IsProd, a, b]", "the name of `Api` is made by `!If`"),
    ] {
        let imported = of(&[ALIAS, &format!("FunctionName: {named}"), preference], "");
        let wanted = format!("{wanted}: write the one that it has as `vars.api` of each environment");
        assert_eq!(imported.notes, [wanted], "{named}");
    }
}

#[test]
fn an_alarm_is_read_as_the_file_has_it_or_noted_so() {
    let made = "`Api`: an alarm is made by `!If`: write its name into `gates.alarms`".to_owned();
    let unread = |text: &str| format!("`Api`: the alarm {text} cannot be read: write its name into `gates.alarms`");
    for (alarm, name, note) in [
        ("010", None, Some(unread("010"))),
        ("1_000", None, Some(unread("1_000"))),
        ("on", None, Some(unread("on"))),
        ("~", None, Some(unread("~"))),
        ("!If [IsProd, a, b]", None, Some(made)),
        ("!Sub \"a-${Env}\"", Some("a-{env}"), None),
        ("!Sub \"${Env}-${Env}\"", Some("{env}-{env}"), None),
        ("!Ref Elsewhere", Some("{elsewhere}"), None),
        ("{Ref: Elsewhere}", Some("{elsewhere}"), None),
        ("by-name", Some("by-name"), None),
        ("arn:aws:cloudwatch:eu-west-1:111111111111:alarm:errors", Some("errors"), None),
        ("!Sub \"arn:aws:cloudwatch:${AWS::Region}:1:alarm:errors-${Env}\"", Some("errors-{env}"), None),
    ] {
        for list in [format!("[{alarm}]"), format!("\n        - {alarm}")] {
            let lines = ["DeploymentPreference:", "  Type: AllAtOnce", &format!("  Alarms: {list}")];
            let imported = of(&[&[ALIAS, NAME][..], &lines].concat(), "");
            assert_eq!(imported.alarms, Vec::from_iter(name), "{list}");
            assert_eq!(imported.notes, Vec::from_iter(note.clone()), "{list}");
        }
    }
    let errors = "  Errors:\n    Type: AWS::CloudWatch::Alarm\n    Properties: {AlarmName: 010}\n";
    let imported = of(&[ALIAS, NAME, "DeploymentPreference: {Type: AllAtOnce, Alarms: [!Ref Errors]}"], errors);
    let wanted = "`Api`: the name 010 of the alarm `Errors` is no text: write it into `gates.alarms`";
    assert_eq!((imported.alarms.len(), imported.notes.first().map(String::as_str)), (0, Some(wanted)));
}

#[test]
fn an_alias_that_is_no_text_is_to_be_written() {
    let no_text = |text: &str| {
        format!(
            "the `AutoPublishAlias` {text} of `Api` is no text: put it in quotes, or write the alias that its callers use"
        )
    };
    for (alias, wanted) in [
        ("AutoPublishAlias: on", no_text("on")),
        ("AutoPublishAlias: off", no_text("off")),
        ("AutoPublishAlias: true", no_text("true")),
        (
            "AutoPublishAlias: {Ref: A}",
            "the alias of `Api` is made by `Ref`: write the one that its callers use".to_owned(),
        ),
        ("Timeout: ~", "`Api` has no `AutoPublishAlias`: write the alias that its callers use".to_owned()),
    ] {
        let imported = of(&[alias, NAME, "DeploymentPreference: {Type: AllAtOnce}"], "");
        assert_eq!(imported.components["api"]["alias"], "write-me", "{alias}");
        assert_eq!(imported.notes.first(), Some(&wanted), "{alias}");
    }
}

#[test]
fn the_gates_that_counts_bring_are_listed() {
    let errors = "  Errors:\n    Type: AWS::CloudWatch::Alarm\n    Properties: {Dimensions: [{Name: ExecutedVersion, \
                  Value: '7'}]}\n";
    let imported = of(&[ALIAS, NAME, "DeploymentPreference: {Type: AllAtOnce, Alarms: [!Ref Errors]}"], errors);
    let gates = &imported.document("shop", "prod")["gates"];
    assert_eq!(*gates, json!({"bake": WITH_COUNTS, "unknown": {"becomes": "pass"}}));
    let wanted = format!(
        "`gates.bake` and `gates.unknown` are of the whole release, and written because calls are counted: it is watched \
         for {WITH_COUNTS}, and each of its gates whose measurement is unknown passes, and not only that on calls. Take \
         `gates.unknown` out where an unknown gate is to hold a release"
    );
    assert!(imported.changed.contains(&wanted), "{:?}", imported.changed);
}

#[test]
fn a_variable_for_a_name_is_called_as_no_component_of_another_function() {
    const LONG: &str = "OrdersProcessorForVeryLongNamesInShop";
    let function = |named: &str| {
        let mut properties = json!({"AutoPublishAlias": "live", "DeploymentPreference": {"Type": "AllAtOnce"}});
        if !named.is_empty() {
            properties["FunctionName"] = json!(named);
        }
        json!({"Type": "AWS::Serverless::Function", "Properties": properties})
    };
    for (first, second, wanted) in [
        ("a", "", ["a", "{ordersprocessorforverylongname_2}"]),
        ("", "b", ["{ordersprocessorforverylongnamesi}", "b"]),
        ("", "", ["{ordersprocessorforverylongnamesi}", "{ordersprocessorforverylongname_2}"]),
    ] {
        let (a, b) = (format!("{LONG}A"), format!("{LONG}B"));
        let template = json!({"Resources": {a: function(first), b: function(second)}});
        let components = sam::import(&template.to_string()).unwrap().components;
        let names: Vec<&str> = components.keys().map(String::as_str).collect();
        assert_eq!(names, ["ordersprocessorforverylongname-2", "ordersprocessorforverylongnamesi"]);
        let functions = [&components[names[1]]["function"], &components[names[0]]["function"]];
        assert_eq!(functions, wanted);
    }
}

#[test]
fn functions_that_a_loop_makes_are_noted_as_not_imported() {
    let properties = [ALIAS, NAME, "DeploymentPreference: {Type: AllAtOnce}"];
    let loops = "  Fn::ForEach::Shops:\n    - Shop\n    - [A, B]\n    - Shop${Shop}:\n        Type: AWS::Serverless::Function\n  \
                 Fn::ForEach::Topics:\n    - Topic\n    - [A, B]\n    - Topic${Topic}: {Type: AWS::SNS::Topic}\n";
    let wanted = [
        "`Resources.Fn::ForEach::Shops` of the template makes functions, and none of them is imported: write a component for \
         each that a release is to bring",
        "`Resources.Fn::ForEach::Topics` of the template: no release changes them, and they stay in it",
    ];
    assert_eq!(of(&properties, loops).notes, wanted);
}
