//! Texts that may differ by environment, and how they are filled in for one.

use super::aws_name::TextForm;
use crate::declaration::output::{Output, outputs_in};
use crate::document::secret;
use crate::document::shape::{asked_for, join, nearest, unknown_name};
use crate::text::finding::{Finding, FindingName, repeated};
use crate::text::name::{AppName, EnvironmentName};
use crate::text::prose::Prose;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The exceptions from the rules that one installation of Windlass allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// The endpoint of a local cloud, such as `http://localhost:4566`. Probes may reach it although it is a loopback
    /// address.
    pub probe_origin: Option<String>,
}

/// One environment while it is resolved: the values that its texts may use, and the findings.
pub(crate) struct Scope<'a> {
    pub(crate) app: &'a AppName,
    pub(crate) name: &'a EnvironmentName,
    /// All environments of the declaration.
    pub(crate) environments: BTreeSet<&'a EnvironmentName>,
    /// The region that the environment names.
    pub(crate) region: Option<&'a String>,
    /// The values that the environment gives to names.
    pub(crate) vars: &'a BTreeMap<String, String>,
    pub(crate) exceptions: &'a Exceptions,
    pub(crate) findings: Vec<Finding>,
    /// The outputs of components that stand in texts, each with the path of its text.
    pub(crate) taken: Vec<(String, Output)>,
}

/// A guess at what was meant by a text of another form.
type Guess = fn(&str) -> Option<String>;

/// The meaning of `${component.output}` in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OutputRule {
    /// It is filled in, and the text has its form then.
    Filled,
    /// It is a mistake: nothing is filled in there.
    Refused,
    /// It is a part of the text.
    Literal,
}

