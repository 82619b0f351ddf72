//! `windlass release` packs what was built for a stack, and refuses what does not fit before anything is sent.

#![allow(clippy::unwrap_used)]

use crate::cloud::{Answers, DECLARATION, answering, puts, site, with, write};
use crate::standin::{code, err, out};
use serde_json::{Value, json};
use std::io::Read as _;

const TEMPLATE: &str = "# why\nResources:\n  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${A}-q'}}\n";

/// The declaration with a stack in place of its function. The API lets nobody in, so that the bucket's one counts.
fn declared() -> Answers {
    let function = "api: {kind: lambda, function: 'shop-api-{environment}', alias: live}";
    let stack = "infra: {kind: cloudformation, stack: 'shop-{environment}', role: windlass-stack-shop, assets: files}";
    assert!(DECLARATION.contains(function));
    Answers { closed: Some(403), declaration: Some(DECLARATION.replace(function, stack)), ..Answers::nothing() }
}

/// Releases what was written into the folder, and returns the status, what was said, and the members of the archive.
fn released(name: &str, files: &[(&str, &str)], given: &str) -> (i32, String, Vec<(String, String)>) {
    let (cloud, folder) = (answering(declared()), site(name));
    for (file, text) in files {
        write(&folder, file, text);
    }
    let output = cloud.windlass(&folder, &with(&[(4, given)]));
    let said = format!("{}{}", out(&output), err(&output));
    let sent = puts(&cloud);
    let Some(call) = sent.iter().find(|call| call.path.contains("/infra/")) else {
        assert_eq!(sent.len(), 0, "all is refused, or nothing: {said}");
        return (code(&output), said, vec![]);
    };
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(call.body.clone())).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let members = names.into_iter().map(|name| {
        let mut text = String::new();
        archive.by_name(name.as_str()).unwrap().read_to_string(&mut text).unwrap();
        (name, text)
    });
    let members = members.collect();
    (code(&output), said, members)
}

#[test]
fn a_template_goes_as_it_is() {
    let (_, said, members) = released("stack-template", &[("t.yaml", TEMPLATE)], "infra=t.yaml");
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["stack.json", "template.yaml"], "{said}");
    assert_eq!(members[1].1, TEMPLATE);
    let list: Value = serde_json::from_str(&members[0].1).unwrap();
    assert_eq!(list, json!({"template": "template.yaml"}));
}

/// The tag goes to `prod`, and the declaration's first environment is another one.
#[test]
fn of_an_assembly_the_stack_of_the_environment_goes() {
    let stack = |name: &str| {
        json!({
            "type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
            "properties": {"templateFile": format!("{name}.json"), "stackName": name},
        })
    };
    let manifest = json!({"version": "55.0.0", "artifacts": {"D": stack("shop-dev"), "P": stack("shop-prod")}});
    let manifest = manifest.to_string();
    let files = [
        ("cdk.out/manifest.json", manifest.as_str()),
        ("cdk.out/shop-dev.json", "{\"Resources\": {\"Dev\": {}}}"),
        ("cdk.out/shop-prod.json", "{\"Resources\": {\"Prod\": {}}}"),
    ];
    let (_, said, members) = released("stack-assembly", &files, "infra=cdk.out");
    let template = members.iter().find(|(name, _)| name == "template.json").map(|(_, text)| text.as_str());
    assert_eq!(template, Some("{\"Resources\": {\"Prod\": {}}}"), "{said}");
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_sent() {
    let function = "Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: src/}}}\n";
    let manifest = json!({"version": "55.0.0", "artifacts": {}}).to_string();
    let large = format!("{TEMPLATE}# {}", "a".repeat(1_000_000));
    for (file, text, given, says) in [
        ("t.yaml", large.as_str(), "infra=t.yaml", "nested"),
        ("t.yaml", function, "infra=t.yaml", "sam package"),
        ("cdk.out/manifest.json", manifest.as_str(), "infra=cdk.out", "components.infra.stack"),
        ("other/x", "x", "infra=other", "components.infra"),
    ] {
        let (status, said, members) = released("stack-refused", &[(file, text)], given);
        assert_eq!((status, members.len()), (3, 0), "{given}: {said}");
        assert!(said.contains(says), "{given}: {said}");
    }
}
