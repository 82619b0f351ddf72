//! One Lambda function in memory: its code, its published versions, and updates that take a while.

pub use crate::live_alias::{LiveAlias, Provisioned};
pub use crate::package::Package;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{Function, Result};

/// A published version: code and configuration as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The code.
    pub package: Package,
    /// The configuration.
    pub configuration: String,
    /// The description.
    pub description: String,
    /// Calls until it is `Active`.
    pub pending: u32,
}

/// A function.
#[derive(Debug, Clone)]
pub struct LiveFunction {
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// `arm64`, or what a test says.
    pub architecture: String,
    /// The runtime; none is known as long as it is empty.
    pub runtime: String,
    /// The handler.
    pub handler: String,
    /// True if it has layers, or variables by which its runtime looks elsewhere.
    pub has_more_code: bool,
    /// The code of `$LATEST`.
    pub package: Package,
    /// The time that it may run, in seconds.
    pub timeout_s: u64,
    /// The customer's key that the code of `$LATEST` is encrypted with.
    pub code_key: Option<String>,
    /// The reserved concurrency, where some is reserved.
    pub reserved: Option<u32>,
    /// The log group that it writes into, where one is configured.
    pub log_group: Option<String>,
    /// The function that this is a replica of, where Lambda@Edge made it.
    pub replica_of: Option<String>,
    /// True if a code signing configuration lets it take only signed code.
    pub takes_only_signed: bool,
    /// The configuration of `$LATEST`, as any text.
    pub configuration: String,
    /// Counts the revisions of `$LATEST`.
    pub revision: u64,
    /// `Active`, or what a test says.
    pub state: String,
    /// `Successful`, `InProgress` or `Failed`.
    pub last_update: String,
    /// The reason of the last update's failure.
    pub reason: String,
    /// Published versions by number.
    pub versions: BTreeMap<u64, Published>,
    /// Aliases by name.
    pub aliases: BTreeMap<String, LiveAlias>,
    /// The number of calls that an update of the code takes to end.
    pub slow: u32,
    /// The number of calls that a new version takes to become `Active`.
    pub slow_version: u32,
    /// The reason for which the next update of the code fails; absent if it succeeds.
    pub fails: Option<String>,
    /// Lambda's word for that reason.
    pub fails_by: String,
    /// The number of times that the code of `$LATEST` was replaced.
    pub updates: u32,
    /// The versions that somebody gave provisioned concurrency by their numbers.
    pub provisioned: BTreeSet<u64>,
    /// The versions that were idle for so long that Lambda gave up their network interfaces.
    pub idle: BTreeSet<u64>,
    /// Why versions fail once they are published, by their numbers: the reason, and Lambda's word for it.
    pub broken: BTreeMap<u64, (String, String)>,
    numbered: u64,
    ending: u32,
}

impl LiveFunction {
    pub(crate) fn new(name: &str, package: Package) -> Self {
        Self {
            name: name.to_owned(),
            tags: BTreeMap::new(),
            architecture: "arm64".into(),
            runtime: String::new(),
            handler: String::new(),
            has_more_code: false,
            package,
            timeout_s: 3,
            code_key: None,
            reserved: None,
            log_group: None,
            replica_of: None,
            takes_only_signed: false,
            configuration: "as made".into(),
            revision: 1,
            state: "Active".into(),
            last_update: "Successful".into(),
            reason: String::new(),
            versions: BTreeMap::new(),
            aliases: BTreeMap::new(),
            slow: 3,
            slow_version: 2,
            fails: None,
            fails_by: String::new(),
            updates: 0,
            provisioned: BTreeSet::new(),
            idle: BTreeSet::new(),
            broken: BTreeMap::new(),
            numbered: 0,
            ending: 0,
        }
    }

    /// Lets the time of one call pass.
    pub(crate) fn tick(&mut self) {
        if self.ending > 0 {
            self.ending -= 1;
            if self.ending == 0 {
                self.end_update();
            }
        }
        for version in self.versions.values_mut() {
            version.pending = version.pending.saturating_sub(1);
        }
        for provisioned in self.aliases.values_mut().filter_map(|a| a.provisioned.as_mut()) {
            provisioned.tick();
        }
    }

    fn end_update(&mut self) {
        // The trap: the revision moves again when the asynchronous update ends.
        self.revision += 1;
        match self.fails.take() {
            Some(reason) => {
                self.last_update = "Failed".into();
                self.reason = reason;
            }
            None => self.last_update = "Successful".into(),
        }
    }

