//! `ci-role.yaml`, for components that are images: a role of CI for each environment that a Git ref reaches. Only runs
//! for that environment's refs of one repository may take it, and it may only push images. Everything else a job does
//! by its token, without a role. Pure.

// Both forms of GitHub's subject are taken, each whole: a `*` in the repository's name lets in strangers.

use super::application::{InitApplication, InitEnvironment, Rule};
use super::names::apart;

/// The longest name of a role (AWS Identity and Access Management User Guide, "IAM and AWS STS quotas").
const LONGEST: usize = 64;

/// Parts of every template.
const PROVIDER: &str = r#"  MakeProvider:
    Type: String
    AllowedValues: ["yes", "no"]
    Default: "yes"
    Description: Write no where the account has the provider for GitHub already; there can be one only.

Conditions:
  ProviderIsMade: !Equals [!Ref MakeProvider, "yes"]

Resources:
  GitHub:
    Type: AWS::IAM::OIDCProvider
    Condition: ProviderIsMade
    # Others may use it as well by then.
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      Url: https://token.actions.githubusercontent.com
      ClientIdList: [sts.amazonaws.com]
"#;

/// Writes the template.
pub fn write(application: &InitApplication) -> String {
    let (app, github) = (&application.app, github(application));
    let mut text = format!(
        "# From `windlass init`. Deploy it once, in the account of Windlass:\n#   {}\n\
         AWSTemplateFormatVersion: \"2010-09-09\"\n\
         Description: The roles with which workflows of {github} may push the images of {app}, one for each environment.\n\n\
         Parameters:\n{}{PROVIDER}",
        command(application),
        ids(application),
    );
    for environment in application.environments.iter().filter(|it| it.rule != Rule::None) {
        text.push_str(&role(application, environment));
    }
    text
}

/// Returns the command that deploys it.
pub fn command(application: &InitApplication) -> String {
    let app = &application.app;
    let by_github =
        |parameter: &str, member: &str| format!(" {parameter}=$(gh api repos/{} --jq {member})", github(application));
    let asked = if application.github_ids.is_some() {
        String::new()
    } else {
        format!(" --parameter-overrides{}{}", by_github(OWNER, ".owner.id"), by_github(REPOSITORY, ".id"))
    };
    format!(
        "aws cloudformation deploy --stack-name {app}-ci --template-file ci-role.yaml --capabilities CAPABILITY_NAMED_IAM{asked}"
    )
}

/// Returns the name of an environment's role.
pub fn name(application: &InitApplication, environment: &str) -> String {
    own(application, environment, "-", |of| format!("{}-ci-{of}", application.app))
}

/// Makes a role's text by `form`, changed where another role would have the same.
fn own(application: &InitApplication, environment: &str, between: &str, form: impl Fn(&str) -> String) -> String {
    let names: Vec<&str> = application.environments.iter().map(|it| it.name.as_str()).collect();
    let texts: Vec<String> = names.iter().map(|name| form(name)).collect();
    let mut own = names.iter().zip(apart(&texts, LONGEST, between));
    own.find_map(|(name, text)| (*name == environment).then_some(text)).unwrap_or_default()
}

/// Returns the repository whose runs may take the roles. Without one no role is written.
fn github(application: &InitApplication) -> &str {
    application.github.as_deref().unwrap_or_default()
}

/// The parameters of the repository's numbers.
const OWNER: &str = "GitHubOwnerId";
const REPOSITORY: &str = "GitHubRepositoryId";

/// Writes the parameters of the repository's numbers.
fn ids(application: &InitApplication) -> String {
    let (github, known) = (github(application), application.github_ids.as_ref());
    let owner = github.split('/').next().unwrap_or_default();
    let each =
        [(OWNER, owner, ".owner.id", known.map(|ids| &ids.0)), (REPOSITORY, github, ".id", known.map(|ids| &ids.1))];
    let parameters = each.map(|(name, of, member, id)| {
        let default = id.map_or_else(String::new, |id| format!("    Default: \"{id}\"\n"));
        format!(
            "  {name}:\n    Type: String\n    AllowedPattern: \"[1-9][0-9]*\"\n{default}    Description: The number of \
             {of} on GitHub, as `gh api repos/{github} --jq {member}` prints it.\n"
        )
    });
    parameters.concat()
}

