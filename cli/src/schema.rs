//! The schema of declarations as a file beside one: editors check against it what is written there. A file, and no
//! address, because the schema is that of this very program.

use windlass_domain::declaration::schema;

/// The file that `init` writes beside the declaration.
pub const FILE: &str = "app.schema.json";

/// The text of the schema, as `docs/app.schema.json` has it.
pub fn text() -> String {
    serde_json::to_string_pretty(schema()).unwrap_or_default() + "\n"
}

/// The first line of a declaration, by which an editor finds the schema.
pub fn line(path: &str) -> String {
    format!("# yaml-language-server: $schema={path}")
}
