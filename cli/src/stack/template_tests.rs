//! Tests of templates that are released as they are, and of folders of `sam build`.

use super::*;
use std::fs;
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::kinds::StackNames;
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::text::name::{ComponentName, EnvironmentName};

const DECLARATION: &str = "
app: shop
version: 1.0.0
environments: {prod: {deploy: {branch: main}}}
components: {web: {kind: static_site, bucket: shop-web}}
";

fn declared() -> ResolvedEnvironment {
    Declaration::parse(DECLARATION).unwrap().resolve(&EnvironmentName::new("prod").unwrap()).unwrap()
}

/// Reads a template, and returns it with the names and paths of the findings.
fn built(text: &str, folder: Option<&Path>, assets: Option<&str>) -> (BuiltStack, Vec<(FindingName, String)>) {
    let (component, declared) = (ComponentName::new("infra").unwrap(), declared());
    let names = StackNames { stack: "shop-prod", assets, packed_with: None };
    let wanted = WantedStack { component: &component, names, declared: &declared, given: "infra=build" };
    let mut findings = Vec::new();
    let built = read(text, ("template.yaml", folder), &wanted, &mut findings).unwrap();
    (built, findings.into_iter().map(|one| (one.name, one.path)).collect())
}

/// Each with tags, anchors, comments and line ends that a writer of YAML would change.
const AS_THEY_ARE: [&str; 4] = [
    "# why\r\nResources:\r\n  Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: !Sub \"${A}-q\"}}\r\n",
    "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code:\n        ZipFile: |\n          \
     x\n",
    "\u{feff}{\"Resources\": {\"F\": {\"Type\": \"AWS::Lambda::Function\",\n \"Properties\": {\"Code\": \
     {\"S3Bucket\": \"b\"}}}}}",
    "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: &all\n      CodeUri: s3://b/k.zip\n      \
     Role: !GetAtt R.Arn\n  A:\n    Type: AWS::Serverless::Application\n    Properties: {Location: !Ref X}\n",
];

#[test]
fn a_template_without_local_paths_stays_byte_for_byte() {
    for text in AS_THEY_ARE {
        let (built, found) = built(text, None, None);
        assert_eq!((built.template.as_str(), built.assets.len(), found.len()), (text, 0, 0));
    }
}

#[test]
fn folders_of_code_are_packed_and_nothing_else_of_the_template_changes() {
    let folder = std::env::temp_dir().join(format!("windlass-{}-sam-build", std::process::id()));
    for (path, content) in [("One/app.js", "1"), ("Two/app.js", "1"), ("Layer/nodejs/x.js", "x")] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let text = "\
Transform: AWS::Serverless-2016-10-31 # why
Resources:
  One:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: One   # here
      Role: !GetAtt R.Arn
  Two: {Type: AWS::Lambda::Function, Properties: {Code: 'Two', Timeout: 3}}
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: ./Layer
";
    let (built, found) = built(text, Some(&folder), Some("assets"));
    assert!(found.is_empty(), "{found:?}");
    let keys: Vec<&str> = built.assets.iter().map(|asset| asset.key.as_str()).collect();
    assert_eq!(keys.len(), 2, "the same content is packed once: {keys:?}");
    let key = |name: &str| {
        let zip = file_or_zip(&folder.join(name), &mut Vec::new()).unwrap();
        let key = format!("windlass/{}.zip", Digest::of(&zip));
        assert!(built.assets.iter().any(|asset| asset.key == key && asset.bytes == zip), "{name}");
        key
    };
    let reference = |bucket: &str, key_is: &str, name: &str| {
        format!("{{\"{bucket}\": \"${{windlass:assets}}\", \"{key_is}\": \"{}\"}}", key(name))
    };
    let expected = text
        .replace("CodeUri: One", &format!("CodeUri: {}", reference("Bucket", "Key", "One")))
        .replace("'Two'", &reference("S3Bucket", "S3Key", "Two"))
        .replace("./Layer", &reference("Bucket", "Key", "Layer"));
    assert_eq!(built.template, expected);
}

#[test]
fn a_source_file_by_itself_becomes_an_archive_and_an_archive_stays_one() {
    let folder = std::env::temp_dir().join(format!("windlass-{}-sam-source", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("app.py"), "1").unwrap();
    let packed = |name: &str| {
        let text = format!("Resources: {{F: {{Type: AWS::Lambda::Function, Properties: {{Code: {name}}}}}}}\n");
        built(&text, Some(&folder), Some("assets")).0.assets.remove(0).bytes
    };
    let zip = archive_of_members(&BTreeMap::from([("app.py".to_owned(), b"1".to_vec())])).unwrap();
    fs::write(folder.join("app.zip"), &zip).unwrap();
    assert_eq!((packed("app.py"), packed("app.zip")), (zip.clone(), zip));
}

#[test]
fn any_other_path_on_this_machine_is_refused() {
    let resource = |kind: &str, properties: &str| {
        format!("Resources:\n  A:\n    Type: {kind}\n    Properties: {{{properties}}}\n")
    };
    let there = || (FindingName::NotSupported, "infra=build: template.yaml".to_owned());
    for text in [
        resource("AWS::Serverless::Function", "CodeUri: src/"),
        resource("AWS::Lambda::LayerVersion", "Content: layer.zip"),
        "Globals: {Function: {CodeUri: .}}\nResources: {}\n".to_owned(),
    ] {
        assert_eq!(built(&text, None, Some("assets")).1, [there()], "{text}");
    }
    let folder = std::env::temp_dir();
    for text in [
        resource("AWS::Serverless::Application", "Location: nested/template.yaml"),
        resource("AWS::CloudFormation::Stack", "TemplateURL: nested.yaml"),
        resource("AWS::Serverless::Api", "DefinitionUri: api.yaml"),
        resource("AWS::Serverless::GraphQLApi", "Functions: {Pipe: {CodeUri: pipe.js}}"),
        resource(
            "AWS::Serverless::GraphQLApi",
            "Resolvers: {Query: {shop: {CodeUri: s3://b/q.js}, all: {CodeUri: a.js}}}",
        ),
        resource("AWS::Glue::Job", "Command: {ScriptLocation: job.py}"),
        resource("X::Y::Z", "'Fn::Transform': {Name: AWS::Include, Parameters: {Location: more.yaml}}"),
    ] {
        for folder in [None, Some(folder.as_path())] {
            assert_eq!(built(&text, folder, Some("assets")).1, [there()], "{text}");
        }
    }
    let image = resource("AWS::Serverless::Function", "PackageType: Image, ImageUri: 'api:latest'");
    assert_eq!(built(&image, None, None).1, [(FindingName::ArtifactMissing, there().1)]);
    let pushed = image.replace("api:latest", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/api:1");
    assert!(built(&pushed, None, None).1.is_empty());
}

#[test]
fn what_is_no_template_is_found() {
    for (text, name, path) in [
        ("a: [", FindingName::NotWellFormed, "infra=build: template.yaml, line"),
        ("a: 1\n", FindingName::BadValue, "infra=build: template.yaml"),
    ] {
        let (_, found) = built(text, None, None);
        assert!(found.len() == 1 && found[0].0 == name && found[0].1.starts_with(path), "{text}: {found:?}");
    }
}
