//! A call of the API and the answer to it, which every path takes and gives. What to do next is written as a call or as
//! a command, in the words of the one who asks.

use crate::config::Config;
use crate::kinds::KindPorts;
use crate::pin;
use crate::ports::{Clock, Result, StepFunctionsApi};
use crate::trouble::Trouble;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::document::{secret, syntax};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::api_routes::CI;
use windlass_domain::release::claims::Claims;
use windlass_domain::release::request::{Request, Requester, Route};
use windlass_domain::release::way_in::WayIn;
use windlass_domain::shown::api::Problem;
pub use windlass_domain::shown::api::answers::{self, Answered};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};

/// The largest body, in bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// The ports that the API needs.
pub trait Ports: pin::Ports + KindPorts + StepFunctionsApi + Clock {}
impl<P: pin::Ports + KindPorts + StepFunctionsApi + Clock> Ports for P {}

/// A call of the API.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ApiCall {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// The path without the stage, such as `/apps/shop/environments/prod/releases`.
    pub path: String,
    /// The query's parameters.
    pub query: BTreeMap<String, String>,
    /// The body, if any.
    pub body: Option<String>,
    /// The header `Idempotency-Key`, if any.
    pub key: Option<String>,
    /// The caller, as API Gateway's authorizer names it: an ARN.
    pub caller: Option<String>,
    /// The claims of the caller's token, where API Gateway's authorizer has found it good and it is a CI job's.
    pub claims: Option<Box<Claims>>,
}

impl ApiCall {
    /// Returns who calls. API Gateway says that, never the body. Claims count below `/ci` alone, and IAM's caller
    /// elsewhere alone.
    pub fn requester(&self) -> Requester {
        match self.below_ci() {
            Some(_) => Requester::job(self.claims.clone()),
            None => Requester::new(Route::Api, self.caller.clone()),
        }
    }

    /// Returns the part of the path that the table of routes has, if the path is one of CI jobs that show a token.
    pub fn below_ci(&self) -> Option<&str> {
        self.path.strip_prefix(CI).filter(|rest| rest.starts_with('/'))
    }

    /// Returns the address of a path for whoever calls, who may call it alike.
    pub fn address(&self, config: &Config, path: &str) -> String {
        format!("{}{}{path}", config.links, self.below_ci().map_or("", |_| CI))
    }
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// `application/json`, or `application/problem+json` (RFC 9457) for an error.
    pub content_type: &'static str,
    /// The body.
    pub body: Value,
}

impl Reply {
    fn json(status: u16, answer: &impl Serialize) -> Self {
        Self { status, content_type: "application/json", body: json!(answer) }
    }
}

/// The reason why a call is not served.
#[derive(Debug, Clone, PartialEq)]
pub enum Unserved {
    /// Something went wrong while serving it.
    Fault(Fault),
    /// Something is wrong with the call. The reply names all of it.
    Refused(Reply),
}

/// The answer of a path, or of a part of one.
pub type Served<T = Reply> = Result<T, Unserved>;

