//! Plans a function's change.

use super::checks::{alias_missing, not_ready, not_supported, out_of_reach};
use super::next::next;
use super::observe::observe;
use super::state::{
    AliasState, Goal, Observed, Source, State, Target, Traffic, code_sha256, short,
};
use crate::config::Configured;
use crate::kinds::{Next, PrepareInput, Prepared, Stage, to_value};
use crate::ports::{Answered, Functions, Reach, Registry};
use serde::Deserialize;
use windlass_domain::artifact::Artifact;
use windlass_domain::declaration::resolved::{Lambda, Spec};
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::place::Place;

/// Observes the function, checks that it may and can be changed, and computes the stages. Faults:
/// `NotFound` and `AccessDenied` where the function cannot be read.
pub async fn prepare<P: Functions + Registry + Reach + Configured>(
    there: &P,
    input: &PrepareInput<'_>,
) -> Answered<Prepared> {
    let Spec::Lambda(spec) = input.spec else {
        return Err(Fault::internal("a function was expected"));
    };
    let target = Target {
        function: spec.function.clone(),
        alias: spec.alias.clone(),
    };
    let function = there.function(&spec.function, None).await?;
    let tags = there.function_tags(&function.arn).await?;
    let what = format!("function {}", spec.function);
    let mut findings: Vec<Finding> = input
        .check_tags("function", &what, &tags)
        .into_iter()
        .collect();
    let is = match observe(there, &target).await {
        Ok(is) => is,
        Err(fault) if fault.name == FaultName::NotFound => {
            findings.push(alias_missing(input, spec));
            return Ok(Prepared::refused(findings));
        }
        Err(fault) => return Err(fault),
    };
    findings.extend(not_ready(input, spec, &is));
    findings.extend(not_supported(input, spec, &function.package));
    findings.extend(out_of_reach(input, &function.arn, &there.config().region));
    if !findings.is_empty() {
        return Ok(Prepared::refused(findings));
    }
    let plan = Plan {
        input,
        spec,
        is: &is,
    };
    let stages = match plan.stages(there).await? {
        Ok(stages) => stages,
        Err(finding) => return Ok(Prepared::refused(vec![finding])),
    };
    plan.prepared(&target, function.arn, stages)
}

struct Plan<'a> {
    input: &'a PrepareInput<'a>,
    spec: &'a Lambda,
    is: &'a Observed,
}

/// A wanted state, what is done, and how long it is watched, in seconds.
type Wanted = (State, String, Option<u64>);

