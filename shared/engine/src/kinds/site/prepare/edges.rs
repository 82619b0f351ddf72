//! Warns of what meets the requests of visitors at the edges of a distribution whose origin path is switched: functions
//! and a web ACL. A release leaves them as they are, and each may keep it from its visitors.

use crate::kinds::PrepareInput;
use crate::kinds::site::prepare::scene::Serving;
use windlass_domain::text::finding::{Finding, FindingName};

/// A right to what is at the edges that AWS asks of whoever updates a distribution, beside the right to update it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// Amazon CloudFront Developer Guide, "Set up IAM permissions and roles for Lambda@Edge".
    EdgeFunctions,
    /// Amazon CloudFront API Reference, UpdateDistribution, `InvalidWebACLId`; AWS Managed Policy Reference,
    /// CloudFrontFullAccess.
    WebAcl,
    /// The id of one of AWS WAF Classic is no ARN (Amazon CloudFront API Reference, DistributionConfig, `WebACLId`).
    ClassicWebAcl,
}

impl Right {
    /// Returns the end of a reason, and that of its remedy.
    const fn in_words(self) -> (&'static str, &'static str) {
        match self {
            Self::EdgeFunctions => (
                "AWS may ask whoever sets it for rights to the functions of Lambda@Edge",
                "allow `lambda:GetFunction`, `lambda:EnableReplication*` and `lambda:DisableReplication*` on the \
                 versions of these functions to the role that deploys here",
            ),
            Self::WebAcl => (
                "CloudFront reads the web ACL with the rights of whoever sets it",
                "allow `wafv2:GetWebACL` on the web ACL to the environment's own role",
            ),
            Self::ClassicWebAcl => (
                "CloudFront may read the web ACL, one of AWS WAF Classic, with the rights of whoever sets it",
                "allow `waf:GetWebACL` on the web ACL to the role that deploys here, or give the distribution one of \
                 AWS WAF, which needs `wafv2:GetWebACL`",
            ),
        }
    }
}

/// What is at the edges of a distribution.
#[derive(Debug, PartialEq)]
struct Edges {
    /// What meets requests for the release, in words: the functions of behaviours with its origin, and the web ACL.
    named: Vec<String>,
    /// The rights that the role which deploys may lack, also to functions of other behaviours. Windlass's own role may
    /// read web ACLs of AWS WAF.
    rights: Vec<Right>,
}

impl Edges {
    fn of(serving: &Serving, has_own_role: bool) -> Self {
        let found = &serving.distribution;
        let meets = found.behaviours.iter().filter(|it| it.has_function && it.origin == serving.origin.id);
        let paths = meets.map(|it| format!("`{}`", it.paths));
        let paths = paths.collect::<Vec<_>>().join(", ");
        let functions = (!paths.is_empty()).then(|| format!("functions at {paths}"));
        let acl = found.web_acl.as_deref();
        let asked = acl.and_then(|acl| {
            let is_classic = !acl.starts_with("arn:");
            if is_classic { Some(Right::ClassicWebAcl) } else { has_own_role.then_some(Right::WebAcl) }
        });
        let edge = found.edge_functions.then_some(Right::EdgeFunctions);
        Self {
            named: functions.into_iter().chain(acl.map(|acl| format!("the web ACL {acl}"))).collect(),
            rights: edge.into_iter().chain(asked).collect(),
        }
    }
}

/// Pure: the one warning about what is at the edges of a distribution that is switched; nothing if nothing is there. A
/// way back was gone forward before, and has none.
pub(super) fn warning(serving: &Serving, input: &PrepareInput<'_>) -> Option<Finding> {
    let Edges { named, rights } = Edges::of(serving, input.place.role.is_some());
    if (named.is_empty() && rights.is_empty()) || input.goal_state.is_some() {
        return None;
    }
    let (mut reason, through) = if named.is_empty() {
        let elsewhere =
            "its functions of Lambda@Edge have other origins, and a release sets the path of this one alone";
        (elsewhere.to_owned(), None)
    } else {
        let reason = format!(
            "it has {}, and a release sets its origin path alone: they meet the paths of the new release as they are, \
             and may rewrite, answer or block them",
            named.join(" and ")
        );
        let through = "see that they let all paths of the release through, and that no function asks another origin or \
                       folder";
        (reason, Some(through))
    };
    let mut remedies: Vec<&str> = through.into_iter().collect();
    for (why, what) in rights.into_iter().map(Right::in_words) {
        reason = format!("{reason}; {why}");
        remedies.push(what);
    }
    Some(Finding::new(FindingName::TargetNotReady, input.path("distribution"), reason, remedies.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{Behaviour, Distribution, Origin};

    #[test]
    fn what_is_at_the_edges_is_named_with_the_rights_that_may_lack() {
        // The functions of the behaviours `/api/*`, `/img/*` and `*`, of which the first has another origin; whether
        // they are of Lambda@Edge, the web ACL, whether the environment has a role of its own; what is named, and the
        // rights.
        type Row<'a> = ([bool; 3], bool, Option<&'a str>, bool, &'a [&'a str], &'a [Right]);
        let (acl, classic) = ("arn:aws:wafv2:us-east-1:111111111111:global/webacl/shop/1", "a1b2c3d4");
        let named_acl = format!("the web ACL {acl}");
        let (both, one, acl_of_waf) = ("functions at `/img/*`, `*`", "functions at `*`", named_acl.as_str());
        let (none, last, ours, api) =
            ([false, false, false], [false, false, true], [false, true, true], [true, false, false]);
        let table: [Row<'_>; 12] = [
            (none, false, None, true, &[], &[]),
            (last, false, None, true, &[one], &[]),
            (ours, false, None, false, &[both], &[]),
            (ours, true, None, false, &[both], &[Right::EdgeFunctions]),
            (none, false, Some(acl), false, &[acl_of_waf], &[]),
            (none, false, Some(acl), true, &[acl_of_waf], &[Right::WebAcl]),
            (last, true, Some(acl), true, &[one, acl_of_waf], &[Right::EdgeFunctions, Right::WebAcl]),
            (none, false, Some(classic), false, &["the web ACL a1b2c3d4"], &[Right::ClassicWebAcl]),
            (none, false, Some(classic), true, &["the web ACL a1b2c3d4"], &[Right::ClassicWebAcl]),
            (api, false, None, true, &[], &[]),
            (api, true, None, true, &[], &[Right::EdgeFunctions]),
            ([true, false, true], false, None, true, &[one], &[]),
        ];
        for (functions, edge_functions, web_acl, has_own_role, named, rights) in table {
            let behaviour = |((paths, origin), has_function): ((&str, &str), bool)| Behaviour {
                paths: paths.to_owned(),
                origin: origin.to_owned(),
                has_function,
            };
            let behaviours = [("/api/*", "api"), ("/img/*", "site"), ("*", "site")].into_iter().zip(functions);
            let distribution = Distribution {
                behaviours: behaviours.map(behaviour).collect(),
                edge_functions,
                web_acl: web_acl.map(str::to_owned),
                ..Distribution::default()
            };
            let origin = Origin { id: "site".into(), domain: String::new(), path: String::new() };
            let is = Edges::of(&Serving { id: "E1".into(), distribution, origin }, has_own_role);
            let named = named.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(is, Edges { named, rights: rights.to_vec() }, "{functions:?} {web_acl:?} {has_own_role}");
        }
    }
}
