//! A text of the declaration that is the same in all environments, or has one for each.

use crate::init::environments::templated;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A text, or one for each environment, as a declaration has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum DeclaredText {
    /// One text for all, with `{environment}` where that is a part of it.
    One(String),
    /// A text for each environment.
    Each(BTreeMap<String, String>),
}

impl DeclaredText {
    /// Returns whether two environments have the same text.
    pub fn is_shared(&self, environments: &[String]) -> bool {
        let mut seen = BTreeSet::new();
        environments.iter().any(|environment| !seen.insert(self.at("", environment)))
    }

    /// Reads a text, or `dev=a,prod=b` with one for each environment.
    ///
    /// # Errors
    /// If an environment is missing, or is none of these.
    pub fn read(text: &str, environments: &[String]) -> Result<Self, String> {
        if !text.contains('=') {
            return Ok(Self::One(text.to_owned()));
        }
        let parts = text.split(',').map(|part| part.split_once('='));
        let each: Option<BTreeMap<String, String>> =
            parts.map(|part| part.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))).collect();
        let each = each.unwrap_or_default();
        let is_whole = each.len() == environments.len()
            && environments.iter().all(|name| each.get(name).is_some_and(|value| !value.is_empty()));
        if is_whole {
            return Ok(Self::Each(each));
        }
        let form: Vec<String> = environments.iter().map(|name| format!("{name}=…")).collect();
        Err(format!("`{text}` has not one text for each environment: write `{}`", form.join(",")))
    }

    /// Makes one text where all are alike except for the environment's name.
    pub fn of(each: BTreeMap<String, String>) -> Self {
        let mut templates = each.iter().map(|(environment, text)| templated(text, environment));
        match templates.next() {
            Some(first) if templates.all(|template| template == first) => Self::One(first),
            _ => Self::Each(each),
        }
    }

    /// Writes it as [`DeclaredText::read`] reads it.
    pub fn spelled(&self) -> String {
        match self {
            Self::One(text) => text.clone(),
            Self::Each(each) => each.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(","),
        }
    }

    /// Returns the text of one environment.
    pub fn at(&self, app: &str, environment: &str) -> String {
        let text = match self {
            Self::One(text) => text,
            Self::Each(each) => each.get(environment).map_or("", String::as_str),
        };
        text.replace("{environment}", environment).replace("{app}", app)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_by_the_environment_alone_are_one() {
        let each = |pairs: [(&str, &str); 2]| pairs.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let one = DeclaredText::of(each([("dev", "shop-dev"), ("prod", "shop-prod")]));
        assert_eq!(one, DeclaredText::One("shop-{environment}".into()));
        assert_eq!(one.at("shop", "dev"), "shop-dev");
        let apart = DeclaredText::of(each([("dev", "E1"), ("prod", "E2")]));
        assert_eq!(apart.spelled(), "dev=E1,prod=E2");
        let environments = ["dev".to_owned(), "prod".to_owned()];
        assert_eq!(DeclaredText::read("dev=E1, prod=E2", &environments), Ok(apart));
        for bad in ["dev=E1", "dev=E1,prod=", "dev=E1,qa=E2", "dev=E1,prod=E2,qa=E3", "dev=E1,x"] {
            assert!(DeclaredText::read(bad, &environments).is_err(), "{bad}");
        }
    }
}
