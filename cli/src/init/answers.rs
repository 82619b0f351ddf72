//! Questions that a person alone can answer, each with a key and mostly with a proposed answer; and the answers. The
//! declaration's own check takes a name or not, so a wrong answer is reported at its question.

use crate::ground::output;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::declaration::{Declaration, Exceptions};
use windlass_domain::document::shape::objection::did_you_mean;
use windlass_domain::prose;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its key, for `--answer`.
    pub key: String,
    /// The sentence that asks.
    pub about: String,
    /// The proposed answer, by what was found.
    pub proposed: Option<String>,
    /// Answers that are likely.
    pub choices: Vec<String>,
    /// The answer to another, open question that alone leads to this one, as `key=value`; `None` where it is asked
    /// anyway.
    pub only_with: Option<String>,
}

impl Question {
    /// Makes a question without choices.
    pub fn new(key: &str, about: &str, proposed: Option<String>) -> Self {
        Self { key: key.to_owned(), about: about.to_owned(), proposed, choices: Vec::new(), only_with: None }
    }

    /// Leaves out a proposed answer that its own check refuses, and says why: nobody could go on with it.
    fn without_what_is_refused(self, check: Check<'_>) -> Self {
        match self.proposed.as_deref().map(check) {
            Some(Err(why)) => Self { about: format!("{}; {why}", self.about), proposed: None, ..self },
            _ => self,
        }
    }
}

/// The questions so far, with their answers. Questions are asked in an order, and later ones depend on earlier answers.
/// So all are asked again with each answer more, and an open question takes its proposed answer for the time being.
#[derive(Debug, Default)]
pub struct Answers {
    given: BTreeMap<String, String>,
    known: Vec<String>,
    /// The answer that alone leads to the next questions, as `key=value`.
    pub only_with: Option<String>,
    /// The questions without an answer, in their order.
    pub open: Vec<Question>,
    /// The answers that cannot be taken: the key of each, and a sentence that says why.
    pub wrong: Vec<(String, String)>,
}

/// The text in place of an answer that is not there: no target has this name.
pub const UNANSWERED: &str = "unanswered";

/// A check of an answer: it returns why the answer cannot be taken.
pub type Check<'a> = &'a dyn Fn(&str) -> Result<(), String>;

impl Answers {
    /// Begins with answers that were given.
    pub fn new(given: BTreeMap<String, String>) -> Self {
        Self { given, ..Self::default() }
    }

    /// Asks a question. Returns the answer to go on with: the given one, else the proposed one, else [`UNANSWERED`].
    pub fn ask(&mut self, question: Question, check: Check<'_>) -> String {
        self.known.push(question.key.clone());
        if let Some(given) = self.given.get(&question.key) {
            if let Err(why) = check(given) {
                self.wrong.push((question.key.clone(), format!("`{}`: {why}", question.key)));
            }
            return given.clone();
        }
        let question = Question { only_with: self.only_with.clone(), ..question }.without_what_is_refused(check);
        let for_now = question.proposed.clone();
        self.open.push(question);
        for_now.unwrap_or_else(|| UNANSWERED.to_owned())
    }

    /// Ends the questions. Answers to questions that were not asked are wrong as well: each of them may be another
    /// one's misspelling.
    pub fn end(&mut self) {
        for key in self.given.keys().filter(|key| !self.known.contains(key)) {
            let meant = did_you_mean(key, &self.known);
            self.wrong.push((key.clone(), format!("`{key}` is not asked here. {meant}")));
        }
    }
}

/// Reads an answer of the command line: `key=value`.
///
/// # Errors
/// If it is none.
pub fn argument(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    let (key, value) = (key.trim(), value.trim());
    if key.is_empty() || value.is_empty() {
        return Err("write an answer as `key=value`, such as `app=shop`".to_owned());
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// A member of a component.
pub struct MemberPlace<'a> {
    /// The component's kind.
    pub kind: KindName,
    /// The member.
    pub member: &'a str,
    /// All environments.
    pub environments: &'a [String],
    /// Values that the declaration takes beyond the rules.
    pub exceptions: &'a Exceptions,
}

impl MemberPlace<'_> {
    /// Checks that the declaration takes a value here.
    ///
    /// # Errors
    /// The reason why it does not, and what to write.
    pub fn takes(&self, value: &Value) -> Result<(), String> {
        let Self { kind, member, .. } = *self;
        let mut component: Value = serde_json::from_str(kind.shortest()).unwrap_or_default();
        component["kind"] = json!(kind);
        component[member] = value.clone();
        let none = json!({"start": "manual"});
        let environments: serde_json::Map<String, Value> =
            self.environments.iter().map(|name| (name.clone(), none.clone())).collect();
        let document =
            json!({"app": "a", "version": "1.0.0", "environments": environments, "components": {"c": component}});
        let findings = Declaration::parse_with(&document.to_string(), self.exceptions).err().unwrap_or_default();
        let path = format!("components.c.{member}");
        let own =
            findings.into_iter().find(|finding| finding.path == path || finding.path.starts_with(&format!("{path}.")));
        own.map_or(Ok(()), |finding| Err(output::text(&prose!("{} {}", &finding.reason, &finding.remedy))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(key: &str, proposed: Option<&str>) -> Question {
        Question::new(key, "?", proposed.map(str::to_owned))
    }

    #[test]
    fn what_is_not_answered_is_open_and_as_proposed_for_now() {
        let given = [("app", "shop"), ("regoin", "eu-west-1"), ("alias", "a b")];
        let mut asked = Answers::new(given.map(|(key, value)| (key.into(), value.into())).into());
        let any = |_: &str| Ok(());
        let one_word = |text: &str| {
            if text.contains(' ') { Err("it has a blank".to_owned()) } else { Ok(()) }
        };
        assert_eq!(asked.ask(question("app", Some("other")), &any), "shop");
        assert_eq!(asked.ask(question("region", Some("us-east-1")), &any), "us-east-1");
        assert_eq!(asked.ask(question("bucket", None), &any), UNANSWERED);
        assert_eq!(asked.ask(question("alias", None), &one_word), "a b");
        assert_eq!(asked.ask(question("cluster", Some("c d")), &one_word), UNANSWERED);
        asked.end();
        let open: Vec<&str> = asked.open.iter().map(|question| question.key.as_str()).collect();
        assert_eq!(open, ["region", "bucket", "cluster"]);
        assert_eq!(asked.open[2].proposed, None, "nobody could go on with what is refused");
        assert_eq!(asked.wrong.len(), 2, "{:?}", asked.wrong);
        assert_eq!(asked.wrong[0], ("alias".to_owned(), "`alias`: it has a blank".to_owned()));
        assert_eq!(asked.wrong[1].0, "regoin");
        assert!(asked.wrong[1].1.contains("Did you mean `region`?"), "{:?}", asked.wrong);
    }

    #[test]
    fn an_answer_is_a_key_and_a_value() {
        assert_eq!(argument("a = b=c"), Ok(("a".into(), "b=c".into())));
        for bad in ["", "a", "a=", "=b"] {
            assert!(argument(bad).is_err(), "{bad}");
        }
    }
}
