//! From what was found and what was answered to an application: what is evident is proposed, and what is not is asked.
//! Pure.

use super::account::Account;
use super::answers::{Asked, Question};
use super::application::{Application, Component, Environment, Rule};
use super::environments;
use super::pieces::{Piece, Pieces};
use super::repository::Repository;
use super::targets::Ask;
use crate::import::name;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};

/// Everything that was found.
#[derive(Debug, Default, Clone)]
pub struct Facts {
    /// The repository.
    pub repository: Repository,
    /// Its pieces.
    pub pieces: Pieces,
    /// The account.
    pub account: Account,
    /// The region of the credentials, or of the settings.
    pub region: Option<String>,
    /// The installation's stack.
    pub stack: String,
    /// Its account.
    pub account_id: Option<String>,
    /// Its policy for CI.
    pub ci_policy: Option<String>,
    /// Its policy for plans of pull requests.
    pub plan_policy: Option<String>,
}

/// The action of the release that this program belongs to. Whoever builds a release tells it, because a repository's
/// address is not in its sources.
pub const OWN_ACTION: Option<&str> = option_env!("WINDLASS_ACTION");

/// The answer for a workflow without the action.
const NO_ACTION: &str = "none";

/// The application, by the answers that there are; what is open is in `asked`.
pub fn propose(facts: &Facts, asked: &mut Asked) -> Application {
    let repository = &facts.repository;
    let own = repository
        .github
        .as_deref()
        .and_then(|github| github.split_once('/'));
    let own = own.map_or(repository.name.as_str(), |(_, name)| name);
    let app = asked.ask(
        question("app", "the application's name", Some(name(own))),
        &|text| AppName::new(text).map(drop).map_err(|why| why.to_string()),
    );
    let environments = ask_environments(repository, asked);
    let names: Vec<String> = environments
        .iter()
        .map(|environment| environment.name.clone())
        .collect();
    let chosen = ask_components(&facts.pieces.pieces, asked);
    let mut components: Vec<Component> = chosen
        .into_iter()
        .map(|piece| {
            Ask {
                facts,
                app: &app,
                names: &names,
                asked,
            }
            .component(piece)
        })
        .collect();
    components.sort_by_key(Component::floor);
    let region = asked.ask(
        question(
            "region",
            "the region of Windlass and of the targets",
            facts.region.clone(),
        ),
        &is_region,
    );
    let github = asked.ask(
        question(
            "github",
            "the repository on GitHub, whose workflow may release",
            repository.github.clone(),
        ),
        &|text| match super::repository::github(&format!("github.com/{text}")) {
            Some(_) => Ok(()),
            None => Err("write it as `owner/name`".to_owned()),
        },
    );
    let account = asked.ask(
        question(
            "account",
            "the number of the account of Windlass",
            facts.account_id.clone(),
        ),
        &is_account,
    );
    let action = asked.ask(
        question(
            "action",
            "Windlass's GitHub Action, which the workflow uses, as `owner/name@commit`; `none` for a workflow without it",
            Some(OWN_ACTION.unwrap_or(NO_ACTION).to_owned()),
        ),
        &is_action,
    );
    asked.end();
    Application {
        app,
        environments,
        components,
        region,
        github,
        stack: facts.stack.clone(),
        account,
        ci_policy: facts.ci_policy.clone(),
        plan_policy: facts.plan_policy.clone(),
        action: (action != NO_ACTION).then_some(action),
        is_coded: super::infrastructure::is_there(repository),
    }
}

/// A question without choices.
pub fn question(key: &str, about: &str, proposed: Option<String>) -> Question {
    Question {
        key: key.to_owned(),
        about: about.to_owned(),
        proposed,
        choices: Vec::new(),
    }
}

fn is_region(text: &str) -> Result<(), String> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.contains('-') && text.chars().all(letters) {
        return Ok(());
    }
    Err("write a region, such as `eu-west-1`".to_owned())
}

fn is_account(text: &str) -> Result<(), String> {
    if text.len() == 12 && text.chars().all(|c| c.is_ascii_digit()) {
        return Ok(());
    }
    Err("write the twelve digits of an account".to_owned())
}

fn is_action(text: &str) -> Result<(), String> {
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let is_one = text.split_once('@').is_some_and(|(name, at)| {
        let is_repository = super::repository::github(&format!("github.com/{name}"));
        is_repository.is_some() && !at.is_empty() && at.chars().all(letters)
    });
    if is_one || text == NO_ACTION {
        return Ok(());
    }
    Err("write it as `owner/name@commit`, or `none`".to_owned())
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().to_owned()).collect()
}

fn ask_environments(repository: &Repository, asked: &mut Asked) -> Vec<Environment> {
    let found = environments::found(repository).join(",");
    let about = "the environments, in the order in which a release goes through them";
    let told = asked.ask(question("environments", about, Some(found)), &|text| {
        let wrong = list(text)
            .into_iter()
            .find_map(|name| EnvironmentName::new(name).err());
        wrong.map_or(Ok(()), |why| Err(why.to_string()))
    });
    let branch = repository.branch.as_deref().unwrap_or("main");
    let environments = list(&told).into_iter().map(|name| {
        let about = format!("what of Git is released into {name}: `branch:…`, `tag:stable`, `tag:release-candidate`, `tag:…` or `none`");
        let question = question(&format!("deploy.{name}"), &about, Some(environments::usual(&name, branch)));
        let told = asked.ask(question, &|text| Rule::read(text).map(drop));
        Environment { name, rule: Rule::read(&told).unwrap_or(Rule::None) }
    });
    environments.collect()
}

/// The pieces that become components, each with its name.
fn ask_components(pieces: &[Piece], asked: &mut Asked) -> Vec<Piece> {
    let all: Vec<String> = pieces.iter().map(|piece| piece.name.clone()).collect();
    let about = "what is released, by name; `name:other` gives a component another name";
    let proposed = (!all.is_empty()).then(|| all.join(","));
    let chosen = asked.ask(question("components", about, proposed), &|text| {
        chosen(text, pieces).map(drop)
    });
    chosen_or_none(&chosen, pieces)
}

fn chosen_or_none(text: &str, pieces: &[Piece]) -> Vec<Piece> {
    chosen(text, pieces).unwrap_or_default()
}

fn chosen(text: &str, pieces: &[Piece]) -> Result<Vec<Piece>, String> {
    let all = list(text).into_iter().map(|part| {
        let (old, new) = part.split_once(':').unwrap_or((&part, &part));
        ComponentName::new(new).map_err(|why| why.to_string())?;
        let piece = pieces.iter().find(|piece| piece.name == old);
        let piece = piece.ok_or_else(|| {
            let known: Vec<String> = pieces.iter().map(|piece| piece.name.clone()).collect();
            format!(
                "nothing here is called `{old}`. {}",
                windlass_domain::meant::meant(old, &known)
            )
        })?;
        Ok(Piece {
            name: new.to_owned(),
            ..piece.clone()
        })
    });
    all.collect()
}
