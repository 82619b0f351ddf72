//! Git refs and the rules by which they choose an environment, with a guess at the ref that was meant by one that is
//! not whole, or that no environment's rule takes.

use crate::document::git_rule::{GitRef, GitRule, version_of_tag};
use crate::document::possible_ref;
use crate::document::shape::{join, nearest};
use crate::text::finding::{Finding, repeated};
use crate::text::foreign;
use crate::text::time::Time;
use crate::{prose, run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The place in Git that a release comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Git {
    /// The full ref, such as `refs/heads/main` or `refs/tags/v1.4.0`.
    #[serde(rename = "ref")]
    #[schemars(extend("pattern" = r"^refs/[^\x00-\x20\x7f~^:?*\[\\]+$", "maxLength" = 255))]
    #[serde(deserialize_with = "foreign::one")]
    pub reference: String,
    /// The commit's hash: 7 to 64 lower-case hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[0-9a-f]{7,64}$"))]
    #[serde(deserialize_with = "foreign::maybe")]
    pub commit: Option<String>,
    /// The time of the commit in RFC 3339, such as `2026-11-20T14:02:05Z`: the lead time of a release counts from it. A
    /// time that is later than the release went live is left out of the figures, because clocks differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(Z|[+-][0-9]{2}:[0-9]{2})$"))]
    pub time: Option<String>,
    /// True if the release was made of more than the commit: tracked files had changes that are in no commit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dirty: bool,
}

impl Git {
    /// Returns the time of the commit, if it is given and valid.
    pub fn committed(&self) -> Option<Time> {
        self.time.as_deref().and_then(Time::parse)
    }

    /// Returns a finding if the ref, or the commit's time, has the right form and does not exist, such as
    /// `refs/heads/a..b`, and the 31st of February.
    pub fn findings(&self, path: &str) -> Option<Finding> {
        self.bad_ref(path).or_else(|| self.bad_time(path))
    }

    fn bad_ref(&self, path: &str) -> Option<Finding> {
        // The form has no `\`: where one stands here, it shows a character that is hidden.
        let why = if self.reference.contains('\\') {
            "it has a character that is not shown"
        } else {
            possible_ref::fault(&self.reference)?
        };
        Some(Finding::bad_value(
            join(path, "ref"),
            format!("`{}` is not the name of a ref: {why}.", repeated(&self.reference)),
            "Write the full ref as Git has it, such as `refs/heads/main`.",
        ))
    }

    fn bad_time(&self, path: &str) -> Option<Finding> {
        let time = self.time.as_deref().filter(|_| self.committed().is_none())?;
        Some(Finding::bad_value(
            join(path, "time"),
            format!("`{}` is no point in time since 1970.", repeated(time)),
            prose!(
                "Write it in RFC 3339, such as `2026-11-20T14:02:05Z`, as {} shows it.",
                run!("git show -s --format=%cI")
            ),
        ))
    }
}

/// Returns the refs that were probably meant by one that none of these rules takes, in a question that ends with a
/// space. These are the refs that a rule takes; or else the nearest branch that one names; or else the whole refs if
/// only a name stands there. The text is empty if the ref is not mistaken.
pub fn guess_git_ref(seen: &str, rules: &[GitRule]) -> String {
    let whole = whole(seen);
    let mut candidates = whole.clone();
    match GitRef::of(seen) {
        GitRef::Branch(name) => candidates.push(format!("refs/tags/{name}")),
        GitRef::Tag(name) => {
            candidates.push(format!("refs/tags/{}", name.to_lowercase()));
            // A glob that takes every branch says nothing of a tag.
            let is_named =
                |rule: &GitRule| matches!(rule, GitRule::Branches(globs) if globs.iter().any(|it| it == name));
            candidates.extend(rules.iter().any(is_named).then(|| format!("refs/heads/{name}")));
        }
        GitRef::Other => {}
    }
    let is_taken = |one: &String| rules.iter().any(|rule| rule.matches(GitRef::of(one)));
    let taken: Vec<String> = candidates.into_iter().filter(is_taken).collect();
    if !taken.is_empty() {
        return did_you_mean(&taken);
    }
    let near: Vec<String> =
        std::iter::once(seen.to_owned()).chain(whole.clone()).filter_map(|one| near_branch(&one, rules)).collect();
    match near.first() {
        Some(first) => did_you_mean(std::slice::from_ref(first)),
        None => did_you_mean(&whole),
    }
}

fn did_you_mean(refs: &[String]) -> String {
    if refs.is_empty() {
        return String::new();
    }
    let refs: Vec<String> = refs.iter().map(|one| format!("`{}`", repeated(one))).collect();
    format!("Did you mean {}? ", refs.join(" or "))
}

/// Returns the nearest branch that a rule names without a glob.
fn near_branch(seen: &str, rules: &[GitRule]) -> Option<String> {
    let GitRef::Branch(name) = GitRef::of(seen) else { return None };
    let globs = rules.iter().flat_map(|rule| match rule {
        GitRule::Branches(globs) => globs.as_slice(),
        GitRule::Tag(_) => &[],
    });
    let is_name = |glob: &&String| !glob.contains(['*', '?', '[', '{', '\\']);
    let names: Vec<String> = globs.filter(is_name).cloned().collect();
    nearest(name, &names).map(|name| format!("refs/heads/{name}"))
}

/// Returns the whole refs that may be meant by a text that is none, the likeliest first. Returns none if it is a whole
/// ref, also one of neither a branch nor a tag, such as a pull request's.
pub(crate) fn whole(seen: &str) -> Vec<String> {
    if GitRef::of(seen) != GitRef::Other {
        return Vec::new();
    }
    let parts = seen.trim().split('/').filter(|part| !part.is_empty());
    let parts: Vec<&str> = parts.collect();
    let is_like = |part: &str, word: &str| strsim::damerau_levenshtein(&part.to_lowercase(), word) <= 1;
    let (begins, rest) = match parts.as_slice() {
        [first, rest @ ..] if is_like(first, "refs") && !rest.is_empty() => (true, rest),
        all => (false, all),
    };
    let (sorts, name): (&[&str], &[&str]) = match rest {
        [] => return Vec::new(),
        [one] if one.eq_ignore_ascii_case("head") || is_like(one, "refs") => return Vec::new(),
        [sort, name @ ..] if is_like(sort, "heads") && !name.is_empty() => (&["heads"], name),
        [sort, name @ ..] if is_like(sort, "tags") && !name.is_empty() => (&["tags"], name),
        [sort, name @ ..] if is_like(sort, "branches") && !name.is_empty() => (&["heads"], name),
        ["remotes", _, name @ ..] | ["origin", name @ ..] if !name.is_empty() => (&["heads"], name),
        [_, _, ..] if begins => return Vec::new(),
        [one] if version_of_tag(one).is_some() => (&["tags"], rest),
        _ => (&["heads", "tags"], rest),
    };
    let name = name.join("/");
    sorts.iter().map(|sort| format!("refs/{sort}/{name}")).collect()
}

#[cfg(test)]
mod tests_of_git_ref_guess {
    use super::*;
    use crate::document::git_rule::{TagClass, TagRule};

    #[test]
    fn what_is_not_whole_is_answered_with_what_was_meant() {
        let stable = TagRule { prefix: String::new(), is: TagClass::Stable };
        let of_web = TagRule { prefix: "web/v".into(), is: TagClass::Stable };
        let branches = GitRule::Branches(vec!["main".into(), "feature/*".into()]);
        let rules = [branches, GitRule::Tag(stable), GitRule::Tag(of_web)];
        let main = "Did you mean `refs/heads/main`? ";
        let tag = "Did you mean `refs/tags/v1.4.0`? ";
        for (seen, guess) in [
            ("refs/head/main", main),
            ("ref/heads/main", main),
            ("Refs/Heads/main", main),
            ("refs/haeds/main", main),
            ("/refs/heads/main", main),
            ("refs/branches/main", main),
            ("refs/remotes/origin/main", main),
            ("heads/main", main),
            ("origin/main", main),
            ("main", main),
            ("refs/main", main),
            ("refs/tags/main", main),
            ("refs/heads/mian", main),
            ("refs/heads/Main", main),
            ("mian", main),
            ("refs/head/feature/x", "Did you mean `refs/heads/feature/x`? "),
            ("v1.4.0", tag),
            ("tags/v1.4.0", tag),
            ("refs/tag/v1.4.0", tag),
            ("refs/v1.4.0", tag),
            ("refs/heads/v1.4.0", tag),
            ("refs/tags/V1.4.0", tag),
            ("1.4.0", "Did you mean `refs/tags/1.4.0`? "),
            ("web/v1.4.0", "Did you mean `refs/tags/web/v1.4.0`? "),
            ("v1.4.0-rc.1", "Did you mean `refs/tags/v1.4.0-rc.1`? "),
            ("develop", "Did you mean `refs/heads/develop` or `refs/tags/develop`? "),
            ("refs/head/develop", "Did you mean `refs/heads/develop`? "),
            ("refs/heads/develop", ""),
            ("refs/heads/release/2.0", ""),
            ("refs/tags/feature/x", ""),
            ("refs/tags/v1.4.0-rc.1", ""),
            ("refs/pull/7/merge", ""),
            ("refs/heads/", ""),
            ("refs/", ""),
            ("HEAD", ""),
            ("", ""),
        ] {
            assert_eq!(guess_git_ref(seen, &rules), guess, "{seen}");
        }
    }

    #[test]
    fn where_no_rule_is_known_the_form_is_shown() {
        let guess = |seen| guess_git_ref(seen, &[]);
        assert_eq!(guess("refs/heads/main"), "");
        assert_eq!(guess("tag/v1"), "Did you mean `refs/tags/v1`? ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::shape::{Language, Shape};
    use crate::document::source::DocumentText;
    use crate::text::finding::FindingName;
    use serde_json::json;

    const REFS: [&str; 22] = [
        "refs/heads/main",
        "refs/heads/feature/größe",
        "refs/heads/日本語",
        "refs/heads/é.é",
        "refs/tags/v1.4.0+build.7",
        "refs/tags/@acme/shop@1.4.0",
        "refs/heads/fix#12",
        "refs/heads/a%20b",
        "refs/heads/it's",
        "refs/heads/a&b",
        "refs/heads/\"q\"",
        "refs/heads/a;b",
        "refs/heads/$x",
        "refs/heads/(x)",
        "refs/heads/-x",
        "refs/heads/a@b",
        "refs/heads/x.locked",
        "refs/heads/a{b}",
        "refs/heads/!x",
        "refs/heads/a,b",
        "refs/pull/7/merge",
        "refs/heads/a|b",
    ];

    const NO_REFS: [&str; 22] = [
        "main",
        "refs/",
        "refs/heads/",
        "refs/heads/a b",
        "refs/heads/a~1",
        "refs/heads/a^",
        "refs/heads/a:b",
        "refs/heads/a?",
        "refs/heads/a*",
        "refs/heads/a[b",
        "refs/heads/a\\b",
        "refs/heads/a..b",
        "refs/heads/a@{b",
        "refs/heads/.a",
        "refs/heads/a/.b",
        "refs/heads/a.lock",
        "refs/heads/a.lock/b",
        "refs/heads/a//b",
        "refs/heads/a.",
        "refs/heads/a\tb",
        "refs/heads/a\u{7f}",
        "refs/heads/a\u{200b}b",
    ];

    #[test]
    fn what_git_takes_as_a_ref_is_one() {
        let shape = Shape::of::<Git>("it", Language::Json);
        let is_one = |name: &str| {
            let document = json!({"ref": name});
            let meaning = |git: &Git| -> Vec<Finding> { git.findings("").into_iter().collect() };
            shape.checked::<Git>(&document, &DocumentText::default(), meaning).is_ok()
        };
        assert_eq!(REFS.into_iter().find(|name| !is_one(name)), None);
        assert_eq!(NO_REFS.into_iter().find(|name| is_one(name)), None);
    }

    #[test]
    fn the_time_of_a_commit_is_one_or_a_finding() {
        let git = |time: Option<&str>| Git {
            reference: "refs/heads/main".into(),
            commit: None,
            time: time.map(str::to_owned),
            dirty: false,
        };
        assert_eq!(git(None).findings("git"), None);
        let good = git(Some("2026-11-20T16:02:05+02:00"));
        assert_eq!(good.findings("git"), None);
        assert_eq!(good.committed(), Time::parse("2026-11-20T14:02:05Z"));
        for bad in ["2026-02-31T00:00:00Z", "1969-12-31T23:59:59Z", "now"] {
            let finding = git(Some(bad)).findings("git").unwrap();
            assert_eq!((finding.name, finding.path.as_str()), (FindingName::BadValue, "git.time"));
        }
    }
}
