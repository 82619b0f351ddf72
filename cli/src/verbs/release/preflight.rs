//! The check of a release before its first byte is sent. Pure.

// Bytes are checked before the upload, by the code with which `Prepare` looks, because a rejected release uses up
// its version. To check them while pinning would read every arrival for the few that are wrong.

use crate::ground::output::text;
use crate::talk::git::ReleaseOrigin;
use semver::Version;
use windlass_domain::access::{AccessRight, Asked, Rules};
use windlass_domain::declaration::Declaration;
use windlass_domain::declaration::resolved::{ResolvedEnvironment, Start};
use windlass_domain::deployment::refusal::beforehand;
use windlass_domain::document::git_rule::GitRef;
use windlass_domain::document::tag_version::tag_version_differs;
use windlass_domain::release::Release;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::input;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::release::request::{Requester, Route};
use windlass_domain::shown::api::environments::Environment;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};

/// A release that is to be made, with its options.
#[derive(Debug, Clone, Copy)]
pub struct ReleasePlan<'a> {
    /// The application.
    pub app: &'a AppName,
    /// The manifest, but for the versions of its objects.
    pub manifest: &'a Manifest,
    /// The environment that is named; else its Git ref chooses.
    pub named: Option<&'a EnvironmentName>,
    /// The route by which it will be handed in, where that is known.
    pub route: Option<Route>,
    /// True if a hold does not stop it.
    pub through_hold: bool,
    /// True if an older declaration is allowed.
    pub allow_older: bool,
    /// True if changes that are in no commit may go anywhere.
    pub dirty: bool,
    /// The ref of a tag that what is checked out has.
    pub tag: Option<&'a str>,
    /// True if its artifacts are still to be uploaded, so that their keys are not the final ones.
    pub uploads: bool,
}

/// Returns the environment to which a release goes.
///
/// # Errors
/// The findings, if it goes nowhere.
pub fn goes_to(plan: ReleasePlan<'_>, declaration: &Declaration) -> Result<ResolvedEnvironment, Vec<Finding>> {
    let one = |finding| vec![finding];
    let name = match (plan.named, &plan.manifest.git) {
        (Some(named), _) => named.clone(),
        (None, Some(git)) => declaration
            .environment_for(&git.reference)
            .map_err(one)?
            .ok_or_else(|| one(no_environment(plan, &git.reference, declaration)))?,
        (None, None) => return Err(no_destination(plan).into_iter().collect()),
    };
    declaration.resolve(&name)
}

fn no_environment(plan: ReleasePlan<'_>, reference: &str, declaration: &Declaration) -> Finding {
    let names: Vec<&str> = declaration.environments().map(EnvironmentName::as_str).collect();
    // Who uploads gives the ref, and else it stands in a manifest that is there.
    let other = if plan.uploads { "Give another `--git-ref`" } else { "Write another `git.ref` in the manifest" };
    Finding::new(
        FindingName::NoEnvironment,
        "git.ref",
        format!("`{reference}` matches no environment's rule."),
        format!(
            "{}{}{other}, name one with `--environment` ({}), or mend the rules under `environments.<name>.deploy`.",
            by_tag(plan, declaration),
            declaration.guess_git_ref(reference),
            names.join(", ")
        ),
    )
}

/// Returns how to release what is checked out by its tag, where a rule takes that; else nothing.
fn by_tag(plan: ReleasePlan<'_>, declaration: &Declaration) -> String {
    let chosen = plan.tag.and_then(|tag| {
        let chosen = declaration.environment_for(tag).ok().flatten()?;
        Some((tag, chosen))
    });
    chosen.map_or_else(String::new, |(tag, environment)| {
        format!("What is checked out has a tag that `{environment}` takes: give `--git-ref {tag}`. ")
    })
}

/// Returns the environment, and everything that the declaration or the working tree says against the release.
pub fn misfits(plan: ReleasePlan<'_>, declaration: &Declaration) -> (Option<ResolvedEnvironment>, Vec<Finding>) {
    let (here, mut findings) = declared_misfits(plan, declaration);
    findings.extend(unclean(plan, here.as_ref()));
    (here, findings)
}

fn declared_misfits(plan: ReleasePlan<'_>, declaration: &Declaration) -> (Option<ResolvedEnvironment>, Vec<Finding>) {
    let mut findings: Vec<Finding> = other_declaration(plan, declaration.version()).into_iter().collect();
    let components = &plan.manifest.components;
    let resolved = match goes_to(plan, declaration) {
        Ok(resolved) => resolved,
        Err(why) => {
            findings.extend(why);
            findings.extend(declaration.misfits(components));
            return (None, findings);
        }
    };
    let named = components.iter();
    findings
        .extend(named.flat_map(|(name, artifact)| declaration.misfit_here(name, artifact, &resolved, plan.uploads)));
    if let Some(git) = plan.manifest.git.as_ref().filter(|_| resolved.tag_rule) {
        let version = &plan.manifest.version;
        findings.extend(tag_version_differs(version, &git.reference, &resolved.tag_prefix, "version"));
    }
    if let Some(route) = plan.route {
        let by = Requester::new(route, None);
        let asked = Asked::for_right(AccessRight::Release, &by, resolved.environment_id());
        findings.extend(Rules::default().decide(&asked, Some(&resolved)).err().unwrap_or_default());
    }
    (Some(resolved), findings)
}

