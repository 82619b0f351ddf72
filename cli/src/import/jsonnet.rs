//! Jsonnet that is data alone: JSON with comments, names without quotes, single quotes and a comma behind the last
//! member, which is JSON5 (<https://spec.json5.org>). ecspresso and lambroll take both.

use serde_json::Value;
use std::path::Path;

/// Returns a file of Jsonnet as JSON, and any other file as it is.
///
/// # Errors
/// The sentence that says why it has to be evaluated, or what is wrong with it.
pub fn as_json(path: &Path, text: String) -> Result<String, String> {
    if path.extension().is_none_or(|extension| extension != "jsonnet") {
        return Ok(text);
    }
    let data: Value = json5::from_str(&text).map_err(|error| format!("it is Jsonnet, and more than data: {error}"))?;
    Ok(data.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_json_and_what_has_to_be_evaluated_is_refused() {
        let file = Path::new("ecs-task-def.jsonnet");
        let text = "{\n  // why\n  cpu: '256', /* and */\n  \"memory\": 512,\n}\n".to_owned();
        let data: Value = serde_json::from_str(&as_json(file, text).unwrap()).unwrap();
        assert_eq!(data, serde_json::json!({"cpu": "256", "memory": 512}));
        for text in [
            "local a = 1; {cpu: a}",
            "{cpu: std.extVar('CPU')}",
            "{name: 'a' + 'b'}",
            "(import 'base.libsonnet') + {cpu: '256'}",
        ] {
            let why = as_json(file, text.to_owned()).unwrap_err();
            assert!(why.contains("it is Jsonnet, and more than data: "), "{text}: {why}");
        }
        let yaml = "cpu: 256 # why\n".to_owned();
        assert_eq!(as_json(Path::new("task.yml"), yaml.clone()), Ok(yaml));
    }
}
