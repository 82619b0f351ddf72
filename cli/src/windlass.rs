//! An installation of Windlass, as the command line reaches it.

use crate::exit::Exit;
use crate::failure::Failure;
use clap::Args;
use serde_json::Value;
use std::future::Future;
use windlass_aws::{Api, ApiAnswer};
use windlass_domain::finding::Finding;

/// Where Windlass is.
#[derive(Debug, Clone, Args)]
pub struct Endpoint {
    /// The HTTP API: the output `ApiUrl` of the installation's stack.
    #[arg(long, value_name = "URL", env = "WINDLASS_ENDPOINT")]
    pub endpoint: Option<String>,
}

/// The HTTP API of an installation.
pub struct Windlass(Api);

impl Endpoint {
    /// Makes ready to call it, with the caller's AWS credentials.
    ///
    /// # Errors
    /// Where no endpoint was named.
    pub async fn open(&self) -> Result<Windlass, Failure> {
        let endpoint = self.endpoint.as_deref().ok_or_else(|| {
            Failure::usage(
                "no installation is named. Give `--endpoint`, or set WINDLASS_ENDPOINT, to the output `ApiUrl` of the stack.",
            )
        })?;
        Ok(Windlass(Api::from_env(endpoint).await?))
    }
}

impl Windlass {
    /// Reads.
    ///
    /// # Errors
    /// No answer, or one that says no.
    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Failure> {
        accepted(self.0.call("GET", path, query, None).await?)
    }

    /// Asks for something to be done.
    ///
    /// # Errors
    /// No answer, or one that says no, with all findings.
    pub async fn send(
        &self,
        method: &str,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        accepted(self.0.call(method, path, query, body).await?)
    }
}

/// The body of a good answer; the failure that another one means.
fn accepted(answer: ApiAnswer) -> Result<Value, Failure> {
    if (200..300).contains(&answer.status) {
        return Ok(answer.body);
    }
    let body = &answer.body;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let findings: Vec<Finding> = body
        .get("findings")
        .and_then(|findings| serde_json::from_value(findings.clone()).ok())
        .unwrap_or_default();
    // API Gateway's own refusals have a `message` and no findings.
    let said = text("detail").or(text("message")).unwrap_or("no reason");
    let exit = match answer.status {
        401 | 403 | 429 | 502..=504 => Exit::Unreachable,
        400..500 if !findings.is_empty() => Exit::Rejected,
        404 => Exit::Unreachable,
        _ => Exit::Broken,
    };
    let message = match (exit, findings.len()) {
        (Exit::Rejected, 1) => "Windlass refused it:".to_owned(),
        (Exit::Rejected, count) => format!("Windlass refused it, {count} findings:"),
        _ => format!("Windlass answered {}: {said}", answer.status),
    };
    Err(Failure {
        exit,
        message,
        findings,
        passes: matches!(answer.status, 429 | 502..=504),
    })
}

/// Does something that waits for answers. Everything runs on this one thread.
///
/// # Errors
/// Those of what it does.
pub fn waiting<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::broken(format!("the program cannot wait for answers: {error}")))?
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn exit(status: u16, body: Value) -> Exit {
        accepted(ApiAnswer { status, body }).unwrap_err().exit
    }

    #[test]
    fn a_refusal_with_findings_is_no_failure_of_windlass() {
        let finding = json!({"name": "Held", "path": "", "reason": "r", "remedy": "m"});
        let problem = json!({"detail": "Held", "findings": [finding]});
        assert_eq!(exit(400, problem.clone()), Exit::Rejected);
        assert_eq!(exit(404, problem.clone()), Exit::Rejected);
        assert_eq!(exit(409, problem), Exit::Rejected);
    }

    #[test]
    fn who_is_not_let_in_did_not_reach_it() {
        assert_eq!(
            exit(403, json!({"message": "Forbidden"})),
            Exit::Unreachable
        );
        assert_eq!(
            exit(404, json!({"message": "Not Found"})),
            Exit::Unreachable
        );
        assert_eq!(
            exit(503, json!({"detail": "x", "findings": []})),
            Exit::Unreachable
        );
        assert_eq!(
            exit(500, json!({"detail": "x", "findings": []})),
            Exit::Broken
        );
        assert_eq!(exit(400, Value::Null), Exit::Broken);
    }
}