/// Returns a finding where a manifest names another declaration than the one that counts: an older one, or one that
/// nobody knows yet.
fn other_declaration(plan: ReleasePlan<'_>, counts: &Version) -> Option<Finding> {
    let pinned = plan.manifest.declaration.as_ref().filter(|pinned| *pinned != counts && !plan.allow_older)?;
    let reason = format!("version {pinned} of the declaration is named, and the one that counts is {counts}.");
    let (name, remedy) = if pinned > counts {
        (FindingName::NoDeclaration, "Upload that version first, or leave it out for the one in force")
    } else {
        (FindingName::Older, "Leave it out for the one in force")
    };
    let remedy = format!("{remedy}: the option `--declaration`, or `declaration` of a manifest.");
    Some(Finding::new(name, "declaration", reason, remedy))
}

/// Returns a finding for each component whose recorded version has other bytes: a version never means other bytes.
pub fn reused(plan: ReleasePlan<'_>, recorded: &Release) -> Vec<Finding> {
    let version = &plan.manifest.version;
    let reused = plan.manifest.components.iter().filter_map(|(name, artifact)| {
        let (known, mine) = (recorded.components.get(name)?.digest(), artifact.sha256.as_ref()?);
        let (was, now) = (known.short(), mine.short());
        let reason = format!("version {version} was recorded with the bytes {was} and now has {now}.");
        let (path, remedy) = (format!("components.{name}"), "Give the new bytes a new version.");
        (known != *mine).then(|| Finding::new(FindingName::VersionReused, path, reason, remedy))
    });
    reused.collect()
}

/// Returns a note for each component of a recorded version whose digest the manifest does not name.
pub fn not_compared(plan: ReleasePlan<'_>, recorded: &Release) -> Vec<String> {
    let (components, version) = (plan.manifest.components.iter(), &plan.manifest.version);
    let unnamed = components.filter(|(name, it)| it.sha256.is_none() && recorded.components.contains_key(*name));
    let notes = unnamed.map(|(name, _)| {
        format!(
            "whether `{name}` has the bytes that version {version} is recorded with, because the manifest does not \
             show their SHA-256. With other bytes the release is refused"
        )
    });
    notes.collect()
}

/// Returns a note that nobody looked into the objects that a manifest names; `None` where it names only images.
pub fn unread(manifest: &Manifest) -> Option<String> {
    let objects = manifest.components.iter().filter(|(_, artifact)| artifact.key.is_some());
    let names: Vec<String> = objects.map(|(name, _)| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| {
        format!(
            "the bytes of {}: an artifact of the wrong sort is rejected. `release` looks at the files that it uploads",
            names.join(", ")
        )
    })
}

/// Returns the findings from the environment as it is now, in the words of the machine that would refuse the release.
pub fn stopped(plan: ReleasePlan<'_>, here: &ResolvedEnvironment, now: &Environment) -> Vec<Finding> {
    let hold = now.situation.hold.as_ref().filter(|_| !plan.through_hold);
    let closed = now.situation.closed.as_ref().filter(|_| !plan.through_hold);
    beforehand(EnvironmentId::new(plan.app, &here.environment), hold, closed, now.situation.lock.stuck())
}

/// Refuses changes that are in no commit for a tag, and for an environment that takes tags or waits for a person: those
/// are for what a commit names.
fn unclean(plan: ReleasePlan<'_>, here: Option<&ResolvedEnvironment>) -> Option<Finding> {
    let git = plan.manifest.git.as_ref().filter(|git| git.dirty)?;
    let is_tag = matches!(GitRef::of(&git.reference), GitRef::Tag(_));
    let strict = here.is_some_and(|here| here.tag_rule || here.start == Start::Manual);
    ((is_tag || strict) && !plan.dirty).then(|| {
        Finding::new(
            FindingName::BadValue,
            "git.dirty",
            "tracked files have changes that are in no commit, so that this is not what the commit names.",
            "Commit them, or put them aside; or give `--dirty`, and the release is recorded so.",
        )
    })
}

/// Returns a line for a person that names the release's origin.
pub fn comes_from(plan: ReleasePlan<'_>, from: Option<&ReleaseOrigin>) -> String {
    let version = &plan.manifest.version;
    let Some(from) = from else { return format!("{} {version}: from no Git ref that is known", plan.app) };
    let commit = from.git.commit.as_deref().unwrap_or("unknown");
    let clean = match from.dirty {
        Some(true) => "DIRTY: with changes that are in no commit",
        Some(false) => "clean",
        None => "not known whether clean",
    };
    format!("{} {version}: from {} ({}), commit {commit}, {clean}", plan.app, from.git.reference, from.source)
}

/// Returns the finding that a release without a Git ref goes nowhere. No declaration is needed to know that.
pub fn no_destination(plan: ReleasePlan<'_>) -> Option<Finding> {
    (plan.named.is_none() && plan.manifest.git.is_none()).then(|| {
        Finding::new(
            FindingName::NoEnvironment,
            "git.ref",
            "the release names neither a Git ref nor an environment.",
            if plan.uploads {
                "Give `--git-ref` or `--environment`."
            } else {
                "Write `git.ref` in the manifest, or give `--environment`."
            },
        )
    })
}

/// Returns a line for a person that says where the release goes.
pub fn goes(plan: ReleasePlan<'_>, here: Option<&ResolvedEnvironment>) -> String {
    let Some(here) = here else {
        return match plan.named {
            Some(named) => format!("  goes to {named}, which is named"),
            None => "  goes where the declaration's rules send it, which is not known here".to_owned(),
        };
    };
    let name = &here.environment;
    let why = if plan.named.is_some() { "which is named" } else { "by its rule" };
    if here.start == Start::Manual && !plan.through_hold {
        let start = input(
            ActionName::Deploy,
            EnvironmentId::new(plan.app, name),
            &[("version", plan.manifest.version.as_str().into())],
        );
        let start = text(&start.into());
        return format!("  goes to {name}, {why}: only recorded, a person starts it there with {start}");
    }
    format!("  goes to {name}, {why}")
}

#[cfg(test)]
#[path = "preflight_tests.rs"]
mod tests;
