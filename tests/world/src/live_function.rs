//! One Lambda function in memory: its code, published versions, aliases, and updates that take
//! a while.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use std::collections::BTreeMap;
use windlass_domain::digest::Digest;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::{Alias, Answered, Function};

/// What a function runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Package {
    /// A zip.
    Zip(Bytes),
    /// An image by digest.
    Image(String),
}

impl Package {
    /// `CodeSha256` as Lambda writes it: base64 for a zip, the digest's digits for an image.
    pub fn code_sha256(&self) -> String {
        match self {
            Self::Zip(bytes) => BASE64_STANDARD.encode(Digest::of(bytes).to_bytes()),
            Self::Image(uri) => uri.rsplit("sha256:").next().unwrap_or(uri).to_owned(),
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Self::Zip(bytes) => bytes.len() as u64,
            Self::Image(_) => 0,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Zip(_) => "Zip",
            Self::Image(_) => "Image",
        }
    }
}

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

/// Provisioned concurrency of an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provisioned {
    /// How many are asked for.
    pub requested: u32,
    /// How many are there; one more at every call.
    pub available: u32,
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveAlias {
    /// The version that gets the rest.
    pub version: String,
    /// Versions that get a share.
    pub weights: Vec<(String, String)>,
    /// Its revision.
    pub revision: u64,
    /// Its provisioned concurrency.
    pub provisioned: Option<Provisioned>,
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
    /// The code of `$LATEST`.
    pub package: Package,
    /// The configuration of `$LATEST`, as any text.
    pub configuration: String,
    /// Counts the revisions of `$LATEST`.
    pub revision: u64,
    /// `Active`, or what a test says.
    pub state: String,
    /// `Successful`, `InProgress` or `Failed`.
    pub last_update: String,
    /// Why.
    pub reason: String,
    /// Published versions by number.
    pub versions: BTreeMap<u64, Published>,
    /// Aliases by name.
    pub aliases: BTreeMap<String, LiveAlias>,
    /// How many calls an update of the code takes to end.
    pub slow: u32,
    /// How many calls a new version takes to become `Active`.
    pub slow_version: u32,
    /// How the next update of the code ends: it fails for this reason.
    pub fails: Option<String>,
    /// How often the code of `$LATEST` was replaced.
    pub updates: u32,
    ending: u32,
}

impl LiveFunction {
    pub(crate) fn new(name: &str, package: Package) -> Self {
        Self {
            name: name.to_owned(),
            tags: BTreeMap::new(),
            architecture: "arm64".into(),
            package,
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
            updates: 0,
            ending: 0,
        }
    }

