//! lambroll's `function.json`: the function, which callers reach by the alias that lambroll moves.

use super::expression::of_go;
use super::unread_members::UnreadMembers;
use super::{Imported, name, repository};
use serde_json::{Value, json};
use windlass_domain::declaration::UNWRITTEN;

/// The alias that lambroll moves where no option names another one.
const ALIAS: &str = "current";

/// Reads the file.
///
/// # Errors
/// The sentence that says what is wrong with it.
pub fn import(text: &str) -> Result<Imported, String> {
    let file = serde_json::from_str(text).map_err(|error| {
        format!("it is no JSON: {error}. Write what `lambroll render` prints into a file, and import that")
    })?;
    let mut imported = Imported::default();
    let mut file = UnreadMembers::new(file);
    let function = file.text(&["FunctionName"]).ok_or("it has no `FunctionName`")?;
    let function = of_go(&function, &mut imported);
    // The declaration tells this by `repository`.
    file.take(&["PackageType"]);
    let component = match name(&function.replace(['{', '}'], "-")).as_str() {
        "function-name" => "api".to_owned(),
        other => other.to_owned(),
    };
    let mut written = json!({"kind": "lambda", "function": function, "alias": ALIAS});
    image(&mut file, &mut written, &mut imported);
    imported.note(format!(
        "lambroll moves the alias `{ALIAS}` unless `--alias` names another one: write here the alias that your callers use"
    ));
    if let Some(left) = file.left() {
        imported.note(format!(
            "{left} stay as the function has them: Windlass changes its code and its alias alone, and your infrastructure code \
             sets the rest"
        ));
    }
    imported.components.insert(component, written);
    Ok(imported)
}

fn image(file: &mut UnreadMembers, written: &mut Value, imported: &mut Imported) {
    let Some(image) = file.text(&["Code", "ImageUri"]) else {
        return;
    };
    let known = repository(&image);
    if known.is_none() {
        imported.note(format!(
            "the image `{image}` is of no repository of Amazon ECR that can be told: write `repository`"
        ));
    }
    written["repository"] = json!(known.as_deref().unwrap_or(UNWRITTEN));
}
