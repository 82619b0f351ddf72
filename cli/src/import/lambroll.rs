//! lambroll's `function.json`: the function, which callers reach by the alias that lambroll moves.

use super::expression::of_go;
use super::{Imported, name, repository};
use serde_json::{Value, json};

/// The alias that lambroll moves where no option names another one.
const ALIAS: &str = "current";

/// What of the file is not carried over because nobody needs it in a declaration.
const OF_NO_USE: [&str; 2] = ["FunctionName", "PackageType"];

/// Reads the file.
///
/// # Errors
/// What is wrong with it.
pub fn import(text: &str) -> Result<Imported, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| {
        format!("it is no JSON: {error}. Write what `lambroll render` prints into a file, and import that")
    })?;
    let mut imported = Imported::default();
    let function = file["FunctionName"]
        .as_str()
        .ok_or("it has no `FunctionName`")?;
    let function = of_go(function, &mut imported);
    let component = match name(&function.replace(['{', '}'], "-")).as_str() {
        "function-name" => "api".to_owned(),
        other => other.to_owned(),
    };
    let mut written = json!({"kind": "lambda", "function": function, "alias": ALIAS});
    image(&file, &mut written, &mut imported);
    imported.note(format!(
        "lambroll moves the alias `{ALIAS}` unless `--alias` names another one: write here the alias that your callers use"
    ));
    let shape: Vec<String> = file
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    let shape: Vec<String> = shape
        .into_iter()
        .filter(|name| !OF_NO_USE.contains(&name.as_str()) && name != "Code")
        .collect();
    if !shape.is_empty() {
        imported.note(format!(
            "{} stay as the function has them: Windlass changes its code and its alias alone, and your infrastructure code \
             sets the rest",
            shape.join(", ")
        ));
    }
    imported.components.insert(component, written);
    Ok(imported)
}

fn image(file: &Value, written: &mut Value, imported: &mut Imported) {
    let Some(image) = file["Code"]["ImageUri"].as_str() else {
        return;
    };
    match repository(image) {
        Some(repository) => written["repository"] = json!(repository),
        None => imported.note(format!(
            "the image `{image}` is of no repository of Amazon ECR that can be told: write `repository`"
        )),
    }
}
