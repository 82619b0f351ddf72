//! `windlass release`: uploads artifacts, then the manifest; or starts the release through the API.

use crate::archive;
use crate::component::{ComponentArgument, Source};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::follow::Patience;
use crate::git;
use crate::manifest::{self, About};
use crate::output::Output;
use crate::start::{Start, Wishes};
use crate::upload::{self, Artifact, Progress, Sent};
use crate::windlass::{Endpoint, waiting};
use bytes::Bytes;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use windlass_domain::digest::Digest;
use windlass_domain::git::Git;
use windlass_domain::manifest::{ArtifactRef, Manifest};
use windlass_domain::name::{AppName, ComponentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Release {
    /// The application.
    #[arg(value_parser = |text: &str| AppName::new(text))]
    app: AppName,
    /// The release's version.
    version: String,
    /// A component with its bytes: `web=dist.zip`, `web=dist/` (put into an archive), or
    /// `agent=image:shop/agent:1.4.0`.
    #[arg(required = true, value_name = "COMPONENT=BYTES")]
    components: Vec<ComponentArgument>,
    /// The Git ref, such as `refs/tags/v1.4.0`; else the CI's, else what is checked out.
    #[arg(long, value_name = "REF")]
    git_ref: Option<String>,
    /// The commit.
    #[arg(long, value_name = "HASH")]
    git_commit: Option<String>,
    /// Name neither ref nor commit.
    #[arg(long, conflicts_with_all = ["git_ref", "git_commit"])]
    no_git: bool,
    /// The release's place in the order, such as a CI run's number.
    #[arg(long, value_name = "NUMBER")]
    sequence: Option<u64>,
    /// The version of the declaration to deploy under; the one in force if not given.
    #[arg(long, value_name = "VERSION")]
    declaration: Option<semver::Version>,
    /// The artifacts bucket: the output `ArtifactsBucket` of the installation's stack.
    #[arg(long, value_name = "NAME", env = "WINDLASS_BUCKET")]
    bucket: Option<String>,
    /// Start the release through the HTTP API, in place of uploading the manifest. It is implied by
    /// everything that only the API takes: `--watch`, `--environment` and the wishes.
    #[arg(long)]
    api: bool,
    #[command(flatten)]
    wishes: Wishes,
    /// Deploy into this environment, whatever the Git ref says.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Watch it until it has ended.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    endpoint: Endpoint,
    #[command(flatten)]
    patience: Patience,
}

/// What `--json` prints when the manifest was uploaded.
#[derive(Debug, Serialize)]
struct Report<'a> {
    manifest: &'a Manifest,
    key: &'a str,
}

/// Where a component's artifact comes from.
enum Found {
    Bytes(Artifact),
    Image(ComponentName, String),
}

impl Release {
    /// Does it.
    ///
    /// # Errors
    /// Whatever is in the way; nothing was started then.
    pub fn run(&self, output: Output) -> Result<Exit, Failure> {
        let (artifacts, components) = self.find()?;
        // Everything is checked before the first byte is sent.
        let mut all = components.clone();
        for artifact in &artifacts {
            all.insert(artifact.component.clone(), in_manifest(artifact));
        }
        self.manifest(all)?;
        waiting(self.send(artifacts, components, output))
    }

    async fn send(
        &self,
        artifacts: Vec<Artifact>,
        mut components: BTreeMap<ComponentName, ArtifactRef>,
        output: Output,
    ) -> Result<Exit, Failure> {
        for sent in self.upload(artifacts, output).await? {
            let pinned = manifest::object(sent.key, sent.sha256, sent.version_id);
            components.insert(sent.component, pinned);
        }
        let manifest = self.manifest(components)?;
        if self.by_api() {
            let mut start = Start::of_manifest(&manifest)?;
            start.environment(self.environment.as_deref());
            start.wishes(&self.wishes);
            let windlass = self.endpoint.open().await?;
            let patience = self.watch.then_some(&self.patience);
            return start.send(&windlass, &self.app, patience, output).await;
        }
        self.upload_manifest(&manifest, output).await
    }

