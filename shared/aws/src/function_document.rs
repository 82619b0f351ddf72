//! A function, out of the documents by which Lambda describes one.

use serde_json::{Map, Value};
use windlass_domain::text::digest::Digest;
use windlass_engine::ports::Function;

pub fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Reads a function out of the members that GetFunction, UpdateFunctionCode, PublishVersion and ListVersionsByFunction
/// have in common. A listing leaves the states out (AWS Lambda API Reference, ListVersionsByFunction): they are empty
/// then.
pub fn function_of(document: &Value) -> Function {
    let word = |name: &str| text(&document[name]).unwrap_or_default();
    let version = word("Version");
    let of_state = ["StateReason", "StateReasonCode"].map(word);
    let of_update = ["LastUpdateStatusReason", "LastUpdateStatusReasonCode"].map(word);
    // A function that is idle has a reason for that, too, which says nothing of why its update failed.
    let is_of_update = word("LastUpdateStatus") == "Failed" && word("State") != "Failed";
    let reasons = if is_of_update { [of_update, of_state] } else { [of_state, of_update] };
    let [reason, reason_code] = reasons.into_iter().find(|[reason, _]| !reason.is_empty()).unwrap_or_default();
    Function {
        arn: unqualified(&word("FunctionArn"), &version),
        code_sha256: word("CodeSha256"),
        code_bytes: document["CodeSize"].as_u64().unwrap_or_default(),
        // The default is 3 s (AWS Lambda API Reference, CreateFunction).
        timeout_s: document["Timeout"].as_u64().unwrap_or(3),
        revision_id: word("RevisionId"),
        configuration: frozen(document),
        // The default is x86_64 (AWS Lambda API Reference, FunctionConfiguration).
        architecture: text(&document["Architectures"][0]).unwrap_or_else(|| "x86_64".to_owned()),
        runtime: word("Runtime"),
        handler: word("Handler"),
        has_more_code: has_more_code(document),
        state: word("State"),
        last_update: word("LastUpdateStatus"),
        reason,
        reason_code,
        package: word("PackageType"),
        description: word("Description"),
        log_group: text(&document["LoggingConfig"]["LogGroup"]),
        replica_of: text(&document["MasterArn"]),
        version,
        ..Function::default()
    }
}

/// The variables by which a runtime begins with something else, or finds code outside of the package: that of Lambda
/// for a wrapper script (AWS Lambda Developer Guide, "Modifying the runtime environment"), and those of the languages.
const MORE_CODE: [&str; 10] = [
    "AWS_LAMBDA_EXEC_WRAPPER",
    "DOTNET_SHARED_STORE",
    "DOTNET_STARTUP_HOOKS",
    "GEM_HOME",
    "GEM_PATH",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PYTHONPATH",
    "RUBYLIB",
    "RUBYOPT",
];

/// Returns whether its zip alone does not show whether the code of its handler is there. The variables may also be ones
/// that Lambda could not decrypt (AWS Lambda API Reference, EnvironmentResponse, `Error`).
fn has_more_code(document: &Value) -> bool {
    let environment = &document["Environment"];
    let has_layers = document["Layers"].as_array().is_some_and(|layers| !layers.is_empty());
    let is_named = MORE_CODE.iter().any(|name| !environment["Variables"][*name].is_null());
    has_layers || is_named || !environment["Error"].is_null()
}

/// Returns the ARN that a version is named by: `$LATEST` without a qualifier, a version with its number. GetFunction
/// answers `…:$LATEST`, or a qualified ARN when it was asked with a qualifier.
fn unqualified(arn: &str, version: &str) -> String {
    let bare = arn.strip_suffix(":$LATEST").unwrap_or(arn);
    if version == "$LATEST" || bare.ends_with(&format!(":{version}")) {
        bare.to_owned()
    } else {
        format!("{bare}:{version}")
    }
}

/// The configuration that publishing freezes (AWS Lambda Developer Guide, "Manage Lambda function versions"). It lists
/// the members that count, not those that do not: a member that AWS adds one day and that differs between `$LATEST` and
/// a version would otherwise be a reason to publish for ever. `RuntimeVersionConfig` is missing because a listing of
/// versions leaves it out.
const FROZEN: [&str; 19] = [
    "Architectures",
    "CapacityProviderConfig",
    "DeadLetterConfig",
    "DurableConfig",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "Handler",
    "ImageConfigResponse",
    "KMSKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "Role",
    "Runtime",
    "TenancyConfig",
    "Timeout",
    "TracingConfig",
];

/// Returns the digest of the frozen configuration. Absent, null and empty are the same, because the operations differ
/// in how they write nothing.
fn frozen(document: &Value) -> String {
    let mut members: Map<String, Value> =
        FROZEN.iter().map(|name| ((*name).to_owned(), document[*name].clone())).collect();
    let network = &document["VpcConfig"];
    members.insert("Subnets".into(), sorted(&network["SubnetIds"]));
    members.insert("SecurityGroups".into(), sorted(&network["SecurityGroupIds"]));
    members.insert("SnapStart".into(), document["SnapStart"]["ApplyOn"].clone());
    let text = without_nothing(Value::Object(members)).unwrap_or_default();
    Digest::of(text.to_string().as_bytes()).to_string()
}

fn sorted(list: &Value) -> Value {
    let mut texts: Vec<&str> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    texts.sort_unstable();
    Value::from(texts)
}

fn without_nothing(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => {
            let kept: Map<String, Value> =
                members.into_iter().filter_map(|(name, value)| Some((name, without_nothing(value)?))).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            let kept: Vec<Value> = items.into_iter().filter_map(without_nothing).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::String(text) => (!text.is_empty()).then_some(Value::String(text)),
        other => Some(other),
    }
}
