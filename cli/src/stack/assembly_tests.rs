//! Tests of what is read of a folder `cdk.out`: real ones in form, by hand in content.

use super::*;
use serde_json::{Value, json};
use std::fs;
use std::slice;
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::kinds::StackNames;
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::{ComponentName, EnvironmentName};

const BUCKET: &str = "cdk-hnb659fds-assets-111111111111-eu-west-1";

const DECLARATION: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, region: eu-west-1, role_arn: 'arn:aws:iam::111111111111:role/windlass-target'}
components:
  data: {kind: cloudformation, stack: shop-data, role: stack}
  first: {kind: cloudformation, stack: shop-first, role: stack, after: [data]}
  infra: {kind: cloudformation, stack: shop, role: stack, assets: cdk-hnb659fds-assets-111111111111-eu-west-1}
  late: {kind: cloudformation, stack: shop-late, role: stack, after: [first]}
";

/// Returns a file asset of a list, and its source.
fn asset(path: &str, bucket: &str, key: &str) -> Value {
    let to = json!({"bucketName": bucket, "objectKey": key});
    json!({"source": {"path": path, "packaging": "zip"}, "destinations": {"here": to}})
}

fn stack(environment: &str, properties: &Value, dependencies: &[&str]) -> Value {
    let environment = format!("aws://{environment}");
    json!({"type": STACK, "environment": environment, "properties": properties, "dependencies": dependencies})
}

/// Writes an assembly with a stack `shop`, one named otherwise than its id, and one in a nested assembly.
fn assembly(name: &str, change: impl Fn(&mut Value, &mut Value)) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("windlass-{}-cdk-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("assembly-Stage")).unwrap();
    fs::create_dir_all(folder.join("asset.1")).unwrap();
    let bucket = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}";
    let (here, unknown) = ("111111111111/eu-west-1", "unknown-account/unknown-region");
    let mut list = json!({"files": {
        "t": asset("shop.template.json", bucket, "t.json"),
        "1": asset("asset.1", bucket, "1.zip"),
        "n": asset("nested.template.json", bucket, "n.json"),
    }, "dockerImages": {}});
    let mut manifest = json!({"version": "55.0.0", "artifacts": {
        "shop.assets": {"type": ASSETS, "properties": {"file": "shop.assets.json"}},
        "shop": stack(here, &json!({"templateFile": "shop.template.json"}), &["shop.assets", "Data"]),
        "Data": stack(unknown, &json!({"templateFile": "d.json", "stackName": "shop-data"}), &[]),
        "assembly-Stage": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Stage"}},
        "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
    }});
    change(&mut manifest, &mut list);
    let staged = stack(here, &json!({"templateFile": "s.json", "stackName": "staged"}), &[]);
    let nested = json!({"artifacts": {"S": staged}});
    for (file, content) in [
        ("manifest.json", manifest.to_string()),
        ("shop.assets.json", list.to_string()),
        ("shop.template.json", "{ \"Resources\":  {} }\n".to_owned()),
        ("nested.template.json", "{}".to_owned()),
        ("d.json", "{\"d\": 1}".to_owned()),
        ("asset.1/index.js", "1".to_owned()),
        ("assembly-Stage/manifest.json", nested.to_string()),
        ("assembly-Stage/s.json", "{\"s\": 1}".to_owned()),
    ] {
        fs::write(folder.join(file), content).unwrap();
    }
    folder
}

fn declared(declaration: &str) -> ResolvedEnvironment {
    Declaration::parse(declaration).unwrap().resolve(&EnvironmentName::new("prod").unwrap()).unwrap()
}

type Read = (BuiltStack, Vec<StackImage>, Vec<(FindingName, String)>);

