//! `windlass init` on templates of AWS SAM that deploy by themselves: the settings that it takes over, and the
//! templates after its patch.

#![allow(clippy::unwrap_used)]

use crate::init_seeds::{facts_of, proposed};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use windlass_cli::init::files;
use windlass_cli::init::repository::Repository;
use windlass_domain::declaration::Declaration;

/// Returns a template with these `Globals`, and these properties of its one function.
fn template(globals: &str, own: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\nParameters:\n  Callers:\n    Type: String\n    Default: stable\n\
         {globals}Resources:\n  Hello:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
         FunctionName: shop-hello\n      CodeUri: hello/\n{own}"
    )
}

/// Returns the files that are made for a template, and the notes.
fn made(template: &str, answers: &[(&str, &str)]) -> (BTreeMap<String, String>, Vec<String>) {
    made_beside("", template, answers)
}

/// Returns the files and the notes beside a declaration of an earlier run.
fn made_beside(declared: &str, template: &str, answers: &[(&str, &str)]) -> (BTreeMap<String, String>, Vec<String>) {
    let repository = Repository {
        name: "shop".to_owned(),
        github: Some("example/shop".to_owned()),
        declared: declared.to_owned(),
        files: BTreeMap::from([("template.yaml".to_owned(), template.to_owned())]),
        ..Repository::default()
    };
    let facts = facts_of(repository);
    let application = proposed(&facts, answers);
    let (all, notes) = files::all(&application, &facts);
    let all = all.into_iter().map(|file| (file.path, file.text));
    (all.collect(), notes)
}

#[test]
fn the_alias_that_sam_made_keeps_its_logical_id_wherever_the_template_names_it() {
    for (globals, own, id) in [
        ("", "      AutoPublishAlias: live\n", "HelloAliaslive"),
        ("", "      AutoPublishAlias: \"blue\" # of callers\n", "HelloAliasblue"),
        ("", "      AutoPublishAlias: !Ref Callers\n", "HelloAliasstable"),
        ("", "      AutoPublishAlias: blue-green_1\n", "HelloAliasblueDgreenU1"),
        ("Globals:\n  Function:\n    AutoPublishAlias: live\n", "", "HelloAliaslive"),
        ("Globals:\n  Function:\n    AutoPublishAlias: live\n", "      AutoPublishAlias: blue\n", "HelloAliasblue"),
        ("Globals: {Function: {AutoPublishAlias: live}}\n", "", "HelloAliaslive"),
        (
            "Globals:\n  Function: {Timeout: 3, DeploymentPreference: {Type: AllAtOnce}, AutoPublishAlias: live}\n",
            "",
            "HelloAliaslive",
        ),
        ("", "", "HelloLive"),
    ] {
        let (files, notes) = made(&template(globals, own), &[]);
        let patch = &files["windlass.patch"];
        let added = patch.lines().filter(|line| line.starts_with("+  Hello")).collect::<Vec<_>>();
        assert_eq!(added, ["+  HelloFirstVersion:", &format!("+  {id}:")], "{globals}{own}");
        let is_kept = |line: &str| line.starts_with([' ', '+']) && line.contains("AutoPublishAlias:");
        assert!(!patch.lines().any(is_kept), "{patch}");
        let joined = notes.join("\n");
        assert_eq!(joined.contains("in place of `HelloFirstVersion`"), id != "HelloLive", "{joined}");
    }
}

#[test]
fn a_second_run_after_the_patch_was_applied_has_no_patch() {
    let place = std::env::temp_dir().join(format!("windlass-twice-{}", std::process::id()));
    for (globals, own) in [
        ("Globals:\n  Function:\n    AutoPublishAlias: blue\n", ""),
        ("", "      AutoPublishAlias: live\n      Tags: {team: web}\n"),
        ("", ""),
    ] {
        let before = template(globals, own);
        let (files, notes) = made(&before, &[]);
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("template.yaml"), &before).unwrap();
        fs::write(place.join("windlass.patch"), &files["windlass.patch"]).unwrap();
        let applied = Command::new("git").args(["apply", "windlass.patch"]).current_dir(&place).output().unwrap();
        assert!(applied.status.success(), "{applied:?}");
        let after = fs::read_to_string(place.join("template.yaml")).unwrap();
        fs::remove_dir_all(&place).unwrap();
        let (again, later) = made(&after, &[]);
        assert_eq!(again.get("windlass.patch"), None, "{after}");
        assert_eq!(again["app.yaml"], files["app.yaml"], "{after}");
        assert!(!later.iter().any(|note| note.contains("FirstVersion")), "{later:?}");
        // Tags within braces are still a person's to add.
        assert_eq!(
            later.iter().any(|note| note.contains("the tags of")),
            notes.iter().any(|note| note.contains("the tags of"))
        );
    }
}

