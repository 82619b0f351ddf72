//! Templates of CloudFormation in memory: JSON with parameters, resources and outputs, and the functions `Ref`,
//! `Fn::GetAtt`, `Fn::Sub` and `Fn::Join` (AWS CloudFormation Template Reference).

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{ParameterValue, Result, TemplateParameter, TemplateSummary};

/// A template that was read.
#[derive(Debug, Clone)]
pub(crate) struct Template(Value);

/// The values that the functions of a template stand for.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'a> {
    /// The stack's name.
    pub(crate) stack: &'a str,
    /// The values of the parameters.
    pub(crate) parameters: &'a BTreeMap<String, String>,
    /// The type of each resource that is there, and its name in its service.
    pub(crate) made: BTreeMap<String, (String, String)>,
}

/// Returns the refusal of an input that is not valid.
pub(crate) fn invalid(why: impl std::fmt::Display) -> Fault {
    Fault::new(FaultName::Refused, format!("ValidationError: {why}"))
}

impl Template {
    /// Reads a template; `Refused` if it is none.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let read: Value =
            serde_json::from_str(text).map_err(|error| invalid(format!("Template format error: {error}")))?;
        let resources = read["Resources"].as_object().filter(|resources| !resources.is_empty());
        let Some(resources) = resources else {
            return Err(invalid("Template format error: At least one Resources member must be defined."));
        };
        let untyped = resources.iter().find(|(_, resource)| !resource["Type"].is_string());
        if let Some((logical, _)) = untyped {
            return Err(invalid(format!("Template format error: [/Resources/{logical}] has no Type")));
        }
        Ok(Self(read))
    }

    fn members(&self, section: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.0[section].as_object().into_iter().flatten()
    }

    /// Returns the type of a resource; `None` if the template has none of that name.
    pub(crate) fn kind(&self, logical: &str) -> Option<&str> {
        self.0["Resources"][logical]["Type"].as_str()
    }

    /// Returns an attribute of a resource, such as `DeletionPolicy`; an empty text where it has none.
    pub(crate) fn attribute(&self, logical: &str, name: &str) -> String {
        self.0["Resources"][logical][name].as_str().unwrap_or_default().to_owned()
    }

    /// Returns a property of a resource as it is written.
    pub(crate) fn property(&self, logical: &str, name: &str) -> &Value {
        &self.0["Resources"][logical]["Properties"][name]
    }

    /// Returns the properties of a resource, with what its functions stand for.
    pub(crate) fn properties(&self, logical: &str, scope: &Scope<'_>) -> Map<String, Value> {
        let all = self.0["Resources"][logical]["Properties"].as_object().into_iter().flatten();
        all.map(|(name, value)| (name.clone(), scope.resolve(value))).collect()
    }

    /// Returns the outputs.
    pub(crate) fn outputs(&self, scope: &Scope<'_>) -> BTreeMap<String, String> {
        let value = |it: &Value| text_of(&scope.resolve(&it["Value"]));
        self.members("Outputs").map(|(name, it)| (name.clone(), value(it))).collect()
    }

    /// Returns the names of the resources, each behind those that it refers to or depends on.
    pub(crate) fn order(&self) -> Vec<String> {
        let mut left: Vec<(&String, &Value)> = self.members("Resources").collect();
        let mut ordered = Vec::<String>::new();
        while !left.is_empty() {
            let names: BTreeSet<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
            let is_free = |resource: &Value| references(resource).iter().all(|name| !names.contains(name.as_str()));
            // A circle is none that AWS takes; here it ends the order.
            let next = left.iter().position(|(_, resource)| is_free(resource)).unwrap_or_default();
            ordered.push(left.remove(next).0.clone());
        }
        ordered
    }

    /// Returns the parameters.
    pub(crate) fn parameters(&self) -> BTreeMap<String, TemplateParameter> {
        let parameter = |it: &Value| TemplateParameter {
            kind: it["Type"].as_str().unwrap_or("String").to_owned(),
            has_default: !it["Default"].is_null(),
            is_secret: it["NoEcho"] == true || it["NoEcho"] == "true",
        };
        self.members("Parameters").map(|(name, it)| (name.clone(), parameter(it))).collect()
    }

    /// Returns the types of the resources.
    fn types(&self) -> BTreeSet<String> {
        self.members("Resources").map(|(_, it)| text_of(&it["Type"])).collect()
    }

    /// Returns the transforms.
    fn transforms(&self) -> Vec<String> {
        match &self.0["Transform"] {
            Value::Array(all) => all.iter().map(text_of).collect(),
            Value::Null => vec![],
            one => vec![text_of(one)],
        }
    }

    /// Returns the capabilities that a change set of it needs.
    pub(crate) fn capabilities(&self) -> Vec<String> {
        let has_role = self.types().contains("AWS::IAM::Role");
        let mut resources = self.members("Resources");
        let is_named = has_role && resources.any(|(_, it)| it["Properties"]["RoleName"].is_string());
        let role = if is_named { "CAPABILITY_NAMED_IAM" } else { "CAPABILITY_IAM" };
        let needed = [(has_role, role), (!self.transforms().is_empty(), "CAPABILITY_AUTO_EXPAND")];
        let needed = needed.into_iter().filter(|(is_needed, _)| *is_needed);
        needed.map(|(_, word)| word.to_owned()).collect()
    }

    /// Returns what the template says of itself.
    pub(crate) fn summary(&self) -> TemplateSummary {
        let types = self.types().into_iter().collect();
        TemplateSummary { parameters: self.parameters(), transforms: self.transforms(), types }
    }

    /// Returns the values of all parameters; `Refused` if one is unknown or has none.
    pub(crate) fn values(
        &self,
        given: &BTreeMap<String, ParameterValue>,
        former: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>> {
        let known = self.parameters();
        if let Some(unknown) = given.keys().find(|name| !known.contains_key(*name)) {
            return Err(invalid(format!("Parameters: [{unknown}] do not exist in the template")));
        }
        let mut values = BTreeMap::new();
        for (name, parameter) in self.members("Parameters") {
            let value = match given.get(name) {
                Some(ParameterValue::New(value)) => Some(value.clone()),
                Some(ParameterValue::Former) => former.get(name).cloned(),
                // The trap: what is left out gets its default, and not the value that it has.
                None => Some(&parameter["Default"]).filter(|default| !default.is_null()).map(text_of),
            };
            let value = value.ok_or_else(|| invalid(format!("Parameters: [{name}] must have values")))?;
            values.insert(name.clone(), value);
        }
        Ok(values)
    }
}

