//! `POST /apps/{app}/environments/{environment}/releases` and `…/starts`: each starts a deployment. The second takes
//! wishes and what is only recorded, too: IAM sees the path alone, and CI may call the first. `…/uploads` answers where
//! the artifacts of a release may be uploaded.

use super::access::allowed;
use super::call::{
    Answered, ApiCall, OrRefused, Ports, Served, add_said, body, refuse_on, refused, request_of, text_of,
};
use super::environment::known;
use super::query::take_unknown;
use crate::ports::PutToSign;
use crate::routes::begin;
use crate::trouble::{Checked, findings};
use crate::{access, pin};
use serde_json::{Map, Value};
use windlass_domain::access::{AccessRight, operators_path};
use windlass_domain::prose;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::api_routes::{BESIDE_A_MANIFEST, PROMOTED, WISHES};
use windlass_domain::release::claimed_git::bind;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::release::request::{RefusedCall, Request};
use windlass_domain::release::uploads::WantedUploads;
use windlass_domain::shown::api::answers::{Start, StartRecorded, Uploads};
use windlass_domain::shown::api::{DeploymentStarted, SignedUpload, SignedUploads};
use windlass_domain::text::finding::{Finding, FindingName};

/// An address of an upload may be used for so many seconds: a quarter of an hour.
const VALID_S: u64 = 15 * 60;

/// `releases`. The body is a manifest, or names the environment `from` which all is promoted; beside it may stand
/// `reason`. The environment that it goes to stands in the path alone, so that IAM can distinguish environments (AWS
/// IAM and API Gateway, "Control access for invoking an API"). The same key again gives the same id; without a key the
/// same release does while its deployment waits or runs.
pub async fn post(ports: &impl Ports, of: EnvironmentId<'_>, call: &ApiCall) -> Served<Start> {
    let (body, by) = (body(call)?, call.requester());
    let rules = access::rules(ports, of.app()).await?;
    if !rules.rule_on(&by) {
        refuse_on(403, &of_operators(of, &body))?;
    }
    let mut request = request(ports, of, call, body, false).await?;
    if request.has_wishes() && rules.leave_to_iam(AccessRight::Operate, &by, of) {
        request.refused = Some(RefusedCall::Wishes);
    }
    started(ports, of, call, &request).await
}

/// `starts`. The body is a manifest, or only the `version` of a recorded release, or of one `component` of that; beside
/// it may stand `reason`, `again`, `allow_older`, `accept_red`, `through_hold` and `preempt`. Else it is as [`post`].
pub async fn start(ports: &impl Ports, of: EnvironmentId<'_>, call: &ApiCall) -> Served<StartRecorded> {
    let request = request(ports, of, call, body(call)?, false).await?;
    started(ports, of, call, &request).await
}

/// `uploads`. Signs a PUT of each artifact that the body names, for whoever may release into the environment, or see it
/// where they are only planned, and has no right of S3. The signature holds the key, the bytes and their number.
pub async fn uploads(ports: &impl Ports, of: EnvironmentId<'_>, call: &ApiCall) -> Served<Uploads> {
    let body = Value::Object(body(call)?);
    refuse_on(404, &findings(known(ports, of).await)?)?;
    let wanted = WantedUploads::read(&body, text_of(call)).or_refused(400)?;
    let expires = ports.now().plus_s(VALID_S);
    let mut uploads = Vec::new();
    for artifact in wanted.artifacts {
        let key = artifact.key(of, wanted.plan);
        let put = PutToSign { sha256: artifact.sha256, bytes: artifact.bytes, valid_s: VALID_S };
        let signed = ports.presign_put(&ports.config().artifacts_bucket, &key, &put).await?;
        uploads.push(SignedUpload { component: artifact.component, key, url: signed.url, headers: signed.headers });
    }
    tracing::info!(by = %call.requester(), uploads = uploads.len(), "uploads are signed");
    Ok(Answered::One(SignedUploads { uploads, expires }))
}

/// Returns a finding for each member that only operators send where no rules decide. A wish that is `false` is none.
fn of_operators(of: EnvironmentId<'_>, body: &Map<String, Value>) -> Vec<Finding> {
    let wished = |name: &&str| body.get(*name).is_some_and(|value| *value != false);
    let mut members: Vec<&str> = WISHES.iter().copied().filter(wished).collect();
    if is_recorded(body) {
        members.push("version");
    }
    members.into_iter().map(|name| operators_path(of, name)).collect()
}

/// Returns whether a body names a recorded release, and has nothing of a manifest beside its version.
fn is_recorded(body: &Map<String, Value>) -> bool {
    body.contains_key("version") && !body.keys().any(|name| is_of_a_manifest(name))
}

/// Returns whether a member is one of a manifest alone, or of nothing that is known.
fn is_of_a_manifest(name: &str) -> bool {
    !["version", "component"].contains(&name) && !PROMOTED.contains(&name) && !BESIDE_A_MANIFEST.contains(&name)
}

