//! Texts of the declaration that may have outputs of components in them, such as the name of a bucket that a stack
//! makes: `${infra.web_bucket}`. What is filled in passes the checks of what is typed. Pure.

use crate::declaration::aws_name::TextForm;
use crate::declaration::output::{Output, fill, outputs_in};
use crate::declaration::probe_url::{self, Protocol};
use crate::document::secret;
use crate::document::shape::join;
use crate::text::finding::{Finding, repeated};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The values that components give, by output.
pub type Given = BTreeMap<Output, String>;

/// A text that may have outputs in it, such as the name of a target.
pub struct NameText<'a> {
    member: Cow<'static, str>,
    text: &'a mut String,
    rule: Rule,
}

/// The check of a text whose outputs are filled in.
enum Rule {
    Form(&'static TextForm),
    Address(&'static Protocol),
}

impl<'a> NameText<'a> {
    /// Makes the text of a member, such as `bucket`, that has a form.
    pub(crate) fn new(member: impl Into<Cow<'static, str>>, text: &'a mut String, form: &'static TextForm) -> Self {
        Self { member: member.into(), text, rule: Rule::Form(form) }
    }

    /// Makes the text of a member that is an address.
    pub(crate) fn address(member: &'static str, text: &'a mut String, protocol: &'static Protocol) -> Self {
        Self { member: member.into(), text, rule: Rule::Address(protocol) }
    }

    /// Returns the member that it is, such as `bucket`, for the path of a finding.
    pub fn member(&self) -> &str {
        &self.member
    }

    /// Returns the outputs that stand in it.
    pub fn outputs(&self) -> Vec<Output> {
        outputs_in(self.text)
    }

    /// Fills in what is given. A text of which an output is not given stays as it is, and so does one that would be
    /// wrong then, which the finding says. `at` is the path of what has the member, and `origin` the endpoint of a
    /// local cloud.
    pub fn fill(self, at: &str, given: &Given, origin: Option<&str>) -> Option<Finding> {
        let outputs = self.outputs();
        if outputs.is_empty() || outputs.iter().any(|output| !given.contains_key(output)) {
            return None;
        }
        let filled = fill(self.text, |output| given.get(output).map(String::as_str));
        let path = join(at, &self.member);
        let name = self.member.rsplit('.').next().unwrap_or_default();
        let wrong = secret::finding(&path, name, &filled).or_else(|| match self.rule {
            Rule::Address(protocol) => probe_url::finding(&path, &filled, protocol, origin),
            Rule::Form(form) => (!(form.accepts)(&filled)).then(|| misfit(&path, &filled, form, &outputs)),
        });
        if wrong.is_none() {
            *self.text = filled;
        }
        wrong
    }
}

fn misfit(path: &str, value: &str, form: &TextForm, outputs: &[Output]) -> Finding {
    let outputs: Vec<String> = outputs.iter().map(|output| format!("`{output}`")).collect();
    let outputs = outputs.join(" and ");
    let reason = format!("`{}`, with what {outputs} gives, is not {}.", repeated(value), form.words);
    let remedy = format!("Mend what {outputs} gives, or write the name as it is.");
    Finding::bad_value(path, reason, remedy).seen(repeated(value), form.words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::aws_name::{ANY, BUCKET};
    use crate::text::finding::FindingName;

    #[test]
    fn what_is_filled_in_passes_the_checks_of_what_is_typed() {
        const KEY: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let origin = Some("http://localhost:4566");
        for (member, text, value, wanted) in [
            ("bucket", "shop-web", "unused", Ok("shop-web")),
            ("bucket", "${infra.it}", "shop-web", Ok("shop-web")),
            ("bucket", "${infra.it}-prod", "shop", Ok("shop-prod")),
            ("bucket", "${infra.it}", "Shop_Web", Err(FindingName::BadValue)),
            ("bucket", "${infra.it}", "", Err(FindingName::BadValue)),
            // Another output is not known yet.
            ("bucket", "${infra.it}-${other.it}", "Shop_Web", Ok("${infra.it}-${other.it}")),
            ("config.values.socket", "${infra.it}", "wss://shop.example", Ok("wss://shop.example")),
            ("config.values.socket", "${infra.it}", KEY, Err(FindingName::SecretInInput)),
            ("config.values.token", "${infra.it}", "5f4dcc3b5aa765d61d83", Err(FindingName::SecretInInput)),
            ("url", "${infra.it}/health", "https://shop.example", Ok("https://shop.example/health")),
            ("url", "${infra.it}/health", "http://localhost:4566", Ok("http://localhost:4566/health")),
            ("url", "https://${infra.it}/", "169.254.169.254", Err(FindingName::BadValue)),
            ("url", "${infra.it}", "https://me:hunter2@shop.example/", Err(FindingName::SecretInInput)),
        ] {
            let given = Given::from([(Output::try_from("infra.it".to_owned()).unwrap(), value.to_owned())]);
            let mut filled = text.to_owned();
            let name = match member {
                "url" => NameText::address(member, &mut filled, &probe_url::HTTP),
                "bucket" => NameText::new(member, &mut filled, &BUCKET),
                _ => NameText::new(member, &mut filled, &ANY),
            };
            let found = name.fill("components.web", &given, origin);
            let path = found.as_ref().map(|found| found.path.clone());
            assert_eq!(path, wanted.err().map(|_| format!("components.web.{member}")), "{text} {value}");
            assert_eq!(found.map_or(Ok(filled.as_str()), |found| Err(found.name)), wanted, "{text} {value}");
        }
    }
}