/// Reads a stack of an assembly for the component `infra`.
fn read(folder: &Path, name: &str, assets: Option<&str>, declaration: &str) -> Read {
    let (component, declared) = (ComponentName::new("infra").unwrap(), declared(declaration));
    let names = StackNames { stack: name, assets, packed_with: None };
    let wanted = WantedStack { component: &component, names, declared: &declared, given: "infra=cdk.out" };
    let mut findings = Vec::new();
    let (built, images) = Assembly::read(folder).unwrap().built(&wanted, &mut findings).unwrap();
    (built, images, findings.into_iter().map(|one| (one.name, one.path)).collect())
}

/// Returns a declaration whose `infra` comes after the stack that it depends on.
fn in_order() -> String {
    DECLARATION.replace("role: stack, assets", "role: stack, after: [first], assets")
}

#[test]
fn a_stack_is_found_by_its_name_also_in_a_nested_assembly() {
    let folder = assembly("names", |_, _| ());
    for (name, template) in [("shop-data", "{\"d\": 1}"), ("staged", "{\"s\": 1}")] {
        let (built, images, findings) = read(&folder, name, None, DECLARATION);
        assert_eq!((built.template.as_str(), built.assets.len(), images.len()), (template, 0, 0));
        assert!(findings.is_empty(), "{findings:?}");
    }
    let (_, _, findings) = read(&folder, "Data", None, DECLARATION);
    assert_eq!(findings, [(FindingName::UnknownName, "components.infra.stack".to_owned())]);
}

#[test]
fn of_several_stacks_of_a_name_it_is_that_of_the_account_and_the_region() {
    let folder = assembly("several", |manifest, _| {
        for (id, environment) in [("A", "222222222222/eu-west-1"), ("B", "111111111111/us-east-1")] {
            let properties = json!({"templateFile": "d.json", "stackName": "staged"});
            manifest["artifacts"][id] = stack(environment, &properties, &[]);
        }
    });
    let (built, _, findings) = read(&folder, "staged", None, DECLARATION);
    assert_eq!((built.template.as_str(), findings.len()), ("{\"s\": 1}", 0), "{findings:?}");
    for left_out in [", region: eu-west-1", ", role_arn: 'arn:aws:iam::111111111111:role/windlass-target'"] {
        let (_, _, findings) = read(&folder, "staged", None, &DECLARATION.replace(left_out, ""));
        assert_eq!(findings, [(FindingName::BadValue, "components.infra.stack".to_owned())], "{left_out}");
    }
}

#[test]
fn the_files_of_a_stack_are_packed_under_the_keys_that_its_template_names() {
    let folder = assembly("files", |_, _| ());
    let (built, _, findings) = read(&folder, "shop", Some(BUCKET), &in_order());
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(built.template, "{ \"Resources\":  {} }\n", "byte for byte");
    assert_eq!((built.account.as_deref(), built.region.as_deref()), (Some("111111111111"), Some("eu-west-1")));
    let mut assets: Vec<(&str, Digest)> =
        built.assets.iter().map(|asset| (asset.key.as_str(), Digest::of(&asset.bytes))).collect();
    assets.sort();
    let zip = file_or_zip(&folder.join("asset.1"), &mut Vec::new()).unwrap();
    assert_eq!(assets, [("1.zip", Digest::of(&zip)), ("n.json", Digest::of(b"{}"))]);
}

