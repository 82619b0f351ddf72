//! `windlass release`: uploads artifacts, and starts the release through the API; or uploads the manifest after them.

pub mod artifact_bytes;
pub mod contents;
pub mod lookup;
pub mod manifest;
pub mod outcome;
pub mod preflight;
pub mod upload;

use crate::ground::arguments::{self, ComponentArgument};
use crate::ground::exit::Exit;
use crate::ground::failure::Failure;
use crate::ground::interrupt;
use crate::ground::output::VerbOutput;
use crate::ground::trouble::TroubleName;
use crate::stack::images;
use crate::talk::git::{OriginOptions, ReleaseOrigin};
use crate::talk::installation::{Endpoint, Reached};
use crate::talk::installation_source::{InstallationPart, InstallationPlace};
use crate::talk::windlass::{RouteName, Windlass, waiting};
use crate::verbs::release::contents::ReleaseContents;
use crate::verbs::release::lookup::ReleaseLookup;
use crate::verbs::release::outcome::UploadOutcome;
use crate::verbs::release::preflight::ReleasePlan;
use crate::verbs::release::upload::{LoadedArtifact, SentArtifact, UploadProgress};
use crate::verbs::start::{AfterRequest, Looking, OverrideOptions, StartRequest};
use crate::view::declared_application;
use bytes::Bytes;
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use windlass_domain::declaration::Exceptions;
use windlass_domain::declaration::resolved::ResolvedEnvironment;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::key::manifest_key;
use windlass_domain::release::manifest::{ArtifactRef, Manifest};
use windlass_domain::release::request::Route;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The verb's arguments.
#[derive(Debug, Args)]
pub struct Releasing {
    #[command(flatten)]
    release: ReleaseArguments,
    #[command(flatten)]
    looking: Looking,
}

impl Releasing {
    /// Runs the verb.
    ///
    /// # Errors
    /// Anything that is in the way; nothing was sent where that could be known before.
    pub fn run(&self, output: VerbOutput) -> Result<Exit, Failure> {
        self.release.run(AfterRequest::Follow(&self.looking), output)
    }
}

/// The release, and the way in which it is handed in.
#[derive(Debug, Args)]
pub struct ReleaseArguments {
    /// The application.
    app: AppName,
    /// The release's version.
    #[arg(value_parser = arguments::text)]
    version: String,
    /// A component with its bytes: `web=dist.zip`, `web=dist/` (put into an archive), `infra=cdk.out`, or
    /// `agent=image:shop/agent:1.4.0`; of a service with several images each container by itself,
    /// `agent/web=image:shop/web:1.4.0`.
    #[arg(required = true, value_name = "COMPONENT=BYTES")]
    components: Vec<ComponentArgument>,
    #[command(flatten)]
    origin: OriginOptions,
    /// The release's place in the order, such as a CI run's number.
    #[arg(long, value_name = "NUMBER", value_parser = arguments::number)]
    sequence: Option<u64>,
    /// The version of the declaration to deploy under; the one in force if not given.
    #[arg(long, value_name = "VERSION", value_parser = arguments::semantic)]
    declaration: Option<semver::Version>,
    /// The artifacts bucket: the output `ArtifactsBucket` of the installation's stack.
    #[arg(long, value_name = "NAME", env = "WINDLASS_BUCKET", value_parser = arguments::text)]
    bucket: Option<String>,
    /// Upload the manifest in place of starting the release through the HTTP API, which asks for a right to the
    /// environment. It is taken where the environment names `s3` in its `sources`. It goes so also where only the
    /// bucket is named.
    #[arg(long, conflicts_with_all = ["watch", "environment", "reason"])]
    upload: bool,
    #[command(flatten)]
    wishes: OverrideOptions,
    /// Deploy into this environment, whatever the Git ref says. It goes through no hold.
    #[arg(long, value_name = "NAME")]
    environment: Option<EnvironmentName>,
    /// Release what no commit names also where a tag is released, or only a person starts deployments.
    #[arg(long)]
    dirty: bool,
    #[command(flatten)]
    endpoint: Endpoint,
    /// The endpoint of a local cloud, whose probes a declaration may name.
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL", hide = true)]
    local_endpoint: Option<String>,
}

