//! Warns of what meets the requests of visitors at the edges of a distribution whose origin path is switched: functions
//! and a web ACL. A release leaves them as they are, and each may keep it from its visitors.

use crate::kinds::PrepareInput;
use crate::ports::Distribution;
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
    /// The functions and the web ACL, in words.
    named: Vec<String>,
    /// The rights that the role which deploys may lack. Windlass's own role may read web ACLs of AWS WAF.
    rights: Vec<Right>,
}

impl Edges {
    fn of(found: &Distribution, has_own_role: bool) -> Self {
        let paths = found.behaviours.iter().filter(|it| it.has_function).map(|it| format!("`{}`", it.paths));
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
pub(super) fn warning(found: &Distribution, input: &PrepareInput<'_>) -> Option<Finding> {
    let Edges { named, rights } = Edges::of(found, input.place.role.is_some());
    if named.is_empty() || input.goal_state.is_some() {
        return None;
    }
    let mut reason = format!(
        "it has {}, and a release sets its origin path alone: they meet the paths of the new release as they are, and \
         may rewrite, answer or block them",
        named.join(" and ")
    );
    let mut remedy = "see that they let all paths of the release through, and that no function asks another origin \
                      or folder"
        .to_owned();
    for (why, what) in rights.into_iter().map(Right::in_words) {
        reason = format!("{reason}; {why}");
        remedy = format!("{remedy}; {what}");
    }
    Some(Finding::new(FindingName::TargetNotReady, input.path("distribution"), reason, remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Behaviour;

    #[test]
    fn what_is_at_the_edges_is_named_with_the_rights_that_may_lack() {
        // The functions of the behaviours `/api/*` and `*`, whether they are of Lambda@Edge, the web ACL, whether the
        // environment has a role of its own; what is named, and the rights.
        type Row<'a> = ([bool; 2], bool, Option<&'a str>, bool, &'a [&'a str], &'a [Right]);
        let (acl, classic) = ("arn:aws:wafv2:us-east-1:111111111111:global/webacl/shop/1", "a1b2c3d4");
        let named_acl = format!("the web ACL {acl}");
        let (both, one, acl_of_waf) = ("functions at `/api/*`, `*`", "functions at `*`", named_acl.as_str());
        let table: [Row<'_>; 9] = [
            ([false, false], false, None, true, &[], &[]),
            ([false, true], false, None, true, &[one], &[]),
            ([true, true], false, None, false, &[both], &[]),
            ([true, true], true, None, false, &[both], &[Right::EdgeFunctions]),
            ([false, false], false, Some(acl), false, &[acl_of_waf], &[]),
            ([false, false], false, Some(acl), true, &[acl_of_waf], &[Right::WebAcl]),
            ([false, true], true, Some(acl), true, &[one, acl_of_waf], &[Right::EdgeFunctions, Right::WebAcl]),
            ([false, false], false, Some(classic), false, &["the web ACL a1b2c3d4"], &[Right::ClassicWebAcl]),
            ([false, false], false, Some(classic), true, &["the web ACL a1b2c3d4"], &[Right::ClassicWebAcl]),
        ];
        for (functions, edge_functions, web_acl, has_own_role, named, rights) in table {
            let behaviour = |(paths, has_function): (&str, bool)| Behaviour {
                paths: paths.to_owned(),
                origin: "site".to_owned(),
                has_function,
            };
            let found = Distribution {
                behaviours: ["/api/*", "*"].into_iter().zip(functions).map(behaviour).collect(),
                edge_functions,
                web_acl: web_acl.map(str::to_owned),
                ..Distribution::default()
            };
            let is = Edges::of(&found, has_own_role);
            let named = named.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(is, Edges { named, rights: rights.to_vec() }, "{functions:?} {web_acl:?} {has_own_role}");
        }
    }
}