impl Plan<'_> {
    fn prepared(&self, target: &Target, arn: String, stages: Vec<Wanted>) -> Answered<Prepared> {
        let before = State::Observed(self.is.clone());
        let unchanged = stages
            .last()
            .filter(|(last, ..)| next(&before, last) == Next::Done)
            .map(|_| self.why_unchanged());
        let kept = if unchanged.is_some() { vec![] } else { stages };
        let stages: Answered<Vec<Stage>> = kept
            .into_iter()
            .map(|(goal, what, bake_s)| {
                Ok(Stage {
                    goal: to_value(&goal)?,
                    what,
                    bake_s,
                })
            })
            .collect();
        Ok(Prepared {
            target: to_value(target)?,
            identity: arn,
            before: to_value(&before)?,
            stages: stages?,
            unchanged,
            findings: vec![],
            warnings: self.warnings(),
        })
    }

    fn why_unchanged(&self) -> String {
        match &self.is.alias {
            Some(alias) => format!(
                "alias {} serves the wanted code in version {} already",
                alias.name, alias.traffic.version
            ),
            None => format!(
                "{} runs the wanted code already",
                short(&self.is.latest.code_sha256)
            ),
        }
    }

    fn warnings(&self) -> Vec<Finding> {
        let function = &self.spec.function;
        let Some(alias) = &self.is.alias else {
            return vec![Finding::new(
                FindingName::NotSupported,
                self.input.path("alias"),
                format!(
                    "Callers use $LATEST of {function}, so new code is live at once and all at once."
                ),
                format!(
                    "Publish a version (`aws lambda publish-version --function-name {function}`), make an alias on it (`aws lambda create-alias --function-name {function} --name live --function-version <number>`), let the callers use the alias, and write `alias: live`."
                ),
            )];
        };
        if alias.traffic.weights.is_empty() {
            return vec![];
        }
        vec![Finding::new(
            FindingName::TargetNotReady,
            self.input.path("alias"),
            format!(
                "Alias {} already shares its callers: {}; an undo returns to that.",
                alias.name, alias.traffic
            ),
            "Finish or take back the shift that someone else began.",
        )]
    }

    async fn stages<P: Functions + Registry + Reach>(
        &self,
        there: &P,
    ) -> Answered<Result<Vec<Wanted>, Finding>> {
        match self.input.goal_state {
            Some(recorded) => {
                let recorded = State::deserialize(recorded).map_err(|error| {
                    Fault::internal(format!("a recorded state cannot be read: {error}"))
                })?;
                self.back_to(there, recorded).await
            }
            None => match self.input.artifact {
                Some(artifact) => Ok(Ok(self.forward(there, artifact).await?)),
                None => Err(Fault::internal(
                    "neither bytes nor a recorded state are given",
                )),
            },
        }
    }

    async fn forward<P: Registry + Reach>(
        &self,
        there: &P,
        artifact: &Artifact,
    ) -> Answered<Vec<Wanted>> {
        let code = codes(there, artifact).await?;
        let source = Source::Artifact(artifact.clone());
        let steps = self.spec.rollout.steps.iter().copied();
        let every = self.spec.rollout.every.as_s();
        Ok(steps
            .chain([100])
            .map(|percent| {
                let what = self.what(&code, percent);
                let bake_s = (percent < 100).then_some(every);
                let goal = State::Goal(self.goal(&code, &source, percent));
                (goal, what, bake_s)
            })
            .collect())
    }

    fn goal(&self, code: &[String], source: &Source, percent: u8) -> Goal {
        let from = self.is.alias.as_ref();
        Goal {
            code: code.to_vec(),
            source: source.clone(),
            percent,
            from: from.map_or_else(String::new, |alias| alias.traffic.version.clone()),
            deployment: self.input.deployment.clone(),
        }
    }

    fn what(&self, code: &[String], percent: u8) -> String {
        let code = short(code.first().map(String::as_str).unwrap_or_default());
        match &self.is.alias {
            Some(alias) if percent < 100 => {
                format!("alias {} to {percent} % of {code}", alias.name)
            }
            Some(alias) => format!("alias {} to {code}", alias.name),
            None => format!("code of {} to {code}, live at once", self.spec.function),
        }
    }

    /// A rollback: to the recorded version, or to the recorded code where callers use `$LATEST`.
    async fn back_to<P: Functions + Registry + Reach>(
        &self,
        there: &P,
        recorded: State,
    ) -> Answered<Result<Vec<Wanted>, Finding>> {
        let State::Observed(was) = recorded else {
            return Err(Fault::internal("a goal was recorded as what ran"));
        };
        match (&self.is.alias, &was.alias) {
            (Some(alias), Some(before)) if alias.name == before.name => {
                self.back_to_version(there, alias, before, &was).await
            }
            _ => self.back_to_code(there, &was).await,
        }
    }

    async fn back_to_version<P: Functions>(
        &self,
        there: &P,
        alias: &AliasState,
        before: &AliasState,
        was: &Observed,
    ) -> Answered<Result<Vec<Wanted>, Finding>> {
        let version = &before.traffic.version;
        match there.function(&self.spec.function, Some(version)).await {
            Err(fault) if fault.name == FaultName::NotFound => {
                return Ok(Err(self.gone(&format!("version {version}"))));
            }
            Err(fault) => return Err(fault),
            Ok(_) => {}
        }
        // A recorded state is one that was judged, with all callers on one version.
        let settled = AliasState {
            traffic: Traffic::all_to(version),
            ..before.clone()
        };
        let goal = State::Observed(Observed {
            alias: Some(settled),
            ..was.clone()
        });
        let what = format!("alias {} {} → {version}", alias.name, alias.traffic);
        Ok(Ok(vec![(goal, what, None)]))
    }

    async fn back_to_code<P: Functions + Registry + Reach>(
        &self,
        there: &P,
        was: &Observed,
    ) -> Answered<Result<Vec<Wanted>, Finding>> {
        let code = served(was);
        let Some(source) = self.source_of(there, was, &code).await? else {
            return Ok(Err(self.gone(&format!("code {}", short(&code)))));
        };
        let codes = [vec![code.clone()], image_digits(was)].concat();
        let goal = State::Goal(self.goal(&codes, &source, 100));
        Ok(Ok(vec![(goal, self.what(&codes, 100), None)]))
    }

    async fn source_of<P: Functions + Registry + Reach>(
        &self,
        there: &P,
        was: &Observed,
        code: &str,
    ) -> Answered<Option<Source>> {
        if let Some(image) = &was.latest.image
            && was.latest.code_sha256 == code
        {
            return Ok(Some(Source::Image(image.clone())));
        }
        let versions = there.versions(&self.spec.function).await?;
        let version = versions.iter().rfind(|version| version.code_sha256 == code);
        if let Some(version) = version {
            return Ok(Some(Source::Version(version.version.clone())));
        }
        match self.input.artifact {
            Some(artifact)
                if codes(there, artifact)
                    .await?
                    .iter()
                    .any(|known| known == code) =>
            {
                Ok(Some(Source::Artifact(artifact.clone())))
            }
            _ => Ok(None),
        }
    }

    fn gone(&self, what: &str) -> Finding {
        Finding::new(
            FindingName::ArtifactMissing,
            self.input.path("function"),
            format!("The {what} of {} is no longer there.", self.spec.function),
            "Roll back to another snapshot, or deploy the wanted release again.",
        )
    }
}

/// The code that callers got in a recorded state.
fn served(was: &Observed) -> String {
    let version = was.alias.as_ref().and_then(|alias| {
        let mut versions = was.versions.iter();
        versions.find(|version| version.version == alias.traffic.version)
    });
    version
        .map_or(&was.latest.code_sha256, |version| &version.code_sha256)
        .clone()
}

fn image_digits(was: &Observed) -> Vec<String> {
    let image = was.latest.image.as_deref();
    let digits = image.and_then(|uri| uri.rsplit_once("@sha256:"));
    digits
        .map(|(_, digits)| digits.to_owned())
        .into_iter()
        .collect()
}

/// The code as Lambda will tell it; for an image also the digests of its platforms.
async fn codes<P: Registry + Reach>(there: &P, artifact: &Artifact) -> Answered<Vec<String>> {
    match artifact {
        Artifact::Object { sha256, .. } => Ok(vec![code_sha256(sha256)]),
        Artifact::Image { repository, digest } => {
            let home = there.at(&Place::default());
            let image = home.image(repository, &format!("sha256:{digest}")).await?;
            let platforms = image.map(|image| image.platforms).unwrap_or_default();
            let all = std::iter::once(digest.clone()).chain(platforms);
            Ok(all.map(|digest| digest.to_string()).collect())
        }
    }
}
