//! A template of AWS SAM, as `init` and `import` read it. What the functions of CloudFormation make nobody knows before
//! CloudFormation does. Pure.

use crate::init::import::sam_tags::without_tags;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::document::source::DocumentText;
use windlass_domain::document::syntax;
use windlass_domain::text::finding::Finding;

/// The largest template, in bytes (AWS CloudFormation User Guide, "CloudFormation quotas").
const LARGEST: usize = 1024 * 1024;

/// The type of a function of SAM.
pub const FUNCTION: &str = "AWS::Serverless::Function";

/// A template.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SamTemplate {
    /// The whole of it, in which the short forms of CloudFormation's functions are texts and lists.
    pub value: Value,
}

impl SamTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with its syntax.
    pub fn read(text: &str) -> Result<Self, Finding> {
        let read = |text: &str| syntax::yaml_with_tags("the template", text, LARGEST);
        // The replaced text has other lines than the one that a person mends.
        let value = read(&without_tags(text)).map_err(|finding| read(text).err().unwrap_or(finding))?;
        Ok(Self { value })
    }

    /// Returns the template with its numbers, truth values and empty entries of lists as texts, as they are written: for
    /// what a person is shown, because a reader makes `1000.0` of `1e3`. The text is the one that it was read of.
    #[must_use]
    pub fn written(&self, text: &str) -> Self {
        // The lists of short forms have the same places in both.
        let source = DocumentText::of(&without_tags(text)).kept();
        let mut value = self.value.clone();
        write_as_it_is("", &mut value, &source);
        Self { value }
    }

    /// Returns whether SAM transforms it.
    pub fn is_sam(&self) -> bool {
        let transform = &self.value["Transform"];
        let is = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("AWS::Serverless-"));
        is(transform) || transform.as_array().is_some_and(|all| all.iter().any(is))
    }

    /// Returns its functions by their logical ids.
    pub fn functions(&self) -> impl Iterator<Item = (&String, &Value)> {
        let resources = self.value["Resources"].as_object().into_iter().flatten();
        resources.filter(|(_, resource)| resource["Type"] == FUNCTION)
    }

    /// Returns the loops that make functions (AWS CloudFormation User Guide, "Fn::ForEach").
    pub fn loops_of_functions(&self) -> impl Iterator<Item = &str> {
        let resources = self.value["Resources"].as_object().into_iter().flatten();
        let loops = resources.filter(|(id, made)| id.starts_with("Fn::ForEach::") && makes_a_function(made));
        loops.map(|(id, _)| id.as_str())
    }

    /// Returns the properties of a function, with those that all functions have.
    pub fn properties(&self, id: &str) -> Value {
        merged(&self.value["Globals"]["Function"], &self.value["Resources"][id]["Properties"])
    }

    /// Returns the defaults of its parameters, by their names. That of a secret is nobody's here, and that of a parameter
    /// of AWS Systems Manager is the name of one.
    pub fn defaults(&self) -> BTreeMap<String, String> {
        let parameters = self.value["Parameters"].as_object().into_iter().flatten();
        let open = parameters.filter(|(_, it)| {
            let is_secret = it["NoEcho"] == true || it["NoEcho"] == "true";
            !is_secret && !it["Type"].as_str().is_some_and(|sort| sort.starts_with("AWS::SSM::"))
        });
        let defaults = open.filter_map(|(name, it)| Some((name.clone(), it["Default"].as_str()?.to_owned())));
        defaults.filter(|(_, value)| !value.is_empty() && !value.contains(['{', '}'])).collect()
    }

    /// Returns the functions that deployment preferences call. They are those that the preferences name, and those that
    /// CodeDeploy may call without a further permission, by their names (AWS Serverless Application Model Developer
    /// Guide, "Deploying serverless applications gradually").
    pub fn hooks(&self) -> BTreeSet<String> {
        let resources = self.value["Resources"].as_object();
        let own = resources.into_iter().flatten().map(|(_, it)| &it["Properties"]["DeploymentPreference"]);
        let common = &self.value["Globals"]["Function"]["DeploymentPreference"];
        let hooks = own.chain(std::iter::once(common)).filter_map(|preference| preference["Hooks"].as_object());
        let called = hooks.flatten().filter_map(|(_, hook)| hook.as_str().or_else(|| hook["Ref"].as_str()));
        let mut hooks: BTreeSet<String> = called.map(|text| reference(text).to_owned()).collect();
        let named = resources.into_iter().flatten().filter(|(_, it)| {
            let name = it["Properties"]["FunctionName"].as_str();
            name.is_some_and(|name| name.starts_with("CodeDeployHook_"))
        });
        hooks.extend(named.map(|(id, _)| id.clone()));
        hooks
    }

    /// Returns the alias of a function: the one that SAM publishes, else the one that the template makes itself.
    pub fn alias(&self, id: &str) -> Option<String> {
        let published = self.properties(id)["AutoPublishAlias"].as_str().and_then(|alias| self.plain(alias));
        published.or_else(|| self.plain(self.own_alias(id)?["Properties"]["Name"].as_str()?))
    }

    /// Returns whether SAM publishes a function under an alias that only CloudFormation knows. The alias of `Globals`
    /// counts as well: the function would get it as soon as its own one is taken out.
    pub fn has_unknown_alias(&self, id: &str) -> bool {
        let own = &self.value["Resources"][id]["Properties"]["AutoPublishAlias"];
        let common = &self.value["Globals"]["Function"]["AutoPublishAlias"];
        let is_unknown = |alias: &Value| alias.as_str().and_then(|alias| self.plain(alias)).is_none();
        [own, common].into_iter().any(|alias| !alias.is_null() && is_unknown(alias))
    }

    /// Returns the alias that the template itself makes for a function, whatever its name is.
    pub fn own_alias(&self, id: &str) -> Option<&Value> {
        let own = format!("${{{id}}}");
        let mut resources = self.value["Resources"].as_object()?.values();
        resources.find(|it| it["Type"] == "AWS::Lambda::Alias" && it["Properties"]["FunctionName"] == own)
    }

    /// Returns the functions that SAM publishes only because of `Globals`, each with its alias.
    pub fn published_by_globals(&self) -> Vec<(String, String)> {
        let common = self.value["Globals"]["Function"]["AutoPublishAlias"].as_str();
        let Some(alias) = common.and_then(|alias| self.plain(alias)) else { return Vec::new() };
        let published = self.functions().filter(|(_, it)| it["Properties"]["AutoPublishAlias"].is_null());
        published.map(|(id, _)| (id.clone(), alias.clone())).collect()
    }

    /// Returns the name of an alias as it is, or the default of the parameter that it refers to; `None` where it is no
    /// name (AWS Lambda API Reference, "CreateAlias"), such as one that CloudFormation puts together.
    fn plain(&self, text: &str) -> Option<String> {
        let reference = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        let name = match reference {
            None => text,
            Some(parameter) => self.value["Parameters"][parameter]["Default"].as_str()?,
        };
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        (is_name && !name.is_empty()).then(|| name.to_owned())
    }
}

