//! `windlass import` of whole files, with the fields that the deployers' own documentation shows. The snapshots hold
//! the declarations. Nothing of a file is lost without a word.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use windlass_cli::init::import::lambroll::{self, as_json};
use windlass_cli::init::import::{Imported, ecspresso, sam};
use windlass_domain::declaration::Declaration;
use windlass_domain::document::syntax;
use windlass_domain::text::foreign::is_hidden;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/imports")
}

/// Returns all files of a format, three at least.
fn files(format: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder().join(format)).unwrap();
    let mut all: Vec<PathBuf> = all.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    assert!(all.len() >= 3, "{format}");
    all
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Returns the declaration, which must be valid except for the values that a person must write.
fn checked(format: &str, path: &Path, imported: &Imported) -> String {
    let text = imported.text("shop", "prod", &format!("{format} {}", stem(path)));
    for finding in Declaration::parse(&text).err().unwrap_or_default() {
        assert!(finding.reason.written().starts_with("`write-me` stands here"), "{finding:?}:\n{text}");
    }
    text
}

/// Returns the text of a file as it is imported.
fn data(folder: &Path, name: &str) -> Result<String, String> {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).map_err(|why| why.to_string())?;
    as_json(&path, text)
}

fn of_ecspresso(folder: &Path, changed: impl Fn(&str, &str) -> String) -> Imported {
    let read = |name: &str| data(folder, name).map(|text| changed(name, &text));
    ecspresso::import(&read("ecspresso.yml").unwrap(), &read).unwrap()
}

#[test]
fn services_of_ecspresso() {
    for path in files("ecspresso") {
        let imported = of_ecspresso(&path, |_, text| text.to_owned());
        let text = checked("ecspresso", &path, &imported);
        let component = imported.components.values().next().unwrap();
        let both = component["rollout"].is_string() && component["codedeploy"].is_object();
        assert!(!both, "{text}");
        insta::assert_snapshot!(format!("ecspresso-{}", stem(&path)), text);
    }
}

#[test]
fn functions_of_lambroll() {
    for path in files("lambroll") {
        let imported = lambroll::import(&fs::read_to_string(&path).unwrap()).unwrap();
        insta::assert_snapshot!(format!("lambroll-{}", stem(&path)), checked("lambroll", &path, &imported));
    }
}

#[test]
fn functions_of_sam() {
    for path in files("sam") {
        let imported = sam::import(&fs::read_to_string(&path).unwrap()).unwrap();
        insta::assert_snapshot!(format!("sam-{}", stem(&path)), checked("sam", &path, &imported));
    }
}

/// Returns a template with one function that has these properties, and with these members of an alarm that it names.
fn of_sam(properties: &str, alarm: &str) -> Imported {
    let text = format!(
        "Resources:\n  Api:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: shop-api\n      \
         AutoPublishAlias: live\n{properties}      DeploymentPreference:\n        Type: Canary10Percent5Minutes\n        \
         Alarms: [!Ref Errors]\n  Errors:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      \
         AlarmName: api-errors\n      {alarm}\n"
    );
    sam::import(&text).unwrap()
}