impl From<Fault> for Unserved {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Turns what is wrong with a call, or with what it names, into the refusal of the call.
pub trait OrRefused<T> {
    /// Returns the answer; else the refusal with this status.
    fn or_refused(self, status: u16) -> Served<T>;
}

impl<T, E: Into<Trouble>> OrRefused<T> for Result<T, E> {
    fn or_refused(self, status: u16) -> Served<T> {
        self.map_err(|why| match why.into() {
            Trouble::Fault(fault) => Unserved::Fault(fault),
            Trouble::Findings(findings) => refused(status, &findings),
        })
    }
}

/// Returns the refusal of a call with these findings.
pub fn refused(status: u16, findings: &[Finding]) -> Unserved {
    Unserved::Refused(problem(status, findings))
}

/// Returns the refusal of a call that names something which is not there.
pub fn not_found(path: &str, reason: String, remedy: &'static str) -> Unserved {
    refused(404, &[Finding::new(FindingName::UnknownName, path, reason, remedy)])
}

/// Refuses a call on which there are findings.
pub fn refuse_on(status: u16, findings: &[Finding]) -> Served<()> {
    if findings.is_empty() { Ok(()) } else { Err(refused(status, findings)) }
}

/// Reads the body as an object; no body counts as an empty object. If the body has a secret, only that is reported.
pub fn body(call: &ApiCall) -> Served<Map<String, Value>> {
    let text = text_of(call);
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    let body = syntax::json("the body", text, LARGEST_BODY).or_refused(400)?;
    refuse_on(400, &secret::findings(&body))?;
    let Value::Object(body) = body else {
        let (reason, remedy) = ("the body is not an object.", "Write a JSON object, `{…}`.");
        return Err(refused(400, &[Finding::new(FindingName::NotWellFormed, "the body", reason, remedy)]));
    };
    Ok(body)
}

/// Returns the text of the body of a call.
pub fn text_of(call: &ApiCall) -> &str {
    call.body.as_deref().unwrap_or_default()
}

/// Reads the request that a call makes with this input, of whose body some members are unknown. What is wrong with it
/// is in the words of the body.
pub fn request_of(
    call: &ApiCall,
    unknown: Vec<Finding>,
    input: Map<String, Value>,
) -> Result<Request, PartialDocument<Request>> {
    PartialDocument::beside(unknown, Request::read_body(&Value::Object(input), text_of(call)))
}

/// The names that the path of a call gives already, each with its value.
pub type Path<'a> = [(&'static str, &'a str)];

/// Adds to the members of a body what the call says beside it: the action and the names that its path has, its key, and
/// who calls.
pub fn add_said(call: &ApiCall, action: ActionName, named: &Path<'_>, input: &mut Map<String, Value>) {
    input.insert("action".into(), json!(action));
    input.extend(named.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    input.insert("requester".into(), json!(call.requester()));
    input.extend(call.key.iter().map(|key| ("idempotency_key".to_owned(), json!(key))));
}

/// Returns an error as `application/problem+json` (RFC 9457), with every finding. `type` is the page that explains it,
/// relative to the documents of this repository.
pub fn problem(status: u16, findings: &[Finding]) -> Reply {
    let first = findings.first();
    of_problem(&Problem {
        page: first.map_or_else(|| "about:blank".to_owned(), |finding| finding.name.page()),
        title: first.map_or_else(|| "Error".to_owned(), |finding| finding.name.to_string()),
        status,
        detail: first.map(Finding::line).unwrap_or_default(),
        findings: findings.to_vec(),
    })
}

fn of_problem(problem: &Problem) -> Reply {
    Reply { content_type: "application/problem+json", ..Reply::json(problem.status, problem) }
}

/// Returns a fault as an error. The status is 503 if the fault is transient and asking again may help, 400 if what was
/// sent cannot be read, such as a page's cursor, else 500.
pub fn of_fault(fault: &Fault) -> Reply {
    let status = match fault.name {
        FaultName::BadInput => 400,
        name if name.is_transient() => 503,
        _ => 500,
    };
    of_problem(&Problem {
        page: fault.name.page(),
        title: fault.name.to_string(),
        status,
        detail: fault.message.clone().into(),
        findings: Vec::new(),
    })
}

/// Returns the same answer with each text for people in the words of a way in.
pub fn in_words_of(way: WayIn, mut reply: Reply) -> Reply {
    way.answer(&mut reply.body);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use windlass_domain::prose;
    use windlass_domain::release::action::ActionName;
    use windlass_domain::release::call::operators;
    use windlass_domain::release::identity::EnvironmentId;
    use windlass_domain::text::name::{AppName, EnvironmentName};
    use windlass_domain::text::next_step::{NextStep, Wish};

    #[test]
    fn claims_count_below_ci_alone_and_the_caller_of_iam_elsewhere_alone() {
        let token = [("repository_owner_id", "8472"), ("repository_id", "990134")];
        let claims = Claims::of(token.map(|(name, value)| (name.to_owned(), value.to_owned()))).map(Box::new);
        let caller = Some("arn:aws:iam::111111111111:user/ann".to_owned());
        let config = Config { links: "https://a.example".into(), ..Config::default() };
        for (path, rest) in [
            ("/ci/apps/shop", Some("/apps/shop")),
            ("/ci/ci/apps", Some("/ci/apps")),
            ("/cities/shop", None),
            ("/ci", None),
            ("//ci/apps/shop", None),
            ("/apps/ci/shop", None),
        ] {
            let call =
                ApiCall { path: path.into(), caller: caller.clone(), claims: claims.clone(), ..ApiCall::default() };
            let is_job = rest.is_some();
            let wanted =
                if is_job { Requester::job(claims.clone()) } else { Requester::new(Route::Api, caller.clone()) };
            assert_eq!((call.below_ci(), call.requester()), (rest, wanted), "{path}");
            let address = if is_job { "https://a.example/ci/apps" } else { "https://a.example/apps" };
            assert_eq!(call.address(&config, "/apps"), address, "{path}");
        }
    }

    #[test]
    fn the_status_says_whether_to_ask_again_or_otherwise() {
        let status = |name| of_fault(&Fault::new(name, "why")).status;
        assert_eq!(status(FaultName::BadInput), 400);
        assert_eq!(status(FaultName::Throttled), 503);
        assert_eq!(status(FaultName::Internal), 500);
    }

    #[test]
    fn what_is_said_has_the_words_of_who_asks_and_what_was_written_stays() {
        let input = r#"{"action":"rollback","app":"shop","environment":"prod","reason":"…"}"#;
        let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let step = operators(ActionName::Rollback, EnvironmentId::new(&app, &prod));
        let (text, plain) = (prose!("Start {}.", step.clone()), prose!("It runs."));
        let body = json!({"reason": input, "findings": [{"remedy": &text, "reason": plain}],
            "plan": {"warnings": [&text, &text]}, "ending": {"cause": &text}, "prose": ["mine"]});
        let command = "`windlass rollback shop prod --reason '…'`";
        let call = r#"`POST /apps/shop/environments/prod/rollbacks {"reason":"…"}`"#;
        for (way, words) in [(WayIn::CommandLine, command), (WayIn::Http, call), (WayIn::Console, input)] {
            let words = format!("Start {words}.");
            let steps = |many: usize| json!(vec![&step; many]);
            let expected = json!({"reason": input, "findings": [{"remedy": words, "reason": "It runs.", "next_steps": steps(1)}],
                "plan": {"warnings": [words, words], "next_steps": steps(2)},
                "ending": {"cause": words, "next_steps": steps(1)}, "prose": ["mine"]});
            assert_eq!(in_words_of(way, Reply::json(200, &body)).body, expected);
        }
        let started = json!({"start": serde_json::from_str::<Value>(input).unwrap()});
        assert_eq!(json!(step), started, "a program can send it as it stands");
    }

    #[test]
    fn what_was_written_at_the_console_is_shown_in_its_own_names() {
        let refused = |route: &str| {
            let remedy = prose!("Leave {} out.", NextStep::With(Wish::Again));
            let body = json!({"refusals": [{"requester": {"route": route}, "about": "the execution's input",
                "findings": [{"remedy": remedy}]}]});
            let mut answer = in_words_of(WayIn::CommandLine, Reply::json(200, &body)).body;
            answer["refusals"][0]["findings"][0]["remedy"].take()
        };
        assert_eq!(refused("console"), "Leave `again` out.");
        assert_eq!(refused("api"), "Leave `--again` out.");
    }
}
