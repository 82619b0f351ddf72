//! What stops work on a site.

use windlass_domain::fault::Fault;
use windlass_domain::finding::{Finding, FindingName};

/// What stops work on a site: something wrong while doing, or something wrong with the input.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// Something went wrong while doing.
    Fault(Fault),
    /// The archive, the site or its target has something wrong.
    Findings(Vec<Finding>),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Finding> for Trouble {
    fn from(finding: Finding) -> Self {
        Self::Findings(vec![finding])
    }
}

/// A finding on an entry of an archive.
pub fn bad_archive(archive: &str, entry: &str, reason: String) -> Finding {
    Finding::new(
        FindingName::BadArchive,
        format!("{archive}: {entry}"),
        reason,
        "build the archive again, with plain files and relative paths, and give it a new version",
    )
}

/// A step has one finding: the first, with how many more there are.
pub fn together(component: &str, findings: &[Finding]) -> Finding {
    let Some(first) = findings.first() else {
        return Finding::new(
            FindingName::ChangeFailed,
            component,
            "the site could not be published, and nothing tells why",
            "deploy again",
        );
    };
    let mut all = first.clone();
    if findings.len() > 1 {
        let more: Vec<&str> = findings[1..]
            .iter()
            .take(10)
            .map(|it| it.path.as_str())
            .collect();
        all.reason = format!(
            "{}; the same or like it for {} more: {}",
            first.reason,
            findings.len() - 1,
            more.join(", ")
        );
    }
    all
}
