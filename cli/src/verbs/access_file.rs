//! `windlass validate access/apps/shop.yaml`: finds everything that is wrong with an access file, as the upload would.

use crate::ground::exit::Exit;
use crate::ground::machine::{self, shown};
use crate::ground::output::{VerbOutput, warnings, words};
use serde_json::{Value, json};
use std::path::Path;
use windlass_domain::access::{AccessFile, AccessFileForAll, LARGEST};
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::document::syntax;
use windlass_domain::text::count::count;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::AppName;

/// The members that an access file has, and a declaration has not.
const OWN: [&str; 5] = ["who", "people", "rules", "freezes", "without_file"];

/// An access file that was looked at.
pub struct AccessFileLook {
    file: String,
    /// The application whose rules it has, for a person: `shop`, or `all applications`.
    of: String,
    version: Option<u64>,
    findings: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl AccessFileLook {
    /// Looks at a file; `None` if it is no access file, or cannot be read: it lies in a folder `access` or has a member
    /// that only access files have, and no components. The file of all applications beside it is looked at for the
    /// names that it gives.
    pub fn of(path: &Path) -> Option<Self> {
        let text = machine::text(path).ok()?;
        let value = syntax::yaml("the access file", &text, LARGEST).unwrap_or_default();
        let is_named = path.components().any(|part| part.as_os_str() == "access");
        let is_own = is_named || OWN.iter().any(|member| value.get(member).is_some());
        if !is_own || value.get("components").is_some() {
            return None;
        }
        let folder = path.parent().filter(|folder| folder.ends_with("apps"));
        let by_place = folder.and_then(|_| path.file_stem()?.to_str());
        let app = by_place.or_else(|| value.get("app")?.as_str()).and_then(|name| AppName::new(name).ok());
        let mut look =
            Self { file: shown(path), of: String::new(), version: None, findings: Vec::new(), warnings: Vec::new() };
        look.version = value.get("version").and_then(Value::as_u64);
        let Some(app) = app else {
            "all applications".clone_into(&mut look.of);
            look.findings = AccessFileForAll::read(&text).err().map_or_else(Vec::new, PartialDocument::findings);
            return Some(look);
        };
        look.of = app.to_string();
        let beside = folder.and_then(Path::parent).and_then(|folder| machine::text(&folder.join("all.yaml")).ok());
        let all = beside.and_then(|text| AccessFileForAll::read(&text).ok()).map(|(all, _)| all);
        match AccessFile::read(&text, &app, all.as_ref()) {
            Ok((file, _)) => look.warnings = file.warnings(),
            Err(part) => look.findings = part.findings(),
        }
        Some(look)
    }

    /// Prints what was found, and returns the exit status.
    pub fn print(&self, output: VerbOutput) -> Exit {
        let file = json!({"file": self.file, "findings": self.findings});
        let is_valid = self.findings.is_empty();
        let report = json!({"valid": is_valid, "access": self.of, "version": self.version, "files": [file],
            "warnings": self.warnings});
        let text = if is_valid {
            let version = self.version.map_or_else(String::new, |version| format!(", version {version},"));
            format!("The access file of {}{version} is valid.\n{}", self.of, warnings(&self.warnings))
        } else {
            format!("{}{}", words(&self.file, &self.findings), count(self.findings.len(), "finding"))
        };
        output.result(&report, &text);
        if is_valid { Exit::Good } else { Exit::of_findings(&self.findings) }
    }
}
