//! AWS SAM: the functions of a template.

use super::{Piece, Pieces, Runs, Sort};
use crate::import::name;
use crate::import::sam::without_tags;
use crate::init::environments::pattern;
use crate::init::repository::{Repository, folder_of};
use serde_json::Value;
use windlass_domain::syntax;

/// The largest template, in bytes (AWS CloudFormation User Guide, "CloudFormation quotas").
const LARGEST: usize = 1024 * 1024;

/// Names that a template of SAM has.
const NAMES: [&str; 4] = ["template.yaml", "template.yml", "template.json", "sam.yaml"];

/// Finds functions.
pub fn find(repository: &Repository, found: &mut Pieces) {
    for (path, text) in repository.named(&NAMES) {
        let Ok(template) = syntax::yaml("the template", &without_tags(text), LARGEST) else {
            continue;
        };
        if !is_sam(&template) {
            continue;
        }
        for (id, resource) in template["Resources"].as_object().into_iter().flatten() {
            let own = &resource["Properties"];
            if resource["Type"] == "AWS::Serverless::Function" && own["InlineCode"].is_null() {
                found
                    .pieces
                    .push(function(path, id, own, &template["Globals"]["Function"]));
            }
        }
    }
}

/// True where it is transformed by SAM.
pub fn is_sam(template: &Value) -> bool {
    let transform = &template["Transform"];
    let is = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.starts_with("AWS::Serverless-"))
    };
    is(transform) || transform.as_array().is_some_and(|all| all.iter().any(is))
}

fn function(path: &str, id: &str, own: &Value, common: &Value) -> Piece {
    let of = |member: &str| {
        let told = own[member].as_str().or_else(|| common[member].as_str());
        told.map(str::to_owned)
    };
    let is_image = of("PackageType").as_deref() == Some("Image");
    let folder = folder_of(path).to_owned();
    Piece {
        sort: Sort::Sam,
        name: name(
            id.strip_suffix("Function")
                .filter(|rest| !rest.is_empty())
                .unwrap_or(id),
        ),
        runs: Runs::Function {
            named: of("FunctionName").and_then(|named| pattern(&named)),
            alias: of("AutoPublishAlias"),
            is_image,
        },
        build: vec!["sam build".to_owned()],
        output: format!(".aws-sam/build/{id}"),
        file: path.to_owned(),
        folder,
    }
}
