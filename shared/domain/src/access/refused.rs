//! Refusals: the findings, and their text for the one who asked, where no rule lets somebody in, or nobody vouches for
//! who that is. Pure.

use crate::access::caller::Caller;
use crate::prose;
use crate::release::identity::EnvironmentId;
use crate::release::key::AccessPlace;
use crate::release::request::{Request, Requester};
use crate::text::finding::{Finding, FindingName};
use crate::text::name::AppName;
use crate::text::prose::Prose;

/// Makes the finding that no rule names a CI job that shows a token, without which it has no right. It is the same
/// whether there are such an application, environment or file.
pub fn no_rule(app: &AppName, by: &Requester) -> Finding {
    let (you, place) = (Caller::of(by).to_string(), AccessPlace::App(app.clone()));
    Finding::new(
        FindingName::NotAllowed,
        place.to_string(),
        format!("{you} is named by no rule of `{app}`."),
        format!(
            "Ask those who keep {place} to write the claims of this job into a group of `who`, and the group under \
             `environments`; or call with credentials of AWS."
        ),
    )
    .seen(you, "nobody")
}

/// Returns the text of a refusal by the rules, for the one who asked; `None` if something else is wrong as well. `what`
/// is what was asked for, such as `shop prod 1.4.0`.
pub fn refusal(what: &str, findings: &[Finding]) -> Option<Prose> {
    let is_by_rules = |finding: &Finding| finding.name == FindingName::NotAllowed;
    if findings.is_empty() || !findings.iter().all(is_by_rules) {
        return None;
    }
    let lines = findings.iter().map(|finding| {
        let seen = finding.seen.as_deref();
        let (you, holders) = seen.and_then(|seen| seen.found.clone().zip(seen.expected.clone())).unwrap_or_default();
        prose!("  you: {}\n  rule: {}: {}\n  {}", you, &finding.path, holders, Prose::next(finding.remedy.clone()))
    });
    let first = format!("{what} was refused: {}. Nothing was changed.", FindingName::NotAllowed);
    Some(Prose::join(std::iter::once(Prose::from(first)).chain(lines), "\n"))
}

/// Makes the finding that the path of releases does not take a member of a body: a wish, or the bare `version` of what
/// is recorded.
pub fn operators_path(of: EnvironmentId<'_>, member: &str) -> Finding {
    let (app, environment) = (of.app(), of.environment());
    let reason = match member {
        "version" => "the bare version of a recorded release is started by operators alone.",
        _ => "it is a wish of operators, which this path does not take.",
    };
    let remedy = format!("Send the body to POST /apps/{app}/environments/{environment}/starts.");
    Finding::new(FindingName::OperatorsPath, member, reason, remedy)
}

/// Makes the findings that the path of releases does not take the wishes of a request.
pub fn wishes_elsewhere(request: &Request) -> Vec<Finding> {
    let of = request.environment.as_ref().map(|environment| EnvironmentId::new(&request.app, environment));
    of.into_iter().flat_map(|of| request.wishes().map(move |wish| operators_path(of, wish))).collect()
}

/// Makes the finding that the rules name the one who asked only since the API refused it.
pub fn refused_before() -> Finding {
    let reason = "the rules did not allow it when it was asked for, and do now.";
    Finding::new(FindingName::NotAllowed, "refused", reason, "Ask again.")
}

/// Makes the finding that nobody of ours has asked for what an execution was started with.
pub fn not_vouched(by: &Requester) -> Finding {
    Finding::new(
        FindingName::NotVouched,
        "requester",
        format!("the input says that {by} asks, and Windlass has not started this execution."),
        "Leave `requester` out, so that the console asks; or ask by the API or the command line.",
    )
}
