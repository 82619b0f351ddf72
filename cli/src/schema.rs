//! The schema of declarations, as a file beside a declaration: editors check the declaration against it. It is a file,
//! and not an address, because the schema is that of this very program.

use windlass_domain::declaration::schema;

/// The file that `init` writes beside the declaration.
pub const SCHEMA_FILE: &str = "app.schema.json";

/// Returns the text of the schema, as `docs/app.schema.json` has it.
pub fn schema_text() -> String {
    serde_json::to_string_pretty(schema()).unwrap_or_default() + "\n"
}

/// Returns the first line of a declaration, by which an editor finds the schema.
pub fn schema_line(path: &str) -> String {
    format!("# yaml-language-server: $schema={path}")
}
