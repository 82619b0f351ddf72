//! Looks whether the code is still there that the former template names: CloudFormation fetches it again on the way
//! back.

use super::state::HIDDEN;
use crate::kinds::PrepareInput;
use crate::ports::{EcrApi, ObjectId, Result, S3Api, Stack};
use crate::trouble::if_there;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::stack::code::{CodePlace, places, values};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};

/// The findings on code that is gone, and on code that nobody can look for.
#[derive(Debug, Default)]
pub(super) struct FormerCode {
    /// Code that is gone.
    pub(super) gone: Vec<Finding>,
    /// Code that nobody can look for.
    pub(super) unknown: Vec<Finding>,
}

/// Looks for the code of the resources that a change set touches, as the stack's former template names it.
pub(super) async fn look(
    at: &(impl S3Api + EcrApi),
    input: &PrepareInput<'_>,
    (stack, template): (Option<&Stack>, &Value),
    touches: &BTreeSet<String>,
) -> Result<FormerCode> {
    let mut found = FormerCode::default();
    let Some(stack) = stack else { return Ok(found) };
    let shown = stack.parameters.iter().filter(|(name, value)| *value != HIDDEN && !stack.resolved.contains_key(*name));
    let known = values(&stack.id, shown.chain(&stack.resolved));
    for logical in touches {
        for (property, place) in places(template, &known, logical) {
            match is_there(at, &known, &place).await? {
                Some(true) => {}
                Some(false) => found.gone.push(gone(input, logical, &place)),
                None => found.unknown.push(unseen(input, (logical, &property), &place)),
            }
        }
    }
    Ok(found)
}

/// Returns whether code is there; `None` if nobody here can look.
async fn is_there(
    at: &(impl S3Api + EcrApi),
    known: &BTreeMap<String, String>,
    place: &CodePlace,
) -> Result<Option<bool>> {
    let answer = match place {
        CodePlace::Unknown => return Ok(None),
        CodePlace::Object { bucket, key, version } => {
            let object = ObjectId { bucket: bucket.clone(), key: key.clone(), version_id: version.clone() };
            if_there(at.head(&object).await).map(|found| found.flatten().is_some())
        }
        CodePlace::Image(address) => {
            let Some((repository, reference)) = own_image(known, address) else { return Ok(None) };
            at.image(repository, reference).await.map(|found| found.is_some())
        }
    };
    match answer {
        Err(fault) if fault.name == FaultName::AccessDenied => Ok(None),
        answer => answer.map(Some),
    }
}

/// Returns repository and reference of an image in the registry beside the stack: only that one is asked.
fn own_image<'a>(known: &BTreeMap<String, String>, address: &'a str) -> Option<(&'a str, &'a str)> {
    let value = |name: &str| known.get(name).map(String::as_str);
    let (account, region) = (value("AWS::AccountId")?, value("AWS::Region")?);
    let host = format!("{account}.dkr.ecr.{region}.{}/", value("AWS::URLSuffix")?);
    let rest = address.strip_prefix(&host)?;
    rest.split_once('@').or_else(|| rest.split_once(':'))
}

fn shown(place: &CodePlace) -> String {
    match place {
        CodePlace::Object { bucket, key, .. } => format!("s3://{bucket}/{key}"),
        CodePlace::Image(address) => address.clone(),
        CodePlace::Unknown => "what only CloudFormation makes out".to_owned(),
    }
}

fn gone(input: &PrepareInput<'_>, logical: &str, place: &CodePlace) -> Finding {
    let place = shown(place);
    let reason = format!("`{logical}` runs {place}, which an undo needs and which is not there any more.");
    let remedy =
        "Upload it again; or change that resource alone with your infrastructure code first, and release then.";
    Finding::new(FindingName::NoWayBack, input.path("stack"), reason, remedy)
}

fn unseen(input: &PrepareInput<'_>, (logical, property): (&str, &str), place: &CodePlace) -> Finding {
    let place = shown(place);
    let reason =
        format!("`{property}` of `{logical}` names {place}, which an undo needs and nobody can look for here.");
    let remedy = "See that it is still there before you release; or let the planner's role read it.";
    Finding::new(FindingName::NoWayBack, input.path("stack"), reason, remedy).not_checked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_asked_for_only_of_the_registry_beside_the_stack() {
        let known = values("arn:aws:cloudformation:eu-west-1:111111111111:stack/shop/1", [].into_iter());
        let own = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/api";
        for (address, expected) in [
            (format!("{own}:1"), Some(("shop/api", "1"))),
            (format!("{own}@sha256:ab"), Some(("shop/api", "sha256:ab"))),
            (own.replace("eu-west-1", "eu-west-2") + ":1", None),
            (own.replace("111111111111", "222222222222") + ":1", None),
            ("public.ecr.aws/shop/api:1".to_owned(), None),
        ] {
            assert_eq!(own_image(&known, &address), expected, "{address}");
        }
    }
}