#[test]
fn an_alias_that_the_template_makes_itself_is_taken_and_made_no_second_time() {
    for (name, taken) in [("blue", "alias: blue"), ("!Sub \"live-${Callers}\"", "alias: live")] {
        let own = format!(
            "\n  First:\n    Type: AWS::Lambda::Version\n    Properties: {{FunctionName: !Ref Hello}}\n\n  Callers:\n    \
             Type: AWS::Lambda::Alias\n    Properties: {{FunctionName: !Ref Hello, Name: {name}, FunctionVersion: !GetAtt First.Version}}\n"
        );
        let (files, _) = made(&template("", &own), &[]);
        assert!(files["app.yaml"].contains(taken), "{}", files["app.yaml"]);
        let patch = &files["windlass.patch"];
        assert!(patch.contains("windlass:app") && !patch.contains("AWS::Lambda"), "{patch}");
    }
}

#[test]
fn a_function_whose_alias_only_cloudformation_knows_is_left_as_it_is() {
    const NOTE: &str = "`Hello` of `template.yaml` is left as it is, because only CloudFormation knows its `AutoPublishAlias`: docs/integrate/cloudformation-and-sam.md of Windlass has what it needs";
    for alias in [
        "!If [IsProd, live, beta]",
        "{\"Fn::If\": [IsProd, live, beta]}",
        "!Ref Unnamed",
        "!Sub \"live-${Callers}\"",
        "x Hello.Alias",
    ] {
        let (own, known) = (format!("      AutoPublishAlias: {alias}\n"), "      AutoPublishAlias: live\n");
        let globals = format!("Globals:\n  Function:\n    AutoPublishAlias: {alias}\n");
        for (globals, own) in [("", own.as_str()), (globals.as_str(), ""), (globals.as_str(), known)] {
            let (files, notes) = made(&template(globals, own), &[]);
            assert_eq!(files.get("windlass.patch"), None, "{globals}{own}");
            assert_eq!(notes.iter().filter(|note| *note == NOTE).count(), 1, "{globals}{own}: {notes:?}");
        }
    }
}

#[test]
fn a_function_that_is_tagged_for_another_application_is_left_and_one_of_this_gets_the_tag_that_it_lacks() {
    for (app, added) in [("shop", Some("+        \"windlass:environment\": prod")), ("billing", None)] {
        let own = format!("      Tags:\n        \"windlass:app\": {app}\n");
        let (files, notes) = made(&template("", &own), &[]);
        let patch = files.get("windlass.patch").map(String::as_str).unwrap_or_default();
        assert_eq!(patch.lines().find(|line| line.starts_with("+        \"windlass:")), added, "{patch}");
        assert_eq!(files.get("windlass-targets.sh"), None);
        let note = "`Hello` of `template.yaml` is left as it is, because its tag `windlass:app` names another application than `shop`: leave `hello` out of app.yaml, or hand the function over first (docs/let-go.md of Windlass)";
        assert_eq!(notes.iter().any(|it| it == note), added.is_none(), "{notes:?}");
    }
}

#[test]
fn a_function_of_another_name_than_the_targets_is_left() {
    const NOTE: &str = "`Hello` of `template.yaml` is left as it is, because its `FunctionName` is not the target of `hello`, for which `windlass-targets.sh` has what it needs";
    for (function, is_another) in [("shop-hello", false), ("billing", true)] {
        let (files, notes) = made(&template("", ""), &[("hello.function", function)]);
        assert_eq!(files.contains_key("windlass.patch"), !is_another);
        assert_eq!(files.contains_key("windlass-targets.sh"), is_another);
        assert_eq!(notes.iter().any(|note| note == NOTE), is_another, "{notes:?}");
    }
}

