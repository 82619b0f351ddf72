use super::Reply;
use serde_json::json;
use windlass_domain::fault::Fault;
use windlass_domain::finding::Finding;

/// An error as `application/problem+json` (RFC 9457), with every finding. `type` is the page that
/// explains it, relative to the documents of this repository.
pub fn problem(status: u16, findings: &[Finding]) -> Reply {
    let first = findings.first();
    let name = first.map_or_else(|| "Error".to_owned(), |finding| finding.name.to_string());
    let detail = first.map(ToString::to_string).unwrap_or_default();
    Reply {
        status,
        content_type: "application/problem+json",
        body: json!({
            "type": format!("docs/findings/{name}.md"),
            "title": name,
            "status": status,
            "detail": detail,
            "findings": findings,
        }),
    }
}

/// A fault as an error: asking again may help where it is transient.
pub fn of_fault(fault: &Fault) -> Reply {
    let status = if fault.name.is_transient() { 503 } else { 500 };
    Reply {
        status,
        content_type: "application/problem+json",
        body: json!({
            "type": format!("docs/faults/{}.md", fault.name),
            "title": fault.name.to_string(),
            "status": status,
            "detail": fault.message,
            "findings": [],
        }),
    }
}