#[test]
fn an_alarm_of_a_version_is_a_metric_of_the_alias() {
    for (alarm, is_of_a_version) in [
        ("Dimensions: [{Name: FunctionName, Value: !Ref Api}]", false),
        ("Dimensions: [{Name: Resource, Value: !Sub \"${Api}:live\"}]", false),
        ("Dimensions: [{Name: Resource, Value: !Ref Api.Alias}]", false),
        ("Dimensions: [{Name: ExecutedVersion, Value: !GetAtt Api.Version.Version}]", true),
        ("Dimensions: [{Name: ExecutedVersion, Value: \"7\"}]", true),
        ("Dimensions: [{Name: Newest, Value: !GetAtt [Api, Version.Version]}]", true),
        ("Dimensions: [{Name: Newest, Value: {\"Fn::GetAtt\": [Api, Version.Version]}}]", true),
        ("Dimensions: [{Name: Newest, Value: !Sub \"v${Api.Version.Version}\"}]", true),
        ("Dimensions: [{Name: Newest, Value: !Ref Api.Version}]", true),
        (
            "Metrics: [{Id: a, MetricStat: {Metric: {Dimensions: [{Name: ExecutedVersion, Value: \"7\"}]}, Stat: Sum}}]",
            true,
        ),
    ] {
        let imported = of_sam("", alarm);
        assert_eq!(imported.alarms.is_empty(), is_of_a_version, "{alarm}: {:?}", imported.alarms);
        let metric = &imported.components["api"]["gates"]["metrics"][0];
        assert_eq!(metric["dimensions"]["Resource"] == "shop-api:live", is_of_a_version, "{alarm}: {metric}");
        let text = imported.text("shop", "prod", "a template");
        assert!(Declaration::parse(&text).is_ok(), "{text}");
    }
}

#[test]
fn a_function_of_sam_that_is_an_image_has_its_repository() {
    const IMAGE: &str = "      PackageType: Image\n      ImageUri: ";
    for (value, wanted) in [
        ("111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1\n", json!("shop/api")),
        ("!Sub \"${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/shop/api:1\"\n", json!("shop/api")),
        ("!Ref Image\n", json!("write-me")),
        ("\n", json!("write-me")),
    ] {
        assert_eq!(
            of_sam(&format!("{IMAGE}{value}"), "Threshold: 1").components["api"]["repository"],
            wanted,
            "{value}"
        );
    }
    assert_eq!(of_sam("", "Threshold: 1").components["api"].get("repository"), None);
}

/// The properties of a function that is an image (AWS Serverless Application Model Developer Guide,
/// "AWS::Serverless::Function"), but for its deployment preference.
const PROPERTIES: &str = "Architectures AssumeRolePolicyDocument AutoPublishAlias AutoPublishAliasAllProperties \
    AutoPublishCodeSha256 CapacityProviderConfig CodeSigningConfigArn CodeUri DeadLetterQueue Description DurableConfig \
    Environment EphemeralStorage EventInvokeConfig Events FileSystemConfigs FunctionName FunctionUrlConfig Handler \
    ImageConfig ImageUri InlineCode KmsKeyArn Layers LoggingConfig MemorySize PackageType PermissionsBoundary Policies \
    PropagateTags ProvisionedConcurrencyConfig RecursiveLoop ReservedConcurrentExecutions Role RolePath Runtime \
    RuntimeManagementConfig SnapStart SourceKMSKeyArn Tags Timeout Tracing VersionDeletionPolicy VersionDescription \
    VpcConfig";

#[test]
fn each_property_of_sam_ends_in_one_list_alone() {
    for common in [false, true] {
        let mut properties = json!({"DeploymentPreference": {"Type": "AllAtOnce"}});
        for member in PROPERTIES.split_whitespace() {
            properties[member] = json!(match member {
                "ImageUri" => "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1",
                "PackageType" => "Image",
                _ => "x",
            });
        }
        let function = |properties: &Value| json!({"Type": "AWS::Serverless::Function", "Properties": properties});
        let template = if common {
            json!({"Globals": {"Function": properties}, "Resources": {"Api": function(&json!({}))}})
        } else {
            json!({"Resources": {"Api": function(&properties)}})
        };
        let imported = sam::import(&template.to_string()).unwrap();
        let lists = [&imported.carried, &imported.changed, &imported.notes].into_iter().flatten();
        let named: Vec<&str> = lists.filter_map(|entry| Some(entry.split_once(" of `Api`")?.0)).collect();
        for member in PROPERTIES.split_whitespace() {
            let count = named.iter().filter(|members| members.contains(&format!("`{member}`"))).count();
            assert_eq!(count, 1, "{member}: {named:?}");
        }
    }
}

