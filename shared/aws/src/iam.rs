//! IAM's simulation, by the AWS query protocol, which IAM alone needs here (AWS Identity and Access Management API
//! Reference, SimulatePrincipalPolicy).

use crate::error::OrFault;
use crate::json_services::{configured, post, refusal};
use crate::{Aws, api, stacks};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::error::ErrorMetadata;
use quick_xml::Reader;
use quick_xml::events::Event;
use url::form_urlencoded;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::partition::Partition;
use windlass_engine::ports::{Evaluation, IamApi, Result, Simulation};

/// The service's name in a signature.
const SERVICE: &str = "iam";

/// The version of its API, and the operation. It is one whole literal, because the permissions of a function are
/// compared with the operations that its binary names (decision 0140).
const OPERATION: &str = "Iam_20100508.SimulatePrincipalPolicy";
const VERSION: &str = "2010-05-08";

/// The number of pages of evaluations that are read: one call has a few actions, and a page a hundred.
const PAGES: usize = 10;

impl IamApi for Aws {
    async fn simulate(&self, asked: &Simulation) -> Result<Vec<Evaluation>> {
        let mut said = Vec::new();
        let mut marker = None;
        for _ in 0..PAGES {
            let page = self.said(asked, marker.as_deref()).await?;
            said.extend(page.evaluations);
            marker = page.marker;
            if marker.is_none() {
                return Ok(said);
            }
        }
        let why = format!("SimulatePrincipalPolicy {}: more than {PAGES} pages", asked.role);
        Err(Fault::new(FaultName::Refused, why))
    }
}

impl Aws {
    async fn said(&self, asked: &Simulation, marker: Option<&str>) -> Result<Page> {
        let operation = OPERATION.rsplit('.').next().unwrap_or(OPERATION);
        let configuration = self.clients.config().0;
        let (endpoint, region) = home(&api::region(configuration)?);
        let endpoint = configuration.endpoint_url().unwrap_or(&endpoint);
        let made = configured(&self.clients, (SERVICE, operation), endpoint, region.to_owned())
            .serializer(|body: String| post("application/x-www-form-urlencoded", body))
            .deserializer(answer)
            .build();
        made.invoke(form(operation, asked, marker)).await.or_fault(operation, &asked.role)
    }
}

/// Returns IAM's endpoint and region, of the partition that a region is in (AWS General Reference, "AWS Identity and
/// Access Management endpoints and quotas"; the endpoint rules of its SDKs). China has it in another region than the
/// other global services there.
fn home(region: &str) -> (String, &'static str) {
    let Partition { name, suffix, global } = Partition::of(region);
    match name {
        "aws" => (format!("https://iam.{suffix}"), global),
        "aws-cn" => (format!("https://iam.cn-north-1.{suffix}"), "cn-north-1"),
        "aws-us-gov" => (format!("https://iam.us-gov.{suffix}"), global),
        _ => (format!("https://iam.{global}.{suffix}"), global),
    }
}

fn form(operation: &str, asked: &Simulation, marker: Option<&str>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", operation)
        .append_pair("Version", VERSION)
        .append_pair("PolicySourceArn", &asked.role)
        .append_pair("ResourceArns.member.1", &asked.resource);
    for (number, action) in (1..).zip(&asked.actions) {
        form.append_pair(&format!("ActionNames.member.{number}"), action);
    }
    for (number, (key, value)) in (1..).zip(&asked.context) {
        let entry = format!("ContextEntries.member.{number}");
        form.append_pair(&format!("{entry}.ContextKeyName"), key)
            .append_pair(&format!("{entry}.ContextKeyType"), "string")
            .append_pair(&format!("{entry}.ContextKeyValues.member.1"), value);
    }
    if let Some(marker) = marker {
        form.append_pair("Marker", marker);
    }
    form.finish()
}

/// A page of IAM's evaluations.
#[derive(Debug, Default, PartialEq)]
struct Page {
    evaluations: Vec<Evaluation>,
    /// The marker with which the next page is asked for.
    marker: Option<String>,
}

fn answer(answer: &HttpResponse) -> Result<Page, OrchestratorError<ErrorMetadata>> {
    let body = answer.body().bytes().unwrap_or_default();
    let body = String::from_utf8_lossy(body);
    if answer.status().is_success() {
        return page_of(&body).ok_or_else(|| OrchestratorError::other("no evaluations".to_owned()));
    }
    let (code, message) = (stacks::text_of(&body, b"Code"), stacks::text_of(&body, b"Message"));
    Err(refusal(code.as_deref(), message.as_deref()))
}

/// Reads a page; `None` where the text is none. The decision on a single resource stands again below
/// `ResourceSpecificResults`, and the missing condition keys stand there alone.
fn page_of(body: &str) -> Option<Page> {
    let mut reader = Reader::from_str(body);
    let mut page = Page::default();
    let (mut path, mut text, mut is_page) = (Vec::<String>::new(), String::new(), false);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                path.push(String::from_utf8_lossy(tag.local_name().as_ref()).into_owned());
                text.clear();
                is_page |= ends(&path, &["SimulatePrincipalPolicyResult"]);
                if ends(&path, &["EvaluationResults", "member"]) {
                    page.evaluations.push(Evaluation::default());
                }
            }
            Event::Text(part) => text.push_str(&part.decode().ok()?),
            Event::End(_) => {
                page.take(&path, text.trim());
                text.clear();
                path.pop();
            }
            Event::Eof => return is_page.then_some(page),
            _ => {}
        }
    }
}

fn ends(path: &[String], with: &[&str]) -> bool {
    let tail = path.len().checked_sub(with.len()).and_then(|from| path.get(from..));
    tail.is_some_and(|tail| tail == with)
}

impl Page {
    /// Takes in the text of an element.
    fn take(&mut self, path: &[String], text: &str) {
        if ends(path, &["SimulatePrincipalPolicyResult", "Marker"]) {
            self.marker = Some(text.to_owned()).filter(|marker| !marker.is_empty());
        }
        let Some(said) = self.evaluations.last_mut() else { return };
        let within = |with: &str| ends(path, &["EvaluationResults", "member", with]);
        if within("EvalActionName") {
            text.clone_into(&mut said.action);
        } else if within("EvalDecision") {
            text.clone_into(&mut said.decision);
        } else if ends(path, &["AllowedByOrganizations"]) {
            said.by_organization = Some(text == "true");
        } else if ends(path, &["AllowedByPermissionsBoundary"]) {
            said.by_boundary = Some(text == "true");
        } else if ends(path, &["MissingContextValues", "member"]) && !text.is_empty() {
            said.missing.push(text.to_owned());
        }
    }
}