#[test]
fn a_canary_and_its_alarms_go_into_the_declaration_and_what_does_not_is_noted() {
    let own = "      AutoPublishAlias: live\n      DeploymentPreference:\n        Type: Canary10Percent5Minutes\n        Alarms:\n          \
               - !Ref Errors\n          - !Ref Unnamed\n        Hooks:\n          PreTraffic: !Ref Check\n  Errors:\n    \
               Type: AWS::CloudWatch::Alarm\n    Properties:\n      AlarmName: !Sub \"hello-${Stage}-errors\"\n  Other:\n    \
               Type: AWS::Serverless::Function\n    Properties:\n      AutoPublishAlias: live\n      DeploymentPreference:\n        \
               Type: Linear10PercentEvery1Minute\n        Alarms: [others-alarm]\nOutputs:\n  Callers:\n    Value: !Ref Hello.Alias\n  \
               Newest:\n    Value: !Ref Hello.Version\n";
    let template = template("", own);
    let (files, notes) = made(&template, &[("components", "hello")]);
    let text = &files["app.yaml"];
    assert!(text.contains("    rollout: {canary: [10], every: 5m}\n"), "{text}");
    assert!(text.contains("  alarms: [\"hello-{environment}-errors\"]\n"), "{text}");
    assert!(Declaration::parse(text).is_ok(), "{text}");
    let joined = notes.join("\n");
    for words in
        ["the hook PreTraffic (${Check})", "the name of the alarm `{unnamed}`", "`Hello.Version` in `template.yaml`"]
    {
        assert!(joined.contains(words), "no {words} in {joined}");
    }
    let patch = &files["windlass.patch"];
    assert!(patch.contains("+    Value: !Ref HelloAliaslive\n"), "{patch}");
    assert!(!patch.contains("+    Value: !Ref Hello.Version"), "{patch}");
    // The patch takes the preference away. A later run keeps the members that the first run made of it.
    let later = template.replace("DeploymentPreference", "Former");
    let (again, _) = made_beside(text, &later, &[("components", "hello")]);
    assert_eq!(again["app.yaml"], *text);
    let (without, _) = made(&later, &[("components", "hello")]);
    assert!(without["app.yaml"].contains("    rollout: {canary: [10], every: 3m}\n"), "{}", without["app.yaml"]);
}

#[test]
fn a_function_that_loses_its_alias_with_globals_and_is_no_component_is_noted() {
    const GLOBALS: &str = "Globals:\n  Function:\n    AutoPublishAlias: live\n";
    let other = "  Check:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: check\n";
    let others = format!("{other}      AutoPublishAlias: mine\n");
    for (globals, own, chosen, is_noted) in [
        (GLOBALS, other, "hello", true),
        (GLOBALS, other, "hello,check", false),
        (GLOBALS, others.as_str(), "hello", false),
        ("", other, "hello", false),
    ] {
        let (_, notes) = made(&template(globals, own), &[("components", chosen)]);
        let has_note =
            notes.iter().any(|note| note.starts_with("`Check`") && note.contains("`AutoPublishAlias: live`"));
        assert_eq!(has_note, is_noted, "{globals}{own}{chosen}: {notes:?}");
    }
}

#[test]
fn an_alarm_of_a_version_gives_way_to_a_count_of_failed_calls() {
    for other in ["", ", hello-errors"] {
        let own = format!(
            "      AutoPublishAlias: live\n      DeploymentPreference:\n        Type: Canary10Percent5Minutes\n        \
             Alarms: [!Ref Newest{other}]\n  Newest:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      \
             AlarmName: hello-newest\n      Dimensions: [{{Name: ExecutedVersion, Value: !GetAtt Hello.Version.Version}}]\n"
        );
        let template = template("", &own);
        let (files, _) = made(&template, &[]);
        let text = &files["app.yaml"];
        assert!(Declaration::parse(text).is_ok(), "{text}");
        assert!(text.contains("          metric: Errors\n") && !text.contains("hello-newest"), "{text}");
        assert_eq!(text.contains("  alarms: [\"hello-errors\"]\n"), !other.is_empty(), "{text}");
        // The patch takes the preference away, and a later run measures the same.
        let (again, _) = made_beside(text, &template.replace("DeploymentPreference", "Former"), &[]);
        assert_eq!(again["app.yaml"], *text);
    }
}

