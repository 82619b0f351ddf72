//! The way from the findings and the answers to an application: the evident is proposed, and the rest is asked. Pure.
//!
//! All questions are gone through anew with each answer, because later ones depend on earlier ones. So a terminal asks
//! one after the other, CI gives all answers at once, and without a terminal all that is open is listed at once.
//! Evident is what a file or the account says of a target, such as a function's name in a template. A name that is made
//! up by a pattern is not, and where two targets fit equally well nothing is proposed.

use super::answers::{Answers, Question, UNANSWERED};
use super::application::{InitApplication, InitComponent, InitEnvironment, Rule};
use super::environments;
use super::facts::InitFacts;
use super::pieces::Piece;
use super::repository::Repository;
use super::targets::TargetQuestions;
use super::text::DeclaredText;
use crate::init::names::{is_cut, name};
use windlass_domain::document::shape::objection::nearest;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName, LONGEST};

/// The action of the release that this program belongs to. The build of a release sets it, because a repository's
/// address is not in its sources, and a guessed owner would be somebody else. Without it the workflow does without the
/// action, and plans nothing.
pub const OWN_ACTION: Option<&str> = option_env!("WINDLASS_ACTION");

/// The answer for no repository on GitHub, and for a workflow without the action.
const NONE: &str = "none";

/// Returns the application, by the answers that there are; the open questions are in `asked`.
pub fn propose(facts: &InitFacts, asked: &mut Answers) -> InitApplication {
    let repository = &facts.repository;
    let own = own_name(repository);
    let about = if is_cut(own) {
        format!("the application's name, cut from `{own}` to {LONGEST} letters")
    } else {
        "the application's name".to_owned()
    };
    let app = asked.ask(Question::new("app", &about, Some(name(own))), &|text| {
        AppName::new(text).map(drop).map_err(|why| why.to_string())
    });
    let environments = ask_environments(facts, &app, asked);
    let names: Vec<String> = environments.iter().map(|environment| environment.name.clone()).collect();
    let chosen = ask_components(&facts.pieces.pieces, asked);
    let mut components: Vec<InitComponent> = chosen
        .into_iter()
        .map(|piece| {
            TargetQuestions { facts, app: &app, names: &names, asked, is_apart: false, cluster: None }.component(piece)
        })
        .collect();
    components.sort_by_key(InitComponent::floor);
    let region = asked
        .ask(Question::new("region", "the region of Windlass and of the targets", facts.region.clone()), &is_region);
    let github = asked.ask(Question::new("github", &about_github(repository), github_of(repository)), &|text| {
        is_github(text, repository)
    });
    let github = (github != NONE).then_some(github);
    let ids = github.as_ref().map(|github| ask_ids(facts, github, asked));
    let github_environment = github.as_ref().and_then(|_| ask_github(&names, asked));
    let account = asked
        .ask(Question::new("account", "the number of the account of Windlass", facts.account_id.clone()), &is_account);
    let action = github.as_ref().and_then(|_| ask_action(asked));
    asked.end();
    InitApplication {
        app,
        environments,
        carried: crate::init::application::preferences_of(&components, repository),
        components,
        region,
        github,
        github_ids: ids.as_deref().and_then(ids_of),
        github_environment,
        stack: facts.stack.clone(),
        account,
        endpoint: facts.endpoint.clone(),
        action,
        is_coded: super::infrastructure::is_there(repository),
    }
}

/// Returns the name of a repository: on GitHub, else of its folder.
fn own_name(repository: &Repository) -> &str {
    let github = repository.github.as_deref().and_then(|github| github.split_once('/'));
    github.map_or(repository.name.as_str(), |(_, name)| name)
}

/// Returns the note on an application's name that is cut from the repository's.
pub fn note_of_name(app: &str, repository: &Repository) -> Option<String> {
    let own = own_name(repository);
    (is_cut(own) && name(own) == app).then(|| {
        format!(
            "the application is called `{app}`, because `{own}` is longer than the {LONGEST} letters of a name: \
             `--answer app=…` gives another one"
        )
    })
}

fn about_github(repository: &Repository) -> String {
    let about = "the repository on GitHub, whose workflow may release, or `none` where another CI does";
    match only_at_root(repository) {
        Some(why) => format!("{about}; {why}"),
        None => about.to_owned(),
    }
}

/// Returns why a folder within a repository gets no workflow.
fn only_at_root(repository: &Repository) -> Option<String> {
    let root = repository.above.as_deref()?;
    Some(format!(
        "GitHub runs only the workflows at the root of a repository, which is `{root}`: start `windlass init` there, or answer `none`"
    ))
}

