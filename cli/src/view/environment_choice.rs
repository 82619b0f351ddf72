//! The environment that a Git ref or an image tag chooses by the declaration in force, one line for each rule; and who
//! may release into an environment without any right to it. Pure.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::output::text;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_domain::declaration::resolved::{ResolvedEnvironment, Start};
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::document::git_rule::{GitRef, GitRule};
use windlass_domain::release::request::Route;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::{AppName, EnvironmentName};

/// The ref or the tag that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentChoice {
    /// A full Git ref, with its source.
    Ref {
        /// The ref.
        reference: String,
        /// Its source.
        source: &'static str,
    },
    /// The tag of an image.
    ImageTag(String),
}

/// The answer.
#[derive(Debug)]
pub struct ChoiceAnswer {
    /// For people.
    pub words: String,
    /// For programs.
    pub document: Value,
    /// The exit status: that of a release which no environment takes, if none is chosen.
    pub exit: Exit,
}

impl EnvironmentChoice {
    /// Chooses by the rules of the declaration in force.
    ///
    /// # Errors
    /// A declaration that this program cannot read.
    pub fn of(&self, app: &AppName, declared: &Declared) -> Result<ChoiceAnswer, Failure> {
        let declaration = declared.read().map_err(|_| {
            let what = "the declaration in force";
            Failure::not_understood(what, "it is not valid for this program")
        })?;
        let (version, accepted) = (&declared.version, declared.accepted);
        let head =
            format!("{app}: {}, by version {version} of the declaration, in force since {accepted}", self.subject());
        let rules = self.rules(&declaration);
        let lines = rules.iter().map(|(name, line, _)| format!("  {name}: {line}"));
        let mut words = vec![head];
        words.extend(lines);
        let (chosen, end, findings) = self.end(&declaration);
        words.push(end);
        let exit = if findings.is_empty() { Exit::Good } else { Exit::Rejected };
        let rules =
            rules.iter().map(|(name, line, matches)| json!({"environment": name, "rule": line, "matches": matches}));
        Ok(ChoiceAnswer {
            words: words.join("\n"),
            document: json!({"app": app, "asked": self.text(), "declaration": version, "chosen": chosen,
                "rules": rules.collect::<Vec<_>>(), "findings": findings}),
            exit,
        })
    }

    fn text(&self) -> &str {
        match self {
            Self::Ref { reference, .. } => reference,
            Self::ImageTag(tag) => tag,
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Ref { reference, source } => format!("`{reference}` ({source})"),
            Self::ImageTag(tag) => format!("an image of the tag `{tag}`"),
        }
    }

    fn matches(&self, rule: &GitRule) -> bool {
        match self {
            Self::Ref { reference, .. } => rule.matches(GitRef::of(reference)),
            Self::ImageTag(tag) => rule.matches_image_tag(tag),
        }
    }

    /// Returns each environment with its rule in words, and whether it matches.
    fn rules<'a>(&self, declaration: &'a Declaration) -> Vec<(&'a EnvironmentName, String, bool)> {
        let rule_of = |name: &EnvironmentName| {
            let mut rules = declaration.rules();
            rules.find(|(known, _)| *known == name).map(|(_, rule)| rule)
        };
        declaration
            .environments()
            .map(|name| match rule_of(name) {
                None => (name, "has no rule: only who names it deploys there".to_owned(), false),
                Some(rule) => {
                    let matches = self.matches(&rule);
                    let word = if matches { "matches" } else { "does not match" };
                    (name, format!("{rule}: {word}"), matches)
                }
            })
            .collect()
    }

    /// Returns the environment that is chosen, the last line, and the findings if none is.
    fn end(&self, declaration: &Declaration) -> (Option<EnvironmentName>, String, Vec<Finding>) {
        let (path, chosen) = match self {
            Self::Ref { reference, .. } => ("git.ref", declaration.environment_for(reference)),
            Self::ImageTag(tag) => ("image tag", declaration.environment_for_image_tag(tag)),
        };
        match chosen {
            Ok(Some(name)) => {
                let start = declaration.resolve(&name).map(|here| here.start);
                let started = match start {
                    Ok(Start::Manual) => ", where it is recorded, and a person starts it",
                    _ => "",
                };
                let line = format!("it goes to {name}{started}");
                (Some(name), line, Vec::new())
            }
            Ok(None) => none(declaration.no_rule(path, self.text())),
            Err(finding) => none(finding),
        }
    }
}

