//! The Git ref and the commit of a release by a CI job that shows a token: those that the token names. Pure.

use crate::release::claims::Claims;
use crate::text::finding::{Finding, FindingName, repeated};
use serde_json::{Map, Value, json};

/// Writes the ref and the commit of a job's claims into a manifest. Returns a finding for each that the manifest has
/// otherwise.
pub fn bind(claims: &Claims, manifest: &mut Map<String, Value>) -> Vec<Finding> {
    let git = manifest.entry("git").or_insert(Value::Null);
    if git.is_null() {
        *git = json!({});
    }
    let Value::Object(git) = git else {
        // The check of its form says what is wrong.
        return Vec::new();
    };
    let claimed = [("ref", claims.get("ref")), ("commit", claims.get("sha"))];
    claimed.into_iter().filter_map(|(member, claimed)| bound(git, member, claimed)).collect()
}

fn bound(git: &mut Map<String, Value>, member: &str, claimed: Option<&str>) -> Option<Finding> {
    let named = git.get(member).filter(|named| !named.is_null()).map(|named| match named.as_str() {
        Some(text) => text.to_owned(),
        None => named.to_string(),
    });
    if let (Some(claimed), true) = (claimed, named.as_deref().is_none_or(|named| Some(named) == claimed)) {
        git.insert(member.to_owned(), claimed.into());
        return None;
    }
    let named = named.unwrap_or_default();
    let reason = match claimed {
        Some(claimed) => format!("the body names `{}`, and the token of the job `{claimed}`.", repeated(&named)),
        None => format!("the token of the job has no {member}, so that nobody vouches for one."),
    };
    let finding = Finding::new(
        FindingName::RefDiffers,
        format!("git.{member}"),
        reason,
        format!("Leave `{member}` out of `git`, and release in a job of the branch or the tag that is meant."),
    );
    Some(finding.seen(repeated(&named), claimed.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'a> = (&'a [(&'a str, &'a str)], Value, Value, &'a [&'a str]);

    #[test]
    fn the_ref_and_the_commit_of_a_release_are_those_of_the_token() {
        let (tag, commit) = ("refs/tags/v1.4.0", "9f2c61d4a0b35e7789c1d2e3f405162738495a6b");
        let ids = [("repository_owner_id", "8472"), ("repository_id", "990134")];
        let whole = [("ref", tag), ("sha", commit)];
        let bound = json!({"ref": tag, "commit": commit});
        let cases: [Case<'_>; 9] = [
            (&whole, json!({}), bound.clone(), &[]),
            (&whole, json!({"git": {"ref": tag, "commit": commit}}), bound.clone(), &[]),
            (&whole, json!({"git": {"ref": null}}), bound.clone(), &[]),
            (&whole, json!({"git": null}), bound.clone(), &[]),
            (&whole, json!({"git": {"dirty": true}}), json!({"dirty": true, "ref": tag, "commit": commit}), &[]),
            (&whole, json!({"git": {"ref": "refs/heads/main"}}), json!(null), &["git.ref"]),
            (&whole, json!({"git": {"ref": 7, "commit": "9f2c61d"}}), json!(null), &["git.ref", "git.commit"]),
            (&whole, json!({"git": "main"}), json!("main"), &[]),
            (&[], json!({}), json!(null), &["git.ref", "git.commit"]),
        ];
        for (token, body, wanted, differ) in cases {
            let token = ids.iter().chain(token).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let claims = Claims::of(token).unwrap();
            let mut members = body.as_object().unwrap().clone();
            let findings = bind(&claims, &mut members);
            let found: Vec<&str> = findings.iter().map(|it| it.path.as_str()).collect();
            assert_eq!(found, differ, "{body}");
            assert!(findings.iter().all(|it| it.name == FindingName::RefDiffers), "{findings:?}");
            assert!(!differ.is_empty() || members["git"] == wanted, "{body}: {members:?}");
        }
    }
}