#[test]
fn a_value_of_another_type_is_not_taken_for_absent() {
    let of = |function: Value, preference: Value| {
        let mut properties = json!({"AutoPublishAlias": "live", "DeploymentPreference": preference});
        properties["FunctionName"] = function;
        let template = json!({"Resources": {"Api": {"Type": "AWS::Serverless::Function", "Properties": properties}}});
        sam::import(&template.to_string()).unwrap()
    };
    let absent = of(Value::Null, json!({"Role": "r"})).notes;
    for (function, preference) in [
        (json!(12), json!({"Role": "r"})),
        (Value::Null, json!("Canary10Percent5Minutes")),
        (Value::Null, json!({"Role": "r", "Type": 5})),
        (Value::Null, json!({"Role": "r", "Alarms": "errors"})),
        (Value::Null, json!({"Role": "r", "Hooks": "check"})),
    ] {
        let imported = of(function, preference);
        assert_ne!(imported.notes, absent);
        assert_eq!(imported.carried, ["`Type` of the resource `Api`"]);
    }
    let service = json!({"service": "web", "task_definition": "task.json"}).to_string();
    let task = |containers: Value| Ok(json!({"containerDefinitions": containers}).to_string());
    let imported = ecspresso::import(&service, &|_| task(json!({"name": "web"}))).unwrap();
    assert_ne!(imported.notes, ecspresso::import(&service, &|_| task(json!([]))).unwrap().notes);
}

#[test]
fn a_function_that_has_no_name_stands_in_one_list() {
    for (named, why) in [
        ("Timeout: 3", "the template leaves the name of `Api` to CloudFormation: write the one that the stack gave it"),
        ("FunctionName: !Join ['-', [a, b]]", "the name of `Api` is made by `!Join`: write the one that it has"),
        ("FunctionName: 12", "the name 12 of `Api` is no text: write the one that it has"),
    ] {
        let text = format!(
            "Resources:\n  Api:\n    Type: AWS::Serverless::Function\n    Properties:\n      AutoPublishAlias: live\n      \
             DeploymentPreference: {{Type: AllAtOnce}}\n      {named}\n"
        );
        let imported = sam::import(&text).unwrap();
        assert_eq!(imported.components["api"]["function"], "{api}");
        let wanted = format!("{why} as `vars.api` of each environment");
        assert_eq!(imported.notes.first(), Some(&wanted));
        // What is left there is about the alias.
        assert_eq!(imported.changed.len(), 1, "{:?}", imported.changed);
    }
}

#[test]
fn who_calls_a_function_past_its_alias_is_named() {
    let with = |resources: &str| {
        let text = format!(
            "Resources:\n  Api:\n    Type: AWS::Serverless::Function\n    Properties: {{FunctionName: shop-api, \
             AutoPublishAlias: live, DeploymentPreference: {{Type: AllAtOnce}}}}\n{resources}"
        );
        sam::import(&text).unwrap().notes
    };
    assert_eq!(with(""), Vec::<String>::new());
    let notes = with("  Route: {Properties: {Uri: !GetAtt Api.Arn}}\n  Steps: {Properties: {Api: !GetAtt Api.Arn}}\n");
    let wanted = "`Resources.Route`, `Resources.Steps` of the template: `Api` itself is named there and not its alias, so that \
                  who calls it by them gets the code of each release at once, and no `rollout` reaches them. No release \
                  changes them: let them name the alias";
    assert_eq!(notes, [wanted]);
}

/// Adds a member that nobody knows to each object of the document, down to the depth at which members are named.
fn with_unknown(value: &mut Value, path: &str, depth: usize, added: &mut Vec<String>) {
    let Some(map) = value.as_object_mut() else {
        return;
    };
    for (name, value) in map.iter_mut().filter(|_| depth < 2) {
        with_unknown(value, &format!("{path}{name}."), depth + 1, added);
    }
    map.insert("unheardOf".to_owned(), json!("x"));
    added.push(format!("`{path}unheardOf`"));
}