/// The message on a release that was refused before anything was sent.
const NOT_RELEASED: &str = "it was not released, and nothing was uploaded:";

impl ReleaseArguments {
    /// Sends the release, or draws its plan.
    ///
    /// # Errors
    /// Anything that is in the way; nothing was sent where that could be known before.
    pub fn run(&self, then: AfterRequest<'_>, output: VerbOutput) -> Result<Exit, Failure> {
        let mut found = ReleaseContents::of(&self.app, &self.components, None)?;
        let route = self.route(then)?;
        waiting(self.places(&found, route))?;
        let from = self.origin.found(&self.version);
        let mut manifest = self.manifest(from.as_ref(), found.components())?;
        let tag = from.as_ref().and_then(|from| from.tag.as_deref());
        let plan = ReleasePlan { tag, ..self.plan(&manifest, route) };
        if let Some(declared) = waiting(self.declared(&found, plan))? {
            found = found.by_declaration(&self.app, &self.components, &declared)?;
            manifest = self.manifest(from.as_ref(), found.components())?;
        }
        let plan = ReleasePlan { tag, ..self.plan(&manifest, route) };
        output.announce(&preflight::comes_from(plan, from.as_ref()));
        waiting(async {
            let (windlass, mut sight) = self.look(plan).await?;
            let misfits =
                artifact_bytes::misfits(&self.app, &found.readable(sight.declared.as_ref()), sight.declared.as_ref());
            sight.findings.extend(found.findings(sight.declared.as_ref()));
            sight.findings.extend(misfits);
            let (missing, unseen) = images::look(&found.images_of_stacks()).await;
            sight.findings.extend(missing);
            sight.unseen.extend(unseen);
            let other_commit = from.as_ref().and_then(ReleaseOrigin::finding);
            sight.findings.extend(other_commit);
            // Otherwise a finding says why it goes nowhere.
            if sight.here.is_some() || sight.findings.is_empty() {
                output.announce(&preflight::goes(plan, sight.here.as_ref()));
            }
            for unseen in &sight.unseen {
                output.announce(&format!("  not looked at before: {unseen}"));
            }
            for note in found.notes(sight.declared.as_ref()) {
                output.announce(&note);
            }
            if !sight.findings.is_empty() {
                return Err(Failure::rejected(NOT_RELEASED, sight.findings));
            }
            let from = from.as_ref();
            self.send(found, from, windlass.as_ref(), &sight, then, output).await
        })
    }

    /// Returns the application as it is declared, for what is packed by what is declared of it. `None` if that cannot
    /// be read: the look before the release says why.
    async fn declared(
        &self,
        found: &ReleaseContents,
        plan: ReleasePlan<'_>,
    ) -> Result<Option<ResolvedEnvironment>, Failure> {
        if !found.has_packed() {
            return Ok(None);
        }
        let windlass = self.endpoint.open_if_named().await?.found();
        let bucket = self.bucket().await.ok();
        let places = (windlass.as_ref(), bucket.as_ref());
        Ok(lookup::declared(plan, places, &self.exceptions()).await)
    }

    fn exceptions(&self) -> Exceptions {
        Exceptions { probe_origin: self.local_endpoint.clone() }
    }

    /// Returns the environment that it goes to, below whose prefix its artifacts are uploaded: the one that is named,
    /// else the one that was announced, else the one that the API says the Git ref chooses.
    async fn goes_to(
        &self,
        from: Option<&ReleaseOrigin>,
        windlass: Option<&Windlass>,
        sight: &ReleaseLookup,
    ) -> Result<EnvironmentName, Failure> {
        let announced = sight.here.as_ref().map(|here| &here.environment);
        if let Some(known) = self.environment.as_ref().or(announced) {
            return Ok(known.clone());
        }
        let Some(windlass) = windlass else { return Err(lookup::nowhere(&self.app, &self.bucket().await?).await) };
        let reference = from.map(|from| from.git.reference.as_str()).unwrap_or_default();
        declared_application::chosen(windlass, &self.app, reference).await?.or_rejected(NOT_RELEASED)
    }