/// Returns the part of a function's logical id that names its component.
pub fn component_of(id: &str) -> &str {
    id.strip_suffix("Function").filter(|rest| !rest.is_empty()).unwrap_or(id)
}

/// Returns the logical id that a reference names.
pub fn reference(text: &str) -> &str {
    let id = text.trim_start_matches("${").trim_end_matches('}');
    id.split('.').next().unwrap_or(id)
}

/// Returns the logical id that a text names which is a reference and nothing else.
pub fn whole_reference(text: &str) -> Option<&str> {
    let named = text.strip_prefix("${")?.strip_suffix('}')?;
    named.split('.').next().filter(|_| !named.contains(['{', '}']))
}

fn makes_a_function(value: &Value) -> bool {
    match value {
        Value::Array(all) => all.iter().any(makes_a_function),
        Value::Object(map) => value["Type"] == FUNCTION || map.values().any(makes_a_function),
        _ => false,
    }
}

/// Makes texts of the scalars of a value at a JSON pointer. A member without a value stays one.
fn write_as_it_is(place: &str, value: &mut Value, source: &DocumentText<'_>) {
    match value {
        Value::Object(map) => {
            for (name, below) in map.iter_mut().filter(|(_, below)| !below.is_null()) {
                let name = name.replace('~', "~0").replace('/', "~1");
                write_as_it_is(&format!("{place}/{name}"), below, source);
            }
        }
        Value::Array(all) => {
            for (at, below) in all.iter_mut().enumerate() {
                write_as_it_is(&format!("{place}/{at}"), below, source);
            }
        }
        Value::String(_) => {}
        scalar => {
            if let Some(written) = source.plain(place) {
                *scalar = Value::from(written);
            }
        }
    }
}