#[test]
fn all_that_does_not_fit_is_found() {
    type Change = fn(&mut Value, &mut Value);
    type Row<'a> = (&'a str, Change, Option<&'a str>, Vec<(FindingName, String)>);
    let manifest = || (FindingName::BadValue, "infra=cdk.out: manifest.json".to_owned());
    let assets = |name| (name, "components.infra.assets".to_owned());
    let table: [Row<'_>; 6] = [
        (
            "missing",
            |manifest, _| manifest["missing"] = json!([{"key": "vpc:1", "provider": "vpc", "props": {}}]),
            Some(BUCKET),
            vec![(FindingName::NotSupported, "infra=cdk.out: manifest.json".to_owned())],
        ),
        (
            "account",
            |manifest, list| {
                manifest["artifacts"]["shop"]["environment"] = json!("aws://222222222222/eu-west-1");
                list["files"] = json!({});
            },
            Some(BUCKET),
            vec![manifest()],
        ),
        (
            "region",
            |manifest, list| {
                manifest["artifacts"]["shop"]["environment"] = json!("aws://111111111111/us-east-1");
                list["files"] = json!({});
            },
            Some(BUCKET),
            vec![manifest()],
        ),
        ("no-bucket", |_, _| (), None, vec![assets(FindingName::MissingField); 2]),
        ("other-bucket", |_, _| (), Some("others"), vec![assets(FindingName::BadValue); 2]),
        (
            "program",
            |_, list| list["files"]["1"]["source"] = json!({"executable": ["make"]}),
            Some(BUCKET),
            vec![(FindingName::NotSupported, "infra=cdk.out: shop.assets.json".to_owned())],
        ),
    ];
    for (name, change, bucket, expected) in table {
        let folder = assembly(name, change);
        assert_eq!(read(&folder, "shop", bucket, &in_order()).2, expected, "{name}");
    }
}

#[test]
fn what_a_stack_depends_on_changes_before_it() {
    let folder = assembly("after", |_, _| ());
    let after = (FindingName::MissingField, "components.infra.after".to_owned());
    assert_eq!(read(&folder, "shop", Some(BUCKET), DECLARATION).2, slice::from_ref(&after));
    assert!(read(&folder, "shop", Some(BUCKET), &in_order()).2.is_empty(), "by way of another one");
    let without = DECLARATION.replace("stack: shop-data", "stack: elsewhere");
    assert!(read(&folder, "shop", Some(BUCKET), &without).2.is_empty(), "it is no component");
}

#[test]
fn images_are_listed_with_their_repositories() {
    let folder = assembly("images", |_, list| {
        let to = json!({"repositoryName": "cdk-container-assets-${AWS::AccountId}-${AWS::Region}", "imageTag": "i"});
        list["dockerImages"] = json!({"i": {"source": {"directory": "asset.i"}, "destinations": {"here": to}}});
    });
    let (_, images, _) = read(&folder, "shop", Some(BUCKET), &in_order());
    let images: Vec<(&str, &str)> = images.iter().map(|one| (one.repository.as_str(), one.tag.as_str())).collect();
    assert_eq!(images, [("cdk-container-assets-111111111111-eu-west-1", "i")]);
}

/// An image is where the environment is; where that does not say, where the caller is.
#[test]
fn images_of_a_stack_without_a_place_are_where_it_goes() {
    let folder = assembly("anywhere", |manifest, list| {
        manifest["artifacts"]["shop"]["environment"] = json!("aws://unknown-account/unknown-region");
        let to = json!({"repositoryName": "cdk-${AWS::AccountId}-${AWS::Region}", "imageTag": "i"});
        list["dockerImages"] = json!({"i": {"source": {"directory": "asset.i"}, "destinations": {"here": to}}});
    });
    let anywhere = in_order().replace(", region: eu-west-1", "");
    for (declaration, repository, region) in [
        (in_order(), "cdk-111111111111-eu-west-1", Some("eu-west-1")),
        (anywhere, "cdk-111111111111-${AWS::Region}", None),
    ] {
        let (_, images, _) = read(&folder, "shop", Some(BUCKET), &declaration);
        let image = &images[0];
        assert_eq!((image.repository.as_str(), image.region.as_deref()), (repository, region));
        assert_eq!(image.account.as_deref(), Some("111111111111"));
    }
}

#[test]
fn a_name_in_which_something_is_not_known_fits_every_value_of_it() {
    for (name, bucket, fits) in [
        ("a", "a", true),
        ("a-*-eu", "a-1-eu", true),
        ("a-*-*", "a-1-eu-west-1", true),
        ("a-*-eu", "a-1-us", false),
        ("a-*-eu", "b-1-eu", false),
        ("a-${Other}", "a-x", false),
        ("*", "", true),
    ] {
        assert_eq!(glob_matches(name, bucket), fits, "{name} {bucket}");
    }
}
