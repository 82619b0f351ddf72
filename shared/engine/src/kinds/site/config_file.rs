use bytes::Bytes;
use windlass_domain::declaration::resolved::ConfigFile;

/// The configuration file of an environment: one build serves them all. A JSON document, or a
/// script that assigns it to a global name.
pub fn config_bytes(config: &ConfigFile) -> Bytes {
    let values = serde_json::json!(config.values);
    let text = match &config.global {
        Some(global) => format!("{global} = {values:#};\n"),
        None => format!("{values:#}\n"),
    };
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_or_a_script() {
        let mut config = ConfigFile {
            path: "config.js".into(),
            global: Some("window.config".into()),
            values: [("api".to_owned(), "https://api.example/\"x\"".to_owned())].into(),
        };
        assert_eq!(
            config_bytes(&config),
            "window.config = {\n  \"api\": \"https://api.example/\\\"x\\\"\"\n};\n"
        );
        config.global = None;
        assert_eq!(
            config_bytes(&config),
            "{\n  \"api\": \"https://api.example/\\\"x\\\"\"\n}\n"
        );
    }
}