#[test]
fn each_reference_to_what_sam_made_leads_to_what_is_written_out() {
    for (value, wanted) in [
        ("!Ref Hello.Version", Some("!Ref HelloFirstVersion")),
        ("!GetAtt Hello.Version.Version", Some("!GetAtt HelloFirstVersion.Version")),
        ("!Sub \"${Hello.Alias} ${Hello.Version}\"", Some("!Sub \"${HelloAliaslive} ${HelloFirstVersion}\"")),
        ("{Ref: Hello.Alias}", Some("{Ref: HelloAliaslive}")),
        ("\n      Fn::GetAtt: Hello.Version.Version", Some("\n      Fn::GetAtt: HelloFirstVersion.Version")),
        ("!GetAtt [Hello, Version.Version]", Some("!GetAtt [HelloFirstVersion, Version]")),
        ("\n      Fn::GetAtt:\n        - Hello\n        - Version.Version", Some("- Version")),
        // SAM makes no attribute of that name: there is no patch, and a note in its place.
        ("!GetAtt [Hello, Version]", None),
    ] {
        let own = format!("      AutoPublishAlias: live\nOutputs:\n  Newest:\n    Value: {value}\n");
        let (files, notes) = made(&template("", &own), &[]);
        let patch = files.get("windlass.patch").map(String::as_str).unwrap_or_default();
        let last = |value: &str| value.rsplit('\n').next().unwrap().trim_start().to_owned();
        let added: Vec<&str> = patch.lines().filter(|line| line.starts_with('+')).collect();
        let has = |value: &str| added.iter().any(|line| line.ends_with(&last(value)));
        assert_eq!(wanted.is_some_and(has), !patch.is_empty(), "{value}: {patch}");
        assert_eq!(
            wanted.is_none(),
            notes.iter().any(|note| note == "`template.yaml` could not be changed because of how it is written: docs/integrate/cloudformation-and-sam.md of Windlass has what its functions need"),
            "{notes:?}"
        );
    }
}

#[test]
fn a_parameter_that_does_not_fit_the_environments_is_noted() {
    let begin = "the tag `windlass:environment` in `template.yaml` has the value of the parameter `Stage`, ";
    let allowed = "which takes `default`, `production` and not `prod`: allow it, or name the environments of Windlass as the \
                   template does";
    let default = "whose default is `dev`, which is none of the environments (`prod`): give it the environment's name at each \
                   deploy, or name the environments of Windlass as the template does";
    for (parameter, wanted) in [
        ("{Type: String, Default: default, AllowedValues: [default, production]}", Some(allowed)),
        ("{Type: String, Default: dev}", Some(default)),
        ("{Type: String, Default: dev, AllowedValues: [dev, prod]}", Some(default)),
        ("{Type: String, Default: prod, AllowedValues: [dev, prod]}", None),
        ("{Type: String}", None),
    ] {
        let template = template("", "").replace("  Callers:\n", &format!("  Stage: {parameter}\n  Callers:\n"));
        let (_, notes) = made(&template, &[]);
        let wanted: Vec<String> = wanted.iter().map(|why| format!("{begin}{why}")).collect();
        let found: Vec<&String> = notes.iter().filter(|note| note.starts_with(begin)).collect();
        assert_eq!(found, wanted.iter().collect::<Vec<_>>(), "{parameter}");
    }
}

#[test]
fn a_function_that_cannot_be_changed_keeps_no_other_one_out_of_the_patch() {
    const NOTE: &str = "`Hello` of `template.yaml` could not be changed because of how it is written: docs/integrate/cloudformation-and-sam.md of Windlass has what it needs";
    let own = "      AutoPublishAlias: live\n  Other:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
               FunctionName: shop-other\n      CodeUri: other/\n      AutoPublishAlias: live\nOutputs:\n  Newest:\n    \
               Value: !GetAtt [Hello, Version]\n";
    let (files, notes) = made(&template("", own), &[("components", "hello,other")]);
    let patch = &files["windlass.patch"];
    let added: Vec<&str> = patch.lines().filter(|line| line.starts_with("+  ") && line.ends_with("live:")).collect();
    assert_eq!(added, ["+  OtherAliaslive:"], "{patch}");
    assert!(notes.iter().any(|note| note == NOTE), "{notes:?}");
}
