//! Prepares a stack: what a release brings, the change set that would change it, and what that would lose.

use super::change_set::{self, BACK, changes};
use super::find::{self, StackPlace, find};
use super::former_code::{self, FormerCode};
use super::package::{OpenPackage, without_bucket};
use super::parameters;
use super::state::{Goal, Target, UNMADE};
use super::template::{kept, of_text};
use super::{CAPABILITIES, Stack, look, refusals, wording};
use crate::config::Configured;
use crate::kinds::archive::Archive;
use crate::kinds::{
    APP_TAG, AwsResource, ENVIRONMENT_TAG, Kind as _, LookContext, PrepareInput, Prepared, Recorded, Stage,
    TouchedResource, from_value, to_value,
};
use crate::ports::{
    self, AssumeRole, ChangeSet, Clock, CloudFormationApi, DynamoDbApi, EcrApi, NewChangeSet, ObjectId, ResourceChange,
    Result, S3Api, TemplateSummary,
};
use crate::trouble::{Checked, Trouble, collected, or_findings};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::stack::Stack as Spec;
use windlass_domain::declaration::kinds::stack::loss::{LossRules, ResourceDelta, StackLoss, loss_of};
use windlass_domain::declaration::kinds::stack::package::{ASSETS_BUCKET, StackAsset};
use windlass_domain::declaration::kinds::stack::template::{changed_places, deletion_policy, read};
use windlass_domain::declaration::plan::DetailAction;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::count::count;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;

/// Plans the change of one stack; see [`PrepareInput`].
pub async fn prepare<P>(ports: &P, input: &PrepareInput<'_>, spec: &Spec) -> Result<Prepared>
where
    P: CloudFormationApi + S3Api + EcrApi + DynamoDbApi + Configured + Clock + AssumeRole,
{
    let home = ports.at(&Place::default());
    let config = home.config().clone();
    let place = StackPlace::of(&config, input);
    let claims = vec![place.claim(&spec.stack)];
    let (made, findings) = find(&home, ports, input, spec).await?;
    let at = (ports.at(input.place), input.place);
    let plan = StackPlan { kind: Stack::new(home, at, input.deployment.clone()), input, spec, place, made };
    let prepared = plan.make(findings).await?;
    Ok(Prepared { claims, ..prepared })
}

/// The template and the parameters that a stack is to get.
struct Wanted {
    /// The template.
    text: String,
    /// The recorded state that a rollback goes back to.
    back: Option<Goal>,
    /// The archive that is brought.
    package: Option<Archive>,
}

struct StackPlan<'a, P> {
    kind: Stack<P>,
    input: &'a PrepareInput<'a>,
    spec: &'a Spec,
    place: StackPlace<'a>,
    /// The stack that is there; `None` if it is to be made.
    made: Option<ports::Stack>,
}