    fn plan<'a>(&'a self, manifest: &'a Manifest, route: Route) -> ReleasePlan<'a> {
        ReleasePlan {
            app: &self.app,
            manifest,
            named: self.environment.as_ref(),
            route: Some(route),
            through_hold: self.wishes.through_hold,
            allow_older: self.wishes.allow_older,
            dirty: self.dirty,
            tag: None,
            uploads: true,
        }
    }

    /// Looks before anything is sent: by the API if there is one that lets the caller in, else in the bucket.
    async fn look(&self, plan: ReleasePlan<'_>) -> Result<(Option<Windlass>, ReleaseLookup), Failure> {
        let mut why = "no `--endpoint` is named".to_owned();
        let by_api = plan.route == Some(Route::Api);
        if by_api || self.endpoint.is_named()? {
            match self.opened(by_api).await? {
                Reached::Unreachable(unseen) => why = unseen,
                Reached::Found(windlass) => match ReleaseLookup::by_api(plan, &windlass).await? {
                    Reached::Found(sight) => return Ok((Some(windlass), sight)),
                    // Without the bucket there is nothing else to be looked at.
                    Reached::Unreachable(unseen) if !self.knows_bucket()? => {
                        return Err(Failure::of(TroubleName::NoAnswer, unseen));
                    }
                    Reached::Unreachable(unseen) => why = unseen,
                },
            }
        }
        let (bucket, exceptions) = (&self.bucket().await?, &self.exceptions());
        let mut sight = ReleaseLookup::by_bucket(plan, bucket, exceptions).await?;
        let why = format!("the API: {why}");
        sight.unseen.insert(0, why.clone());
        sight.without_api = Some(why);
        Ok((None, sight))
    }