    /// Sets the code as somebody else does, published and with an alias on it.
    pub fn publish_as(&mut self, alias: &str, description: &str) -> String {
        let version = self.publish_now(description);
        self.aliases.insert(alias.to_owned(), LiveAlias::at(&version));
        version
    }

    /// Replaces the code and publishes it, as a person does by hand. Returns the version.
    pub fn publish_by_hand(&mut self, code: &str) -> String {
        self.package = Package::Zip(code.to_owned().into());
        self.revision += 1;
        self.publish_now("by hand")
    }

    fn publish_now(&mut self, description: &str) -> String {
        // A number is not given again once its version is deleted.
        self.numbered = self.versions.keys().next_back().copied().unwrap_or_default().max(self.numbered) + 1;
        let published = Published {
            package: self.package.clone(),
            configuration: self.configuration.clone(),
            description: description.to_owned(),
            pending: 0,
        };
        self.versions.insert(self.numbered, published);
        self.numbered.to_string()
    }

    /// Changes the configuration of `$LATEST`, as the user's infrastructure code does.
    pub fn configure(&mut self, configuration: &str) {
        configuration.clone_into(&mut self.configuration);
        self.revision += 1;
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:lambda:eu-west-1:111111111111:function:{}", self.name)
    }

    pub(crate) fn read(&self, qualifier: Option<&str>) -> Result<Function> {
        match qualifier {
            None | Some("$LATEST") => Ok(self.latest()),
            Some(alias) if self.aliases.contains_key(alias) => self.read(Some(&self.aliases[alias].version)),
            Some(version) => {
                let number = version.parse::<u64>().ok();
                let found = number.and_then(|n| Some((n, self.versions.get(&n)?)));
                found
                    .map(|(n, published)| self.published(n, published))
                    .ok_or_else(|| not_found(&format!("{}:{version}", self.name)))
            }
        }
    }

    pub(crate) fn latest(&self) -> Function {
        Function {
            arn: self.arn(),
            version: "$LATEST".into(),
            code_sha256: self.package.code_sha256(),
            code_bytes: self.package.bytes(),
            timeout_s: self.timeout_s,
            revision_id: format!("r{}", self.revision),
            configuration: self.configuration.clone(),
            architecture: self.architecture.clone(),
            runtime: self.runtime.clone(),
            handler: self.handler.clone(),
            has_more_code: self.has_more_code,
            state: self.state.clone(),
            last_update: self.last_update.clone(),
            reason: self.reason.clone(),
            reason_code: if self.last_update == "Failed" { self.fails_by.clone() } else { String::new() },
            package: self.package.name().into(),
            image: image(&self.package),
            description: String::new(),
            code_location: Some(format!("memory://{}/$LATEST", self.name)),
            code_key: self.code_key.clone(),
            reserved: self.reserved,
            log_group: self.log_group.clone(),
            replica_of: self.replica_of.clone(),
        }
    }

    pub(crate) fn published(&self, number: u64, published: &Published) -> Function {
        let broken = self.broken.get(&number).filter(|_| published.pending == 0);
        let (reason, reason_code) = broken.cloned().unwrap_or_default();
        Function {
            arn: format!("{}:{number}", self.arn()),
            version: number.to_string(),
            code_sha256: published.package.code_sha256(),
            code_bytes: published.package.bytes(),
            timeout_s: self.timeout_s,
            revision_id: format!("v{number}"),
            configuration: published.configuration.clone(),
            architecture: self.architecture.clone(),
            runtime: self.runtime.clone(),
            handler: self.handler.clone(),
            has_more_code: self.has_more_code,
            state: match published.pending {
                _ if broken.is_some() => "Failed",
                0 if self.idle.contains(&number) => "Inactive",
                0 => "Active",
                _ => "Pending",
            }
            .into(),
            last_update: "Successful".into(),
            reason,
            reason_code,
            package: published.package.name().into(),
            image: image(&published.package),
            description: published.description.clone(),
            code_location: Some(format!("memory://{}/{number}", self.name)),
            log_group: self.log_group.clone(),
            ..Function::default()
        }
    }

