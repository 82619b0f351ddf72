use super::call::Reply;
use serde_json::json;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::Finding;

/// Returns an error as `application/problem+json` (RFC 9457), with every finding. `type` is the page that explains it,
/// relative to the documents of this repository.
pub fn problem(status: u16, findings: &[Finding]) -> Reply {
    let first = findings.first();
    let name = first.map_or_else(|| "Error".to_owned(), |finding| finding.name.to_string());
    let detail = first.map(ToString::to_string).unwrap_or_default();
    Reply {
        status,
        content_type: "application/problem+json",
        body: json!({
            "type": first.map_or_else(|| "about:blank".to_owned(), |finding| finding.name.page()),
            "title": name,
            "status": status,
            "detail": detail,
            "findings": findings,
        }),
    }
}

/// Returns a fault as an error. The status is 503 if the fault is transient and asking again may help, 400 if what was
/// sent cannot be read, such as a page's cursor, else 500.
pub fn of_fault(fault: &Fault) -> Reply {
    let status = match fault.name {
        FaultName::BadInput => 400,
        name if name.is_transient() => 503,
        _ => 500,
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_says_whether_to_ask_again_or_otherwise() {
        let status = |name| of_fault(&Fault::new(name, "why")).status;
        assert_eq!(status(FaultName::BadInput), 400);
        assert_eq!(status(FaultName::Throttled), 503);
        assert_eq!(status(FaultName::Internal), 500);
    }
}
