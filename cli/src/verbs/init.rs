//! `windlass init`: looks at a repository and at the account, asks what it cannot know, and writes what a release
//! needs.

use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::machine::shown;
use crate::ground::output::VerbOutput;
use crate::ground::trouble::TroubleName;
use crate::init::account::Account;
use crate::init::answers::{Answers, Question, argument};
use crate::init::application::InitApplication;
use crate::init::facts::InitFacts;
use crate::init::files::{self, WrittenFile};
use crate::init::proposal::propose;
use crate::init::repository_walk::{self, no_links, put};
use crate::init::{
    access_proposal, account_resources, declaration, deployer_commands, deployer_files, infrastructure, passed,
    patch_trial, pieces,
};
use crate::talk::installation::stack;
use crate::talk::settings::SettingsFile;
use crate::talk::windlass::waiting;
use crate::verbs::promote::confirmed;
use clap::{Args, ValueEnum};
use serde_json::json;
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::Command;
use windlass_domain::access::AccessFile;
use windlass_domain::declaration::{Declaration, Exceptions};
use windlass_domain::text::foreign;
use windlass_domain::text::name::AppName;

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Init {
    /// The repository.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// An answer, by the key of its question: `app=shop`. May be given several times.
    #[arg(long = "answer", value_name = "KEY=VALUE", value_parser = argument)]
    answers: Vec<(String, String)>,
    /// Take every answer that is proposed, and ask only for the others.
    #[arg(long)]
    yes: bool,
    /// Write over files that are there and say something else.
    #[arg(long)]
    force: bool,
    /// Look at the repository alone, and not at the account.
    #[arg(long)]
    no_account: bool,
    /// The installation's stack.
    #[arg(long, value_name = "NAME", env = "WINDLASS_STACK", value_parser = stack)]
    stack: Option<String>,
    /// The endpoint of a local cloud, which addresses may then name although it is a loopback address.
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL", hide = true)]
    local_endpoint: Option<String>,
}

