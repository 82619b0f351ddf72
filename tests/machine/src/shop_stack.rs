//! The sample application's stack in the in-memory world: its template, the package that a release brings, and what
//! others of its targets are made of as well.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use windlass_domain::declaration::kinds::stack::package::{ASSETS_BUCKET, STACK_PACKAGE};
use windlass_domain::text::digest::Digest;
use windlass_world::World;
use windlass_world::cloudformation::Wanted;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A stack, and a function and a site that have their targets from it, one after the other, with nothing to watch.
pub const FILLED: &str = r#"
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  infra:
    {kind: cloudformation, stack: shop-infra, role: windlass-stack-shop, assets: shop-assets,
     outputs: {api: ApiName, web_bucket: WebBucket}}
  api: {kind: lambda, function: "${infra.api}", alias: live, after: [infra]}
  web: {kind: static_site, bucket: "${infra.web_bucket}", distribution: E1, after: [api]}
"#;

/// The name of the stack.
pub const STACK: &str = "shop-infra";

/// The bucket of the files that its template names.
pub const ASSETS: &str = "shop-assets";

/// The function that the stack makes in any case. Nobody but the stack changes it.
pub const WORKER: &str = "shop-infra-worker";

/// The alarm that the stack makes. Only versions that end so have it.
pub const ERRORS: &str = "shop-infra-errors";

/// The most resources of a template (AWS CloudFormation User Guide, "Understand CloudFormation quotas").
pub const MOST_RESOURCES: usize = 500;

/// The version that the stack was found in.
const FOUND: &str = "as-found";

/// Makes the stack as somebody has made it long ago, and the bucket of its files.
pub(crate) fn make(world: &World) {
    world.s3().bucket(ASSETS, false);
    put(world, FOUND);
}

/// Makes or updates the stack as somebody else does, to the template of a version.
///
/// # Panics
/// If it cannot be updated.
pub fn put(world: &World, version: &str) {
    let template = bring(world, version);
    let known = world.cloudformation().named(STACK).map(|stack| stack.wanted.parameters.clone());
    let wanted = Wanted {
        template,
        parameters: known.unwrap_or_else(|_| [("ApiVersion".to_owned(), "0".to_owned())].into()),
        tags: tags(),
        role: Some("arn:aws:iam::111111111111:role/windlass-stack-shop".to_owned()),
        ..Wanted::default()
    };
    if let Err(fault) = world.put_stack(STACK, wanted) {
        panic!("{fault}");
    }
}

/// Uploads the file of a version as somebody else does. Returns the template that names it.
pub fn bring(world: &World, version: &str) -> String {
    world.s3().upload(ASSETS, &key_of(version), file(version));
    template(world, version)
}

/// Takes the stack away with its function, so that the next release makes both.
pub fn take_away(world: &World) {
    world.cloudformation().stacks.clear();
    world.lambda().functions.remove(WORKER);
}

/// Takes away the stack, the function of `api` and the bucket of `web`, so that the next release makes all of them.
pub fn take_all_away(world: &World) {
    take_away(world);
    world.lambda().functions.remove("shop-api");
    world.s3().buckets.remove("shop-web");
}

/// Returns the template of a version, as CloudFormation gets it.
pub fn template(world: &World, version: &str) -> String {
    packed(world, version).to_string().replace(ASSETS_BUCKET, ASSETS)
}

/// Makes what a release brings for the stack.
pub(crate) fn package(world: &World, version: &str) -> Vec<u8> {
    let asset = |version: &str| {
        let (file, sha256) = (format!("{version}.zip"), Digest::of(&file(version)));
        json!({"file": file, "key": key_of(version), "sha256": sha256})
    };
    let list = json!({"template": "template.json", "assets": [asset(FOUND), asset(version)]}).to_string();
    let template = packed(world, version).to_string();
    let names = [FOUND, version].map(|version| format!("{version}.zip"));
    let files = [FOUND, version].map(file);
    zip(&[
        (STACK_PACKAGE, list.as_bytes()),
        ("template.json", template.as_bytes()),
        (names[0].as_str(), files[0].as_slice()),
        (names[1].as_str(), files[1].as_slice()),
    ])
}