impl Scope<'_> {
    /// Notes something wrong.
    pub(crate) fn find(&mut self, name: FindingName, path: &str, reason: impl Into<Prose>, remedy: impl Into<Prose>) {
        self.note(Finding::new(name, path, reason, remedy));
    }

    /// Notes a bad value.
    pub(crate) fn bad_value(&mut self, path: &str, reason: impl Into<Prose>, remedy: impl Into<Prose>) {
        self.note(Finding::bad_value(path, reason, remedy));
    }

    /// Notes that something is missing.
    pub(crate) fn missing_field(&mut self, path: &str, reason: impl Into<Prose>, remedy: impl Into<Prose>) {
        self.note(Finding::missing_field(path, reason, remedy));
    }

    /// Notes that something is not supported.
    pub(crate) fn not_supported(&mut self, path: &str, reason: impl Into<Prose>, remedy: impl Into<Prose>) {
        self.note(Finding::not_supported(path, reason, remedy));
    }

    /// Notes a finding.
    pub(crate) fn note(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Fills in the text for this environment. Checks that it has the expected form, and that it is no secret now that
    /// it is filled in.
    pub(crate) fn text(&mut self, path: &str, text: &Text, form: &TextForm) -> String {
        self.text_or(path, text, form, |_| None)
    }

    /// Does what [`Scope::text`] does. `guess` returns what was probably meant by a text of another form; it counts
    /// where it has the form.
    pub(crate) fn text_or(&mut self, path: &str, text: &Text, form: &TextForm, guess: Guess) -> String {
        self.checked(path, text, form, guess, OutputRule::Refused)
    }

    /// Does what [`Scope::text`] does for a text that may have outputs of other components in it. The form of one that
    /// has some is checked when they are known.
    pub(crate) fn text_taking(&mut self, path: &str, text: &Text, form: &TextForm) -> String {
        self.checked(path, text, form, |_| None, OutputRule::Filled)
    }

    /// Does what [`Scope::text`] does for a text whose outputs its kind lists itself (`ResolvedKind::takes_from`).
    pub(crate) fn text_listing(&mut self, path: &str, text: &Text, form: &TextForm) -> String {
        self.checked(path, text, form, |_| None, OutputRule::Literal)
    }

    fn checked(&mut self, path: &str, text: &Text, form: &TextForm, guess: Guess, rule: OutputRule) -> String {
        let noted = self.findings.len();
        let Some((at, value)) = self.fill(path, text) else { return String::new() };
        let outputs = if rule == OutputRule::Literal { vec![] } else { outputs_in(&value) };
        if let Some(finding) = secret::finding(&at, path.rsplit('.').next().unwrap_or_default(), &value) {
            self.findings.push(finding);
        } else if let Some(output) = outputs.first().filter(|_| rule == OutputRule::Refused) {
            let reason = format!("`${{{output}}}` is not filled in here: this is no name of a target.");
            self.bad_value(&at, reason, format!("Write {} as it is.", form.words));
        } else if outputs.is_empty() && !(form.accepts)(&value) && self.findings.len() == noted {
            let meant = guess(&value).filter(|meant| (form.accepts)(meant)).or_else(|| self.in_brackets(&value));
            self.note(misfit(&at, &value, form, format!("{}Write {}.", asked_for(meant), form.words)));
        }
        if rule == OutputRule::Filled {
            self.taken.extend(outputs.into_iter().map(|output| (at.clone(), output)));
        }
        value
    }

    /// Fills in a text that may be absent.
    pub(crate) fn maybe(&mut self, path: &str, text: Option<&Text>, form: &TextForm) -> Option<String> {
        text.map(|text| self.text(path, text, form))
    }

    /// Fills in each text of a list, such as the words of a command.
    pub(crate) fn texts(&mut self, path: &str, texts: &[Text], form: &TextForm) -> Vec<String> {
        texts.iter().enumerate().map(|(nth, text)| self.text_listing(&format!("{path}[{nth}]"), text, form)).collect()
    }

    /// Notes a value in which nothing is filled in, and that does not have the form that AWS gives to such names.
    pub(crate) fn check(&mut self, path: &str, value: &str, form: &TextForm) {
        if !(form.accepts)(value) {
            self.note(misfit(path, value, form, format!("Write {}{}.", form.words, unless_filled_in(value))));
        }
    }

    /// Returns what was probably meant by a pattern of files, in the component at `path`, that names a variable.
    pub(crate) fn pattern_meant(&self, path: &str, pattern: &str) -> Option<String> {
        let component = path.split('.').nth(1)?;
        let names = self.environments.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(",");
        let names = if self.environments.len() > 1 { format!("{{{names}}}") } else { names };
        with_values(pattern, self.app, &names, component, self.vars)
    }

    fn fill(&mut self, path: &str, text: &Text) -> Option<(String, String)> {
        let (path, text) = match text {
            Text::Everywhere(text) => (path.to_owned(), text),
            Text::PerEnvironment(texts) => (join(path, self.name.as_str()), self.mine_of(path, texts)?),
        };
        if let Some(meant) = self.closed(text) {
            let reason = format!("`{}` has a brace without its other one.", repeated(text));
            let remedy = format!("{}Write each brace of a variable with its other one.", asked_for(Some(meant)));
            self.note(Finding::bad_value(path.clone(), reason, remedy).seen(repeated(text), ""));
        }
        let mut filled = String::new();
        for part in parts(text) {
            match part {
                TextPart::Literal(literal) => filled.push_str(literal),
                TextPart::Placeholder(name) => filled.push_str(self.value_of(&path, name)?),
            }
        }
        Some((path, filled))
    }

    fn mine_of<'t>(&mut self, path: &str, texts: &'t BTreeMap<EnvironmentName, String>) -> Option<&'t String> {
        let unknown = texts.keys().filter(|name| !self.environments.contains(name));
        let unknown: Vec<&EnvironmentName> = unknown.collect();
        for unknown in unknown {
            let reason = format!("`{unknown}` is not an environment of this declaration.");
            let path = join(path, unknown.as_str());
            let finding = unknown_name(path, reason, unknown.as_str(), &self.environments, "");
            self.note(finding.resting_on([of_environment(unknown)]));
        }
        let mine = texts.get(self.name);
        if mine.is_none() {
            let path = join(path, self.name.as_str());
            let reason = format!("There is no value for the environment `{}`.", self.name);
            let remedy = format!("Write one, such as `{}: …`, or one text with `{{environment}}`.", self.name);
            self.note(
                Finding::missing_field(path, reason, remedy)
                    .resting_on([of_environment(self.name)])
                    .seen("", self.name),
            );
        }
        mine
    }

    /// Returns the names that are filled in.
    fn variables(&self) -> Vec<String> {
        ["app", "environment"].map(str::to_owned).into_iter().chain(self.vars.keys().cloned()).collect()
    }

    /// Guesses what was meant by a text in brackets that was not filled in, because it is no name.
    fn in_brackets(&self, value: &str) -> Option<String> {
        let (_, rest) = value.split_once('{')?;
        let (inner, _) = rest.split_once('}')?;
        let known = self.variables();
        let meant = nearest(inner.trim(), &known)?;
        Some(format!("{{{meant}}}"))
    }

    /// Returns what was meant by a text in which the braces of one of its variables are not a pair; `None` where they
    /// are. Other texts may have single braces.
    fn closed(&self, text: &str) -> Option<String> {
        self.variables().iter().find_map(|name| {
            let whole = format!("{{{name}}}");
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let opened = text.rsplit_once(&format!("{{{name}")).filter(|(_, rest)| !rest.contains('}') && ends(rest));
            let begins = |before: &str| !before.contains('{') && !before.ends_with(|c: char| c.is_ascii_alphanumeric());
            let closed = || text.split_once(&format!("{name}}}")).filter(|(before, _)| begins(before));
            let (before, behind) = opened.or_else(closed)?;
            Some(format!("{before}{whole}{behind}"))
        })
    }

    fn value_of(&mut self, path: &str, name: &str) -> Option<&str> {
        if name == "app" {
            return Some(self.app.as_str());
        }
        if name == "environment" {
            return Some(self.name.as_str());
        }
        let vars = self.vars;
        if let Some(value) = vars.get(name) {
            return Some(value);
        }
        let reason = format!("`{{{name}}}` has no value in the environment `{}`.", self.name);
        let otherwise = format!("Or give it a value in `environments.{}.vars`.", self.name);
        let value = format!("{}.vars.{name}", of_environment(self.name));
        self.note(unknown_name(path, reason, name, self.variables(), otherwise).resting_on([value]));
        None
    }
}

