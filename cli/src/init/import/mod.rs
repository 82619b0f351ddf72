//! The files of other deployers, as a declaration. Pure: a file goes in; a declaration and three lists come out: the
//! members that are carried over, those with another meaning from now on, and those that are not. Members that nobody
//! has read are among the last, so nothing is lost silently.

// Jsonnet that has to be evaluated is refused with the command that renders it: only its own tool knows what it
// reads from the environment. A guess would deploy another image.

pub mod containers;
pub mod ecspresso;
pub mod expression;
pub mod lambroll;
pub mod members;
pub mod sam;
pub mod sam_callers;
pub mod sam_preference;
pub mod sam_tags;

pub use members::UnreadMembers;

use crate::ground::{output, quoting};
use crate::init::import::members::OtherType;
use crate::init::names::{free, name};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::foreign;
use windlass_domain::text::name::LONGEST;

/// The time for which a release, and a canary before it, is watched where calls are counted: the first whole minute of a
/// metric begins up to a minute after the change, and its point comes about a minute after its end. It is the shortest
/// time that has a count to judge, so a canary leaves the first release within the ten minutes of the tutorials.
pub const WITH_COUNTS: &str = "3m";

/// A file that was read.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Imported {
    /// The components, by name.
    pub components: BTreeMap<String, Value>,
    /// Gates of the whole release: alarms.
    pub alarms: Vec<String>,
    /// Variables of the environment, and their values.
    pub vars: BTreeMap<String, String>,
    /// The variable that stands for each expression.
    pub expressions: BTreeMap<String, String>,
    /// The defaults of what an expression may name, by its name.
    pub defaults: BTreeMap<String, String>,
    /// The region of the targets.
    pub region: Option<String>,
    /// The members that are carried over: those of one document in one entry.
    pub carried: Vec<String>,
    /// The members that are carried over with another meaning, and which that is: one sentence each.
    pub changed: Vec<String>,
    /// The members that could not be carried over, and what to do about each: one sentence each.
    pub notes: Vec<String>,
    /// Those of the last two lists that are about the deployment preference of a function.
    pub of_preferences: Vec<String>,
}

impl Imported {
    /// Adds a component. Its name is made of another one, and no component has it yet. One that is cut is listed.
    pub fn add(&mut self, named: &str, written: Value) {
        let own = name(named);
        let component = free(&own, LONGEST, "-", |it| self.components.contains_key(it));
        if !letters(&own).ends_with(&letters(named)) || !component.starts_with(&own) {
            self.change(format!(
                "`{named}` is cut to `{component}`: names of components and applications have at most {LONGEST} letters"
            ));
        }
        self.components.insert(component, written);
    }

    /// Lists the members of a document that were taken and not set aside, with the words that say of what they are.
    pub fn carry(&mut self, members: &UnreadMembers, of: &str) {
        if let Some(taken) = members.taken() {
            self.carried.push(foreign::line(&format!("{taken} of {of}")).into_owned());
        }
    }

    /// Notes a member that has another type than it was asked for, with what to do where it is not mended; `of` says of
    /// which document it is. Returns what was read of any other.
    pub fn of_type<T>(&mut self, read: Result<Option<T>, OtherType>, of: &str, or: &str) -> Option<T> {
        read.unwrap_or_else(|other| {
            self.note(format!("{}, or {or}", other.sentence(of)));
            None
        })
    }

    /// Notes something that is carried over with another meaning. It becomes one line.
    pub fn change(&mut self, what: impl AsRef<str>) {
        self.changed.push(foreign::line(what.as_ref()).into_owned());
    }

    /// Notes something that could not be carried over. It becomes one line: it stands in a comment.
    pub fn note(&mut self, what: impl AsRef<str>) {
        self.notes.push(foreign::line(what.as_ref()).into_owned());
    }

    /// Returns the declaration as a document.
    pub fn document(&self, app: &str, environment: &str) -> Value {
        let mut here = Map::new();
        here.insert("deploy".into(), json!({"tag": "stable"}));
        here.extend(self.region.iter().map(|region| ("region".to_owned(), json!(region))));
        if !self.vars.is_empty() {
            here.insert("vars".into(), json!(self.vars));
        }
        let mut whole = json!({"app": app, "version": "1.0.0", "environments": {environment: here},
            "components": self.components});
        let mut gates = Map::new();
        if self.components.values().any(|it| it.get("gates").is_some()) {
            gates.insert("bake".to_owned(), json!(WITH_COUNTS));
            gates.insert("unknown".to_owned(), json!({"becomes": "pass"}));
        }
        if !self.alarms.is_empty() {
            gates.insert("alarms".to_owned(), json!(self.alarms));
        }
        if !gates.is_empty() {
            whole["gates"] = Value::Object(gates);
        }
        whole
    }

    /// Returns the declaration as a file for people, with the three lists at its top.
    pub fn text(&self, app: &str, environment: &str, from: &str) -> String {
        let mut lines = vec![format!("# From {}.", foreign::line(from))];
        for (head, entries) in [
            ("Carried over:", &self.carried),
            ("Carried over, with another meaning from now on:", &self.changed),
            ("What could not be carried over, and is yours to look at:", &self.notes),
        ] {
            if !entries.is_empty() {
                lines.push(format!("# {head}"));
            }
            lines.extend(entries.iter().map(|entry| format!("#  - {entry}")));
        }
        let document = self.document(app, environment);
        for member in ["app", "version", "environments", "components", "gates"] {
            if let Some(value) = document.get(member) {
                write(&mut lines, 0, member, value);
            }
        }
        lines.join("\n") + "\n"
    }
}

/// The notes on the deployment preference of one function, whose id each begins with.
#[derive(Debug)]
pub struct PreferenceNotes<'a> {
    /// The function's id in its template.
    pub id: &'a str,
    /// The file that they are of.
    pub of: &'a mut Imported,
}