/// Makes the code of the stack's function. No message may show anything of it: it has a text that the simulation plants
/// and looks for.
fn file(version: &str) -> Vec<u8> {
    format!("{version} planted-blue-lantern-7731").into_bytes()
}

fn key_of(version: &str) -> String {
    format!("{}.zip", Digest::of(&file(version)))
}

/// Returns the template of a version, as a release brings it. It makes the function of `api` and the bucket of `web`
/// where nobody else has made them. From version 2 on each one has other words at the alias. A version that ends with
/// `-large` has [`MOST_RESOURCES`], of which each one differs from version to version.
fn packed(world: &World, version: &str) -> Value {
    let code = |version: &str| json!({"S3Bucket": ASSETS_BUCKET, "S3Key": key_of(version)});
    let function = |name: &str, version: &str, description: Value| {
        let properties = json!({"FunctionName": name, "Code": code(version), "Description": description});
        json!({"Type": "AWS::Lambda::Function", "Properties": properties})
    };
    let mut resources = json!({"Worker": function(WORKER, version, json!({"Ref": "ApiVersion"}))});
    let mut outputs = json!({"Worker": {"Value": {"Ref": "Worker"}}});
    if is_its_own(world.lambda().functions.get("shop-api").map(|function| &function.tags)) {
        resources["Api"] = function("shop-api", FOUND, json!("the shop"));
        resources["ApiFirst"] = json!({"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Api"}}});
        let number = json!({"Fn::GetAtt": ["ApiFirst", "Version"]});
        let mut live = json!({"FunctionName": {"Ref": "Api"}, "Name": "live", "FunctionVersion": number});
        if version.starts_with("2.") {
            live["Description"] = version.into();
        }
        resources["ApiLive"] = json!({"Type": "AWS::Lambda::Alias", "Properties": live});
        outputs["ApiName"] = json!({"Value": {"Ref": "Api"}});
    }
    if is_its_own(world.s3().buckets.get("shop-web").map(|bucket| &bucket.tags)) {
        let properties = json!({"BucketName": "shop-web", "VersioningConfiguration": {"Status": "Enabled"}});
        resources["Web"] = json!({"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": properties});
        outputs["WebBucket"] = json!({"Value": {"Ref": "Web"}});
    }
    if version.ends_with("-watched") {
        let properties = json!({"AlarmName": ERRORS, "TreatMissingData": "notBreaching"});
        resources["Errors"] = json!({"Type": "AWS::CloudWatch::Alarm", "Properties": properties});
    }
    if version.ends_with("-large") {
        let note = "what a build writes beside a resource, ".repeat(24);
        for n in resources.as_object().map_or(0, Map::len)..MOST_RESOURCES {
            let name = format!("shop-infra-{n:03}");
            let properties = json!({"TableName": name, "Tags": [{"Key": "version", "Value": version}]});
            let mut part = match n % 2 {
                0 => function(&name, version, json!("one of many")),
                _ => json!({"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "Properties": properties}),
            };
            part["Metadata"] = json!({"note": note});
            resources[format!("Part{n:03}")] = part;
        }
    }
    json!({
        "Parameters": {"ApiVersion": {"Type": "String", "Default": "0"}},
        "Resources": resources,
        "Outputs": outputs,
    })
}

/// Returns whether a target with these tags is the stack's, or is not there.
fn is_its_own(tags: Option<&BTreeMap<String, String>>) -> bool {
    tags.is_none_or(|tags| tags.contains_key("aws:cloudformation:stack-name"))
}

/// Returns the tags of the application's targets.
pub(crate) fn tags() -> BTreeMap<String, String> {
    let tags = [("windlass:app", "shop"), ("windlass:environment", "prod")];
    tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Makes a zip of these files.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut files = files.iter();
    let written = files
        .try_for_each(|(name, bytes)| {
            archive.start_file(*name, SimpleFileOptions::default())?;
            Ok(archive.write_all(bytes)?)
        })
        .and_then(|()| archive.finish());
    match written {
        Ok(bytes) => bytes.into_inner(),
        Err(error) => panic!("{error}"),
    }
}