impl Init {
    /// Runs the verb.
    ///
    /// # Errors
    /// If a folder cannot be read, a question is not answered, or a file would be written over.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        let mut facts = self.look()?;
        for line in seen(&facts) {
            output.announce(&line);
        }
        if facts.pieces.pieces.is_empty() {
            return Err(self.found_nothing(&facts));
        }
        let application = self.ask(&mut facts, output)?;
        let edits = infrastructure::write(&application, &facts.repository).edits;
        facts.trials = patch_trial::tried(&facts.repository, &edits);
        let (all, notes) = files::all(&application, &facts);
        check(&all, &application, &facts.exceptions)?;
        let written = self.write(&all, output)?;
        let next = files::next_commands(&application, &facts, &all);
        let words = summary(&written, &notes, &next);
        let document = json!({"app": application.app, "files": written, "notes": notes, "next": next,
            "missing": files::missing(&application, &facts),
            "other_deployers": deployer_files::all(&facts.repository),
            "deployed_by": deployer_commands::all(&application, &facts.repository),
            "not_looked_into": facts.repository.passed});
        output.result(&document, &words);
        Ok(Exit::Good)
    }

    /// Makes the failure where nothing was found: it names what is looked for, and what was seen and is not used.
    fn found_nothing(&self, facts: &InitFacts) -> Failure {
        let notes = facts.pieces.notes.join("; ");
        let notes = foreign::line(&notes);
        let seen = if notes.is_empty() { String::new() } else { format!(". Seen: {notes}") };
        let others = deployer_files::all(&facts.repository);
        let import = others.iter().find_map(|it| it.import.as_deref()).map_or_else(String::new, |command| {
            foreign::line(&format!("Declare what is deployed already: `{command} > app.yaml`. Or start")).into_owned()
        });
        let start = if import.is_empty() { "Start" } else { &import };
        let others: Vec<String> = others.iter().map(|it| format!("\n{}", foreign::line(&it.to_string()))).collect();
        let others = others.concat();
        let passed = passed::lines(&facts.repository.passed).join("; ");
        let passed = if passed.is_empty() { passed } else { format!("\nNot looked into: {}", foreign::line(&passed)) };
        let sorts = pieces::PieceSort::value_variants().iter();
        let sorts: Vec<String> = sorts.map(|sort| format!("\n  {sort}: {}", sort.mark())).collect();
        let sorts = sorts.concat();
        Failure::of(
            TroubleName::NothingFound,
            format!(
                "nothing was found in `{}` that Windlass releases{seen}. Looked for:{sorts}{passed}{others}\n{start} it in the root of a repository that has one of these: docs/install.md of Windlass has the smallest function, service and site. Or write `app.yaml` by hand: docs/integrate/README.md has one for each, and docs/app.md every field",
                shown(&self.folder)
            ),
        )
    }

    /// Looks at everything that can be known without asking.
    fn look(&self) -> Result<InitFacts, Failure> {
        let repository = repository_walk::read(&self.folder).map_err(Failure::usage)?;
        let settings = SettingsFile::here()?;
        let setting = |name: &str| settings.value(name).map(|(value, _)| value);
        let stack = self.stack.clone().or_else(|| setting("stack"));
        let mut facts = InitFacts {
            pieces: pieces::find(&repository),
            repository,
            exceptions: Exceptions { probe_origin: self.local_endpoint.clone() },
            region: setting("region").or_else(account_resources::region),
            stack: stack.unwrap_or_else(|| "windlass".to_owned()),
            ..InitFacts::default()
        };
        if self.no_account {
            facts.account = Account { unseen: vec!["the account: `--no-account`".to_owned()], ..Account::default() };
        } else {
            waiting(async {
                account_resources::look(&mut facts).await;
                Ok(())
            })?;
        }
        facts.account.stack.clone_from(&facts.stack);
        Ok(facts)
    }

    /// Looks closer at what the answers so far lead to. Returns whether something was looked at, which may propose
    /// more.
    fn looks_closer(
        &self,
        facts: &mut InitFacts,
        application: &InitApplication,
        output: VerbOutput,
    ) -> Result<bool, Failure> {
        if self.no_account {
            return Ok(false);
        }
        let known = facts.account.unseen.len();
        let mut is_new = looks_at_github(facts, application);
        is_new |= waiting(async { Ok(account_resources::look_closer(facts, application).await) })?;
        for unseen in &facts.account.unseen[known..] {
            output.announce(&format!("not looked at: {}", foreign::line(unseen)));
        }
        Ok(is_new)
    }

    /// Asks until everything is answered.
    fn ask(&self, facts: &mut InitFacts, output: VerbOutput) -> Result<InitApplication, Failure> {
        let mut answers: BTreeMap<String, String> = self.answers.iter().cloned().collect();
        let is_terminal = io::stdin().is_terminal() && !output.is_json();
        loop {
            let mut asked = Answers::new(answers.clone());
            let application = propose(facts, &mut asked);
            if self.looks_closer(facts, &application, output)? {
                continue;
            }
            let is_open = |question: &&Question| !(self.yes && question.proposed.is_some());
            let open: Vec<&Question> = asked.open.iter().filter(is_open).collect();
            let Some(first) = open.first().filter(|_| asked.wrong.is_empty()) else {
                if asked.wrong.is_empty() {
                    return Ok(application);
                }
                return Err(unanswered(&asked.wrong, &open));
            };
            if !is_terminal {
                return Err(unanswered(&[], &open));
            }
            let answer = prompt(first)?;
            let mut tried = answers.clone();
            tried.insert(first.key.clone(), answer);
            let mut again = Answers::new(tried.clone());
            propose(facts, &mut again);
            // A question that comes only with another answer is known by now.
            match again.wrong.iter().find(|(key, _)| *key == first.key) {
                Some((_, why)) => println(why),
                None => answers = tried,
            }
        }
    }

    /// Writes the files that are not there yet. A file with another text is shown, and written over only where that was
    /// asked for.
    fn write(&self, all: &[WrittenFile], output: VerbOutput) -> Result<Vec<serde_json::Value>, Failure> {
        no_links(&self.folder, all)?;
        let others: Vec<(&WrittenFile, String)> = all
            .iter()
            .filter_map(|file| {
                let present = fs::read_to_string(self.folder.join(&file.path)).ok()?;
                (present != file.text).then_some((file, present))
            })
            .collect();
        let mut kept: Vec<&str> = Vec::new();
        // The schema is the program's own, and another version has another one.
        let is_asked = |file: &WrittenFile| !self.force && file.path != declaration::SCHEMA_FILE;
        for (file, present) in others.iter().filter(|(file, _)| is_asked(file)) {
            let (old, new) = (format!("{} as it is", file.path), format!("{} as it would be", file.path));
            let shown = TextDiff::from_lines(present, &file.text).unified_diff().header(&old, &new).to_string();
            output.announce_as_is(shown.trim_end());
            kept.push(&file.path);
        }
        if !kept.is_empty() && (output.is_json() || !io::stdin().is_terminal()) {
            let kept = kept.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
            return Err(Failure::of(
                TroubleName::WouldOverwrite,
                format!(
                    "{kept} would be written over, so that nothing was written. Look at what differs, and give `--force`, or move them away"
                ),
            ));
        }
        kept.retain(|path| !confirmed(&format!("Write over {}?", foreign::line(path))));
        let mut written = Vec::new();
        for file in all {
            let path = self.folder.join(&file.path);
            let is_there = path.exists();
            let is_same = is_there && !others.iter().any(|(other, _)| other.path == file.path);
            let (came, is_new) = match (is_same, kept.contains(&file.path.as_str()), is_there) {
                (true, ..) => ("as it was", false),
                (_, true, _) => ("kept", false),
                (.., true) => ("written over", true),
                (.., false) => ("written", true),
            };
            if is_new {
                put(&path, &file.text)?;
            }
            written.push(json!({"path": file.path, "came": came}));
        }
        Ok(written)
    }
}