/// The reason why a pattern that names a variable is none, for the end of a sentence.
pub(crate) const NOT_FILLED_IN: &str = "no variable is filled in here, and braces hold alternatives";

/// Returns the end of a remedy for a value in which nothing is filled in, if it names a variable.
pub(super) fn unless_filled_in(value: &str) -> &'static str {
    let names_one = parts(value).iter().any(|part| matches!(part, TextPart::Placeholder(_)));
    if names_one { "; no variable is filled in here" } else { "" }
}

/// Returns a pattern with the values of the variables that it names; `None` if it names none.
pub(super) fn with_values(
    pattern: &str,
    app: &AppName,
    environment: &str,
    component: &str,
    vars: &BTreeMap<String, String>,
) -> Option<String> {
    let value = |name: &str| match name {
        "app" => app.to_string(),
        "environment" => environment.to_owned(),
        "component" => component.to_owned(),
        own => vars.get(own).cloned().unwrap_or_else(|| format!("{{{own}}}")),
    };
    let filled = parts(pattern).into_iter().map(|part| match part {
        TextPart::Literal(literal) => literal.to_owned(),
        TextPart::Placeholder(name) => value(name),
    });
    let filled: String = filled.collect();
    (filled != pattern).then_some(filled)
}

/// Makes the finding of a value that does not have its form.
fn misfit(path: &str, value: &str, form: &TextForm, remedy: String) -> Finding {
    let is_not = if value.starts_with("arn:") { "an ARN, and not" } else { "not" };
    let reason = format!("`{}` is {is_not} {}.", repeated(value), form.words);
    Finding::bad_value(path, reason, remedy).seen(repeated(value), form.words)
}

