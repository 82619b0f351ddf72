//! Plans a function's change.

use super::alias::{AliasState, Traffic};
use super::change::LambdaKind;
use super::checks::{alias_missing, not_ready, not_supported, replica, throttled};
use super::fetch;
use super::fitness::is_idle;
use super::next::next;
use super::state::{BackRecord, CodeSource, Goal, Observed, Target, Wanted, code_sha256, short};
use crate::config::Configured;
use crate::kinds::lambda::checks::{self, former_version, gone, image_gone};
use crate::kinds::lambda::code;
use crate::kinds::lambda::kind::{KnownVersions, observe};
use crate::kinds::{Next, PrepareInput, Prepared, Recorded, Stage, from_value, to_value};
use crate::ports::{AssumeRole, EcrApi, LambdaApi, Result, S3Api};
use crate::trouble::{Checked, found, if_there};
use serde_json::Value;
use windlass_domain::declaration::kinds::lambda::Lambda;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::{prose, run};

/// Observes the function, checks that it may and can be changed, and computes the stages. Faults: `NotFound` and
/// `AccessDenied` if the function cannot be read.
pub async fn prepare<P: LambdaApi + S3Api + EcrApi + AssumeRole + Configured>(
    there: &P,
    input: &PrepareInput<'_>,
    spec: &Lambda,
) -> Result<Prepared> {
    let target = Target { function: spec.function.clone(), alias: spec.alias.clone(), codedeploy: None };
    let function = there.function(&spec.function, None).await?;
    let tags = there.function_tags(&function.arn).await?;
    let what = format!("function {}", spec.function);
    let mut findings: Vec<Finding> =
        input.check_tags("function", (&what, Some(&function.arn)), &tags).into_iter().collect();
    let Some(is) = if_there(observe(there, &target, &KnownVersions::default()).await)? else {
        findings.push(alias_missing(input, spec));
        return Ok(Prepared::refused(findings));
    };
    findings.extend(not_ready(input, spec, &is));
    findings.extend(not_supported(input, spec, &function.package));
    findings.extend(replica(input, spec, &function));
    let (unmeasurable, idle) = throttled(input, spec, &function);
    findings.extend(unmeasurable);
    findings.extend(fetch::check(there, input, spec, &function).await?);
    let home = &there.at(&Place::default());
    let files = code::check_files(home, input, spec, &function).await?;
    findings.extend(files.refused);
    if !findings.is_empty() {
        return Ok(Prepared { claims: vec![Claim::whole(function.arn)], ..Prepared::refused(findings) });
    }
    let present = function.code_bytes;
    let before = to_value(&Recorded::of::<LambdaKind<P>>(&target, &is)?)?;
    let is = Observed { alias: is.alias.map(AliasState::at_rest), ..is };
    let plan = FunctionPlan { input, spec, architecture: function.architecture, is: &is, before };
    let stages = match plan.stages(there).await {
        Ok(stages) => stages,
        Err(trouble) => {
            return Ok(Prepared { claims: vec![Claim::whole(function.arn)], ..Prepared::refused(trouble.findings()?) });
        }
    };
    let mut prepared = plan.prepared(&target, function.arn, stages)?;
    prepared.warnings.extend(idle);
    prepared.warnings.extend(files.warnings);
    if prepared.unchanged.is_some() {
        return Ok(prepared);
    }
    prepared.warnings.extend(checks::concurrency_left_behind(there, input, spec, &is).await?);
    prepared.warnings.extend(checks::signed(there, input, spec, &function.package).await?);
    let (full, tight) = checks::check(there, input, present).await?;
    prepared.warnings.extend(tight);
    Ok(match full {
        None => prepared,
        Some(full) => Prepared { claims: prepared.claims, ..Prepared::refused(vec![full]) },
    })
}

struct FunctionPlan<'a> {
    input: &'a PrepareInput<'a>,
    spec: &'a Lambda,
    architecture: String,
    is: &'a Observed,
    before: Value,
}

/// A goal, the words for what is done, and the time for which it is watched, in seconds.
type Staged = (Goal, String, Option<u64>);

