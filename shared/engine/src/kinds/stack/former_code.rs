//! Looks whether the files are still there that the former template names: CloudFormation fetches them again on the way
//! back.

use crate::kinds::PrepareInput;
use crate::ports::{ObjectId, Result, S3Api};
use crate::trouble::if_there;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};

/// The findings on the files of a former template.
#[derive(Debug, Default)]
pub(super) struct FormerFiles {
    /// Those that are gone.
    pub gone: Vec<Finding>,
    /// Those that nobody may look at.
    pub unknown: Vec<Finding>,
}

/// Looks for the files of the resources that a change set touches.
pub(super) async fn look(
    at: &impl S3Api,
    input: &PrepareInput<'_>,
    former: &Value,
    touches: &BTreeSet<String>,
) -> Result<FormerFiles> {
    let mut files = FormerFiles::default();
    for (logical, object) in named(former, touches) {
        match if_there(at.head(&object).await) {
            Ok(Some(Some(_))) => {}
            Ok(_) => files.gone.push(gone(input, &logical, &object)),
            Err(fault) if fault.name == FaultName::AccessDenied => {
                files.unknown.push(gone(input, &logical, &object).not_checked());
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(files)
}

/// Returns the objects that these resources of a template name, such as the code of functions. One whose bucket or key
/// only CloudFormation makes out is none of them.
fn named(template: &Value, touches: &BTreeSet<String>) -> BTreeMap<String, ObjectId> {
    let of = |logical: &String| {
        let properties = template.get("Resources")?.get(logical)?.get("Properties")?.as_object()?;
        let object = properties.values().find_map(|value| {
            let text = |name: &str| value.get(name)?.as_str().filter(|text| !text.contains("${")).map(str::to_owned);
            Some(ObjectId { bucket: text("S3Bucket")?, key: text("S3Key")?, version_id: text("S3ObjectVersion") })
        })?;
        Some((logical.clone(), object))
    };
    touches.iter().filter_map(of).collect()
}

fn gone(input: &PrepareInput<'_>, logical: &str, object: &ObjectId) -> Finding {
    let ObjectId { bucket, key, .. } = object;
    Finding::new(
        FindingName::NoWayBack,
        input.path("stack"),
        format!("`{logical}` runs s3://{bucket}/{key}, which an undo needs and which is not there any more."),
        "Upload it again; or change that resource alone with your infrastructure code first, and release then.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_files_that_a_template_names_by_itself_are_looked_for() {
        let function = |bucket: Value| json!({"Properties": {"Role": "a", "Code": {"S3Bucket": bucket, "S3Key": "k"}}});
        let template = json!({"Resources": {
            "Api": function(json!("assets")),
            "Untouched": function(json!("assets")),
            "Made": function(json!({"Fn::Sub": "assets-${AWS::Region}"})),
            "Short": function(json!("assets-${AWS::Region}")),
            "Inline": {"Properties": {"Code": {"ZipFile": "x"}}},
            "Bare": {"Type": "AWS::SNS::Topic"},
        }});
        let touches = ["Api", "Made", "Short", "Inline", "Bare", "Gone"].map(str::to_owned).into();
        let found = named(&template, &touches);
        let object = ObjectId { bucket: "assets".into(), key: "k".into(), version_id: None };
        assert_eq!(found, [("Api".to_owned(), object)].into());
    }
}
