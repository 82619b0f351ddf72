//! The one decision on who may do what, by the rules in force. Pure.

use crate::access::caller::Caller;
use crate::access::file::{
    AccessFile, AccessFileForAll, Approve, EnvironmentRules, FileVersions, Member, Person, PromotionSource, WithoutFile,
};
use crate::access::read::WAYS;
use crate::access::refused::no_rule;
use crate::access::right::{AccessRight, Asked};
use crate::access::window::{self, Closed};
use crate::declaration::document::Source;
use crate::declaration::resolved::{ResolvedEnvironment, Start};
use crate::release::claims::ClaimIssuer;
use crate::release::identity::EnvironmentId;
use crate::release::key::AccessPlace;
use crate::release::request::{Requester, Route};
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, EnvironmentName, WhoName};
use crate::text::prose::capitalised;
use crate::text::time::Time;

/// The answer to somebody who may do what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// It goes on.
    Goes,
    /// The release is recorded, and somebody with the right to release starts it.
    Recorded,
}

/// The member of an environment's rules by which somebody has a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleMember {
    /// That of the right.
    Right(AccessRight),
    /// `record`: the release is recorded alone.
    Record,
    /// `from`: the file itself asks for what is promoted by itself.
    From,
}

/// The rules in force for an application: its access file, and that of all applications.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// The application's own file, unless it withdraws the rules.
    file: Option<AccessFile>,
    all: Option<AccessFileForAll>,
    /// The file that is in force and cannot be read any more, such as `access/all.yaml, version 3`.
    pub(super) unread: Option<String>,
}

impl Rules {
    /// Takes the files that are in force.
    pub fn of(file: Option<AccessFile>, all: Option<AccessFileForAll>) -> Self {
        Self { file: file.filter(|file| file.rules.is_none()), all, unread: None }
    }

    /// Returns the versions of the files. With others in force everything is to be decided on anew.
    pub fn versions(&self) -> FileVersions {
        FileVersions { app: self.file.as_ref().map(|file| file.version), all: self.all.as_ref().map(|all| all.version) }
    }

    /// Returns whether rules of operators decide, and not the declaration's.
    pub fn are_in_force(&self) -> bool {
        let refuses = self.all.as_ref().is_some_and(|all| all.without_file == Some(WithoutFile::Refuse));
        self.file.is_some() || refuses || !self.are_known()
    }

    /// Returns the warning that the declaration says who may release, and that rules of operators decide on that.
    pub fn overrules(&self, declared: &ResolvedEnvironment) -> Option<Finding> {
        if !self.are_in_force() || !declares(declared) {
            return None;
        }
        let place = AccessPlace::App(declared.app.clone());
        let warning = Finding::new(
            FindingName::OverruledByAccessFile,
            format!("environments.{}", declared.environment),
            format!("An access file decides who may release here: `sources` and `start` say nothing (see `{place}`)."),
            "Leave both out of the declaration.",
        );
        Some(warning.of_the_declaration())
    }

    /// Returns whether they decide on everything that this one asks for. Without rules in force no right of a CI job is
    /// IAM's, so that it has none.
    pub fn rule_on(&self, by: &Requester) -> bool {
        self.are_in_force() || by.route == Route::Ci
    }

    /// Returns the environments that the application's own file names.
    pub fn environments(&self) -> impl Iterator<Item = &EnvironmentName> {
        self.file.iter().flat_map(|file| file.environments.keys())
    }

    /// Returns where the releases of an environment come from, if a rule says so.
    pub fn promotes_from(&self, environment: &EnvironmentName) -> Option<&PromotionSource> {
        self.of_environment(environment)?.from.as_ref()
    }