impl FunctionPlan<'_> {
    fn prepared(&self, target: &Target, arn: String, stages: Vec<Staged>) -> Result<Prepared> {
        let unchanged = stages
            .last()
            .filter(|(last, ..)| !self.input.is_check && next(&self.spec.function, self.is, last) == Next::Done)
            .map(|_| self.why_unchanged());
        let kept = if unchanged.is_some() { vec![] } else { stages };
        let (kept, idle) = self.woken(kept);
        let stages: Result<Vec<Stage>> = kept
            .into_iter()
            .map(|(goal, what, bake_s)| {
                let wakes = matches!(&goal, Goal::Wake(_));
                let ahead = wakes || matches!(&goal, Goal::Release(wanted) if wanted.is_ahead());
                let share = match &goal {
                    Goal::Release(wanted) => Some(u32::from(wanted.percent) * 10),
                    Goal::Back(_) | Goal::Wake(_) => None,
                };
                let share = share.filter(|_| !ahead);
                Ok(Stage { bake_s, ahead, wakes, share, ..Stage::new(to_value(&goal)?, what) })
            })
            .collect();
        Ok(Prepared {
            target: to_value(target)?,
            claims: vec![Claim::whole(arn)],
            before: self.before.clone(),
            stages: stages?,
            unchanged,
            warnings: self.warnings().into_iter().chain(idle).collect(),
            ..Prepared::default()
        })
    }

    /// Returns the stages with the first that wakes an idle version, if an invocation is declared that does so, and a
    /// warning for each other one.
    fn woken(&self, stages: Vec<Staged>) -> (Vec<Staged>, Vec<Finding>) {
        let (mut is_invoked, mut warnings) = (self.spec.is_tried, Vec::new());
        let kept = stages.into_iter().filter(|(goal, ..)| {
            let Goal::Wake(version) = goal else { return true };
            if !is_invoked {
                warnings.push(checks::idle(self.input, self.spec, version));
            }
            std::mem::take(&mut is_invoked)
        });
        let kept = kept.collect();
        (kept, warnings)
    }

    fn why_unchanged(&self) -> String {
        match &self.is.alias {
            Some(alias) => {
                format!("alias {} serves the wanted code in version {} already", alias.name, alias.traffic.version)
            }
            None => format!("{} runs the wanted code already", short(self.is.latest.code())),
        }
    }

    fn warnings(&self) -> Vec<Finding> {
        let function = &self.spec.function;
        let Some(alias) = &self.is.alias else {
            return vec![Finding::not_supported(
                self.input.path("alias"),
                format!(
                    "Callers use $LATEST of {function}, so new code is live at once and all at once{}.",
                    if self.spec.is_tried { ": they get it before its `invocations` have tried it" } else { "" }
                ),
                prose!(
                    "Publish a version ({}), make an alias on it ({}), let the callers use the alias, and write `alias: live`.",
                    run!("aws lambda publish-version --function-name {function}"),
                    run!("aws lambda create-alias --function-name {function} --name live --function-version <number>")
                ),
            )];
        };
        if alias.kept_at.is_some() {
            return vec![checks::concurrency_not_there(self.input, alias)];
        }
        if alias.traffic.weights.is_empty() {
            return vec![];
        }
        vec![Finding::new(
            FindingName::TargetNotReady,
            self.input.path("alias"),
            format!("Alias {} already shares its callers: {}; an undo returns to that.", alias.name, alias.traffic),
            "Finish or take back the shift that someone else began.",
        )]
    }

    async fn stages(&self, there: &(impl LambdaApi + EcrApi + AssumeRole)) -> Checked<Vec<Staged>> {
        match (self.input.goal_state, self.input.artifact) {
            (Some(recorded), _) => self.back_to(there, recorded).await,
            (None, Some(artifact)) => {
                let (code, source) = self.brought(there, artifact).await?;
                Ok(self.steps(&code, &source))
            }
            (None, None) if self.input.is_check => Ok(self.once_more()),
            (None, None) => Err(Fault::internal("neither bytes nor a recorded state are given").into()),
        }
    }

    /// Plans the code that is served now, as if a release brought it.
    fn once_more(&self) -> Vec<Staged> {
        let (code, _) = code::served(self.is);
        self.steps(&[code.to_owned()], &CodeSource::Version(String::new()))
    }

    fn steps(&self, code: &[String], source: &CodeSource) -> Vec<Staged> {
        let is_tried = self.spec.is_tried && self.is.alias.is_some();
        let ahead = is_tried.then_some(0).into_iter();
        let steps = self.spec.rollout.steps.iter().copied();
        let every = self.spec.rollout.every.as_s();
        ahead
            .chain(steps)
            .chain([100])
            .map(|percent| {
                let what = self.what(code, percent);
                let bake_s = (1..100).contains(&percent).then_some(every);
                let goal = Goal::Release(self.goal(code, source, percent));
                (goal, what, bake_s)
            })
            .collect()
    }

    /// The code that the artifact brings to this function, and where it comes from.
    async fn brought(
        &self,
        there: &(impl EcrApi + AssumeRole),
        artifact: &Artifact,
    ) -> Checked<(Vec<String>, CodeSource)> {
        let (repository, digest) = match artifact {
            Artifact::Object { sha256, .. } => {
                let source = CodeSource::Artifact(artifact.clone());
                return Ok((vec![code_sha256(sha256)], source));
            }
            Artifact::Image { repository, digest } => (repository, digest),
            Artifact::Images { .. } => {
                let message = format!("a function takes one image, and not {artifact}");
                return Err(Fault::new(FaultName::NotFound, message).into());
            }
        };
        let home = there.at(&Place::default());
        let found = home.image(repository, &format!("sha256:{digest}")).await?;
        // `Prepare` itself reports bytes that are gone.
        let image = found.ok_or_else(|| Fault::new(FaultName::NotFound, format!("there is no image {artifact}")))?;
        code::of_image(&image, &self.architecture)
            .map_err(|platforms| self.other_platforms(artifact, &platforms).into())
    }

    fn other_platforms(&self, artifact: &Artifact, platforms: &[String]) -> Finding {
        Finding::not_supported(
            self.input.path("function"),
            format!(
                "The function {} has the architecture {}, and the image {artifact} is only for {}.",
                self.spec.function,
                self.architecture,
                platforms.join(", ")
            ),
            "Build the image for the function's architecture too, or make a function for the image's.",
        )
    }

    fn goal(&self, code: &[String], source: &CodeSource, percent: u8) -> Wanted {
        let (from, latest) = (self.is.alias.as_ref(), &self.is.latest);
        Wanted {
            code: code.to_vec(),
            source: source.clone(),
            percent,
            from: from.map_or_else(String::new, |alias| alias.traffic.version.clone()),
            deployment: self.input.deployment.clone(),
            failed_at: (latest.last_update == "Failed").then(|| latest.revision_id.clone()),
        }
    }

    fn what(&self, code: &[String], percent: u8) -> String {
        let code = short(code.first().map(String::as_str).unwrap_or_default());
        match &self.is.alias {
            Some(alias) if percent == 0 => {
                format!("{code} published and invoked before alias {} moves", alias.name)
            }
            Some(alias) if percent < 100 => {
                format!("alias {} to {percent} % of {code}", alias.name)
            }
            Some(alias) => format!("alias {} to {code}", alias.name),
            None => format!("code of {} to {code}, live at once", self.spec.function),
        }
    }

    /// A rollback: to the recorded version, or to the recorded code where callers use `$LATEST`.
    async fn back_to(&self, there: &(impl LambdaApi + EcrApi + AssumeRole), recorded: &Value) -> Checked<Vec<Staged>> {
        let BackRecord { back: was } = from_value("recorded state", recorded)?;
        match (&self.is.alias, &was.alias) {
            (Some(alias), Some(before)) if alias.name == before.name => {
                self.back_to_version(there, alias, before, &was).await
            }
            _ => self.back_to_code(there, &was).await,
        }
    }

    async fn back_to_version(
        &self,
        there: &(impl LambdaApi + EcrApi + AssumeRole),
        alias: &AliasState,
        before: &AliasState,
        was: &Observed,
    ) -> Checked<Vec<Staged>> {
        let traffic = match self.input.artifact {
            // A release that was judged had all callers on one version.
            Some(_) => Traffic::all_to(&before.traffic.version),
            // A state that was found, or accepted, is gone back to as it was.
            None => before.traffic.clone(),
        };
        let mut stages = Vec::new();
        let shares = traffic.weights.iter().map(|(version, _)| version);
        for version in std::iter::once(&traffic.version).chain(shares) {
            let found = former_version(there, self.input, self.spec, version, was).await?;
            if is_idle(&found.state) {
                let what = format!("version {version} invoked before alias {} moves", alias.name);
                stages.push((Goal::Wake(version.clone()), what, None));
            }
        }
        let what = format!("alias {} {} → {traffic}", alias.name, alias.traffic);
        let goal = Goal::Back(Observed { alias: Some(AliasState { traffic, ..before.clone() }), ..was.clone() });
        stages.push((goal, what, None));
        Ok(stages)
    }

    async fn back_to_code(
        &self,
        there: &(impl LambdaApi + EcrApi + AssumeRole),
        was: &Observed,
    ) -> Checked<Vec<Staged>> {
        let (code, image) = code::served(was);
        if let Some(gone) = image_gone(there, self.input, self.spec, image).await? {
            return Err(gone.into());
        }
        let source = match image {
            Some(image) => Some(CodeSource::Image(image.to_owned())),
            None => self.source_of(there, code).await?,
        };
        let Some(source) = source else {
            let what = format!("code {}", short(code));
            return Err(gone(self.input, self.spec, &what).into());
        };
        let code = [code.to_owned()];
        let goal = Goal::Release(self.goal(&code, &source, 100));
        Ok(vec![(goal, self.what(&code, 100), None)])
    }

    async fn source_of(
        &self,
        there: &(impl LambdaApi + EcrApi + AssumeRole),
        code: &str,
    ) -> Result<Option<CodeSource>> {
        let versions = there.versions(&self.spec.function).await?;
        let version = versions.iter().rfind(|version| version.code_sha256 == code);
        if let Some(version) = version {
            return Ok(Some(CodeSource::Version(version.version.clone())));
        }
        let Some(artifact) = self.input.artifact else { return Ok(None) };
        let brought = found(self.brought(there, artifact).await)?;
        Ok(brought.filter(|(codes, _)| codes.iter().any(|known| known == code)).map(|(_, source)| source))
    }
}