impl<P: CloudFormationApi + S3Api + EcrApi + Configured + Clock> StackPlan<'_, P> {
    async fn make(&self, mut findings: Vec<Finding>) -> Result<Prepared> {
        let back: Option<Goal> =
            self.input.goal_state.map(|recorded| from_value("recorded state", recorded)).transpose()?;
        if back.as_ref().is_some_and(|goal| goal.template.is_none()) {
            let stays = format!("the stack {} stays: no rollback deletes one", self.spec.stack);
            return Ok(Prepared { unchanged: Some(stays), ..self.base().await? });
        }
        if self.input.is_check {
            findings.extend(find::bucket(&self.kind.at, self.input, self.spec).await?);
        }
        let wanted = match back {
            None if self.input.is_check => None,
            None => collected(self.brought().await, &mut findings)?,
            Some(goal) => collected(self.recorded(goal).await, &mut findings)?,
        };
        if !findings.is_empty() {
            return Ok(Prepared::refused(findings));
        }
        let later = self.input.later();
        if let Some(wanted) = wanted.filter(|_| later.is_empty() && !self.input.is_trial) {
            let planned = or_findings(Box::pin(self.planned(wanted)).await)?;
            return Ok(planned.unwrap_or_else(Prepared::refused));
        }
        // Nobody can say more of it, so that no change set is made.
        let once = if later.is_empty() { "" } else { ", planned once its parameters are known" };
        let what = format!("stack {}{once}", self.spec.stack);
        let stage = Stage { later, ..Stage::new(to_value(&Goal::default())?, what) };
        let is_unseen = self.input.is_check && self.made.is_none();
        let warnings = is_unseen.then(|| find::to_be_made(self.input, self.spec)).into_iter().collect();
        Ok(Prepared { stages: vec![stage], warnings, ..self.base().await? })
    }

    /// Returns the plan of a stack of which nothing is changed.
    async fn base(&self) -> Result<Prepared> {
        let before = to_value(&self.before(None).await?)?;
        Ok(Prepared { target: to_value(&self.target(None, None))?, before, ..Prepared::default() })
    }

    fn owner(&self) -> String {
        let PrepareInput { app, environment, component, home, .. } = self.input;
        home.map_or_else(|| format!("{app}/{environment}/{component}"), str::to_owned)
    }

    /// Returns the stack's tags. Those that AWS gave it are nobody's to send.
    fn tags(&self) -> BTreeMap<String, String> {
        let Some(stack) = &self.made else {
            let own = [(APP_TAG, self.input.app.as_str()), (ENVIRONMENT_TAG, self.input.environment.as_str())];
            return own.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        };
        let tags = stack.tags.iter().filter(|(name, _)| !name.starts_with("aws:"));
        tags.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn target(&self, set: Option<&ChangeSet>, package: Option<Archive>) -> Target {
        let made = self.made.as_ref().map(|stack| stack.id.clone());
        Target {
            stack: self.spec.stack.clone(),
            id: set.map(|set| set.stack.clone()).or(made),
            role: self.place.role(&self.spec.role),
            change_set: set.map(|set| set.id.clone()),
            way_back: change_set::name(self.input.deployment, self.input.component, BACK),
            is_new: self.made.is_none(),
            owner: self.owner(),
            tags: self.tags(),
            touches: [].into(),
            may_go: [].into(),
            irreversible: false,
            outputs: self.spec.outputs.clone(),
            assets: self.spec.assets.clone(),
            brings: None,
            package,
            within_s: self.spec.within_s,
        }
    }

    /// Records the stack as it is, and keeps its template: the way back needs it.
    async fn before(&self, set: Option<&ChangeSet>) -> Result<Recorded> {
        let target = self.target(set, None);
        let seen = self.kind.observe(&target, &LookContext::default()).await?;
        self.kind.keep(&target, &seen).await?;
        Recorded::of::<Stack<P>>(&target, &seen)
    }

    /// Returns what the release brings.
    async fn brought(&self) -> Checked<Wanted> {
        let (input, spec) = (self.input, self.spec);
        let Some(archive) = input.artifact.and_then(Archive::of) else {
            let remedy = "Upload it, and name it with `key` in the manifest.";
            let reason = "A stack takes a zip with its template in the artifacts bucket.";
            return Err(Finding::bad_value(format!("components.{}", input.component), reason, remedy).into());
        };
        let open =
            OpenPackage::read(&self.kind.home, archive.clone(), (input.component, spec.artifact.is_some())).await?;
        let package = &open.package;
        let made_for = (package.account.as_deref(), package.region.as_deref());
        let mut findings = self.place.misses(input, made_for);
        let text = collected(open.template(&self.kind.home).await, &mut findings)?.unwrap_or_default();
        findings.extend(without_bucket(input.component, spec.assets.as_deref(), package, &text));
        let text = text.replace(ASSETS_BUCKET, spec.assets.as_deref().unwrap_or_default());
        findings.extend(self.unpublished(&text, &package.assets).await);
        if !findings.is_empty() {
            return Err(findings.into());
        }
        Ok(Wanted { text, back: None, package: Some(archive) })
    }

    /// Finds the nested stacks whose templates come with this release and are not in their bucket yet: files are
    /// published after the plan, and CloudFormation reads these for the plan.
    async fn unpublished(&self, text: &str, assets: &[StackAsset]) -> Vec<Finding> {
        let (Some(bucket), Ok(template)) = (&self.spec.assets, read(text)) else { return vec![] };
        let mut findings = Vec::new();
        for (logical, key) in refusals::nested_in(&template, assets) {
            let object = ObjectId { bucket: bucket.clone(), key: key.to_owned(), version_id: None };
            // Whoever may not look lets CloudFormation say it.
            if let Ok(None) = self.kind.at.head(&object).await {
                findings.push(refusals::unpublished(self.input, &logical, &object));
            }
        }
        findings
    }

    /// Returns what a rollback goes back to.
    async fn recorded(&self, goal: Goal) -> Checked<Wanted> {
        let digest = goal.template.as_ref().ok_or_else(|| Fault::internal("there is no template to go back to"))?;
        match kept(&self.kind.home, &self.owner()).read(digest).await {
            Ok(text) => Ok(Wanted { text, back: Some(goal), package: None }),
            Err(fault) if fault.name == FaultName::NotFound => Err(refusals::no_template(self.input, digest).into()),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Makes the change set, and says what it does.
    async fn planned(&self, wanted: Wanted) -> Checked<Prepared> {
        let template = of_text(&self.kind.home, &self.owner(), wanted.text.clone()).await?;
        let taken = |fault: Fault| match fault.name {
            FaultName::Refused => Trouble::from(refusals::no_change_set(self.input, &fault.message)),
            _ => fault.into(),
        };
        let summary = self.kind.at.template_summary(&template).await.map_err(taken)?;
        let (values, mut findings) = match &wanted.back {
            Some(goal) => (parameters::of_goal(goal), vec![]),
            None => parameters::wanted(self.input, self.spec, &summary, self.made.as_ref()),
        };
        let parsed = read(&wanted.text).ok();
        findings.extend(parsed.as_ref().and_then(|it| refusals::missing_outputs(self.input, self.spec, it, &summary)));
        findings.extend(self.runs_code(&summary, parsed.as_ref().unwrap_or(&Value::Null)).await?);
        if !findings.is_empty() {
            return Err(findings.into());
        }
        let content = Digest::of(format!("{values:?} {}", wanted.text).as_bytes());
        let name = change_set::name(self.input.deployment, self.input.component, content.short());
        let new = NewChangeSet {
            stack: &self.spec.stack,
            name: &name,
            creates: self.made.is_none(),
            template: &template,
            parameters: &values,
            tags: &self.tags(),
            capabilities: &CAPABILITIES.map(str::to_owned),
            role: &self.place.role(&self.spec.role),
            description: &format!("Windlass deployment {}", self.input.deployment),
        };
        let made = change_set::made(&self.kind.at, &new).await.map_err(taken)?;
        Box::pin(self.of_set(made, wanted, &parsed.unwrap_or_default())).await.map_err(Trouble::from)
    }

    /// Returns a finding if a template runs code that the running one does not, and nobody has asked for its release.
    /// Who may only plan must not run code with the stack's role.
    async fn runs_code(&self, summary: &TemplateSummary, template: &Value) -> Result<Option<Finding>> {
        let mut code = refusals::code_of(summary);
        let nested = refusals::nested_code(summary, template, &Value::Null);
        if !self.input.is_plan || (code.is_empty() && nested.is_empty()) {
            return Ok(None);
        }
        let mut running = Value::Null;
        if let Some(stack) = &self.made {
            let text = self.kind.at.template(&stack.id, None).await?;
            running = read(&text).unwrap_or_default();
            let sent = of_text(&self.kind.home, &self.owner(), text).await?;
            let known = refusals::code_of(&self.kind.at.template_summary(&sent).await?);
            code.retain(|one| !known.contains(one));
        }
        code.extend(refusals::nested_code(summary, template, &running));
        Ok((!code.is_empty()).then(|| refusals::runs_code(self.input, &code)))
    }

    /// Returns the plan of a change set that is made, well or not.
    async fn of_set(&self, set: ChangeSet, wanted: Wanted, template: &Value) -> Result<Prepared> {
        let at = &self.kind.at;
        let mut target = self.target(Some(&set), wanted.package);
        if set.is_empty() {
            self.kind.let_go(&target).await?;
            let unchanged = format!("the stack {} has this template and these parameters already", target.stack);
            return Ok(Prepared { unchanged: Some(unchanged), ..self.base().await? });
        }
        if set.status == UNMADE {
            let errors = at.validation_errors(&set.id).await?;
            let findings = refusals::invalid(self.input, (&target.stack, &set.reason), &errors);
            return Ok(Prepared { target: to_value(&target)?, is_made_to_plan: true, ..Prepared::refused(findings) });
        }
        let said = change_set::shown(at.validation_errors(&set.id).await)?;
        let all = change_set::shown(changes(at, set.clone()).await)?;
        // A rollback is not held up by that.
        let moved = self.made.as_ref().filter(|_| self.input.goal_state.is_none());
        let moved = refusals::moved(self.input, moved, &set);
        target.touches = all.iter().map(|one| one.logical.clone()).collect();
        let nested = change_set::nested_templates(at, &all).await?;
        let loss = self.loss(&all, template, &nested);
        let former = self.former().await?;
        let running = (self.made.as_ref(), &former);
        let FormerCode { mut gone, mut unknown } = former_code::look(at, self.input, running, &target.touches).await?;
        if self.input.goal_state.is_some() {
            // It leaves what runs, which may be broken just by that.
            unknown.append(&mut gone);
        }
        let touches = all.iter().filter_map(|one| one.touched(self.input, &set.stack, (&former, template))).collect();
        let unseen = refusals::unseen(self.input, &all).into_iter();
        // Only CloudFormation knows the defaults of those that are new.
        let secrets = parameters::shown(self.input, &set.parameters, true);
        let findings: Vec<Finding> = unseen.chain(secrets).chain(moved).chain(loss.findings).chain(gone).collect();
        if !findings.is_empty() {
            let target = to_value(&target)?;
            return Ok(Prepared { target, is_made_to_plan: true, touches, ..Prepared::refused(findings) });
        }
        let before = self.before(Some(&set)).await?;
        (target.may_go, target.irreversible) = (loss.may_go, loss.irreversible);
        let template = change_set::shown(look::template(at, &set.stack, Some(&set.id)).await)?;
        kept(&self.kind.home, &target.owner).keep(&template).await?;
        target.brings = Some(Digest::of_content(&json!([template.digest, set.parameters, set.resolved])));
        let all = count(all.len(), "resource");
        let what = format!("stack {} to template {}, which touches {all}", target.stack, template.digest.short());
        let ChangeSet { id, stack, parameters, .. } = set;
        let goal = Goal { id: Some(stack), template: Some(template.digest), parameters, change_set: Some(id) };
        let stage = Stage { details: loss.details, ..Stage::new(to_value(&goal)?, what) };
        let role = self.made.as_ref().and_then(|stack| wording::role_stays(&target, stack));
        let warned = refusals::warned(self.input, &target.stack, &said);
        Ok(Prepared {
            target: to_value(&target)?,
            is_made_to_plan: true,
            touches,
            before: to_value(&before)?,
            stages: vec![stage],
            irreversible: loss.irreversible,
            warnings: loss.warnings.into_iter().chain(unknown).chain(role).chain(warned).collect(),
            ..Prepared::default()
        })
    }

    /// Returns the template that the stack has; null if there is none, or none that can be read.
    async fn former(&self) -> Result<Value> {
        let Some(stack) = &self.made else { return Ok(Value::Null) };
        Ok(read(&self.kind.at.template(&stack.id, None).await?).unwrap_or_default())
    }

    /// Judges the changes. `nested` are the templates of nested stacks, by the names of these.
    fn loss(&self, changes: &[ResourceChange], template: &Value, nested: &BTreeMap<String, Value>) -> StackLoss {
        let delta_of = changes.iter().map(|one| {
            let delta = one.delta(template);
            let Some((around, own)) = one.logical.rsplit_once('.') else { return delta };
            let policy = nested.get(around).and_then(|template| deletion_policy(template, own));
            ResourceDelta { deletion_policy: policy, ..delta }
        });
        let deltas: Vec<ResourceDelta<'_>> = delta_of.collect();
        let PrepareInput { component, may_lose, takes_losses, goal_state, .. } = self.input;
        let (data, goes_back) = (self.spec.data, goal_state.is_some());
        loss_of(&LossRules { component, data, may_lose, goes_back, takes_losses: *takes_losses }, &deltas)
    }
}

impl ResourceChange {
    /// Returns the change as it is judged. `template` is the one to come.
    pub(super) fn delta<'c>(&'c self, template: &'c Value) -> ResourceDelta<'c> {
        ResourceDelta {
            logical: &self.logical,
            kind: &self.kind,
            action: &self.action,
            replacement: &self.replacement,
            policy: &self.policy,
            properties: self.properties.iter().map(String::as_str).collect(),
            deletion_policy: deletion_policy(template, &self.logical),
        }
    }

    /// Returns the resource, if it is there and something of it changes. Of what stays when it leaves the stack nothing
    /// does. `templates` are the former one and the one to come.
    fn touched(&self, input: &PrepareInput<'_>, stack: &str, templates: (&Value, &Value)) -> Option<TouchedResource> {
        let Self { logical, kind, physical, policy, properties, .. } = self;
        let action = self.delta(templates.1).action();
        let stays = action == DetailAction::Remove && policy == "Retain";
        (!physical.is_empty() && !stays).then(|| TouchedResource {
            path: format!("{}.{logical}", input.path("stack")),
            logical: logical.clone(),
            resource: AwsResource { kind: kind.clone(), physical: physical.clone(), beside: stack.to_owned() },
            is_lost: matches!(action, DetailAction::Remove | DetailAction::Replace),
            changed: properties.iter().flat_map(|name| changed_places(templates, logical, name)).collect(),
        })
    }
}
