//! The acts that a page offers. A form makes the words of a command, which the verbs' own arguments read and the verbs'
//! own functions carry out, so a page cannot do what a person could not have typed.

use super::http::Fields;
use super::parts::{PagePlace, mark};
use crate::ground::failure::Failure;
use crate::ground::terminal::Tone;
use crate::talk::windlass::Windlass;
use crate::verbs::approve::Approve;
use crate::verbs::cancel::{Cancel, Recover, accept};
use crate::verbs::deploy::Deploying;
use crate::verbs::operator::ActedOn;
use crate::verbs::plan::Plan;
use crate::verbs::rollback::Rollback;
use crate::verbs::steering::{hold, release_hold};
use crate::view::next_steps::PossibleStep;
use clap::Parser;
use maud::{Markup, html};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::name::{AppName, EnvironmentName};

/// An act: its name is that of its verb.
pub struct OfferedAct {
    /// The verb.
    pub verb: &'static str,
    /// The title of its page.
    pub title: &'static str,
    /// Its effect, said before it is done.
    pub does: &'static str,
    /// Its arguments behind application and environment.
    arguments: &'static [&'static str],
    /// True if its plan is drawn before.
    pub is_planned: bool,
    /// Its options that need a value.
    pub options: &'static [(&'static str, &'static str)],
    /// Its options without a value, each with its meaning.
    pub wishes: &'static [(&'static str, &'static str)],
}

const MAY_LOSE: (&str, &str) =
    ("may-lose", "a resource of a stack whose data it may lose, such as infra.Messages; needs the reason");

/// All of them.
pub const ACTS: [OfferedAct; 8] = [
    OfferedAct {
        arguments: &["version"],
        is_planned: true,
        options: &[MAY_LOSE],
        wishes: &[
            ("again", "once more, although it was deployed or undone before"),
            ("allow-older", "although a newer release is there"),
            ("accept-red", "although a gate is red before anything has changed"),
            ("through-hold", "although deployments are held"),
            ("preempt", "stop what is under way, have it undone, and deploy this next"),
        ],
        ..plain("deploy", "Deploy a recorded version", "Deploys a release that Windlass has recorded.")
    },
    OfferedAct {
        is_planned: true,
        options: &[
            ("snapshot", "the snapshot's number; the newest suitable one if empty"),
            ("across", "a component that is irreversible and that it may go back across"),
            MAY_LOSE,
        ],
        ..plain(
            "rollback",
            "Roll back",
            "Goes back to an earlier snapshot that was good, at once, and holds automatic deployments until the hold \
             is released.",
        )
    },
    OfferedAct {
        options: &[("deployment", "the deployment that asks"), ("hash", "the hash of the plan that you have seen")],
        ..plain(
            "approve",
            "Approve the plan",
            "Approves the plan that is shown, by its hash. It goes on once enough people have.",
        )
    },
    plain("hold", "Hold", "Holds automatic deployments until the hold is released."),
    plain("release-hold", "Release the hold", "Lets automatic deployments in again."),
    OfferedAct {
        arguments: &["id"],
        ..plain("cancel", "Cancel", "Stops the deployment and undoes what it has changed. It vetoes nothing.")
    },
    OfferedAct {
        options: &[("deployment", "the deployment; the one that holds the lock if empty")],
        ..plain(
            "recover",
            "Recover",
            "Tries again to undo a deployment that needs an operator, or ends one whose execution died.",
        )
    },
    plain("accept", "Accept", "Makes what is there now the truth, and unlocks the environment. Nothing is changed."),
];

/// Makes an act on an environment that has no plan and needs nothing but a reason.
const fn plain(verb: &'static str, title: &'static str, does: &'static str) -> OfferedAct {
    OfferedAct { verb, title, does, arguments: &[], is_planned: false, options: &[], wishes: &[] }
}

/// Finds the act of a name.
pub fn named(verb: &str) -> Option<&'static OfferedAct> {
    ACTS.iter().find(|act| act.verb == verb)
}