/// Writes the subjects of a token, one a line: of the repository by its name, and by name and number, as GitHub has
/// it for repositories that were made, renamed or moved since 15 July 2026 (GitHub Docs, "OpenID Connect reference"). A
/// `*` stands in a ref alone: beside a name it would take others' repositories.
fn subjects(application: &InitApplication, of: &[String]) -> String {
    let github = github(application);
    let (owner, name) = github.split_once('/').unwrap_or_default();
    let subjects = of.iter().map(|of| {
        format!(
            "\n                  - \"repo:{github}:{of}\"\n                  \
             - !Sub \"repo:{owner}@${{{OWNER}}}/{name}@${{{REPOSITORY}}}:{of}\""
        )
    });
    subjects.collect()
}

fn role(application: &InitApplication, environment: &InitEnvironment) -> String {
    let name = &environment.name;
    // A job with `environment:` has a subject without its ref.
    let of: Vec<String> = match application.github_environment(name) {
        Some(named) => vec![format!("environment:{named}")],
        None => refs(&environment.rule).iter().map(|it| format!("ref:{it}")).collect(),
    };
    let subjects = subjects(application, &of);
    // Whoever may push the tag of a release candidate runs a workflow of their own at it.
    let is_stable = matches!(&environment.rule, Rule::Tag(tag) if tag == "stable");
    let but = if is_stable && application.github_environment(name).is_none() {
        "\n              StringNotLike:\n                \
         \"token.actions.githubusercontent.com:sub\": \"*:ref:refs/tags/*-*\""
    } else {
        ""
    };
    format!(
        r#"
  {id}Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {role}
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: sts:AssumeRoleWithWebIdentity
            Principal: {{Federated: !Sub "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:oidc-provider/token.actions.githubusercontent.com"}}
            Condition:
              StringEquals: {{"token.actions.githubusercontent.com:aud": sts.amazonaws.com}}
              StringLike:
                "token.actions.githubusercontent.com:sub":{subjects}{but}
{images}"#,
        id = own(application, name, "", id),
        role = self::name(application, name),
        images = images(application),
    )
}

/// Writes the right to push images.
fn images(application: &InitApplication) -> String {
    let repositories = application.components.iter().filter_map(|component| component.repository());
    let arns: Vec<String> = repositories
        .map(|name| {
            format!(
                "                  - !Sub \"arn:${{AWS::Partition}}:ecr:{}:${{AWS::AccountId}}:repository/{name}\"\n",
                application.region
            )
        })
        .collect();
    format!(
        r#"      Policies:
        - PolicyName: push-images
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              # AWS knows no resource of this action (Service Authorization Reference, "Amazon Elastic Container Registry").
              - Effect: Allow
                Action: ecr:GetAuthorizationToken
                Resource: "*"
              - Effect: Allow
                Action:
                  - ecr:BatchCheckLayerAvailability
                  - ecr:BatchGetImage
                  - ecr:CompleteLayerUpload
                  - ecr:GetDownloadUrlForLayer
                  - ecr:InitiateLayerUpload
                  - ecr:PutImage
                  - ecr:UploadLayerPart
                Resource:
{}"#,
        arns.concat()
    )
}

/// Returns the refs of a rule, as IAM compares them: its `*` stops at nothing.
fn refs(rule: &Rule) -> Vec<String> {
    match rule {
        Rule::Branches(names) => names.iter().map(|name| format!("refs/heads/{}", name.replace("**", "*"))).collect(),
        Rule::Tag(tag) if tag == "stable" => vec!["refs/tags/*".to_owned()],
        Rule::Tag(tag) if tag == "release-candidate" => vec!["refs/tags/*-*".to_owned()],
        Rule::Tag(tag) => vec![format!("refs/tags/{}", tag.replace("**", "*"))],
        Rule::None => Vec::new(),
    }
}

/// Makes a logical id of a name.
fn id(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

#[cfg(test)]
#[path = "role_tests.rs"]
mod tests;