    /// Time passes: one call.
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
        for provisioned in self
            .aliases
            .values_mut()
            .filter_map(|a| a.provisioned.as_mut())
        {
            provisioned.available = provisioned.requested.min(provisioned.available + 1);
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

    /// Sets the code as somebody outside does, published and with an alias on it.
    pub fn publish_as(&mut self, alias: &str, description: &str) -> String {
        let version = self.publish_now(description);
        let live = LiveAlias {
            version: version.clone(),
            weights: vec![],
            revision: 1,
            provisioned: None,
        };
        self.aliases.insert(alias.to_owned(), live);
        version
    }

    fn publish_now(&mut self, description: &str) -> String {
        let number = self.versions.keys().next_back().unwrap_or(&0) + 1;
        let published = Published {
            package: self.package.clone(),
            configuration: self.configuration.clone(),
            description: description.to_owned(),
            pending: 0,
        };
        self.versions.insert(number, published);
        number.to_string()
    }

    /// Changes the configuration of `$LATEST`, as the user's infrastructure code does.
    pub fn configure(&mut self, configuration: &str) {
        configuration.clone_into(&mut self.configuration);
        self.revision += 1;
    }

    pub(crate) fn arn(&self) -> String {
        format!(
            "arn:aws:lambda:eu-west-1:111111111111:function:{}",
            self.name
        )
    }

    pub(crate) fn read(&self, qualifier: Option<&str>) -> Answered<Function> {
        match qualifier {
            None | Some("$LATEST") => Ok(self.latest()),
            Some(alias) if self.aliases.contains_key(alias) => {
                self.read(Some(&self.aliases[alias].version))
            }
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
            revision_id: format!("r{}", self.revision),
            configuration: self.configuration.clone(),
            architecture: self.architecture.clone(),
            state: self.state.clone(),
            last_update: self.last_update.clone(),
            reason: self.reason.clone(),
            package: self.package.name().into(),
            image: image(&self.package),
            description: String::new(),
            code_location: Some(format!("memory://{}/$LATEST", self.name)),
        }
    }

    pub(crate) fn published(&self, number: u64, published: &Published) -> Function {
        Function {
            arn: format!("{}:{number}", self.arn()),
            version: number.to_string(),
            code_sha256: published.package.code_sha256(),
            code_bytes: published.package.bytes(),
            revision_id: format!("v{number}"),
            configuration: published.configuration.clone(),
            architecture: self.architecture.clone(),
            state: if published.pending > 0 {
                "Pending"
            } else {
                "Active"
            }
            .into(),
            last_update: "Successful".into(),
            reason: String::new(),
            package: published.package.name().into(),
            image: image(&published.package),
            description: published.description.clone(),
            code_location: Some(format!("memory://{}/{number}", self.name)),
        }
    }

    /// No update may be made during another one (AWS Lambda Developer Guide, "Lambda function
    /// states").
    fn check_free(&self, revision_id: &str) -> Answered<()> {
        if self.last_update == "InProgress" || self.state == "Pending" {
            return Err(conflict("an update is in progress"));
        }
        if revision_id != format!("r{}", self.revision) {
            return Err(conflict("the RevisionId is not the present one"));
        }
        Ok(())
    }

    pub(crate) fn update(&mut self, package: Package, revision_id: &str) -> Answered<Function> {
        self.check_free(revision_id)?;
        if package.name() != self.package.name() {
            return Err(refused("the package type cannot be changed"));
        }
        self.package = package;
        self.revision += 1;
        self.updates += 1;
        self.last_update = "InProgress".into();
        self.reason = String::new();
        self.ending = self.slow.max(1);
        Ok(self.latest())
    }

    pub(crate) fn publish(
        &mut self,
        code_sha256: &str,
        revision_id: &str,
        description: &str,
    ) -> Answered<Function> {
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

    pub(crate) fn alias(&self, name: &str) -> Answered<Alias> {
        let alias = self
            .aliases
            .get(name)
            .ok_or_else(|| not_found(&format!("{}:{name}", self.name)))?;
        Ok(Alias {
            version: alias.version.clone(),
            weights: alias.weights.clone(),
            revision_id: format!("a{}", alias.revision),
        })
    }

    pub(crate) fn shift(
        &mut self,
        name: &str,
        version: &str,
        weights: &[(String, String)],
        revision_id: &str,
    ) -> Answered<Alias> {
        if self.alias(name)?.revision_id != revision_id {
            return Err(conflict("the alias's RevisionId is not the present one"));
        }
        self.check_routing(version, weights)?;
        if let Some(alias) = self.aliases.get_mut(name) {
            if let Some(provisioned) = &mut alias.provisioned
                && alias.version != version
            {
                provisioned.available = 0;
            }
            version.clone_into(&mut alias.version);
            alias.weights = weights.to_vec();
            alias.revision += 1;
        }
        self.alias(name)
    }

    /// Both versions must be published, differ, and be ready (AWS Lambda Developer Guide,
    /// "Implement Lambda canary deployments using a weighted alias").
    fn check_routing(&self, version: &str, weights: &[(String, String)]) -> Answered<()> {
        self.read(Some(version))?;
        for (other, weight) in weights {
            let share: f64 = weight
                .parse()
                .map_err(|_| refused("a weight is no number"))?;
            let found = self.read(Some(other))?;
            let bad = other == version || version == "$LATEST" || other == "$LATEST";
            if bad || !(0.0..=1.0).contains(&share) || found.state == "Pending" {
                return Err(refused("this version cannot get a share"));
            }
        }
        Ok(())
    }
}

fn image(package: &Package) -> Option<String> {
    match package {
        Package::Zip(_) => None,
        Package::Image(uri) => Some(uri.clone()),
    }
}

fn conflict(message: &str) -> Fault {
    Fault::new(FaultName::Conflict, message)
}

fn refused(message: &str) -> Fault {
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

    fn name<T>(answer: &Answered<T>) -> Option<FaultName> {
        answer.as_ref().err().map(|fault| fault.name)
    }

    #[test]
    fn the_revision_moves_at_an_update_and_again_when_it_ends() {
        let mut function = function();
        let before = function.latest().revision_id;
        let during = function.update(b(), &before).unwrap().revision_id;
        assert_ne!(before, during);
        let answer = function.publish(&b().code_sha256(), &during, "too early");
        assert_eq!(name(&answer), Some(FaultName::Conflict));
        while function.latest().last_update == "InProgress" {
            function.tick();
        }
        assert_ne!(function.latest().revision_id, during);
        let stale = function.update(b(), &during);
        assert_eq!(name(&stale), Some(FaultName::Conflict));
    }

    #[test]
    fn nothing_new_is_published_where_nothing_changed() {
        let mut function = function();
        let latest = function.latest();
        let again = function.publish(&latest.code_sha256, &latest.revision_id, "again");
        let again = again.unwrap();
        assert_eq!(
            (again.version.as_str(), again.description.as_str()),
            ("1", "first")
        );
        function.configure("more memory");
        let latest = function.latest();
        let newer = function.publish(&latest.code_sha256, &latest.revision_id, "newer");
        assert_eq!(newer.unwrap().version, "2");
        let wrong = function.publish("other code", &function.latest().revision_id, "wrong");
        assert_eq!(name(&wrong), Some(FaultName::Conflict));
    }

    #[test]
    fn an_alias_is_shifted_only_upon_its_present_revision_to_versions_that_exist() {
        let mut function = function();
        function.configure("second");
        function.publish_as("other", "second");
        let share = |version: &str| vec![(version.to_owned(), "0.1".to_owned())];
        let revision = function.alias("live").unwrap().revision_id;
        let same = function.shift("live", "1", &share("1"), &revision);
        assert_eq!(name(&same), Some(FaultName::Refused));
        let missing = function.shift("live", "1", &share("9"), &revision);
        assert_eq!(name(&missing), Some(FaultName::NotFound));
        function.shift("live", "1", &share("2"), &revision).unwrap();
        let stale = function.shift("live", "2", &[], &revision);
        assert_eq!(name(&stale), Some(FaultName::Conflict));
        assert_eq!(function.alias("live").unwrap().weights, share("2"));
    }

    #[test]
    fn provisioned_concurrency_moves_with_the_alias() {
        let mut function = function();
        function.configure("second");
        function.publish_as("other", "second");
        let provisioned = Provisioned {
            requested: 2,
            available: 2,
        };
        function.aliases.get_mut("live").unwrap().provisioned = Some(provisioned);
        let revision = function.alias("live").unwrap().revision_id;
        function.shift("live", "2", &[], &revision).unwrap();
        let available =
            |function: &LiveFunction| function.aliases["live"].provisioned.unwrap().available;
        assert_eq!(available(&function), 0);
        function.tick();
        function.tick();
        function.tick();
        assert_eq!(available(&function), 2);
    }
}