fn none(finding: Finding) -> (Option<EnvironmentName>, String, Vec<Finding>) {
    let line = format!("it goes nowhere: {}\n  {}", text(&finding.reason), text(&finding.remedy));
    (None, line, vec![finding])
}

/// Returns a sentence about who can release there by the sources that it names; `None` where each release needs a right
/// to the environment.
pub fn without_a_right(here: &ResolvedEnvironment) -> Option<String> {
    let (app, environment) = (&here.app, &here.environment);
    let mut may = Vec::new();
    if here.sources.contains(&Route::S3) {
        let alone = here.components.iter().filter(|(_, it)| it.on_artifact);
        let alone = alone.map(|(name, _)| format!("`artifacts/{app}/{environment}/{name}/`"));
        let places = std::iter::once(format!("`releases/{app}/{environment}/`")).chain(alone);
        let places: Vec<String> = places.collect();
        may.push(format!("upload to the artifacts bucket below {}", places.join(" or ")));
    }
    if here.sources.contains(&Route::Ecr) {
        let repositories = here.components.keys().flat_map(|name| here.repositories(name).into_values());
        let repositories: BTreeSet<String> = repositories.map(|name| format!("`{name}`")).collect();
        if !repositories.is_empty() {
            let repositories: Vec<String> = repositories.into_iter().collect();
            may.push(format!("push an image to {}", repositories.join(" or ")));
        }
    }
    (!may.is_empty())
        .then(|| format!("whoever may {} can release there, without any right to the environment", may.join(", or ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::text::time::Time;

    fn answer(chooses: &EnvironmentChoice) -> ChoiceAnswer {
        let text = "{app: shop, version: 1.3.0, components: {web: {kind: static_site, bucket: 'shop-{environment}'}}, \
            environments: {dev: {deploy: {branch: main}}, prod: {deploy: {tag: stable}, start: manual}, lab: {}}}";
        let declaration = Declaration::parse(text).unwrap();
        let declared = Declared::new(&declaration, text, Time(0), None);
        chooses.of(&AppName::new("shop").unwrap(), &declared).unwrap()
    }

    fn reference(text: &str) -> EnvironmentChoice {
        EnvironmentChoice::Ref { reference: text.into(), source: "given by `--git-ref`" }
    }

    #[test]
    fn each_rule_is_one_line_and_the_last_says_where_it_goes() {
        let dev = answer(&reference("refs/heads/main"));
        assert_eq!(
            dev.words.lines().collect::<Vec<_>>(),
            [
                "shop: `refs/heads/main` (given by `--git-ref`), by version 1.3.0 of the declaration, in force since \
                 1970-01-01T00:00:00Z",
                "  dev: takes the branches `main`: matches",
                "  prod: takes tags such as `v1.4.0`: does not match",
                "  lab: has no rule: only who names it deploys there",
                "it goes to dev",
            ]
        );
        assert_eq!((dev.exit, &dev.document["chosen"]), (Exit::Good, &json!("dev")));
        let prod = answer(&reference("refs/tags/v1.4.0"));
        assert!(
            prod.words.ends_with("it goes to prod, where it is recorded, and a person starts it"),
            "{}",
            prod.words
        );
        let image = answer(&EnvironmentChoice::ImageTag("main-9f2c1ab".into()));
        assert_eq!(image.document["chosen"], "dev", "{}", image.words);
    }

    #[test]
    fn what_no_rule_takes_goes_nowhere_and_ends_as_its_release_would() {
        for chooses in [reference("refs/heads/mian"), EnvironmentChoice::ImageTag("latest".into())] {
            let answer = answer(&chooses);
            assert_eq!(answer.exit, Exit::Rejected, "{}", answer.words);
            assert!(answer.words.contains("it goes nowhere: `"), "{}", answer.words);
            assert_eq!(answer.document["chosen"], Value::Null);
            assert_eq!(answer.document["findings"][0]["name"], "NoEnvironment");
        }
    }
}