#[test]
fn a_member_that_nobody_knows_yet_is_noted() {
    for folder in files("ecspresso") {
        let names = fs::read_dir(&folder).unwrap();
        for name in names.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
            let text = data(&folder, &name).unwrap();
            let mut document = syntax::yaml(&name, &text, 1 << 20).unwrap();
            let mut added = Vec::new();
            with_unknown(&mut document, "", 1, &mut added);
            let changed = document.to_string();
            let imported =
                of_ecspresso(&folder, |other, text| if other == name { changed.clone() } else { text.to_owned() });
            let notes = imported.notes.join("\n");
            // A member within one that is of no use whole, or that was listed whole, is listed with it.
            // What is within `taskDefinition` is named as a member of the task definition.
            for path in added.iter().map(|path| path.replace("taskDefinition.", "")) {
                let within = path.trim_matches('`').split('.').next().unwrap();
                let whole = ["`codedeploy`", "the circuit breaker"];
                let is_noted = notes.contains(&path)
                    || notes.contains(&format!("`{within}`"))
                    || whole.iter().any(|whole| whole.contains(within) && notes.contains(whole))
                    || within == "codedeploy" && notes.contains("`unheardOf` of `codedeploy`");
                assert!(is_noted, "{name}: {path}\n{notes}");
            }
        }
    }
    for path in files("lambroll") {
        let mut document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut added = Vec::new();
        with_unknown(&mut document, "", 1, &mut added);
        let notes = lambroll::import(&document.to_string()).unwrap().notes.join("\n");
        for path in added {
            assert!(notes.contains(&path), "{path}\n{notes}");
        }
    }
    let sam = fs::read_to_string(folder().join("sam/canary.yaml")).unwrap();
    let sam = sam.replace("        TriggerConfigurations:", "        UnheardOf: x\n        TriggerConfigurations:");
    let notes = sam::import(&sam).unwrap().notes.join("\n");
    assert!(notes.contains("`UnheardOf`"), "{notes}");
}

/// Hostile texts in the files of each deployer: what is written is the declaration and nothing else, and each note is a
/// line of a comment.
#[test]
fn no_text_of_a_file_becomes_yaml_of_its_own() {
    const HOSTILE: &str = "soon\nformerly: bank\n    after: [zzz]\n\u{1b}[31mred\u{202e}\u{85}x: 1";
    let image = |name: &str| format!("111111111111.dkr.ecr.eu-west-1.amazonaws.com/{name}:1");
    let service = json!({"service": "web", "region": HOSTILE, "cluster": HOSTILE, "timeout": HOSTILE,
        "task_definition": "task.json", HOSTILE: 1});
    let task = json!({"containerDefinitions": [{"name": HOSTILE, "image": image("shop/a")}, {"name": "b",
        "image": image(HOSTILE)}, {"name": HOSTILE, "image": HOSTILE}], HOSTILE: 1});
    let function = json!({"FunctionName": HOSTILE, "Code": {"ImageUri": image(HOSTILE)}, HOSTILE: 1});
    let preference = json!({"Type": HOSTILE, "Alarms": [HOSTILE], "Hooks": {HOSTILE: "other"}, HOSTILE: 1});
    let template = json!({"Resources": {HOSTILE: {"Type": "AWS::Serverless::Function", "Properties": {
        "FunctionName": HOSTILE, "AutoPublishAlias": HOSTILE, "DeploymentPreference": preference}}}});
    for imported in [
        ecspresso::import(&service.to_string(), &|_| Ok(task.to_string())).unwrap(),
        lambroll::import(&function.to_string()).unwrap(),
        sam::import(&template.to_string()).unwrap(),
    ] {
        let text = imported.text("shop", "prod", HOSTILE);
        let read = syntax::yaml("the declaration", &text, 1024 * 1024).unwrap();
        assert_eq!(read, imported.document("shop", "prod"), "{text}");
        let mut lines = text.lines();
        assert!(!lines.any(|line| line.contains(is_hidden)), "{text}");
        assert!(imported.notes.iter().any(|note| note.contains("soon⏎")));
    }
}
