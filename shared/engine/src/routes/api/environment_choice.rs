//! `GET /apps/{app}/environments`: the environments of an application, and the one that a Git ref or an image tag
//! chooses.

use super::call::{Call, Ports, Reply};
use super::problem::problem;
use crate::pin;
use crate::ports::Result;
use serde_json::json;
use windlass_domain::declaration::Declaration;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::{AppName, EnvironmentName};

/// The names of the declared environments; with `?ref=` or `?image_tag=` also `chosen`, where a release of it goes.
/// 404 where no environment's rule matches, 400 where those of several do: so whoever asks before a release hears of
/// it before it is sent.
pub async fn choice(ports: &impl Ports, app: &AppName, call: &Call) -> Result<Reply> {
    let declared = match pin::declaration_in_force(ports, app).await {
        Ok(declared) => declared,
        Err(trouble) => return Ok(problem(404, &trouble.findings()?)),
    };
    let declaration = &declared.declaration;
    let chosen = match chosen(declaration, call) {
        Ok(chosen) => chosen,
        Err(finding) if finding.name == FindingName::NoEnvironment => {
            return Ok(problem(404, &[finding]));
        }
        Err(finding) => return Ok(problem(400, &[finding])),
    };
    let names: Vec<&EnvironmentName> = declaration.environments().collect();
    let mut reply = json!({ "app": app, "declaration": declared.version, "environments": names });
    if let Some(chosen) = chosen {
        reply["chosen"] = json!(chosen);
    }
    Ok(Reply::json(200, reply))
}

fn chosen(declaration: &Declaration, call: &Call) -> Result<Option<EnvironmentName>, Finding> {
    let (path, text, chosen) = match (call.query.get("ref"), call.query.get("image_tag")) {
        (Some(_), Some(_)) => {
            return Err(Finding::new(
                FindingName::BadValue,
                "?image_tag",
                "both `ref` and `image_tag` are given, and each chooses by itself.",
                "Give one of them.",
            ));
        }
        (Some(reference), None) => ("?ref", reference, declaration.environment_for(reference)?),
        (None, Some(tag)) => ("?image_tag", tag, declaration.environment_for_image_tag(tag)?),
        (None, None) => return Ok(None),
    };
    let chosen = chosen.ok_or_else(|| declaration.no_rule(path, text))?;
    Ok(Some(chosen))
}