    /// Returns the environments to which what succeeds in this one goes on by itself, each with its rule.
    pub fn promoted_by_itself<'a>(
        &'a self,
        from: &'a EnvironmentName,
    ) -> impl Iterator<Item = (&'a EnvironmentName, &'a PromotionSource)> {
        let all = self.file.iter().flat_map(|file| &file.environments);
        let sources = all.filter_map(|(environment, rules)| Some((environment, rules.from.as_ref()?)));
        sources.filter(move |(_, source)| source.environment == *from && source.is_automatic())
    }

    /// Returns what keeps releases from starting in an environment now: a freeze, or closed windows.
    pub fn closed(&self, environment: &EnvironmentName, now: Time) -> Option<Closed> {
        let freezes = self.all.as_ref().map(|all| all.freezes.as_slice()).unwrap_or_default();
        let (windows, outside) =
            self.of_environment(environment).map(|rules| (rules.windows.as_slice(), rules.outside)).unwrap_or_default();
        window::closed(windows, freezes, outside, now)
    }

    /// Decides. Without rules in force, a release goes by what is `declared`, and everything else is IAM's alone; a CI
    /// job that shows a token has no right then.
    ///
    /// # Errors
    /// A finding for each right that is lacking.
    pub fn decide(&self, asked: &Asked<'_>, declared: Option<&ResolvedEnvironment>) -> Result<Allowed, Vec<Finding>> {
        let releases = asked.rights.contains(&AccessRight::Release);
        if !self.are_in_force() {
            if self.rule_on(asked.by) {
                return Err(vec![no_rule(asked.of.app(), asked.by)]);
            }
            return match declared.filter(|_| releases) {
                Some(declared) => by_declaration(asked, declared).map_err(|finding| vec![finding]),
                None => Ok(Allowed::Goes),
            };
        }
        let (mut allowed, mut lacking) = (Allowed::Goes, Vec::new());
        for right in &asked.rights {
            match self.has(asked, *right) {
                Ok(Some(RuleMember::Record)) => allowed = Allowed::Recorded,
                Ok(_) => {}
                Err(finding) => lacking.push(finding),
            }
        }
        if lacking.is_empty() {
            return Ok(allowed);
        }
        // Jobs of any repository may ask, and learn neither names nor whether there is such an application.
        let is_strange = asked.by.route == Route::Ci && !self.know(asked.by);
        Err(if is_strange { vec![no_rule(asked.of.app(), asked.by)] } else { lacking })
    }

    /// Returns whether they name the one who asks in some environment of the application.
    pub fn know(&self, by: &Requester) -> bool {
        let mut everywhere = self.file.iter().flat_map(|file| file.environments.values());
        everywhere.any(|rules| self.name_in(rules, Caller::of(by)))
    }

    /// Returns whether some member of an environment's rules names a caller.
    fn name_in(&self, rules: &EnvironmentRules, caller: Caller<'_>) -> bool {
        rules.each().into_iter().any(|(_, listed, _)| self.names(listed, caller))
    }

    /// Returns the rule by which the one who asks has a right; `None` where no rule is about it, and IAM alone decides.
    ///
    /// # Errors
    /// The finding that the right is lacking.
    pub(super) fn has(&self, asked: &Asked<'_>, right: AccessRight) -> Result<Option<RuleMember>, Finding> {
        self.unknown(asked.by, right).map_or(Ok(()), Err)?;
        let caller = Caller::of(asked.by);
        let nothing = EnvironmentRules::default();
        let rules = self.of_environment(asked.of.environment()).unwrap_or(&nothing);
        let listed = rules.listed(right);
        if listed.is_none() && right != AccessRight::Approve && caller.route() != Route::Ci {
            return Ok(None);
        }
        // A job that may do something else may see what comes of it.
        let sees = listed.is_none() && right == AccessRight::Read && self.name_in(rules, caller);
        let listed = listed.unwrap_or_default();
        // The file itself asks for what is promoted by itself.
        let promotes = rules.from.as_ref().is_some_and(PromotionSource::is_automatic);
        let is_release = right == AccessRight::Release;
        let ways = [
            (self.names(listed, caller), Some(RuleMember::Right(right))),
            (is_release && caller.route() == Route::Windlass && promotes, Some(RuleMember::From)),
            (sees, None),
            (is_release && !asked.starts && self.names(&rules.record, caller), Some(RuleMember::Record)),
        ];
        let first = ways.into_iter().find(|(has, _)| *has && caller.can_have(right)).map(|(_, member)| member);
        first.ok_or_else(|| self.not_allowed(asked, caller, right, listed))
    }

    /// Returns whether they are in force, and leave a right of somebody to IAM alone.
    pub fn leave_to_iam(&self, right: AccessRight, by: &Requester, of: EnvironmentId<'_>) -> bool {
        self.are_in_force() && self.has(&Asked::for_right(right, by, of), right) == Ok(None)
    }

    /// Returns the file that decides, with its version.
    pub(super) fn deciding(&self, app: &AppName) -> (AccessPlace, u64) {
        match &self.file {
            Some(file) => (AccessPlace::App(app.clone()), file.version),
            None => (AccessPlace::All, self.all.as_ref().map_or(0, |all| all.version)),
        }
    }

    /// Returns the approval that releases into an environment need, if a rule wants one.
    pub(super) fn approve_rule(&self, environment: &EnvironmentName) -> Option<&Approve> {
        self.of_environment(environment)?.approve.as_ref()
    }

    /// Returns the rules of an environment, if the application's own file has any.
    fn of_environment(&self, environment: &EnvironmentName) -> Option<&EnvironmentRules> {
        self.file.as_ref()?.environments.get(environment)
    }

    pub(super) fn names(&self, listed: &[String], caller: Caller<'_>) -> bool {
        listed.iter().any(|name| self.is(name, caller))
    }

    /// Returns whether a caller is who a rule calls so: by the way in, as a person, or in a group.
    fn is(&self, name: &str, caller: Caller<'_>) -> bool {
        if WAYS.contains(&name) {
            return caller.route().to_string() == name;
        }
        match self.group(name) {
            Some(members) => members.iter().any(|member| self.is_member(member, caller)),
            None => self.is_person(name, caller),
        }
    }

    fn is_member(&self, member: &Member, caller: Caller<'_>) -> bool {
        match member {
            Member::Named(named) => caller.acts_as(named) || self.is_person(named, caller),
            Member::Jobs(jobs) => caller.claims().is_some_and(|claims| jobs.take(claims)),
        }
    }

    /// Returns the members of a group. The application's own names go before those of all applications, whether they
    /// are of a group or of a person.
    fn group(&self, name: &str) -> Option<&[Member]> {
        let own = self.file.iter().map(|file| (&file.who, &file.people));
        let mut files = own.chain(self.all.iter().map(|all| (&all.who, &all.people)));
        let found = files.find_map(|(who, people)| {
            let group = who.iter().find(|(group, _)| group.as_str() == name).map(|(_, members)| members.as_slice());
            let is_known = group.is_some() || people.keys().any(|person| person.as_str() == name);
            is_known.then_some(group)
        });
        found.flatten()
    }

    /// Returns whether a caller is let in as a person of this name. A CI job is none: it does what its repository says,
    /// whoever has started it, and that may be a repository of anybody.
    fn is_person(&self, name: &str, caller: Caller<'_>) -> bool {
        caller.claims().is_none() && self.person(caller).is_some_and(|person| person.as_str() == name)
    }

    /// Returns the name of the person who asks, or has started the CI job that asks, where the files know the person.
    /// The application's own names go first.
    pub fn person(&self, caller: Caller<'_>) -> Option<&WhoName> {
        let own = self.file.iter().flat_map(|file| &file.people);
        // A name of the application's own is nobody else's, also where its person has another identity.
        let is_own = |name: &str| {
            let mut names = self.file.iter().flat_map(|file| file.people.keys().chain(file.who.keys()));
            names.any(|own| own.as_str() == name)
        };
        let of_all = self.all.iter().flat_map(|all| &all.people).filter(|(name, _)| !is_own(name.as_str()));
        own.chain(of_all).find(|(_, person)| is_of(person, caller)).map(|(name, _)| name)
    }

    /// Returns the groups that a caller is in, and the caller's name as a person.
    fn known_as(&self, caller: Caller<'_>) -> Vec<&str> {
        let groups = self.file.iter().map(|file| &file.who).chain(self.all.iter().map(|all| &all.who));
        let groups = groups.flat_map(|groups| groups.keys()).map(WhoName::as_str);
        let mut known: Vec<&str> = self.person(caller).map(WhoName::as_str).into_iter().collect();
        known.extend(groups.filter(|group| self.is(group, caller)));
        known.dedup();
        known
    }

    fn not_allowed(&self, asked: &Asked<'_>, caller: Caller<'_>, right: AccessRight, listed: &[String]) -> Finding {
        let known = self.known_as(caller).join(", ");
        let you = if known.is_empty() { caller.to_string() } else { format!("{caller} ({known})") };
        let place = AccessPlace::App(asked.of.app().clone());
        let holders = if listed.is_empty() { "nobody".to_owned() } else { listed.join(", ") };
        let (file, version) = self.deciding(asked.of.app());
        let rule = match &file {
            AccessPlace::All => format!("without_file of {file}, version {version}"),
            AccessPlace::App(_) => {
                format!("environments.{}.{right} of {file}, version {version}", asked.of.environment())
            }
        };
        let remedy = match self.instead(asked, right, listed) {
            _ if !caller.can_have(right) => "Let a push, a release or a person start the job.".to_owned(),
            Some(instead) => instead,
            None => format!("Ask those who keep {place} to name somebody there."),
        };
        Finding::new(FindingName::NotAllowed, rule, format!("{you} is not among those who may: {holders}."), remedy)
            .seen(you, holders)
    }

    /// Returns what to do in place of what is not allowed, by those who may; `None` where nobody may. A push is named
    /// in place of a release alone: it brings nothing else.
    fn instead(&self, asked: &Asked<'_>, right: AccessRight, listed: &[String]) -> Option<String> {
        let at_console = if asked.cancels { "stop its execution, as docs/CONSOLE.md says," } else { "start it" };
        let (mut ways, mut who) = (Vec::new(), Vec::new());
        for name in listed.iter().map(String::as_str).filter(|name| *name != "windlass") {
            match name {
                "s3" => ways.push("upload it to the artifacts bucket".to_owned()),
                "ecr" => ways.push("push the image".to_owned()),
                "console" => ways.push(format!("{at_console} at the console of Step Functions")),
                _ if right != AccessRight::Release => who.push(name),
                _ => match self.pushes(name, asked.version) {
                    Some(pushes) => ways.extend(pushes),
                    None => who.push(name),
                },
            }
        }
        ways.extend((!who.is_empty()).then(|| format!("ask one of {}", who.join(", "))));
        (!ways.is_empty()).then(|| format!("{}.", capitalised(&ways.join(", or "))))
    }

    /// Returns the pushes that start the jobs of a group which release; `None` if it has others, or jobs of any ref.
    fn pushes(&self, group: &str, version: Option<&str>) -> Option<Vec<String>> {
        let only_read = |member: &&Member| matches!(member, Member::Jobs(jobs) if jobs.only_read());
        let pushes = self.group(group)?.iter().filter(|member| !only_read(member)).map(|member| match member {
            Member::Jobs(jobs) => jobs.push(version),
            Member::Named(_) => None,
        });
        pushes.collect()
    }
}

