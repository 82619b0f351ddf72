//! The places of the code that a template of AWS CloudFormation names: objects in S3, and images in ECR. Pure.

use crate::text::partition::Partition;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A member that names code: the types of resource, and its place in the properties. `*` stands for every name.
pub type CodeMember = (&'static [&'static str], &'static [&'static str]);

const RESOLVERS: &[&str] = &["AWS::AppSync::Resolver", "AWS::AppSync::FunctionConfiguration"];

/// The members that name a file or a folder of code (AWS CLI Command Reference, "aws cloudformation package"; AWS SAM,
/// `sam package`).
pub const MEMBERS: &[CodeMember] = &[
    (&["AWS::Serverless::Function"], &["CodeUri"]),
    (&["AWS::Serverless::LayerVersion"], &["ContentUri"]),
    (&["AWS::Lambda::Function"], &["Code"]),
    (&["AWS::Lambda::LayerVersion"], &["Content"]),
    (&["AWS::Serverless::Api", "AWS::Serverless::HttpApi", "AWS::Serverless::StateMachine"], &["DefinitionUri"]),
    // The second is a transform (AWS CloudFormation User Guide, "AWS::Include transform").
    (&["AWS::Serverless::Application", "AWS::Include"], &["Location"]),
    (&["AWS::Serverless::GraphQLApi"], &["SchemaUri"]),
    (&["AWS::Serverless::GraphQLApi"], &["Functions", "*", "CodeUri"]),
    (&["AWS::Serverless::GraphQLApi"], &["Resolvers", "*", "*", "CodeUri"]),
    (&["AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"], &["BodyS3Location"]),
    (&["AWS::AppSync::GraphQLSchema", "AWS::StepFunctions::StateMachine"], &["DefinitionS3Location"]),
    (RESOLVERS, &["RequestMappingTemplateS3Location"]),
    (RESOLVERS, &["ResponseMappingTemplateS3Location"]),
    (RESOLVERS, &["CodeS3Location"]),
    (&["AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet"], &["TemplateURL"]),
    (&["AWS::CloudFormation::ModuleVersion"], &["ModulePackage"]),
    (&["AWS::CloudFormation::ResourceVersion"], &["SchemaHandlerPackage"]),
    (&["AWS::ElasticBeanstalk::ApplicationVersion"], &["SourceBundle"]),
    (&["AWS::Glue::Job"], &["Command", "ScriptLocation"]),
];

/// The members that name an image of a function.
pub const IMAGES: &[CodeMember] =
    &[(&["AWS::Serverless::Function"], &["ImageUri"]), (&["AWS::Lambda::Function"], &["Code", "ImageUri"])];

/// The properties of which SAM takes one as the code of a function. One of the function counts more than another one of
/// `Globals`.
const OF_FUNCTIONS: [&str; 3] = ["CodeUri", "ImageUri", "InlineCode"];

/// The members of a property that name an object: those of Lambda, and those of the others.
const OBJECTS: [[&str; 3]; 2] = [["S3Bucket", "S3Key", "S3ObjectVersion"], ["Bucket", "Key", "Version"]];

/// A place of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodePlace {
    /// An object in S3.
    Object {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
        /// Its version; the newest if there is none.
        version: Option<String>,
    },
    /// An image, by its whole address.
    Image(String),
    /// A place that only CloudFormation makes out.
    Unknown,
}

/// Returns the values that a template's references have: the pseudo parameters of a stack by its id, and `parameters`
/// (AWS CloudFormation Template Reference Guide, "Get AWS values using pseudo parameters").
pub fn values<'v>(stack: &str, parameters: impl Iterator<Item = (&'v String, &'v String)>) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = parameters.map(|(name, value)| (name.clone(), value.clone())).collect();
    let parts: Vec<&str> = stack.split(':').collect();
    if let [_, partition, _, region, account, name] = parts.as_slice() {
        let name = name.split('/').nth(1).unwrap_or_default();
        let suffix = Partition::of(region).suffix;
        let pseudo = [("Partition", *partition), ("Region", *region), ("AccountId", *account)];
        let pseudo = pseudo.into_iter().chain([("StackName", name), ("StackId", stack), ("URLSuffix", suffix)]);
        found.extend(pseudo.map(|(name, value)| (format!("AWS::{name}"), value.to_owned())));
    }
    found
}