/// Returns a value as a text.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the names within `${…}` of a text.
fn names_in(text: &str) -> Vec<&str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// Returns all names that a value refers to.
pub(crate) fn references(value: &Value) -> BTreeSet<String> {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    match value {
        Value::Array(all) => all.iter().flat_map(references).collect(),
        Value::Object(all) => {
            let of = |(name, value): (&String, &Value)| match (name.as_str(), value) {
                ("Ref" | "DependsOn", Value::String(name)) => BTreeSet::from([name.clone()]),
                ("DependsOn", Value::Array(names)) => names.iter().map(text_of).collect(),
                ("Fn::GetAtt", Value::Array(parts)) => parts.iter().take(1).map(text_of).collect(),
                ("Fn::GetAtt", Value::String(name)) => BTreeSet::from([first(name)]),
                ("Fn::Sub", Value::String(text)) => names_in(text).into_iter().map(first).collect(),
                _ => references(value),
            };
            all.iter().flat_map(of).collect()
        }
        _ => BTreeSet::new(),
    }
}

impl Scope<'_> {
    /// Returns a value with what its functions stand for.
    pub(crate) fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Array(all) => all.iter().map(|one| self.resolve(one)).collect(),
            Value::Object(all) => match (all.len(), all.iter().next()) {
                (1, Some((function, argument))) => self.call(function, argument),
                _ => self.resolve_all(all),
            },
            plain => plain.clone(),
        }
    }

    fn resolve_all(&self, all: &Map<String, Value>) -> Value {
        Value::Object(all.iter().map(|(name, value)| (name.clone(), self.resolve(value))).collect())
    }

    fn call(&self, function: &str, argument: &Value) -> Value {
        match (function, argument) {
            ("Ref" | "Fn::GetAtt", Value::String(name)) => self.value(name).into(),
            ("Fn::GetAtt", Value::Array(parts)) => {
                let parts: Vec<String> = parts.iter().map(text_of).collect();
                self.value(&parts.join(".")).into()
            }
            ("Fn::Sub", Value::String(text)) => {
                let names = names_in(text).into_iter();
                let filled = names.fold(text.clone(), |text, name| {
                    let place = format!("${{{name}}}");
                    text.replace(&place, &self.value(name))
                });
                filled.into()
            }
            ("Fn::Join", Value::Array(parts)) => {
                let separator = parts.first().map(text_of).unwrap_or_default();
                let joined = parts.get(1).map(|list| self.resolve(list)).unwrap_or_default();
                let joined: Vec<String> = joined.as_array().into_iter().flatten().map(text_of).collect();
                joined.join(&separator).into()
            }
            _ => Value::Object(Map::from_iter([(function.to_owned(), self.resolve(argument))])),
        }
    }

    /// Returns what a name stands for: a parameter, a resource, or an attribute of one.
    fn value(&self, name: &str) -> String {
        let pseudo = match name {
            "AWS::StackName" => self.stack,
            "AWS::Region" => "eu-west-1",
            "AWS::AccountId" => "111111111111",
            "AWS::Partition" => "aws",
            _ => "",
        };
        if !pseudo.is_empty() {
            return pseudo.to_owned();
        }
        if let Some(value) = self.parameters.get(name) {
            return value.clone();
        }
        let (logical, attribute) = name.split_once('.').unwrap_or((name, ""));
        match self.made.get(logical) {
            Some((kind, physical)) => attribute_of(kind, physical, attribute),
            None => format!("(known after {name})"),
        }
    }
}