/// Returns whether an identity of a person is the caller's, or that of who has started the CI job that calls.
fn is_of(person: &Person, caller: Caller<'_>) -> bool {
    let is_actor = caller.claims().is_some_and(|claims| {
        let id = match claims.issuer {
            ClaimIssuer::Github => person.github.as_deref(),
            ClaimIssuer::Gitlab => person.gitlab.as_deref(),
        };
        id.is_some() && id == claims.actor_id()
    });
    is_actor || person.aws.iter().any(|arn| caller.is_exactly(arn))
}

/// Returns whether a declaration says who may release: something else than what counts without it.
pub fn declares(declared: &ResolvedEnvironment) -> bool {
    let is_usual = declared.sources.iter().eq(Source::USUAL.map(Source::route).iter());
    !is_usual || declared.start == Start::Manual
}

/// The ways in as people write them: those first that ask for a right to the environment.
const WRITTEN: [Route; 4] = [Route::Api, Route::Console, Route::S3, Route::Ecr];

/// Decides on a release by `sources` and `start` of the declaration, as by an access file in which each source has
/// `release`, or where a person starts, `record`; then who starts has `release`.
fn by_declaration(asked: &Asked<'_>, declared: &ResolvedEnvironment) -> Result<Allowed, Finding> {
    let route = asked.by.route;
    if declared.sources.contains(&route) {
        let is_recorded = declared.start == Start::Manual && !asked.starts;
        return Ok(if is_recorded { Allowed::Recorded } else { Allowed::Goes });
    }
    let at = format!("environments.{}", declared.environment);
    let taken = |written: &Route| *written == route || declared.sources.contains(written);
    let line: Vec<String> = WRITTEN.into_iter().filter(taken).map(|written| written.to_string()).collect();
    Err(Finding::new(
        FindingName::SourceNotAccepted,
        format!("{at}.sources"),
        format!("the environment does not accept releases from `{route}`."),
        format!(
            "Use a way in that it names; or, where this one is meant, write `sources: [{}]` under `{at}` of the \
             declaration.",
            line.join(", ")
        ),
    ))
}
