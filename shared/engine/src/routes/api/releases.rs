//! `POST /apps/{app}/environments/{environment}/releases` and `…/starts`: each starts a deployment. The second takes
//! wishes and what is only recorded, too: IAM sees the path alone, and CI may call the first.

use super::call::{Call, Ports, Reply, Unserved, body, requester};
use crate::pin;
use crate::ports::Result;
use crate::routes::api::call::problem;
use crate::routes::api::query::take_unknown;
use crate::routes::begin;
use serde_json::{Map, Value, json};
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::prose;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::release::request::Request;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::AppName;

/// The members that the body may have beside the manifest.
const OF_THE_REQUEST: [&str; 6] = ["reason", "again", "allow_older", "accept_red", "through_hold", "preempt"];

/// The members that override what would stop a release. Each is for operators.
const WISHES: [&str; 5] = ["again", "allow_older", "accept_red", "through_hold", "preempt"];

/// `releases`. The body is a manifest; beside it may stand `reason`. The environment stands in the path alone, so that
/// IAM can distinguish environments (AWS IAM and API Gateway, "Control access for invoking an API"). The same key again
/// gives the same id; without a key the same release does while its deployment waits or runs.
pub async fn post(ports: &impl Ports, of: EnvironmentId<'_>, call: &Call) -> Result<Reply> {
    match body(call) {
        Ok(body) => match of_operators(of, &body) {
            findings if findings.is_empty() => started(ports, of, call, body).await,
            findings => Ok(problem(403, &findings)),
        },
        Err(findings) => Ok(problem(400, &findings)),
    }
}

/// `starts`. The body is a manifest, or only the `version` of a recorded release; beside it may stand `reason`,
/// `again`, `allow_older`, `accept_red`, `through_hold` and `preempt`. Else it is as [`post`].
pub async fn start(ports: &impl Ports, of: EnvironmentId<'_>, call: &Call) -> Result<Reply> {
    match body(call) {
        Ok(body) => started(ports, of, call, body).await,
        Err(findings) => Ok(problem(400, &findings)),
    }
}

/// Returns a finding for each member that only operators send. A wish that is `false` is none.
fn of_operators(of: EnvironmentId<'_>, body: &Map<String, Value>) -> Vec<Finding> {
    let (app, environment) = (of.app(), of.environment());
    let wished = |name: &&str| body.get(*name).is_some_and(|value| *value != false);
    let mut members: Vec<&str> = WISHES.into_iter().filter(wished).collect();
    let rest = |name: &String| name != "version" && !OF_THE_REQUEST.contains(&name.as_str());
    if body.contains_key("version") && !body.keys().any(rest) {
        members.push("version");
    }
    let finding = |name: &str| {
        let reason = match name {
            "version" => "the bare version of a recorded release is started by operators alone.",
            _ => "it is a wish of operators, which this path does not take.",
        };
        Finding::new(
            FindingName::OperatorsPath,
            name,
            reason,
            format!("Send the body to POST /apps/{app}/environments/{environment}/starts."),
        )
    };
    members.into_iter().map(finding).collect()
}

async fn started(ports: &impl Ports, of: EnvironmentId<'_>, call: &Call, body: Map<String, Value>) -> Result<Reply> {
    let app = of.app();
    let request = match request(ports, of, call, body, false).await {
        Ok(request) => request,
        Err(unserved) => return unserved.reply(),
    };
    let begun = match begin(ports, &request).await {
        Ok(begun) => begun,
        Err(trouble) => {
            let findings = trouble.findings()?;
            return Ok(problem(status_of(&findings), &findings));
        }
    };
    Ok(Reply::json(
        202,
        json!({
            "id": begun.id,
            "version": begun.version,
            "execution": begun.execution,
            "status": format!("{}/apps/{app}/deployments/{}", ports.config().links, begun.id),
        }),
    ))
}

/// The request to deploy, or only to plan, what a body names; else the answer that names everything that is wrong with
/// it.
pub async fn request(
    ports: &impl Ports,
    of: EnvironmentId<'_>,
    call: &Call,
    mut body: Map<String, Value>,
    plan: bool,
) -> Result<Request, Unserved> {
    let path = [("app", of.app().as_str()), ("environment", of.environment().as_str())];
    let known: Vec<&str> = Manifest::members().chain(OF_THE_REQUEST).collect();
    let unknown = take_unknown(&mut body, &known, &path);
    // If something is misspelt, it may have been the rest of a manifest, and it is not known whether `version` stands
    // alone.
    let mut members = body.keys().map(String::as_str);
    let is_manifest = members.any(|it| it != "version" && !OF_THE_REQUEST.contains(&it));
    let is_known = is_manifest || unknown.iter().all(is_of_the_request);
    let mut input = input(of.app(), body, call.key.as_deref(), requester(call)?);
    input["environment"] = of.environment().as_str().into();
    input["plan"] = plan.into();
    let part = match PartialDocument::beside(unknown, Request::read(&input)) {
        Ok(request) => return Ok(request),
        Err(part) => part,
    };
    let findings = if is_known { pin::findings(ports, part).await } else { part.findings() };
    let findings: Vec<Finding> = findings.into_iter().map(of_the_body).collect();
    Err(problem(status_of(&findings), &findings).into())
}

/// Returns whether the finding on a member has nothing to do with a manifest.
fn is_of_the_request(unknown: &Finding) -> bool {
    let meant = |name: &&str| unknown.meant.as_deref() == Some(*name);
    unknown.name != FindingName::UnknownField || OF_THE_REQUEST.iter().any(meant)
}

/// Returns the finding with the path of the body, where the members of the manifest stand themselves.
fn of_the_body(finding: Finding) -> Finding {
    let path = finding.path.strip_prefix("manifest.").map(str::to_owned);
    let path = path.unwrap_or(finding.path);
    let is_release = path == "components" && finding.name == FindingName::MissingField;
    let remedy = if is_release {
        prose![finding.remedy, " Or write `version` alone, of a release that is recorded."]
    } else {
        finding.remedy
    };
    Finding { path, remedy, ..finding }
}

/// Returns the input of the release machine.
fn input(app: &AppName, mut body: Map<String, Value>, key: Option<&str>, requester: Value) -> Value {
    let mut input = Map::new();
    for name in OF_THE_REQUEST {
        if let Some(value) = body.remove(name) {
            input.insert(name.to_owned(), value);
        }
    }
    input.insert("action".into(), "deploy".into());
    input.insert("app".into(), app.as_str().into());
    input.insert("requester".into(), requester);
    if let Some(key) = key {
        input.insert("idempotency_key".into(), key.into());
    }
    if body.len() == 1
        && let Some(version) = body.remove("version")
    {
        input.insert("version".into(), version);
    } else {
        input.insert("manifest".into(), Value::Object(body));
    }
    Value::Object(input)
}

/// Returns the status of an answer with these findings: 404 if something that the request names is not there (the
/// application, the environment, the recorded release), 409 if its key was used before, else 400.
pub fn status_of(findings: &[Finding]) -> u16 {
    let unknown = |finding: &Finding| match finding.name {
        FindingName::NoDeclaration => true,
        FindingName::UnknownName => matches!(finding.path.as_str(), "environment" | "version"),
        _ => false,
    };
    if findings.iter().any(unknown) {
        404
    } else if findings.iter().any(|finding| finding.name == FindingName::KeyReused) {
        409
    } else {
        400
    }
}