impl OfferedAct {
    /// Returns the words of the command. A value is never an option, because it stands behind `=` or is a name.
    pub fn words(&self, fields: &Fields) -> Vec<String> {
        let value = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let mut words = vec!["windlass".to_owned(), self.verb.to_owned(), value("app")];
        // A deployment's id determines its environment.
        if self.arguments != ["id"] {
            words.push(value("environment"));
        }
        words.extend(self.arguments.iter().map(|name| value(name)));
        let options = self.options.iter().map(|(name, _)| *name);
        for name in options.chain(["reason"]).filter(|name| fields.contains_key(*name)) {
            words.push(format!("--{name}={}", value(name)));
        }
        let wishes = self.wishes.iter().filter(|(name, _)| fields.contains_key(*name));
        words.extend(wishes.map(|(name, _)| format!("--{name}")));
        words
    }

    /// Returns the command that draws its plan.
    pub fn plan_words(&self, fields: &Fields) -> Vec<String> {
        let mut words = self.words(fields);
        words.insert(1, "plan".to_owned());
        words
    }

    /// Shows the form in which it is asked for, and asked for again once it is planned. The form is sent along with the
    /// token of these pages, and with one of its own: sent twice it is done once.
    pub fn form(&self, stand: &PagePlace, (token, once): (&str, &str), fields: &Fields, planned: bool) -> Markup {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let step = if self.is_planned && !planned { "plan" } else { "do" };
        let needs_reason = !self.is_planned || planned;
        html! {
            form.act method="post" action=(stand.below(&format!("acts/{}/{step}", self.verb))) {
                input type="hidden" name="token" value=(token);
                input type="hidden" name="once" value=(once);
                @for name in ["app", "environment"] { input type="hidden" name=(name) value=(value(name)); }
                @for name in self.arguments { p {
                    label for=(name) { (name) }
                    input id=(name) name=(name) value=(value(name)) required readonly[planned] autocomplete="off";
                } }
                @for (name, help) in self.options { p {
                    label for=(name) { (name) }
                    input id=(name) name=(name) value=(value(name)) readonly[planned] autocomplete="off" aria-describedby={ (name) "-help" };
                    small id={ (name) "-help" } { (help) }
                } }
                p {
                    label for="reason" { "reason" @if needs_reason { " (recorded)" } }
                    input id="reason" name="reason" value=(value("reason")) required[needs_reason] maxlength="1024" autocomplete="off";
                    @if !needs_reason { small { @if !self.wishes.is_empty() { "a wish or may-lose needs it already for the plan; " } "you can write it beside the plan" } }
                }
                @if self.wishes.iter().any(|(name, _)| !planned || fields.contains_key(*name)) { fieldset {
                    legend { "Wishes, each needs the reason" }
                    @for (name, help) in self.wishes { p.wish {
                        @if planned { @if fields.contains_key(*name) { input type="hidden" name=(name) value="on"; (mark(Tone::Noted, name)) } }
                        @else {
                            input type="checkbox" id=(name) name=(name) checked[fields.contains_key(*name)];
                            label for=(name) { b { (name) } " " (help) }
                        }
                    } }
                } }
                p.acts {
                    button type="submit" { @if step == "plan" { "Show the plan" } @else { (self.title) } }
                    @if let (Ok(app), Some(environment)) = (AppName::new(value("app")), fields.get("environment")) {
                        a.button.quiet href=(stand.below(&format!("apps/{app}/environments/{environment}"))) { "Leave it" }
                    }
                }
            }
        }
    }
}

/// Shows a button for each step that a page has an act for.
pub fn buttons(stand: &PagePlace, of: EnvironmentId<'_>, steps: &[PossibleStep]) -> Markup {
    let to = |step: &PossibleStep| {
        let (app, environment) = (of.app(), of.environment());
        let is_argument = named(&step.verb).is_some_and(|act| act.arguments == ["id"]);
        let field = if is_argument { "id" } else { "deployment" };
        let id = step.deployment.as_ref().map(|id| format!("&{field}={id}"));
        format!("acts/{}?app={app}&environment={environment}{}", step.verb, id.unwrap_or_default())
    };
    html! {
        @for step in steps {
            @if let Some(act) = named(&step.verb) { a.button href=(stand.below(&to(step))) { (act.title) } }
        }
    }
}