/// Returns the places of the code of a resource, by property; none of code that stands in the template itself. Code in
/// `Globals` is that of each resource of the type, beside what the resource says of its own (AWS Serverless Application
/// Model Developer Guide, "Globals section of the AWS SAM template").
pub fn places(template: &Value, values: &BTreeMap<String, String>, logical: &str) -> Vec<(String, CodePlace)> {
    let Some(resource) = template.get("Resources").and_then(|all| all.get(logical)) else { return vec![] };
    let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
    let properties = resource.get("Properties");
    let section = kind.strip_prefix("AWS::Serverless::");
    let common = section.and_then(|section| template.get("Globals")?.get(section));
    let reader = Reader { template, values };
    let mut found = Vec::new();
    for (members, is_image) in [(MEMBERS, false), (IMAGES, true)] {
        for (_, place) in members.iter().filter(|(kinds, _)| kinds.contains(&kind)) {
            let common = common.filter(|_| !place.first().is_some_and(|name| is_alone(resource, name)));
            let (own, common) = (at(properties, place), at(common, place));
            let named: Vec<Value> = match (own.as_slice(), common.as_slice()) {
                ([own], [common]) => vec![merged(own, common)],
                ([], common) => common.iter().map(|value| (*value).clone()).collect(),
                (own, _) => own.iter().map(|value| (*value).clone()).collect(),
            };
            let named = named.iter().filter_map(|value| reader.place(value, is_image));
            found.extend(named.map(|code| (place.join("."), code)));
        }
    }
    found
}

/// Returns whether a resource takes nothing from `Globals` for a property: it ignores that (the same, "Overriding
/// globals"), or has its code in another property of those of which SAM takes one.
fn is_alone(resource: &Value, property: &str) -> bool {
    let is_ignored = match resource.get("IgnoreGlobals") {
        Some(Value::Array(names)) => names.iter().any(|name| name == property),
        all => all.is_some_and(|all| all == "*"),
    };
    let has = |name: &&str| resource.get("Properties").is_some_and(|own| own.get(*name).is_some());
    is_ignored || OF_FUNCTIONS.iter().filter(|name| **name != property).any(has)
}

/// Returns a property with the members that only `Globals` has of it: SAM merges maps, and a map that is a function of
/// CloudFormation replaces the other one.
fn merged(own: &Value, common: &Value) -> Value {
    match (own, common) {
        (Value::Object(own), Value::Object(common)) if !is_function(own) && !is_function(common) => {
            Value::Object(common.clone().into_iter().chain(own.clone()).collect())
        }
        _ => own.clone(),
    }
}

/// Returns whether a map is a function of CloudFormation.
fn is_function(all: &Map<String, Value>) -> bool {
    all.keys().any(|name| name == "Ref" || name.starts_with("Fn::"))
}

/// Returns the parts of the properties at a place.
fn at<'v>(properties: Option<&'v Value>, place: &[&str]) -> Vec<&'v Value> {
    let all: Vec<&Value> = properties.into_iter().collect();
    place.iter().fold(all, |values, name| {
        let members = values.into_iter().filter_map(Value::as_object).flatten();
        members.filter(|(key, _)| *name == "*" || key.as_str() == *name).map(|(_, value)| value).collect()
    })
}

struct Reader<'a> {
    template: &'a Value,
    values: &'a BTreeMap<String, String>,
}

