//! The subject with which a run of GitHub Actions signs in to AWS, and what takes it.

/// The member of a token that a trust policy compares, as IAM calls it (AWS Identity and Access Management User Guide,
/// "IAM and AWS STS condition context keys").
const CLAIM: &str = "token.actions.githubusercontent.com:sub";

/// Returns what is to be said of the run in which this program works; nothing where it works in none. These variables
/// are GitHub's (GitHub Docs, "OpenID Connect reference").
pub async fn subject_of_run(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    let service = given("ACTIONS_ID_TOKEN_REQUEST_URL").zip(given("ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
    match service {
        Some((address, secret)) => match windlass_aws::subject_of_run(&address, &secret).await {
            Ok(subject) => lines(&subject),
            Err(fault) => vec![format!("not looked at: {}", fault.message)],
        },
        None if given("GITHUB_ACTIONS").is_some() => vec![
            "this job gets no token from GitHub to sign in with: give it `permissions: {id-token: write, contents: read}`; a pull request from a fork never gets one"
                .to_owned(),
        ],
        None => Vec::new(),
    }
}

/// Returns the lines about a subject: what it is, the condition that takes it, and the answers by which `init` writes
/// that. Pure.
fn lines(subject: &str) -> Vec<String> {
    // A branch, or an environment, has the name that somebody gave it.
    let subject: String = subject.chars().filter(|c| !c.is_control()).collect();
    let by_init = match answers(&subject) {
        Some(answers) => format!("`windlass init` writes such a role, with {answers}"),
        None => "`windlass init` writes no such role: the repository, or its organization, has a template of its own for the subject".to_owned(),
    };
    vec![
        format!("GitHub signs this run in as `{subject}`"),
        format!("  a role takes it whose trust policy has, under `StringEquals`, \"{CLAIM}\": \"{subject}\""),
        format!("  {by_init}"),
    ]
}

/// Returns the answers to `init` that lead to a role which takes a subject; `None` where none do.
fn answers(subject: &str) -> Option<String> {
    let (repository, of) = subject.strip_prefix("repo:")?.split_once(':')?;
    let (owner, name) = repository.split_once('/')?;
    let (owner, owner_id) = with_id(owner);
    let (name, id) = with_id(name);
    let mut answers = vec![format!("`github={owner}/{name}`")];
    answers.extend(owner_id.zip(id).map(|(owner, id)| format!("`github.ids={owner}/{id}`")));
    answers.push(match of.split_once(':') {
        Some(("environment", name)) => {
            format!("`github.environment={name}` for the environment that it releases into")
        }
        Some(("ref", reference)) => {
            format!("a rule (`deploy.…`) that takes `{reference}`, and `github.environment=none`")
        }
        None if of == "pull_request" => "an `action`, which plans pull requests".to_owned(),
        _ => return None,
    });
    Some(answers.join(", "))
}

fn with_id(name: &str) -> (&str, Option<&str>) {
    name.split_once('@').map_or((name, None), |(name, id)| (name, Some(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_told_with_the_condition_and_the_answers_that_take_it() {
        for (subject, wanted) in [
            (
                "repo:acme/shop:ref:refs/heads/main",
                "with `github=acme/shop`, a rule (`deploy.…`) that takes `refs/heads/main`",
            ),
            ("repo:acme@12/shop@345:ref:refs/tags/v1.4.0", "with `github=acme/shop`, `github.ids=12/345`, a rule"),
            ("repo:acme@12/shop@345:environment:production", "`github.ids=12/345`, `github.environment=production`"),
            ("repo:acme/shop:pull_request", "an `action`"),
            ("repository_owner:acme", "writes no such role"),
            ("repo:acme/shop:job_workflow_ref:x", "writes no such role"),
        ] {
            let told = lines(subject);
            assert_eq!(told[0], format!("GitHub signs this run in as `{subject}`"));
            let condition = format!("\"{CLAIM}\": \"{subject}\"");
            assert!(told[1].ends_with(&condition), "{told:?}");
            assert!(told[2].contains(wanted), "{told:?}");
        }
        assert_eq!(lines("repo:a\nb")[0], "GitHub signs this run in as `repo:ab`");
    }
}