/// Asks GitHub, by its own command line where that is there and may, for the numbers of the repository. Returns whether
/// the repository had not been looked at.
fn looks_at_github(facts: &mut InitFacts, application: &InitApplication) -> bool {
    let github = application.github.as_ref().filter(|it| it.contains('/'));
    let Some(github) = github.filter(|it| !facts.github_ids.contains_key(*it)) else { return false };
    let output =
        Command::new("gh").args(["api", &format!("repos/{github}"), "--jq"]).arg(r#""\(.owner.id)/\(.id)""#).output();
    let output = output.ok().filter(|output| output.status.success());
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok());
    let ids = text.map(|text| text.trim().to_owned());
    facts.github_ids.insert(github.clone(), ids);
    true
}

/// Returns what was seen, line by line.
fn seen(facts: &InitFacts) -> Vec<String> {
    let pieces = facts.pieces.pieces.iter();
    let mut lines: Vec<String> =
        pieces.map(|piece| format!("found: {} in `{}`, as `{}`", piece.sort, piece.file, piece.name)).collect();
    lines.extend(facts.pieces.notes.iter().map(|note| format!("seen, and not taken: {note}")));
    lines.extend(passed::lines(&facts.repository.passed).iter().map(|folders| format!("not looked into: {folders}")));
    lines.extend(facts.account.unseen.iter().map(|unseen| format!("not looked at: {unseen}")));
    lines.iter().map(|line| foreign::line(line).into_owned()).collect()
}

/// Makes the failure that lists all open questions at once.
fn unanswered(wrong: &[(String, String)], open: &[&Question]) -> Failure {
    let mut text =
        String::from("not everything is answered, so that nothing was written. Give `--answer KEY=VALUE` for each");
    if open.iter().any(|question| question.proposed.is_some()) {
        text.push_str(", `--yes` for what is proposed");
    }
    text.push(':');
    for (_, why) in wrong {
        text.push_str(&format!("\n  wrong: {}", foreign::line(why)));
    }
    for question in open {
        text.push_str(&format!("\n  {}", asked(question)));
    }
    Failure::of(TroubleName::NobodyToAsk, text)
}

fn asked(question: &Question) -> String {
    let mut text = format!("{}: {}", question.key, question.about);
    if let Some(proposed) = &question.proposed {
        text.push_str(&format!(" [{proposed}]"));
    } else if !question.choices.is_empty() {
        const SHOWN: usize = 12;
        let mut shown = question.choices.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        if question.choices.len() > SHOWN {
            shown.push_str(", …");
        }
        text.push_str(&format!(" (seen: {shown})"));
    }
    if let Some(answer) = &question.only_with {
        text.push_str(&format!(" (only with {answer})"));
    }
    foreign::line(&text).into_owned()
}

fn prompt(question: &Question) -> Result<String, Failure> {
    loop {
        let asked = asked(question);
        let _ = write!(io::stdout(), "{asked}: ").and_then(|()| io::stdout().flush());
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).unwrap_or(0);
        if read == 0 {
            return Err(unanswered(&[], &[question]));
        }
        let answer = line.trim();
        match &question.proposed {
            _ if !answer.is_empty() => return Ok(answer.to_owned()),
            Some(proposed) => return Ok(proposed.clone()),
            None => println(&format!(
                "`{}`: nothing is proposed here, so an empty answer says nothing: {}",
                question.key, question.about
            )),
        }
    }
}

fn println(line: &str) {
    let _ = writeln!(io::stdout(), "{}", foreign::line(line));
}

fn summary(written: &[serde_json::Value], notes: &[String], next: &[String]) -> String {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> =
        written.iter().map(|file| format!("{}: {}", text(&file["came"]), text(&file["path"]))).collect();
    let yours = |note| format!("yours to look at: {}", foreign::line(note));
    lines.extend(notes.iter().map(|note| yours(note)));
    lines.push("next:".to_owned());
    lines.extend(next.iter().map(|command| format!("  {}", foreign::line(command))));
    lines.join("\n")
}

/// Checks that the declaration is valid, and the access file but for numbers that nobody knows yet; else nothing is
/// written.
fn check(all: &[WrittenFile], application: &InitApplication, exceptions: &Exceptions) -> Result<(), Failure> {
    let path = access_proposal::path(application);
    let access = all.iter().find(|file| file.path == path && application.github_ids.is_some());
    if let (Some(file), Ok(app)) = (access, AppName::new(&application.app)) {
        AccessFile::read(&file.text, &app, None).map_err(|part| {
            let message = "with these answers the access file would not be valid, so that nothing was written:";
            Failure::rejected(message, part.findings())
        })?;
    }
    let mut texts = all.iter().filter(|file| file.path == "app.yaml");
    let text = texts.next().map_or("", |file| &file.text);
    let read = Declaration::read(text, exceptions);
    read.map(drop).map_err(|part| {
        let message = "with these answers the declaration would not be valid, so that nothing was written:";
        Failure::rejected(message, part.findings())
    })
}
