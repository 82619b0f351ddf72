//! The guide to the verbs: their groups in `windlass --help`, an example of each, and the words of other tools for it.

// An unknown word is answered and no alias: two words for one thing would stand in scripts, and `apply` or `undo`
// may mean two verbs.

use crate::ground::exit::STATUSES;
use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

/// The example of a verb, without the program's name, and the words by which other tools know what it does. Where
/// several verbs have a word, each may be meant.
pub type VerbRow = (&'static str, &'static str);

/// The groups of `windlass --help`, each with its verbs.
pub const GROUPS: [(&str, &[VerbRow]); 7] = [
    (
        "Every day",
        &[
            ("init", "bootstrap launch new setup"),
            ("doctor shop prod", "auth check login whoami"),
            ("declare app.yaml", "apply configure create"),
            ("release shop 1.4.0 web=dist/ api=function.zip --watch", "apply publish push ship sync up upload"),
            ("deploy shop prod 1.4.0 --watch", "redeploy restart"),
            ("promote shop staging prod --watch", ""),
            ("watch shop prod 1.4.0", "attach follow rollout wait"),
            ("status shop prod", "describe get info inspect ps show top"),
            ("rollback shop prod --reason 'checkout is broken'", "back downgrade revert undo"),
            ("release-hold shop prod --reason 'checkout works again'", "resume unfreeze unhold unlock"),
            ("explain shop prod 1.4.0", "debug errors why"),
        ],
    ),
    (
        "Before a release",
        &[
            ("import sam template.yaml --app shop", "convert migrate"),
            ("validate app.yaml", "check lint test verify"),
            ("plan deploy shop prod 1.4.0", "diff dry-run preview"),
            ("declaration shop", "cat config"),
        ],
    ),
    (
        "What runs and what ran",
        &[
            ("apps", "applications environments envs list ls projects"),
            ("history shop prod", "deployments events log releases"),
            ("snapshots shop prod", "backups revisions versions"),
            ("refusals shop", "rejections"),
            ("stats shop --days 7", "metrics"),
            ("logs shop prod 1.4.0", "log tail"),
        ],
    ),
    (
        "At the wheel",
        &[
            ("approve shop prod --reason 'I have read the changes'", "confirm review sign-off"),
            ("hold shop prod --reason 'no release during the sale'", "freeze lock"),
            ("pause shop prod --for 2h --reason 'to look at the orders'", ""),
            ("continue shop prod --reason 'the orders are fine'", "resume"),
            ("skip-bake shop prod --reason 'it mends the checkout'", "skip"),
            ("cancel shop prod --reason 'it has the wrong prices'", "abort kill stop undo"),
            ("drill shop staging --reason 'before the sale'", "rehearse"),
        ],
    ),
    (
        "When something went wrong",
        &[
            ("recover shop prod --reason 'the role may update the alias'", "fix repair retry"),
            ("accept shop prod --reason 'repaired by hand'", "force-unlock reconcile refresh"),
            ("restore shop prod --reason 'the alias was moved by hand'", "heal reapply resync"),
            ("withdraw shop prod web 'backup/**' --reason 'it was not public'", "invalidate purge unpublish"),
        ],
    ),
    (
        "Names and owners",
        &[
            ("remove shop staging --reason 'staging is gone'", "delete destroy down forget rm uninstall"),
            ("rename shop staging --to-environment qa --reason 'its new name'", "move mv"),
            ("hand-over shop staging --to-app pages --reason 'its own team'", "move transfer"),
        ],
    ),
    (
        "Pages and shell",
        &[
            ("ui --open", "console dashboard open web"),
            ("report shop prod --days 30", "export"),
            ("completion bash", "autocomplete completions"),
        ],
    ),
];

fn rows() -> impl Iterator<Item = &'static VerbRow> {
    GROUPS.iter().flat_map(|(_, rows)| rows.iter())
}

/// Returns the verb of an example.
pub fn verb(example: &str) -> &str {
    example.split_once(' ').map_or(example, |(verb, _)| verb)
}

/// Returns a list in two columns, wrapped to the terminal. clap makes one of the verbs of a command, and knows no
/// groups of them.
fn in_columns(rows: impl Iterator<Item = (String, StyledStr)>) -> String {
    let rows = rows.map(|(name, about)| Command::new(name).about(about));
    let list = Command::new("list").help_template("{subcommands}").disable_help_subcommand(true);
    list.subcommands(rows).render_help().ansi().to_string()
}

/// Gives the program a help with its verbs in groups and its exit statuses, and each verb its example.
pub fn guided(program: Command) -> Command {
    let style = *program.get_styles().get_header();
    let heading = |name: &str| format!("{style}{name}:{style:#}\n");
    let mut groups = String::new();
    for (name, rows) in GROUPS {
        let rows = rows.iter().filter_map(|(example, _)| {
            let about = program.find_subcommand(verb(example))?.get_about()?;
            // As wide as the longest verb: so all groups have the same columns.
            Some((format!("{:<12}", verb(example)), about.clone()))
        });
        groups += &format!("{}{}\n", heading(name), in_columns(rows));
    }
    let statuses = in_columns(STATUSES.iter().map(|(status, meaning)| ((*status).to_owned(), (*meaning).into())));
    let (options, status) = (heading("Options"), heading("Exit status"));
    let verbs = "{about-with-newline}\n{usage-heading} {usage}\n\n".to_owned() + &groups;
    let help = format!("{verbs}{options}{{options}}\n\n{status}{statuses}");
    program.help_template(help).mut_subcommands(|command| {
        let example = rows().find(|(example, _)| verb(example) == command.get_name());
        let example = example.map(|(example, _)| format!("{}  windlass {example}", heading("Example")));
        command.after_help(example.unwrap_or_default())
    })
}

/// Adds the verb that was meant to the answer to a word that is no verb: the one that other tools call so, else the
/// most similar.
pub fn name_what_was_meant(mistake: &mut clap::Error) {
    let Some(ContextValue::String(typed)) = mistake.get(ContextKind::InvalidSubcommand) else { return };
    let meant = rows().filter(|(_, words)| words.split_whitespace().any(|word| word == typed));
    let (verbs, examples): (Vec<&str>, Vec<String>) =
        meant.map(|(example, _)| (verb(example), format!("windlass {example}"))).unzip();
    if !verbs.is_empty() {
        let tip = format!("`{}` is meant, as in `{}`", verbs.join("` or `"), examples.join("` or `"));
        mistake.remove(ContextKind::SuggestedSubcommand);
        mistake.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    } else if let Some(ContextValue::Strings(similar)) = mistake.get(ContextKind::SuggestedSubcommand) {
        // clap has the most similar last.
        if let Some(nearest) = similar.last().cloned() {
            mistake.insert(ContextKind::SuggestedSubcommand, ContextValue::String(nearest));
        }
    }
}