    /// Refuses to run a version that cannot run yet. An invocation of a version that is `Pending` fails, and so does
    /// the first one of a version that is `Inactive`, which becomes `Pending` by it (AWS Lambda Developer Guide,
    /// "Lambda function states").
    pub(crate) fn can_run(&mut self, version: &str) -> Result<()> {
        let number = version.parse().unwrap_or_default();
        let is_idle = self.idle.remove(&number);
        let Some(published) = self.versions.get_mut(&number) else {
            return Ok(());
        };
        if is_idle {
            published.pending = self.slow_version;
            let message = "ResourceNotReadyException: the function is inactive";
            return Err(Fault::new(FaultName::StillInProgress, message));
        }
        if published.pending > 0 {
            let message = "ResourceConflictException: the function is in the state Pending";
            return Err(Fault::new(FaultName::StillInProgress, message));
        }
        Ok(())
    }

    /// Refuses an update during another one (AWS Lambda Developer Guide, "Lambda function states"), and one that names
    /// an old RevisionId.
    fn check_free(&self, revision_id: &str) -> Result<()> {
        if self.last_update == "InProgress" || self.state == "Pending" {
            return Err(conflict("an update is in progress"));
        }
        if revision_id != format!("r{}", self.revision) {
            return Err(conflict("the RevisionId is not the present one"));
        }
        Ok(())
    }

    pub(crate) fn update(&mut self, package: Package, code_key: Option<&str>, revision_id: &str) -> Result<Function> {
        self.check_free(revision_id)?;
        if package.name() != self.package.name() {
            return Err(refused("the package type cannot be changed"));
        }
        self.package = package;
        // The trap: Lambda's own key is taken where none is named.
        self.code_key = code_key.map(str::to_owned);
        self.revision += 1;
        self.updates += 1;
        self.last_update = "InProgress".into();
        self.reason = String::new();
        self.ending = self.slow.max(1);
        Ok(self.latest())
    }

    pub(crate) fn publish(&mut self, code_sha256: &str, revision_id: &str, description: &str) -> Result<Function> {
        self.check_free(revision_id)?;
        if code_sha256 != self.package.code_sha256() {
            return Err(conflict("CodeSha256 is not the present one"));
        }
        if let Some((number, last)) = self.versions.iter().next_back()
            && last.package == self.package
            && last.configuration == self.configuration
        {
            return Ok(self.published(*number, last));
        }
        let version = self.publish_now(description);
        self.revision += 1;
        let number = version.parse().unwrap_or_default();
        if let Some(published) = self.versions.get_mut(&number) {
            published.pending = self.slow_version;
        }
        self.read(Some(&version))
    }
}

fn image(package: &Package) -> Option<String> {
    match package {
        Package::Zip(_) => None,
        Package::Image(uri) => Some(uri.clone()),
    }
}

pub(crate) fn conflict(message: &str) -> Fault {
    Fault::new(FaultName::Conflict, message)
}

pub(crate) fn refused(message: &str) -> Fault {
    Fault::new(FaultName::Refused, message)
}

pub(crate) fn not_found(what: &str) -> Fault {
    Fault::new(FaultName::NotFound, format!("there is no function {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function() -> LiveFunction {
        let mut function = LiveFunction::new("f", Package::Zip("a".into()));
        function.publish_as("live", "first");
        function
    }

    fn b() -> Package {
        Package::Zip("b".into())
    }

    fn name<T>(answer: &Result<T>) -> Option<FaultName> {
        answer.as_ref().err().map(|fault| fault.name)
    }

    #[test]
    fn the_revision_moves_at_an_update_and_again_when_it_ends() {
        let mut function = function();
        let before = function.latest().revision_id;
        let during = function.update(b(), None, &before).unwrap().revision_id;
        assert_ne!(before, during);
        let answer = function.publish(&b().code_sha256(), &during, "too early");
        assert_eq!(name(&answer), Some(FaultName::Conflict));
        while function.latest().last_update == "InProgress" {
            function.tick();
        }
        assert_ne!(function.latest().revision_id, during);
        let stale = function.update(b(), None, &during);
        assert_eq!(name(&stale), Some(FaultName::Conflict));
    }

    #[test]
    fn nothing_new_is_published_where_nothing_changed() {
        let mut function = function();
        let latest = function.latest();
        let again = function.publish(&latest.code_sha256, &latest.revision_id, "again");
        let again = again.unwrap();
        assert_eq!((again.version.as_str(), again.description.as_str()), ("1", "first"));
        function.configure("more memory");
        let latest = function.latest();
        let newer = function.publish(&latest.code_sha256, &latest.revision_id, "newer");
        assert_eq!(newer.unwrap().version, "2");
        let wrong = function.publish("other code", &function.latest().revision_id, "wrong");
        assert_eq!(name(&wrong), Some(FaultName::Conflict));
    }
}