/// Returns an attribute of a resource; its name in its service for an empty one.
fn attribute_of(kind: &str, physical: &str, attribute: &str) -> String {
    match (kind, attribute) {
        (_, "") => physical.to_owned(),
        ("AWS::S3::Bucket", "Arn") => format!("arn:aws:s3:::{physical}"),
        ("AWS::Lambda::Function", "Arn") => format!("arn:aws:lambda:eu-west-1:111111111111:function:{physical}"),
        ("AWS::Lambda::Version", "Version") => physical.rsplit(':').next().unwrap_or_default().to_owned(),
        _ => format!("{physical}.{attribute}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template() -> Template {
        let read = Template::read(
            &json!({
                "Parameters": {"Name": {"Type": "String"}, "Size": {"Type": "Number", "Default": 2}},
                "Resources": {
                    "Api": {"Type": "AWS::Lambda::Function", "DependsOn": "Queue", "Properties": {
                        "FunctionName": {"Fn::Sub": "${Name}-${AWS::Region}"},
                        "Bucket": {"Fn::GetAtt": ["Web", "Arn"]},
                    }},
                    "Queue": {"Type": "AWS::SQS::Queue"},
                    "Web": {"Type": "AWS::S3::Bucket"},
                },
                "Outputs": {"All": {"Value": {"Fn::Join": ["/", [{"Ref": "Web"}, {"Ref": "Size"}]]}}},
            })
            .to_string(),
        );
        read.unwrap()
    }

    #[test]
    fn a_resource_comes_behind_those_it_refers_to_and_its_functions_are_filled_in() {
        let template = template();
        assert_eq!(template.order(), ["Queue", "Web", "Api"]);
        let parameters = BTreeMap::from([("Name", "chat"), ("Size", "2")].map(|(a, b)| (a.to_owned(), b.to_owned())));
        let made = BTreeMap::from([("Web".to_owned(), ("AWS::S3::Bucket".to_owned(), "w".to_owned()))]);
        let scope = Scope { stack: "s", parameters: &parameters, made };
        let properties = Value::Object(template.properties("Api", &scope));
        assert_eq!(properties, json!({"FunctionName": "chat-eu-west-1", "Bucket": "arn:aws:s3:::w"}));
        assert_eq!(template.outputs(&scope)["All"], "w/2");
    }

    #[test]
    fn a_parameter_that_is_left_out_gets_its_default_and_not_what_it_was() {
        let former = BTreeMap::from([("Name".to_owned(), "chat".to_owned()), ("Size".to_owned(), "9".to_owned())]);
        let kept = BTreeMap::from([("Name".to_owned(), ParameterValue::Former)]);
        let values = template().values(&kept, &former).unwrap();
        assert_eq!((values["Name"].as_str(), values["Size"].as_str()), ("chat", "2"));
        for given in [BTreeMap::new(), BTreeMap::from([("Other".to_owned(), ParameterValue::Former)])] {
            assert_eq!(template().values(&given, &former).unwrap_err().name, FaultName::Refused);
        }
    }
}