    async fn upload(&self, artifacts: Vec<Artifact>, output: Output) -> Result<Vec<Sent>, Failure> {
        if artifacts.is_empty() {
            return Ok(Vec::new());
        }
        let progress = if output.is_json() {
            Progress::hidden()
        } else {
            Progress::new()
        };
        let sent = upload::all(self.bucket()?, artifacts, &progress).await?;
        for sent in &sent {
            output.progress(&upload::in_words(sent));
        }
        Ok(sent)
    }

    async fn upload_manifest(&self, manifest: &Manifest, output: Output) -> Result<Exit, Failure> {
        let bucket = self.bucket()?;
        let key = manifest::manifest_key(&self.app, &self.version);
        let report = Report {
            manifest,
            key: &key,
        };
        let text = serde_json::to_vec_pretty(manifest)
            .map_err(|error| Failure::broken(format!("the manifest cannot be written: {error}")))?;
        upload::manifest(bucket, &key, Bytes::from(text)).await?;
        let words = format!(
            "{} {} is released: s3://{bucket}/{key}",
            self.app, self.version
        );
        output.result(&report, &words);
        Ok(Exit::Good)
    }

    fn by_api(&self) -> bool {
        self.api || self.watch || self.environment.is_some() || self.wishes.any()
    }

    fn bucket(&self) -> Result<&str, Failure> {
        self.bucket.as_deref().ok_or_else(|| {
            Failure::usage(
                "no bucket is named. Give `--bucket`, or set WINDLASS_BUCKET, to the output `ArtifactsBucket` of the stack.",
            )
        })
    }

    fn manifest(
        &self,
        components: BTreeMap<ComponentName, ArtifactRef>,
    ) -> Result<Manifest, Failure> {
        let about = About {
            version: self.version.clone(),
            git: self.git(),
            sequence: self.sequence,
            declaration: self.declaration.clone(),
        };
        manifest::build(&self.app, about, components)
    }

    fn git(&self) -> Option<Git> {
        if self.no_git {
            return None;
        }
        let known = || git::from_ci(|name| std::env::var(name).ok()).or_else(git::from_folder);
        match &self.git_ref {
            Some(reference) => Some(Git {
                reference: reference.clone(),
                commit: self.git_commit.clone(),
            }),
            None => known().map(|git| Git {
                commit: self.git_commit.clone().or(git.commit),
                ..git
            }),
        }
    }

    /// The components' bytes and images.
    fn find(&self) -> Result<(Vec<Artifact>, BTreeMap<ComponentName, ArtifactRef>), Failure> {
        let (mut artifacts, mut images) = (Vec::new(), BTreeMap::new());
        let mut seen = std::collections::BTreeSet::new();
        for argument in &self.components {
            let name = &argument.name;
            if !seen.insert(name) {
                return Err(Failure::usage(format!("`{name}` is given twice")));
            }
            match self.found(argument)? {
                Found::Bytes(artifact) => artifacts.push(artifact),
                Found::Image(name, image) => {
                    images.insert(name, manifest::image(image));
                }
            }
        }
        Ok((artifacts, images))
    }

    fn found(&self, argument: &ComponentArgument) -> Result<Found, Failure> {
        let name = argument.name.clone();
        let path = match &argument.source {
            Source::Image(image) => return Ok(Found::Image(name, image.clone())),
            Source::Path(path) => path,
        };
        let bytes = read(path).map_err(|why| Failure::usage(format!("`{name}`: {why}")))?;
        let sha256 = Digest::of(&bytes);
        Ok(Found::Bytes(Artifact {
            key: manifest::artifact_key(&self.app, &name, &sha256),
            component: name,
            bytes: Bytes::from(bytes),
            sha256,
        }))
    }
}

fn in_manifest(artifact: &Artifact) -> ArtifactRef {
    manifest::object(artifact.key.clone(), artifact.sha256.clone(), None)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    if path.is_dir() {
        return archive::of_folder(path);
    }
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}