/// Returns the proposed repository on GitHub: the one that a remote names, `none` where the remote is elsewhere. `None`
/// for a folder within a repository, for which nothing is proposed.
fn github_of(repository: &Repository) -> Option<String> {
    if repository.above.is_some() {
        return None;
    }
    let elsewhere = repository.is_elsewhere.then(|| NONE.to_owned());
    repository.github.clone().or(elsewhere)
}

fn is_github(text: &str, repository: &Repository) -> Result<(), String> {
    if text == NONE {
        return Ok(());
    }
    if let Some(why) = only_at_root(repository) {
        return Err(why);
    }
    match super::repository::github(&format!("github.com/{text}")) {
        Some(_) => Ok(()),
        None => Err("write it as `owner/name`, or `none`".to_owned()),
    }
}

/// Asks for the numbers of the repository, by which an access file knows its jobs. GitHub also names them in the
/// subject of repositories that were made, renamed or moved since 15 July 2026 (GitHub Docs, "OpenID Connect
/// reference").
fn ask_ids(facts: &InitFacts, github: &str, asked: &mut Answers) -> String {
    let known = facts.github_ids.get(github).cloned().flatten();
    let github = if github == UNANSWERED { "OWNER/NAME" } else { github };
    let known = known.filter(|ids| ids_of(ids).is_some());
    let about = format!(
        "the numbers of owner and repository on GitHub, as `gh api repos/{github} --jq '\"\\(.owner.id)/\\(.id)\"'` prints them; `none` where somebody writes them into the access file later"
    );
    let proposed = Some(known.unwrap_or_else(|| NONE.to_owned()));
    asked.ask(Question::new("github.ids", &about, proposed), &|text| {
        if text == NONE || ids_of(text).is_some() {
            return Ok(());
        }
        Err("write the two numbers as `owner/repository`, such as `583231/1296269`, or `none`".to_owned())
    })
}

/// Reads the numbers of owner and repository.
fn ids_of(text: &str) -> Option<(String, String)> {
    let (owner, repository) = text.split_once('/')?;
    let is_number = |id: &str| !id.is_empty() && !id.starts_with('0') && id.chars().all(|c| c.is_ascii_digit());
    let both = is_number(owner) && is_number(repository);
    both.then(|| (owner.to_owned(), repository.to_owned()))
}

/// Asks for the environments on GitHub in which the jobs run.
fn ask_github(names: &[String], asked: &mut Answers) -> Option<DeclaredText> {
    let about = "the environment on GitHub in which the job of each environment runs, such as `{environment}`, so that its reviewers and rules count; `none` for none";
    let letters = |c: char| c.is_ascii_alphanumeric() || "-_.{}=,".contains(c);
    let question = Question::new("github.environment", about, Some(NONE.to_owned()));
    let answer = asked.ask(question, &|text| {
        let read = DeclaredText::read(text, names)?;
        let at = |name: &String| read.at("", name);
        if !text.chars().all(letters) || names.iter().map(at).any(|it| it.contains(['{', '='])) {
            return Err(
                "write a name of letters, digits, `-`, `_` and `.`, with `{environment}` where it differs, or `none`"
                    .to_owned(),
            );
        }
        Ok(())
    });
    let read = DeclaredText::read(&answer, names).ok()?;
    (answer != NONE).then_some(read)
}

fn ask_action(asked: &mut Answers) -> Option<String> {
    let action = asked.ask(
        Question::new(
            "action",
            "Windlass's GitHub Action, which the workflow uses, as `owner/name@commit`; `none` for a workflow without it",
            Some(OWN_ACTION.unwrap_or(NONE).to_owned()),
        ),
        &is_action,
    );
    (action != NONE).then_some(action)
}

/// The word before the number of every region's name (AWS Regions and Availability Zones, "AWS Regions"). Areas are not
/// listed: new ones come.
const DIRECTIONS: [&str; 9] =
    ["north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest"];

fn is_region(text: &str) -> Result<(), String> {
    const FORM: &str = "write a region, such as `eu-west-1`";
    let parts: Vec<&str> = text.split('-').collect();
    let [areas @ .., direction, number] = parts.as_slice() else { return Err(FORM.to_owned()) };
    let letters = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    if areas.is_empty() || !areas.iter().all(letters) || !is_number {
        return Err(FORM.to_owned());
    }
    if DIRECTIONS.contains(direction) {
        return Ok(());
    }
    let meant = nearest(direction, &DIRECTIONS.map(str::to_owned))
        .map(|meant| format!(". Did you mean `{}-{meant}-{number}`?", areas.join("-")));
    Err(format!("AWS has no region `{text}`{}", meant.unwrap_or_else(|| format!(": {FORM}"))))
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
    if is_one || text == NONE {
        return Ok(());
    }
    Err("write it as `owner/name@commit`, or `none`".to_owned())
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().to_owned()).collect()
}