    async fn send(
        &self,
        found: ReleaseContents,
        from: Option<&ReleaseOrigin>,
        windlass: Option<&Windlass>,
        sight: &ReleaseLookup,
        then: AfterRequest<'_>,
        output: VerbOutput,
    ) -> Result<Exit, Failure> {
        interrupt::says("interrupted; nothing was released".to_owned());
        let route = self.route(then)?;
        let opened;
        let windlass = match windlass {
            None if route == Route::Api => {
                opened = self.endpoint.open().await?;
                Some(&opened)
            }
            windlass => windlass,
        };
        let environment = self.goes_to(from, windlass, sight).await?;
        found.fits(&environment)?;
        let shows = windlass.filter(|windlass| windlass.shows_token());
        let (by, into) = (shows.map(|windlass| (windlass, &environment)), Some(&environment));
        let place = into.filter(|_| !matches!(then, AfterRequest::Plan(_)));
        let sent = self.upload(found.placed(&self.app, place), by, output).await;
        let sent = match (sent, then) {
            // A role of CI may upload for its environment alone. What lies there is planned as well.
            (Err(failure), AfterRequest::Plan(_))
                if by.is_none() && failure.name == Some(TroubleName::NotPermitted) =>
            {
                self.upload(found.placed(&self.app, into), by, output).await?
            }
            (sent, _) => sent?,
        };
        let mut components = found.images;
        for sent in sent {
            let pinned = manifest::object(sent.key, sent.sha256, sent.version_id);
            components.insert(sent.component, pinned);
        }
        let manifest = self.manifest(from, components)?;
        let looking = match (then, windlass) {
            (AfterRequest::Follow(looking), _) if route == Route::S3 => looking,
            (then, Some(windlass)) => {
                let mut start = StartRequest::of_manifest(environment, &manifest)?;
                start.wishes(&self.wishes);
                start.there_before(sight.before.iter().map(|one| one.id.0.clone()));
                return start.go(windlass, &self.app, then, output).await;
            }
            (_, None) => return Err(Failure::of(TroubleName::NoAnswer, lookup::UNKNOWN.to_owned())),
        };
        let bucket = &self.bucket().await?;
        let key = manifest_key(&self.app, &environment, &self.version);
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| Failure::broken(format!("the manifest cannot be written: {error}")))?;
        interrupt::says(format!("interrupted; it may be handed in all the same: s3://{}/{key}", bucket.value));
        let handed_in = UploadOutcome {
            plan: self.plan(&manifest, route),
            sight,
            bucket,
            key: &key,
            version_id: upload::manifest(bucket, &key, Bytes::from(text)).await?,
            windlass,
            report: json!({"manifest": manifest, "key": key, "environment": environment}),
        };
        handed_in.look(looking, output).await
    }

    /// Uploads artifacts into the bucket; of a job that shows a token to addresses that Windlass signs.
    async fn upload(
        &self,
        artifacts: Vec<LoadedArtifact>,
        by: Option<(&Windlass, &EnvironmentName)>,
        output: VerbOutput,
    ) -> Result<Vec<SentArtifact>, Failure> {
        if artifacts.is_empty() {
            return Ok(Vec::new());
        }
        let progress = UploadProgress::of(output);
        let sent = if let Some((windlass, environment)) = by {
            upload::to_signed(windlass, EnvironmentId::new(&self.app, environment), artifacts, &progress).await?
        } else {
            let bucket = self.bucket().await?;
            // A file of the repository may name it: whoever releases sees where the files go before they do.
            let (value, from) = (&bucket.value, &bucket.from);
            output.announce(&format!("  files go to s3://{value} (by {from})"));
            upload::all(&bucket, artifacts, &progress).await?
        };
        for sent in &sent {
            output.progress(&upload::in_words(sent));
        }
        Ok(sent)
    }

    /// Checks that all places are named that it will need.
    async fn places(&self, found: &ReleaseContents, route: Route) -> Result<(), Failure> {
        let by_api = route == Route::Api;
        if by_api && self.endpoint.shows_token().await {
            let started = if self.wishes.overrides() { RouteName::StartRecorded } else { RouteName::Start };
            return self.endpoint.open().await?.serves(started);
        }
        let needs_bucket = !by_api || !found.artifacts.is_empty();
        let needed = [
            by_api.then_some((InstallationPart::Endpoint, None)),
            needs_bucket.then_some((InstallationPart::Bucket, self.bucket.as_deref())),
        ];
        let needed: Vec<_> = needed.into_iter().flatten().collect();
        self.endpoint.require(&needed).await
    }

    /// Opens the API; returns why not, where its stack cannot be looked at and the bucket is known without it.
    async fn opened(&self, by_api: bool) -> Result<Reached<Windlass>, Failure> {
        match self.endpoint.open().await {
            Err(failure) if failure.exit == Exit::Unreachable && !by_api => {
                if self.knows_bucket()? {
                    return Ok(Reached::Unreachable(failure.message));
                }
                Err(failure)
            }
            opened => opened.map(Reached::Found),
        }
    }

    /// Returns the way in: the API, which asks for a right to the environment; the bucket where that is asked for, or
    /// nothing else is named, unless only the API takes what is asked.
    fn route(&self, then: AfterRequest<'_>) -> Result<Route, Failure> {
        let needs_answer = match then {
            AfterRequest::Follow(looking) => looking.watch,
            AfterRequest::Plan(_) => true,
        };
        let needs_api = needs_answer || self.environment.is_some() || self.wishes.any();
        let only_bucket = !self.endpoint.is_named()? && self.knows_bucket()?;
        Ok(if !needs_api && (self.upload || only_bucket) { Route::S3 } else { Route::Api })
    }

    async fn bucket(&self) -> Result<InstallationPlace, Failure> {
        self.endpoint.bucket(self.bucket.as_deref()).await
    }

    fn knows_bucket(&self) -> Result<bool, Failure> {
        self.endpoint.knows_bucket(self.bucket.as_deref())
    }

    fn manifest(
        &self,
        from: Option<&ReleaseOrigin>,
        components: BTreeMap<ComponentName, ArtifactRef>,
    ) -> Result<Manifest, Failure> {
        let manifest = Manifest {
            version: self.version.clone(),
            git: from.map(|from| from.git.clone()),
            sequence: self.sequence,
            declaration: self.declaration.clone(),
            components,
        };
        manifest::checked(&self.app, &manifest)
    }
}