impl PreferenceNotes<'_> {
    /// Notes what [`Imported::change`] notes.
    pub fn change(&mut self, what: impl AsRef<str>) {
        self.of.change(format!("`{}`: {}", self.id, what.as_ref()));
        self.of.of_preferences.extend(self.of.changed.last().cloned());
    }

    /// Notes what [`Imported::note`] notes.
    pub fn note(&mut self, what: impl AsRef<str>) {
        self.of.note(format!("`{}`: {}", self.id, what.as_ref()));
        self.of.of_preferences.extend(self.of.notes.last().cloned());
    }
}

/// Returns the letters and digits of a name, which stay whatever it becomes.
fn letters(named: &str) -> String {
    named.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Writes a member as YAML: maps in blocks, everything within a list as JSON, which is YAML as well.
fn write(lines: &mut Vec<String>, depth: usize, name: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    let key = quoting::in_yaml(name);
    match value {
        Value::Object(map) if !map.is_empty() => {
            lines.push(format!("{indent}{key}:"));
            for (name, value) in map {
                write(lines, depth + 1, name, value);
            }
        }
        Value::String(text) => lines.push(format!("{indent}{key}: {}", quoting::in_yaml(text))),
        other => {
            let other = other.to_string();
            lines.push(format!("{indent}{key}: {}", foreign::json(&other)));
        }
    }
}

/// Returns where and why a file is broken, without a full stop.
pub fn broken(finding: &Finding) -> String {
    let why = output::text(&finding.reason);
    format!("{}: {}", finding.path, why.trim_end_matches('.'))
}

/// Returns the name of the repository of an image of Amazon ECR, without registry and tag; `None` for any other image.
pub fn repository(image: &str) -> Option<String> {
    let (registry, rest) = image.split_once('/')?;
    if !registry.contains(".dkr.ecr.") && !registry.starts_with('{') {
        return None;
    }
    let name = rest.split('@').next()?.split(':').next()?;
    (!name.is_empty() && !name.contains(['{', '}'])).then(|| name.to_owned())
}

/// Returns what becomes of an image of Amazon ECR, of whose name the declaration keeps the repository alone. Without a
/// full stop.
pub fn image_change(image: &str, repository: &str) -> String {
    let (registry, rest) = image.split_once('/').unwrap_or_default();
    let version = rest.strip_prefix(repository).filter(|version| !version.is_empty()).unwrap_or(":latest");
    format!(
        "a release brings the digest of an image of the repository `{repository}`, and `{version}` counts no more. Windlass \
         takes images from the registry of its own account and region, and no longer from `{registry}` where that is \
         another one"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_made_of_what_images_are_called() {
        for (image, wanted) in [
            ("111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent:1.4.0", Some("shop/agent")),
            ("111111111111.dkr.ecr.eu-west-1.amazonaws.com/agent@sha256:ab", Some("agent")),
            ("{registry}/shop/agent:{tag}", Some("shop/agent")),
            ("public.ecr.aws/datadog/agent:7", None),
            ("nginx", None),
            ("{image}", None),
            ("{{ ssm `/shop/image` }}:{{ must_env `TAG` }}", None),
        ] {
            assert_eq!(repository(image).as_deref(), wanted, "{image}");
        }
    }

    #[test]
    fn a_name_that_is_cut_is_listed() {
        let (longest, more) = ("a".repeat(LONGEST), "a".repeat(LONGEST + 1));
        let cut = |named: &str, component: &str| {
            format!("`{named}` is cut to `{component}`: names of components and applications have at most 32 letters")
        };
        let numbered = format!("{}-2", "a".repeat(LONGEST - 2));
        for (all, wanted) in [
            (vec!["orders-stage", "Orders_Stage", "2nd"], vec![]),
            (vec![longest.as_str()], vec![]),
            (vec![more.as_str()], vec![cut(&more, &longest)]),
            (vec![longest.as_str(), longest.as_str()], vec![cut(&longest, &numbered)]),
        ] {
            let mut imported = Imported::default();
            for named in &all {
                imported.add(named, json!({}));
            }
            assert_eq!(imported.changed, wanted, "{all:?}");
        }
    }

    #[test]
    fn an_image_loses_its_version_and_its_registry() {
        const REGISTRY: &str = "111111111111.dkr.ecr.eu-west-1.amazonaws.com";
        for (image, version) in
            [("shop/agent:1.4.0", ":1.4.0"), ("shop/agent@sha256:ab", "@sha256:ab"), ("shop/agent", ":latest")]
        {
            let wanted = format!(
                "a release brings the digest of an image of the repository `shop/agent`, and `{version}` counts no more. \
                 Windlass takes images from the registry of its own account and region, and no longer from `{REGISTRY}` \
                 where that is another one"
            );
            assert_eq!(image_change(&format!("{REGISTRY}/{image}"), "shop/agent"), wanted);
        }
    }

    #[test]
    fn a_text_is_quoted_where_yaml_would_read_something_else() {
        let imported = Imported {
            components: BTreeMap::from([(
                "a".into(),
                json!({"kind": "lambda", "function": "{f}", "after": ["b"], "x": {}}),
            )]),
            notes: vec!["look".into()],
            ..Imported::default()
        };
        assert_eq!(
            imported.text("shop", "prod", "x.json"),
            "# From x.json.\n# What could not be carried over, and is yours to look at:\n#  - look\napp: shop\n\
             version: 1.0.0\nenvironments:\n  prod:\n    deploy:\n      tag: stable\ncomponents:\n  a:\n    after: [\"b\"]\n    \
             function: \"{f}\"\n    kind: lambda\n    x: {}\n"
        );
    }
}