async fn started(ports: &impl Ports, of: EnvironmentId<'_>, call: &ApiCall, request: &Request) -> Served<Start> {
    let app = of.app();
    let rules = allowed(ports, request).await?;
    let begun = or_refused_by_findings(begin(ports, request, &rules).await)?;
    let status = call.address(ports.config(), &format!("/apps/{app}/deployments/{}", begun.id));
    Ok(Answered::One(DeploymentStarted { id: begun.id, version: begun.version, execution: begun.execution, status }))
}

/// The request to deploy, or only to plan, what a body names; else the answer that names everything that is wrong with
/// it.
pub async fn request(
    ports: &impl Ports,
    of: EnvironmentId<'_>,
    call: &ApiCall,
    mut body: Map<String, Value>,
    plan: bool,
) -> Served<Request> {
    let path = [("app", of.app().as_str()), ("environment", of.environment().as_str())];
    let beside = BESIDE_A_MANIFEST.iter().chain(PROMOTED).copied().chain(["component"]);
    let known: Vec<&str> = Manifest::members().chain(beside).collect();
    let mut unknown = take_unknown(&mut body, &known, &path);
    // If something is misspelt, it may have been the rest of a manifest, and it is not known whether `version` stands
    // alone.
    let is_manifest = body.keys().any(|name| is_of_a_manifest(name));
    if is_manifest && let Some(claims) = call.requester().claims {
        let differs = bind(&claims, &mut body);
        // What a merge would bring is planned as of another ref than that of its job, which releases nothing.
        let is_of_a_merge = plan && claims.only_see();
        unknown.extend(differs.into_iter().filter(|_| !is_of_a_merge));
    }
    let is_known = is_manifest || unknown.iter().all(is_of_the_request);
    let mut input = input(body);
    input.insert("plan".into(), plan.into());
    add_said(call, ActionName::Deploy, &path, &mut input);
    let part = match request_of(call, unknown, input) {
        Ok(request) => return Ok(request),
        Err(part) => part,
    };
    let findings = if is_known { pin::findings(ports, part).await } else { part.findings() };
    let findings: Vec<Finding> = findings.into_iter().map(of_the_body).collect();
    Err(refused(status_of(&findings), &findings))
}

/// Returns whether the finding on a member has nothing to do with a manifest.
fn is_of_the_request(unknown: &Finding) -> bool {
    let meant = |name: &&str| unknown.meant.as_deref() == Some(*name);
    unknown.name != FindingName::UnknownField || BESIDE_A_MANIFEST.iter().any(meant)
}

/// Returns the finding with the path of the body, where the members of the manifest stand themselves.
fn of_the_body(finding: Finding) -> Finding {
    let path = finding.path.strip_prefix("manifest.").map(str::to_owned);
    let path = path.unwrap_or(finding.path);
    let is_release = path == "components" && finding.name == FindingName::MissingField;
    let remedy = if is_release {
        prose!("{} Or write `version` alone, of a release that is recorded.", finding.remedy)
    } else {
        finding.remedy
    };
    Finding { path, remedy, ..finding }
}

/// Returns the members of the release machine's input that a body has: the manifest is one of them there.
fn input(mut body: Map<String, Value>) -> Map<String, Value> {
    let mut input = Map::new();
    for name in BESIDE_A_MANIFEST.iter().chain(PROMOTED).chain(&["component"]) {
        input.extend(body.remove_entry(*name));
    }
    if body.len() == 1
        && let Some(version) = body.remove("version")
    {
        input.insert("version".into(), version);
    } else if !body.is_empty() || !input.contains_key("from") {
        input.insert("manifest".into(), Value::Object(body));
    }
    input
}

/// Returns the answer; else the refusal, whose status is that of its findings.
pub fn or_refused_by_findings<T>(checked: Checked<T>) -> Served<T> {
    checked.or_else(|trouble| {
        let findings = trouble.findings()?;
        Err(refused(status_of(&findings), &findings))
    })
}

/// Returns the status of an answer with these findings: 403 if the rules do not allow it, 404 if something that the
/// request names is not there (the application, the environment, the recorded release), 409 if its key was used before,
/// else 400.
fn status_of(findings: &[Finding]) -> u16 {
    let unknown = |finding: &Finding| match finding.name {
        FindingName::NoDeclaration => true,
        FindingName::UnknownName => matches!(finding.path.as_str(), "environment" | "version" | "from"),
        _ => false,
    };
    let forbidden = |finding: &Finding| matches!(finding.name, FindingName::NotAllowed | FindingName::NotVouched);
    if findings.iter().any(forbidden) {
        403
    } else if findings.iter().any(unknown) {
        404
    } else if findings.iter().any(|finding| finding.name == FindingName::KeyReused) {
        409
    } else {
        400
    }
}