fn ask_environments(facts: &InitFacts, app: &str, asked: &mut Answers) -> Vec<InitEnvironment> {
    let repository = &facts.repository;
    let components: Vec<&str> = facts.pieces.pieces.iter().map(|piece| piece.name.as_str()).collect();
    let found = environments::proposed(repository, &facts.account, app, &components).join(",");
    let about = "the environments, in the order in which a release goes through them";
    let answer = asked.ask(Question::new("environments", about, Some(found)), &|text| {
        let all = list(text);
        if let Some(twice) = all.iter().enumerate().find(|(at, name)| all[..*at].contains(name)) {
            return Err(format!("`{}` stands there twice: write each environment once", twice.1));
        }
        let wrong = all.into_iter().find_map(|name| EnvironmentName::new(name).err());
        wrong.map_or(Ok(()), |why| Err(why.to_string()))
    });
    let branch = repository.branch.as_deref().unwrap_or("main");
    let environments = list(&answer).into_iter().map(|name| {
        let about = format!(
            "what of Git is released into {name}: `branch:…`, `tag:stable`, `tag:release-candidate`, `tag:…` or `none`"
        );
        let question = Question::new(&format!("deploy.{name}"), &about, Some(environments::usual(&name, branch)));
        let answer = asked.ask(question, &|text| Rule::read(text).map(drop));
        InitEnvironment { name, rule: Rule::read(&answer).unwrap_or(Rule::None) }
    });
    environments.collect()
}

/// Asks which pieces become components, each with its name.
fn ask_components(pieces: &[Piece], asked: &mut Answers) -> Vec<Piece> {
    let all: Vec<String> = pieces.iter().map(|piece| piece.name.clone()).collect();
    let about = "what is released, by name; `name:other` gives a component another name";
    let proposed = (!all.is_empty()).then(|| all.join(","));
    let answer = asked.ask(Question::new("components", about, proposed), &|text| chosen(text, pieces).map(drop));
    chosen(&answer, pieces).unwrap_or_default()
}

fn chosen(text: &str, pieces: &[Piece]) -> Result<Vec<Piece>, String> {
    let mut taken = std::collections::BTreeSet::new();
    let all = list(text).into_iter().map(|part| {
        let (old, new) = part.split_once(':').unwrap_or((&part, &part));
        ComponentName::new(new).map_err(|why| why.to_string())?;
        if !taken.insert(new.to_owned()) {
            return Err(format!("two components are called `{new}`: `name:other` gives one another name"));
        }
        let piece = pieces.iter().find(|piece| piece.name == old);
        let piece = piece.ok_or_else(|| {
            let known: Vec<String> = pieces.iter().map(|piece| piece.name.clone()).collect();
            format!(
                "nothing here is called `{old}`. {}",
                windlass_domain::document::shape::objection::did_you_mean(old, &known)
            )
        })?;
        Ok(Piece { name: new.to_owned(), ..piece.clone() })
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_cut_is_noted() {
        let own = "continuous-deployment-of-the-shop-by-steps";
        let note = "the application is called `continuous-deployment-of-the-sho`, because \
                    `continuous-deployment-of-the-shop-by-steps` is longer than the 32 letters of a name: `--answer app=…` gives \
                    another one";
        for (repository, app, wanted) in
            [(own, "continuous-deployment-of-the-sho", Some(note)), (own, "shop", None), ("shop", "shop", None)]
        {
            let repository = Repository { name: repository.to_owned(), ..Repository::default() };
            assert_eq!(note_of_name(app, &repository).as_deref(), wanted, "{app}");
        }
    }

    #[test]
    fn a_misspelled_region_is_refused_with_what_was_meant() {
        for (text, wanted) in [
            ("eu-west-1", None),
            ("us-gov-east-1", None),
            ("ap-southeast-12", None),
            ("mx-central-1", None),
            ("eu-wets-1", Some("Did you mean `eu-west-1`?")),
            ("ap-sotheast-2", Some("Did you mean `ap-southeast-2`?")),
            ("eu-dublin-1", Some("write a region")),
            ("west-1", Some("write a region")),
            ("eu-west", Some("write a region")),
            ("Dublin", Some("write a region")),
            ("eu--west-1", Some("write a region")),
        ] {
            let error = is_region(text).err();
            assert_eq!(error.is_some(), wanted.is_some(), "{text}: {error:?}");
            assert!(error.zip(wanted).is_none_or(|(error, wanted)| error.contains(wanted)), "{text}");
        }
    }
}
