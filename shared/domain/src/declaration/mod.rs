//! Declarations: what an application is and where it goes, as its team writes it in `app.yaml`.
//!
//! [`Declaration::parse`] is the one edge: text in, a declaration without mistakes out, or every
//! finding at once. [`Declaration::resolve`] fills it in for one environment.

pub mod appspec;
pub(crate) mod aws_name;
pub mod claim;
pub mod comparison;
mod content;
mod declaration_item;
pub mod difference;
pub mod document;
pub mod drill_schedule;
mod environment_order;
pub mod execution_history;
pub mod folder;
pub mod gate;
pub mod gates;
pub mod heal;
pub mod inputs;
pub mod installation;
pub mod kinds;
pub mod name_text;
pub mod named_files;
pub mod output;
pub mod plan;
pub(crate) mod probe_url;
mod read;
mod release_check;
pub mod renamed;
mod resolve;
pub mod resolved;
pub(crate) mod scope;
mod shared;
pub mod tenancy;
pub mod topic;
mod unwritten;
pub mod version_name;
mod warnings;
mod watch_limit;
pub mod word_search;

use crate::document::partial_document::PartialDocument;
use crate::release::artifact::repository_name;
use crate::text::finding::Finding;
use crate::text::name::{ComponentName, EnvironmentName};
pub use content::Declaration;
pub use declaration_item::{DeclarationUpload, Declared};
use document::{Source, Start};
pub use read::{LARGEST, schema};
use resolved::ResolvedEnvironment;
pub use scope::Exceptions;
use std::collections::{BTreeMap, BTreeSet};
pub use unwritten::UNWRITTEN;

impl Declaration {
    /// Reads `app.yaml`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its path and what to write instead.
    pub fn parse(text: &str) -> Result<Self, Vec<Finding>> {
        Self::parse_with(text, &Exceptions::default())
    }

    /// Reads `app.yaml` for an installation with exceptions.
    ///
    /// # Errors
    /// As [`Declaration::parse`].
    pub fn parse_with(text: &str, exceptions: &Exceptions) -> Result<Self, Vec<Finding>> {
        Self::read(text, exceptions).map_err(PartialDocument::findings)
    }

    /// Reads `app.yaml`, or as much of it as can be read.
    ///
    /// # Errors
    /// Everything that is wrong with it, with the part that can be read.
    pub fn read(text: &str, exceptions: &Exceptions) -> Result<Self, PartialDocument<Self>> {
        let (document, digest) = read::document(text).map_err(PartialDocument::unread)?;
        let part = document.map(|document| Self { order: environment_order::order(text, &document), document, digest });
        let meant = part.rest().map(|rest| crate::declaration::resolve::findings(rest, exceptions));
        part.and(meant.unwrap_or_default()).whole()
    }

    /// Returns the declaration as it counts where an access file decides who may release: `sources` and `start` say
    /// nothing there.
    #[must_use]
    pub fn ruled_by_access_file(mut self) -> Self {
        for environment in self.document.environments.values_mut() {
            environment.sources = Some(BTreeSet::from([Source::Api, Source::Console, Source::S3, Source::Ecr]));
            environment.start = Start::Automatic;
        }
        self
    }

    /// Resolves the declaration for one environment.
    ///
    /// # Errors
    /// `UnknownName` if there is no such environment.
    pub fn resolve(&self, environment: &EnvironmentName) -> Result<ResolvedEnvironment, Vec<Finding>> {
        let (resolved, _) = resolve::resolve(self, environment, &Exceptions::default())?;
        Ok(resolved)
    }

    /// Returns a finding for each target that is one of an installation's own, in any environment; `of` returns the
    /// installation that a function or a bucket of this name belongs to.
    pub fn of_installation(&self, of: &dyn Fn(&str) -> Option<String>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let names = self.environments();
        for resolved in names.filter_map(|name| self.resolve(name).ok()) {
            for (name, component) in &resolved.components {
                let path = format!("components.{name}");
                let found = installation::of_component(component.spec.as_kind(), of, &path);
                findings.extend(found.filter(|found| !findings.contains(found)));
            }
        }
        findings
    }

    /// Returns the image repositories by name (without registry) and the components they belong to, in any environment.
    pub fn repositories(&self) -> BTreeMap<String, BTreeSet<ComponentName>> {
        let mut repositories: BTreeMap<String, BTreeSet<ComponentName>> = BTreeMap::new();
        let resolved = self.environments().filter_map(|name| self.resolve(name).ok());
        for (name, component) in resolved.flat_map(|resolved| resolved.components) {
            for repository in component.spec.as_kind().repositories() {
                let repository = repository_name(repository).to_owned();
                repositories.entry(repository).or_default().insert(name.clone());
            }
        }
        repositories
    }
}
