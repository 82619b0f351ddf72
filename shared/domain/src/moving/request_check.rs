//! Checks a request, action by action.

use crate::document::partial_document::PartialDocument;
use crate::document::shape::{Language, Shape};
use crate::document::source::DocumentText;
use crate::moving::Moving;
use crate::moving::scope::MovingScope;
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::of_application;
use crate::release::request::Request;
use crate::release::withdrawal::{Withdrawal, matcher};
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, EnvironmentName};
use crate::text::next_step::NextStep;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Returns the word for an action on a whole application; `None` if it may not be asked for one.
fn done_to_all(action: ActionName) -> Option<&'static str> {
    match action {
        ActionName::Remove => Some("removed"),
        ActionName::Rename => Some("renamed"),
        _ => None,
    }
}

/// Returns the step that gives an application another name.
fn renames(app: &AppName, to: &str) -> NextStep {
    let members = [("to_app", json!(to)), ("confirm", json!(app)), ("reason", json!("…"))];
    of_application(ActionName::Rename, app, &members)
}

static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::of::<Request>("the request", Language::Json));

/// The members that say of what a request is, so that it is of a whole application where they are absent.
const OF_THE_WHOLE: [&str; 3] = ["app", "environment", "component"];

impl Request {
    /// Reads the input of the release machine, as it came.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(input: &Value) -> Result<Self, Vec<Finding>> {
        Self::read(input).map_err(PartialDocument::findings)
    }

    /// Reads the input, with the part that can be read if something is wrong. Its text is not known: Step Functions
    /// hands over the values that it has read.
    ///
    /// # Errors
    /// Everything that is wrong with it, and its rest.
    pub fn read(input: &Value) -> Result<Self, PartialDocument<Self>> {
        Self::of_source(input, &DocumentText::default())
    }

    /// Reads the input that a call of the API makes of the members of its body. The body has the members of the
    /// manifest beside its own.
    ///
    /// # Errors
    /// As [`Request::read`], in the words of the body's text.
    pub fn read_body(input: &Value, body: &str) -> Result<Self, PartialDocument<Self>> {
        Self::of_source(input, &DocumentText::of(body).within("/manifest"))
    }

    fn of_source(input: &Value, source: &DocumentText<'_>) -> Result<Self, PartialDocument<Self>> {
        SHAPE.checked(input, source, Self::findings).map_err(|part| part.with_member("manifest"))
    }

    /// Returns what is wrong with its meaning.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.reason_finding());
        findings.extend(self.environment_finding());
        findings.extend(self.confirm_finding());
        findings.extend(self.moving_findings());
        findings.extend(self.approval_findings());
        findings.extend(self.withdrawal().err().unwrap_or_default());
        findings.extend(self.content_finding());
        findings.extend(self.component_finding());
        findings.extend(self.source_finding());
        findings.extend(self.out_of_place());
        findings.extend(self.key_findings());
        findings.extend(self.pinned_findings());
        if let Some(manifest) = &self.manifest {
            findings.extend(manifest.findings(&self.app, "manifest"));
        }
        findings
    }

    fn reason_finding(&self) -> Option<Finding> {
        let given = self.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
        let why = match self.action {
            _ if self.is_planned_only() || self.refused.is_some() => return None,
            ActionName::Deploy => self.wishes().next()?.to_owned(),
            action => action.to_string(),
        };
        (!given).then(|| {
            Finding::missing_field(
                "reason",
                format!("`{why}` needs a reason, and none is given."),
                "Write in `reason` why; the record and the notification carry it.",
            )
        })
    }

    fn environment_finding(&self) -> Option<Finding> {
        let needed = self.action != ActionName::Deploy || self.version.is_some() || self.from.is_some();
        let mut missing = self.named_environment().err()?;
        if self.action == ActionName::HandOver && self.component.is_none() {
            let to = self.to_app.as_ref().map_or("…", AppName::as_str);
            let rename = renames(&self.app, to);
            missing.remedy.push(prose!(" All of an application has another name by {}.", rename));
        }
        Some(missing).filter(|_| needed && !self.is_of_the_application())
    }

    /// Returns whether it lets go of the whole application, or renames it.
    pub fn is_of_the_application(&self) -> bool {
        let is_all = self.environment.is_none() && self.component.is_none();
        match self.action {
            ActionName::Remove => self.environment.is_none() && self.confirm.is_some(),
            ActionName::Rename => is_all && (self.confirm.is_some() || self.to_app.is_some()),
            _ => false,
        }
    }

    /// Makes the finding that all of an application is meant, and its name is not typed again.
    pub fn unconfirmed(app: &AppName, action: ActionName) -> Finding {
        let does = done_to_all(action).unwrap_or("changed");
        Finding::missing_field(
            "confirm",
            format!("all of `{app}` is to be {does}, and its name is not confirmed."),
            format!("Write `{app}` in `confirm`, if that is meant."),
        )
        .resting_on(OF_THE_WHOLE)
    }

    /// Checks the name that is typed again. Without it, a request with a forgotten environment would mean everything.
    fn confirm_finding(&self) -> Option<Finding> {
        let app = &self.app;
        let does = done_to_all(self.action)?;
        let Some(confirm) = &self.confirm else {
            let is_missing = self.action == ActionName::Rename && self.is_of_the_application();
            return is_missing.then(|| Self::unconfirmed(app, self.action));
        };
        let (name, text, remedy) = if confirm != app {
            let text = format!("`{confirm}` is confirmed, and `{app}` is to be {does}.");
            (FindingName::BadValue, text, format!("Write `{app}` in both places, if that is meant."))
        } else if self.environment.is_some() || self.component.is_some() {
            let text = "`confirm` is for a whole application, and a part of it is named.".to_owned();
            let remedy = "Leave out `confirm`, or what is named beside it.".to_owned();
            (FindingName::UnknownField, text, remedy)
        } else {
            return None;
        };
        Some(Finding::new(name, "confirm", text, remedy).resting_on(["app"]))
    }

    /// Returns the scope of a removal or a move.
    ///
    /// # Errors
    /// `MissingField` if it names no environment, and is not about the whole application.
    pub fn scope(&self) -> Result<MovingScope<'_>, Finding> {
        if !self.is_of_the_application() {
            self.named_environment()?;
        }
        let (environment, component) = (self.environment.as_ref(), self.component.as_ref());
        Ok(MovingScope { app: &self.app, environment, component })
    }

    /// Returns the move that it asks for, if it asks for one.
    pub fn moving(&self) -> Option<Moving<'_>> {
        let from = self.scope().ok().filter(|_| self.action.moves())?;
        let to = MovingScope {
            app: self.to_app.as_ref().unwrap_or(from.app),
            environment: self.to_environment.as_ref().or(from.environment),
            component: from.component.map(|was| self.to_component.as_ref().unwrap_or(was)),
        };
        Some(Moving { from, to })
    }

    /// Returns what is to be withdrawn, if it asks for that.
    ///
    /// # Errors
    /// Findings on what is missing of it or wrong with it.
    pub fn withdrawal(&self) -> Result<Option<Withdrawal>, Vec<Finding>> {
        if self.action != ActionName::Withdraw {
            return Ok(None);
        }
        let missing = |member: &str, what: &str| {
            Finding::missing_field(
                member,
                format!("`withdraw` needs {what}, and none is given."),
                format!("Write it in `{member}`."),
            )
        };
        match (&self.component, &self.pattern) {
            (Some(component), Some(pattern)) => match matcher(pattern) {
                Ok(_) => Ok(Some(Withdrawal { component: component.clone(), pattern: pattern.clone() })),
                Err(finding) => Err(vec![finding]),
            },
            (component, pattern) => {
                let component = component.is_none().then(|| missing("component", "a site"));
                let pattern = pattern.is_none().then(|| missing("pattern", "a pattern"));
                Err(component.into_iter().chain(pattern).collect())
            }
        }
    }

    /// Checks that an approval names what it approves.
    fn approval_findings(&self) -> Vec<Finding> {
        if self.action != ActionName::Approve {
            return Vec::new();
        }
        let members = [("deployment", self.deployment.is_none()), ("hash", self.hash.is_none())];
        let missing = members.into_iter().filter(|(_, is_missing)| *is_missing).map(|(member, _)| {
            Finding::missing_field(
                member,
                format!("`approve` needs the `{member}` of what is approved, and none is given."),
                format!("Write it in `{member}`, as the plan of the deployment that waits shows it."),
            )
        });
        missing.collect()
    }

    /// Checks the members that name the new owner, which must be another one than the former.
    fn moving_findings(&self) -> Vec<Finding> {
        let given = [
            ("to_app", self.to_app.is_some()),
            ("to_environment", self.to_environment.is_some()),
            ("to_component", self.to_component.is_some()),
        ];
        let wanted: &[&str] = match (self.action, &self.component) {
            (ActionName::Rename, None) if self.is_of_the_application() => &["to_app"],
            (ActionName::Rename, Some(_)) => &["to_component"],
            (ActionName::Rename, None) => &["to_environment"],
            (ActionName::HandOver, Some(_)) => &["to_app", "to_environment", "to_component"],
            (ActionName::HandOver, None) => &["to_app", "to_environment"],
            _ => return Vec::new(),
        };
        let surplus = given.iter().filter(|(name, is)| *is && !wanted.contains(name));
        let mut findings: Vec<Finding> = surplus
            .map(|(name, _)| {
                Finding::new(
                    FindingName::UnknownField,
                    *name,
                    format!("`{name}` means nothing for this `{}`.", self.action),
                    format!("Write `{}`.", wanted.join("` or `")),
                )
                .resting_on(OF_THE_WHOLE)
            })
            .collect();
        let is_over = self.action == ActionName::HandOver;
        let stays = |it: Moving<'_>| it.is_within() && (is_over || it.from.component == it.to.component);
        if findings.is_empty() && self.moving().is_some_and(stays) {
            let wanted = if is_over { &wanted[..2] } else { wanted };
            findings.push(
                Finding::missing_field(
                    wanted.first().copied().unwrap_or("to_environment"),
                    format!("`{}` does not say where to: nothing would change.", self.action),
                    format!("Write `{}`.", wanted.join("` or `")),
                )
                .resting_on(wanted.iter().copied().chain(OF_THE_WHOLE)),
            );
        }
        findings
    }

    /// Checks that what is deployed of one component alone is a release that is recorded.
    fn component_finding(&self) -> Option<Finding> {
        let is_stray = self.action == ActionName::Deploy && self.component.is_some() && self.version.is_none();
        is_stray.then(|| {
            Finding::bad_value(
                "component",
                "one component is deployed of a release that is recorded, and none is named by its version.",
                "Write `version` beside it. A manifest names its components itself.",
            )
            .resting_on(["version"])
        })
    }

    /// Checks that what runs in an environment is not deployed there once more.
    fn source_finding(&self) -> Option<Finding> {
        let from = self.from.as_ref().filter(|from| self.environment.as_ref() == Some(*from))?;
        Some(Finding::bad_value(
            "from",
            format!("`{from}` is the environment that it goes to."),
            "Name the environment that it comes from.",
        ))
    }

    /// Returns whether it is only planned. A check always is. A deployment, and what goes to a snapshot, is if `plan`
    /// asks for that.
    pub fn is_planned_only(&self) -> bool {
        match self.action {
            ActionName::Check => true,
            action => self.plan && (action == ActionName::Deploy || action.is_to_a_snapshot()),
        }
    }

    /// Returns the environment if the request must name one.
    ///
    /// # Errors
    /// `MissingField` if it names none.
    pub fn named_environment(&self) -> Result<&EnvironmentName, Finding> {
        self.environment.as_ref().ok_or_else(|| {
            Finding::missing_field(
                "environment",
                format!("`{}` needs an environment here, and none is given.", self.action),
                "Write the `environment` by name, such as `prod`.",
            )
        })
    }

    /// Returns a finding for each field of another action: it would be ignored, and its author meant something by it.
    fn out_of_place(&self) -> Vec<Finding> {
        let deploy = self.action == ActionName::Deploy;
        let is_promotion = deploy && self.from.is_some();
        let mut misplaced = Vec::new();
        if !deploy {
            misplaced.extend(self.contents());
            misplaced.extend((self.pinned.is_some() && !self.is_pinned_manifest()).then_some("pinned"));
            let takes_losses = self.action.takes_losses();
            misplaced.extend(self.wishes().filter(|wish| !takes_losses || *wish != "may_lose"));
        }
        let others = [
            ("plan", self.plan && !self.is_planned_only()),
            ("snapshot", self.snapshot.is_some() && self.action != ActionName::Rollback && !is_promotion),
            ("across", !self.across.is_empty() && self.action != ActionName::Rollback),
            ("drill", self.drill.is_some() && self.action != ActionName::Drill),
            (
                "deployment",
                self.deployment.is_some()
                    && !matches!(self.action, ActionName::Recover | ActionName::Approve)
                    && !self.action.is_of_the_wheel(),
            ),
            ("hash", self.hash.is_some() && self.action != ActionName::Approve),
            (
                "component",
                self.component.is_some()
                    && !matches!(
                        self.action,
                        ActionName::Deploy
                            | ActionName::Rollback
                            | ActionName::Restore
                            | ActionName::Withdraw
                            | ActionName::Remove
                    )
                    && !self.action.moves(),
            ),
            ("pattern", self.pattern.is_some() && self.action != ActionName::Withdraw),
            ("to_app", self.to_app.is_some() && !self.action.moves()),
            ("to_environment", self.to_environment.is_some() && !self.action.moves()),
            ("to_component", self.to_component.is_some() && !self.action.moves()),
            ("confirm", self.confirm.is_some() && !matches!(self.action, ActionName::Remove | ActionName::Rename)),
            ("for", self.pause_for.is_some() && self.action != ActionName::Pause),
        ];
        misplaced.extend(others.iter().filter(|(_, is)| *is).map(|(name, _)| *name));
        misplaced
            .into_iter()
            .map(|field| {
                Finding::new(
                    FindingName::UnknownField,
                    field,
                    format!("`{field}` means nothing for `{}`.", self.action),
                    "Remove it, or ask for the action that it belongs to.",
                )
            })
            .collect()
    }
}