impl Reader<'_> {
    fn place(&self, value: &Value, is_image: bool) -> Option<CodePlace> {
        match value.as_object().filter(|all| !is_function(all)) {
            Some(all) => OBJECTS.iter().find_map(|[bucket, key, version]| {
                let (bucket, key) = (self.text(all.get(*bucket)?), all.get(*key).and_then(|key| self.text(key)));
                let version = all.get(*version).map_or(Some(None), |version| self.text(version).map(Some));
                let object = bucket.zip(key).zip(version);
                let object = object.map(|((bucket, key), version)| CodePlace::Object { bucket, key, version });
                Some(object.unwrap_or(CodePlace::Unknown))
            }),
            None => match self.text(value) {
                None => Some(CodePlace::Unknown),
                Some(text) if is_image => Some(CodePlace::Image(text)),
                Some(text) => address(&text),
            },
        }
    }

    /// Returns what a value comes to; `None` if only CloudFormation knows it. Short functions such as `!Ref` are read
    /// as what they are applied to.
    fn text(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) if text.contains("${") => self.filled(text, None),
            Value::String(text) => self.values.get(text).or_else(|| (!self.is_made(text)).then_some(text)).cloned(),
            Value::Object(all) if all.len() == 1 => match all.iter().next()? {
                (name, Value::String(of)) if name == "Ref" => self.values.get(of).cloned(),
                (name, Value::String(text)) if name == "Fn::Sub" => self.filled(text, None),
                (name, Value::Array(of)) if name == "Fn::Sub" => self.sub(of),
                (name, Value::Array(of)) if name == "Fn::Join" => match of.as_slice() {
                    [Value::String(between), Value::Array(parts)] => {
                        let parts: Option<Vec<String>> = parts.iter().map(|part| self.text(part)).collect();
                        Some(parts?.join(between.as_str()))
                    }
                    _ => None,
                },
                _ => None,
            },
            Value::Array(of) => self.sub(of),
            _ => None,
        }
    }

    /// Returns what `Fn::Sub` makes from a text and variables of its own; `None` from anything else.
    fn sub(&self, parts: &[Value]) -> Option<String> {
        match parts {
            [Value::String(text), Value::Object(own)] if text.contains("${") => self.filled(text, Some(own)),
            _ => None,
        }
    }

    /// Returns whether a text names something of the template whose value is not known, or a secret elsewhere.
    fn is_made(&self, text: &str) -> bool {
        let name = text.split('.').next().unwrap_or_default();
        let is_in = |of: &&str| self.template.get(*of).is_some_and(|all| all.get(name).is_some());
        text.contains("{{resolve:") || ["Parameters", "Resources"].iter().any(is_in)
    }

    fn filled(&self, text: &str, own: Option<&Map<String, Value>>) -> Option<String> {
        let mut parts = text.split("${");
        let mut whole = parts.next()?.to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}')?;
            match own.and_then(|own| own.get(name)) {
                Some(value) => whole.push_str(&self.text(value)?),
                None => whole.push_str(self.values.get(name)?),
            }
            whole.push_str(rest);
        }
        Some(whole)
    }
}

/// Returns the object at an address; `None` if it is a path on somebody's machine. Each form of S3's own addresses is
/// known (Amazon S3 User Guide, "Virtual hosting of general purpose buckets").
fn address(text: &str) -> Option<CodePlace> {
    let (bucket, key) = match (text.strip_prefix("s3://"), text.strip_prefix("https://")) {
        (Some(rest), _) => rest.split_once('/')?,
        (_, Some(rest)) => {
            let (host, path) = rest.split_once('/')?;
            match host.rsplit_once(".s3") {
                Some((bucket, after)) if after.starts_with(['.', '-']) => (bucket, path),
                _ if host.starts_with("s3.") || host.starts_with("s3-") => path.split_once('/')?,
                _ => return Some(CodePlace::Unknown),
            }
        }
        _ => return None,
    };
    let (key, version) = key.split_once("?versionId=").map_or((key, None), |(key, version)| (key, Some(version)));
    if key.contains(['%', '?']) {
        return Some(CodePlace::Unknown);
    }
    Some(CodePlace::Object { bucket: bucket.into(), key: key.into(), version: version.map(str::to_owned) })
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