/// Returns the path of an environment.
fn of_environment(name: &EnvironmentName) -> String {
    format!("environments.{name}")
}

/// One text for all environments, such as `shop-web-{environment}`, or a text for each environment, such as
/// `{dev: E1, prod: E3}`. Windlass replaces `{app}` and `{environment}` by the names, and a placeholder such as
/// `{color}` by the value of `color` in the environment's `vars`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Text {
    /// One text for every environment.
    Everywhere(String),
    /// A text for each environment by name.
    PerEnvironment(BTreeMap<EnvironmentName, String>),
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextPart<'a> {
    Literal(&'a str),
    Placeholder(&'a str),
}

/// Cuts a text into literals and placeholders. A brace that does not enclose a name is a literal,
/// so that JSON within a text stays what it is.
pub(super) fn parts(text: &str) -> Vec<TextPart<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(open) = rest[from..].find('{').map(|at| from + at) {
        let close = rest[open..].find('}').map(|at| open + at);
        match close {
            Some(close) if is_variable(&rest[open + 1..close]) => {
                parts.push(TextPart::Literal(&rest[..open]));
                parts.push(TextPart::Placeholder(&rest[open + 1..close]));
                rest = &rest[close + 1..];
                from = 0;
            }
            _ => from = open + 1,
        }
    }
    parts.push(TextPart::Literal(rest));
    parts
}

/// Returns whether a text can be the name of a variable.
fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_placeholders() {
        // `<name>` stands for a placeholder.
        let table = [
            ("", "[]"),
            ("shop", "[shop]"),
            ("{app}", "[]<app>[]"),
            ("shop-{environment}-{a_b-1}x", "[shop-]<environment>[-]<a_b-1>[x]"),
            ("{app}{app}", "[]<app>[]<app>[]"),
            ("{", "[{]"),
            ("{}", "[{}]"),
            ("a}{b", "[a}{b]"),
            ("{1a}{-b}{a.b}{a b}", "[{1a}{-b}{a.b}{a b}]"),
            (r#"{"a": "{app}"}"#, r#"[{"a": "]<app>["}]"#),
            ("{{app}}", "[{]<app>[}]"),
            ("é{app}é", "[é]<app>[é]"),
        ];
        for (text, wanted) in table {
            let rendered: String = parts(text)
                .iter()
                .map(|part| match part {
                    TextPart::Literal(text) => format!("[{text}]"),
                    TextPart::Placeholder(name) => format!("<{name}>"),
                })
                .collect();
            assert_eq!(rendered, wanted, "{text}");
        }
    }

    #[test]
    fn a_guess_counts_where_it_has_the_form() {
        const SHORT: TextForm = TextForm { accepts: |text| text.len() < 3, words: "two letters" };
        const CLOSE: &str = "Write each brace of a variable with its other one.";
        let (app, name) = (AppName::new("shop").unwrap(), EnvironmentName::new("dev").unwrap());
        let (vars, exceptions) = (BTreeMap::new(), Exceptions::default());
        for (text, wanted) in [
            ("a-b", "Did you mean `ab`? Write two letters.".to_owned()),
            ("a-bc", "Write two letters.".to_owned()),
            ("ab", String::new()),
            ("{", String::new()),
            ("x-{app-y", format!("Did you mean `x-{{app}}-y`? {CLOSE}")),
            ("{app}-{environment", format!("Did you mean `{{app}}-{{environment}}`? {CLOSE}")),
            ("x-environment}", format!("Did you mean `x-{{environment}}`? {CLOSE}")),
        ] {
            let mut scope = Scope {
                app: &app,
                name: &name,
                environments: [&name].into(),
                region: None,
                vars: &vars,
                exceptions: &exceptions,
                findings: Vec::new(),
                taken: Vec::new(),
            };
            let written = Text::Everywhere(text.to_owned());
            scope.text_or("field", &written, &SHORT, |value| Some(value.replace('-', "")));
            let remedies: String = scope.findings.iter().map(|finding| finding.remedy.written()).collect();
            assert_eq!(remedies, wanted, "{text}");
        }
    }
}
