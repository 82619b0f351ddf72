//! Looks whether the files are still there that the former template names: CloudFormation fetches them again on the way
//! back.

use crate::kinds::PrepareInput;
use crate::ports::{ObjectId, Result, S3Api};
use crate::trouble::if_there;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};

/// Looks for the files of the resources that a change set touches. Returns the findings on those that are gone, and on
/// those that nobody may look at.
pub(super) async fn look(
    at: &impl S3Api,
    input: &PrepareInput<'_>,
    former: &Value,
    touches: &BTreeSet<String>,
) -> Result<(Vec<Finding>, Vec<Finding>)> {
    let (mut lost, mut unknown) = (vec![], vec![]);
    for (logical, object) in named(former, touches) {
        match if_there(at.head(&object).await) {
            Ok(Some(Some(_))) => {}
            Ok(_) => lost.push(gone(input, &logical, &object)),
            Err(fault) if fault.name == FaultName::AccessDenied => {
                unknown.push(gone(input, &logical, &object).not_checked());
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok((lost, unknown))
}

/// The members of a property that name an object: those of CloudFormation, and those of SAM.
const MEMBERS: [[&str; 3]; 2] = [["S3Bucket", "S3Key", "S3ObjectVersion"], ["Bucket", "Key", "Version"]];

/// The properties whose text is the address of an object. That of another one may be a folder.
const ADDRESSES: [&str; 4] = ["CodeUri", "ContentUri", "DefinitionUri", "DefinitionS3Location"];

/// Returns the objects that these resources of a template name, such as the code of functions. One whose bucket or key
/// only CloudFormation makes out is none of them.
fn named(template: &Value, touches: &BTreeSet<String>) -> BTreeMap<String, ObjectId> {
    // The short form of `Ref` is read as the name that it refers to.
    let is_name = |text: &str| ["Parameters", "Resources"].iter().any(|of| !template[*of][text].is_null());
    let object = |[bucket, key, version]: [Option<&str>; 3]| {
        let known = |text: Option<&str>| text.filter(|it| !it.contains("${") && !is_name(it)).map(str::to_owned);
        Some(ObjectId { bucket: known(bucket)?, key: known(key)?, version_id: known(version) })
    };
    let of = |logical: &String| {
        let properties = template["Resources"][logical]["Properties"].as_object()?;
        let found = properties.iter().find_map(|(name, value)| match value.as_str() {
            Some(text) => address(text).filter(|_| ADDRESSES.contains(&name.as_str())).and_then(object),
            None => MEMBERS.iter().find_map(|names| object(names.map(|name| value[name].as_str()))),
        })?;
        Some((logical.clone(), found))
    };
    touches.iter().filter_map(of).collect()
}

/// Returns bucket, key and version of an address such as `s3://assets/api.zip`.
fn address(text: &str) -> Option<[Option<&str>; 3]> {
    let (bucket, key) = text.strip_prefix("s3://")?.split_once('/')?;
    let (key, version) = key.split_once("?versionId=").map_or((key, None), |(key, version)| (key, Some(version)));
    Some([Some(bucket), Some(key), version])
}

fn gone(input: &PrepareInput<'_>, logical: &str, object: &ObjectId) -> Finding {
    let ObjectId { bucket, key, .. } = object;
    let reason = format!("`{logical}` runs s3://{bucket}/{key}, which an undo needs and which is not there any more.");
    let remedy =
        "Upload it again; or change that resource alone with your infrastructure code first, and release then.";
    Finding::new(FindingName::NoWayBack, input.path("stack"), reason, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_files_that_a_template_names_by_itself_are_looked_for() {
        let function = |bucket: Value| json!({"Properties": {"Role": "a", "Code": {"S3Bucket": bucket, "S3Key": "k"}}});
        let sam = |member: &str, value: Value| json!({"Properties": {member: value}});
        let template = json!({"Parameters": {"Bucket": {"Type": "String"}}, "Resources": {
            "Api": function(json!("assets")),
            "Untouched": function(json!("assets")),
            "Made": function(json!({"Fn::Sub": "assets-${AWS::Region}"})),
            "Short": function(json!("assets-${AWS::Region}")),
            "Referred": function(json!("Bucket")),
            "Inline": {"Properties": {"Code": {"ZipFile": "x"}}},
            "Bare": {"Type": "AWS::SNS::Topic"},
            "Sam": sam("CodeUri", json!({"Bucket": "assets", "Key": "k"})),
            "Layer": sam("ContentUri", json!("s3://assets/k")),
            "Pinned": sam("CodeUri", json!("s3://assets/k?versionId=1")),
            "Local": sam("CodeUri", json!("src")),
            "Folder": sam("LogUri", json!("s3://assets/k")),
        }});
        let all = template["Resources"].as_object().unwrap().keys();
        let touches = all.filter(|name| *name != "Untouched").cloned().chain(["Gone".to_owned()]).collect();
        let object = ObjectId { bucket: "assets".into(), key: "k".into(), version_id: None };
        let pinned = ObjectId { version_id: Some("1".into()), ..object.clone() };
        let expected = [("Api", &object), ("Layer", &object), ("Pinned", &pinned), ("Sam", &object)];
        let expected = expected.map(|(logical, object)| (logical.to_owned(), object.clone()));
        assert_eq!(named(&template, &touches), expected.into());
    }
}
