//! A resource of an installation of Windlass is nobody's target, whatever other tags it carries. Pure.

use crate::declaration::kinds::{KindName, ResolvedKind};
use crate::text::finding::{Finding, FindingName};
use std::collections::BTreeMap;

/// The tag of each resource of an installation. Its value is the name of the installation's stack.
pub const INSTALLATION_TAG: &str = "windlass:installation";

/// The names of an installation's functions, behind the name of its stack and a hyphen.
pub fn functions() -> impl Iterator<Item = String> {
    let own = ["api", "conductor", "intake", "judge", "outbox", "planner", "recovery", "run-task"];
    own.map(str::to_owned).into_iter().chain(KindName::ALL.iter().flat_map(|kind| kind.functions()))
}

/// The logical names of an installation's buckets. `CloudFormation` makes a name of the stack's, of this and of letters
/// of its own (AWS `CloudFormation` User Guide, "Name type").
pub const BUCKETS: [&str; 2] = ["artifacts", "accesslogs"];

/// Returns the installation that a resource belongs to by its tags.
pub fn by_tags(tags: &BTreeMap<String, String>) -> Option<&str> {
    tags.get(INSTALLATION_TAG).map(String::as_str)
}

/// Returns the installation that a function or a bucket belongs to by its name or its ARN: `stack`, or none. It is for
/// places where no tag can be seen; the stack's name alone proves nothing, because applications may begin with it too.
pub fn by_name<'a>(stack: &'a str, name: &str) -> Option<&'a str> {
    let rest = bare(name).strip_prefix(stack)?.strip_prefix('-')?;
    let is_bucket = |bucket: &&str| {
        let letters = rest.strip_prefix(*bucket);
        letters.is_some_and(|letters| letters.starts_with('-'))
    };
    let is_its = functions().any(|function| function == rest) || BUCKETS.iter().any(is_bucket);
    (is_its && !stack.is_empty()).then_some(stack)
}

/// Returns the installation that a function or a bucket belongs to, by its name or its ARN. `tagged` has the ARNs of
/// what carries the tag of an installation in the account, with its value.
pub fn by_arns<'a>(tagged: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let is_it = |arn: &str| {
        let is_named = arn.contains(":function:") || arn.contains(":s3:::");
        let rest = name.strip_prefix(arn);
        let is_same = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
        is_same || is_named && !name.starts_with("arn:") && bare(arn) == bare(name)
    };
    let mut tagged = tagged.iter();
    tagged.find_map(|(arn, of)| is_it(arn).then_some(of.as_str()))
}

/// Returns the name that a function or a bucket has within its ARN.
fn bare(name: &str) -> &str {
    let name = name.rsplit(":function:").next().unwrap_or(name);
    let name = name.rsplit(":s3:::").next().unwrap_or(name);
    name.split([':', '/']).next().unwrap_or(name)
}

/// Returns the finding that the name of a component's target is one of an installation's own; `of` returns the
/// installation of a name. `path` is the component's, such as `components.api`.
pub fn of_component(component: &dyn ResolvedKind, of: &dyn Fn(&str) -> Option<String>, path: &str) -> Option<Finding> {
    let (member, name) = component.function_or_bucket()?;
    let of = of(&name)?;
    let sort = if member == "bucket" { member } else { "function" };
    Some(not_a_target(format!("{path}.{member}"), &format!("{sort} `{name}`"), &of))
}

/// Makes the finding that a target belongs to an installation. `what` is the target in words, such as `function
/// windlass-api`.
pub fn not_a_target(path: impl Into<String>, what: &str, installation: &str) -> Finding {
    Finding::new(
        FindingName::PartOfWindlass,
        path,
        format!("The {what} belongs to the installation `{installation}` of Windlass, and no release changes that."),
        "Name the target of your own application. An installation is upgraded by its stack alone (docs/upgrade.md).",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installations_names_are_whole_names_and_no_beginnings() {
        for (name, is_its) in [
            ("windlass-api", true),
            ("arn:aws:lambda:eu-west-1:111111111111:function:windlass-conductor", true),
            ("arn:aws:lambda:eu-west-1:111111111111:function:windlass-run-task:live", true),
            ("windlass-publish-site:live", true),
            ("windlass-deploy-site", true),
            ("windlass-publish-ecs", false),
            ("windlass-artifacts-1x2y", true),
            ("arn:aws:s3:::windlass-accesslogs-1x2y", true),
            ("s3://windlass-artifacts-1x2y", false),
            ("windlass-site-shop", false),
            ("windlass-api-prod", false),
            ("windlass-artifactsx", false),
            ("windlass", false),
            ("shop-api", false),
            ("other-api", false),
        ] {
            assert_eq!(by_name("windlass", name).is_some(), is_its, "{name}");
        }
        assert_eq!(by_name("", "-api"), None, "a stack that is not known");
    }

    #[test]
    fn a_name_is_another_installations_by_what_carries_its_tag() {
        let lambda = "arn:aws:lambda:eu-west-1:111111111111:function:";
        let tagged = [
            format!("{lambda}blue-api"),
            "arn:aws:s3:::blue-artifacts-1x2y".to_owned(),
            "arn:aws:sns:eu-west-1:111111111111:blue-bell".to_owned(),
        ];
        let tagged: BTreeMap<_, _> = tagged.map(|arn| (arn, "blue".to_owned())).into();
        for (name, is_its) in [
            ("blue-api", true),
            ("blue-api:live", true),
            (&format!("{lambda}blue-api"), true),
            (&format!("{lambda}blue-api:live"), true),
            ("blue-artifacts-1x2y", true),
            ("arn:aws:s3:::blue-artifacts-1x2y", true),
            ("blue-bell", false),
            ("blue-api-prod", false),
            (&format!("{lambda}blue-api-prod"), false),
            ("arn:aws:lambda:eu-west-1:222222222222:function:blue-api", false),
        ] {
            assert_eq!(by_arns(&tagged, name).is_some(), is_its, "{name}");
        }
    }

    #[test]
    fn the_tag_decides_whatever_other_tags_there_are() {
        let tags = |all: &[(&str, &str)]| {
            all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let theirs = tags(&[(INSTALLATION_TAG, "other"), ("windlass:app", "shop")]);
        assert_eq!(by_tags(&theirs), Some("other"));
        assert_eq!(by_tags(&tags(&[("windlass:app", "shop")])), None);
    }
}