/// A command of a page, as a person would have typed it.
#[derive(Debug, Parser)]
#[command(name = "windlass")]
pub enum TypedCommand {
    /// Deploys a recorded version.
    Deploy(Deploying),
    /// Draws the plan of an act.
    Plan(Box<Plan>),
    /// Approves a plan.
    Approve(Approve),
    /// Goes back to an earlier snapshot.
    Rollback(Rollback),
    /// Holds automatic deployments.
    Hold(ActedOn),
    /// Releases the hold.
    ReleaseHold(ActedOn),
    /// Stops a deployment and undoes it.
    Cancel(Cancel),
    /// Tries again to undo a deployment.
    Recover(Recover),
    /// Makes what is there the truth.
    Accept(ActedOn),
}

/// The work that an act began.
#[derive(Debug, Clone)]
pub enum BegunWork {
    /// A deployment.
    Deployment(String),
    /// An execution, whose outcome is asked for later.
    Execution(String),
}

/// An act that was done from a page.
#[derive(Debug, Clone)]
pub(super) struct PageAction {
    pub(super) app: AppName,
    pub(super) environment: Option<EnvironmentName>,
    /// The command that does the same, typed.
    pub(super) typed: String,
    pub(super) begun: BegunWork,
}

impl TypedCommand {
    /// Reads the words of a command.
    ///
    /// # Errors
    /// The command line's message on a mistake.
    pub fn read(words: &[String]) -> Result<Self, Failure> {
        Self::try_parse_from(words).map_err(|mistake| {
            let said = mistake.render().to_string();
            let said = said.lines().next().unwrap_or_default();
            Failure::usage(said.trim_start_matches("error: "))
        })
    }

    /// Carries the command out, and waits for nothing.
    ///
    /// # Errors
    /// If Windlass refuses it or does not answer.
    pub async fn begin(&self, windlass: &Windlass) -> Result<BegunWork, Failure> {
        let action = match self {
            Self::Deploy(deploy) => return deploy.begin(windlass).await.map(BegunWork::Deployment),
            Self::Cancel(cancel) => return cancel.begin(windlass).await.map(BegunWork::Deployment),
            Self::Approve(approve) => approve.action()?,
            Self::Rollback(rollback) => rollback.action(windlass).await?,
            Self::Hold(at) => hold(at),
            Self::ReleaseHold(at) => release_hold(at),
            Self::Recover(recover) => recover.action(),
            Self::Accept(at) => accept(at),
            Self::Plan(_) => return Err(Failure::usage("a plan begins nothing")),
        };
        action.start(windlass).await.map(BegunWork::Execution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Arguments;
    use crate::ground::quoting::in_shell;
    use crate::ui::acts::TypedCommand;
    use clap::Parser;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_act_is_a_command_that_can_be_typed() {
        for act in &ACTS {
            let mut given = fields(&[
                ("app", "shop"),
                ("environment", "prod"),
                ("version", "1.4.0"),
                ("id", "0123456789abcdef"),
                ("reason", "it's broken; $(rm)"),
                ("snapshot", "3"),
                ("across", "web"),
                ("may-lose", "infra.Messages"),
                ("deployment", "0123456789abcdef"),
                ("hash", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ]);
            given.extend(act.wishes.iter().map(|(name, _)| ((*name).to_owned(), "on".to_owned())));
            let words = act.words(&given);
            let read = |words: &[String]| {
                let known = Arguments::try_parse_from(words).map(drop);
                assert!(known.is_ok(), "{words:?}: {known:?}");
                let read = TypedCommand::read(words).map(drop);
                assert!(read.is_ok(), "{words:?}: {read:?}");
            };
            read(&words);
            let shown = in_shell(&words);
            assert!(shown.contains(r"--reason 'it'\''s broken; $(rm)'"), "{shown}");
            if act.is_planned {
                read(&act.plan_words(&given));
            }
        }
    }

    #[test]
    fn a_value_is_never_an_option() {
        let act = named("deploy").unwrap();
        let words = act.words(&fields(&[
            ("app", "shop"),
            ("environment", "prod"),
            ("version", "--again"),
            ("reason", "--preempt"),
        ]));
        assert!(TypedCommand::read(&words).is_err(), "a version is there in its place: {words:?}");
        let words = act.words(&fields(&[
            ("app", "shop"),
            ("environment", "prod"),
            ("version", "1.0.0"),
            ("reason", "--preempt"),
        ]));
        let Ok(TypedCommand::Deploy(deploy)) = TypedCommand::read(&words) else { panic!("{words:?}") };
        assert!(format!("{deploy:?}").contains("preempt: false"), "{deploy:?}");
    }
}