/// Returns the value of a function's member: maps of `Globals` and of the function are merged, lists are joined, and
/// any other value of the function replaces the one of `Globals` (AWS Serverless Application Model Developer Guide,
/// "Globals section of the AWS SAM template", "Overriding globals").
fn merged(common: &Value, own: &Value) -> Value {
    match (common, own) {
        (Value::Object(common), Value::Object(own)) => {
            let mut all = common.clone();
            for (member, value) in own {
                let value = merged(&common.get(member).cloned().unwrap_or_default(), value);
                all.insert(member.clone(), value);
            }
            Value::Object(all)
        }
        (Value::Array(common), Value::Array(own)) => Value::Array(common.iter().chain(own).cloned().collect()),
        (common, Value::Null) => common.clone(),
        (_, own) => own.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_broken_template_has_the_line_that_a_person_wrote() {
        let text = "Resources:\n  One:\n    Type: AWS::Serverless::Function\n    Properties:\n      Policies: !If\n        - \
                    IsProd\n        - a\n        - b\n      Timeout: 3\n      Policies:\n        - c\n";
        let finding = SamTemplate::read(text).unwrap_err();
        let wanted = syntax::yaml_with_tags("the template", text, LARGEST).unwrap_err();
        assert_eq!((finding.path.as_str(), &finding.reason), ("line 10 column 7", &wanted.reason));
    }

    #[test]
    fn what_is_no_text_is_shown_as_it_is_written() {
        let text = "a/b: {n: 0123, e: 1e3, o: on, t: '010', none: ~}\nl: !If\n  - IsProd\n  - 1_000\n  - ~\nf: [!Ref B, !If [A, \
                    010, é]]\n";
        let template = SamTemplate::read(text).unwrap();
        let wanted = json!({
            "a/b": {"n": "0123", "e": "1e3", "o": "on", "t": "010", "none": null},
            "l": ["!If", "IsProd", "1_000", "~"],
            "f": ["${B}", ["!If", "A", "010", "é"]],
        });
        assert_eq!(template.written(text).value, wanted);
    }

    #[test]
    fn a_reference_is_one_whole() {
        for (text, wanted) in [
            ("${Errors}", Some("Errors")),
            ("${Errors.Arn}", Some("Errors")),
            ("a-${Errors}", None),
            ("${A}-${B}", None),
            ("Errors", None),
        ] {
            assert_eq!(whole_reference(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_default_is_the_value_of_an_open_parameter() {
        for (parameter, wanted) in [
            ("{Type: String, Default: dev}", Some("dev")),
            ("{Type: String}", None),
            ("{Type: String, Default: ''}", None),
            ("{Type: String, Default: '{app}'}", None),
            ("{Type: Number, Default: 1.10}", None),
            ("{Type: String, Default: dev, NoEcho: true}", None),
            ("{Type: String, Default: dev, NoEcho: 'true'}", None),
            ("{Type: String, Default: dev, NoEcho: false}", Some("dev")),
            ("{Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/stage}", None),
        ] {
            let template = SamTemplate::read(&format!("Parameters:\n  Stage: {parameter}\n")).unwrap();
            assert_eq!(template.defaults().get("Stage").map(String::as_str), wanted, "{parameter}");
        }
    }

    #[test]
    fn a_function_has_what_all_have_and_its_own() {
        let text = "Transform: [X, AWS::Serverless-2016-10-31]\nParameters: {Callers: {Default: stable}}\nGlobals:\n  \
                    Function:\n    AutoPublishAlias: !Ref Callers\n    Layers: [a]\n    Environment: {Variables: {A: 1, B: 2}}\n\
                    Resources:\n  One:\n    Type: AWS::Serverless::Function\n    Properties:\n      Layers: [b]\n      \
                    Environment: {Variables: {B: 3}}\n      DeploymentPreference: {Hooks: {PreTraffic: !Ref Check}}\n  \
                    Two:\n    Type: AWS::Serverless::Function\n    Properties: {AutoPublishAlias: own}\n";
        let template = SamTemplate::read(text).unwrap();
        assert!(template.is_sam());
        let one = template.properties("One");
        assert_eq!(one["Layers"], json!(["a", "b"]));
        assert_eq!(one["Environment"], json!({"Variables": {"A": 1, "B": 3}}));
        let aliases = ["One", "Two"].map(|id| template.alias(id).unwrap());
        assert_eq!(aliases, ["stable", "own"]);
        assert_eq!(template.published_by_globals(), [("One".to_owned(), "stable".to_owned())]);
        assert_eq!(template.hooks(), BTreeSet::from(["Check".to_owned()]));
    }
}
