//! Lambda in memory.

use crate::World;
use crate::live_function::not_found;
pub use crate::live_function::{LiveAlias, LiveFunction, Package, Provisioned, Published};
use crate::mishaps::Call;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{Alias, Code, CodeRoom, Function, Invoked, LambdaApi, Provisioned as Described, Result};

/// The functions.
#[derive(Debug, Clone)]
pub struct State {
    /// The functions by name.
    pub functions: BTreeMap<String, LiveFunction>,
    /// The answers of code by its `CodeSha256`. Code without an entry answers `{}` in 5 ms.
    pub answers: BTreeMap<String, Invoked>,
    /// The room for code in the account and region.
    pub room: CodeRoom,
    /// The answers of code that was invoked, as (`CodeSha256`, answer).
    pub answered: BTreeSet<(String, String)>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            functions: BTreeMap::new(),
            answers: BTreeMap::new(),
            // The quota that every account has (AWS Lambda Developer Guide, "Lambda quotas").
            room: CodeRoom { used: 0, total: 75 << 30 },
            answered: BTreeSet::new(),
        }
    }
}

impl State {
    /// Makes a function with a zip's bytes, tagged for the application `shop` in `prod`.
    pub fn make(&mut self, name: &str, zip: &[u8]) -> &mut LiveFunction {
        self.make_of(name, Package::Zip(Bytes::copy_from_slice(zip)))
    }

    /// Makes a function, tagged for the application `shop` in `prod`.
    pub fn make_of(&mut self, name: &str, package: Package) -> &mut LiveFunction {
        let mut function = LiveFunction::new(name, package);
        function.tags =
            BTreeMap::from([("windlass:app".into(), "shop".into()), ("windlass:environment".into(), "prod".into())]);
        let entry = self.functions.entry(name.to_owned());
        entry.insert_entry(function).into_mut()
    }

    /// The function of that name.
    pub fn named(&mut self, name: &str) -> Result<&mut LiveFunction> {
        self.functions.get_mut(name).ok_or_else(|| not_found(name))
    }
}

impl World {
    /// The function of that name, after one more call's time has passed.
    fn with<T>(&self, name: &str, then: impl FnOnce(&mut LiveFunction) -> Result<T>) -> Result<T> {
        let mut state = self.lambda();
        let function = state.named(name)?;
        function.tick();
        then(function)
    }

    /// Calls `with` on what a call sees, where AWS promises no consistent answer: it may be behind.
    fn with_seen<T>(
        &self,
        call: &Call<'_>,
        name: &str,
        then: impl FnOnce(&mut LiveFunction) -> Result<T>,
    ) -> Result<T> {
        // Time passes for the function also where the answer is behind.
        self.with(name, |_| Ok(()))?;
        call.seen().with_as_is(name, then)
    }

    fn with_as_is<T>(&self, name: &str, then: impl FnOnce(&mut LiveFunction) -> Result<T>) -> Result<T> {
        then(self.lambda().named(name)?)
    }

    fn package(&self, code: Code) -> Result<Package> {
        match code {
            Code::Zip(bytes) if bytes.len() > 50 << 20 => {
                Err(Fault::new(FaultName::Refused, "the request is larger than 50 MB"))
            }
            Code::Zip(bytes) => Ok(Package::Zip(bytes)),
            Code::Image(uri) => self.package_of_image(uri),
            Code::Object { bucket, key, version_id } => self.package_of(&bucket, &key, &version_id),
        }
    }

    /// Lambda takes the image of one platform, and no index of several (AWS Lambda Developer Guide,
    /// "Create a Lambda function using a container image", requirements).
    fn package_of_image(&self, uri: String) -> Result<Package> {
        let (repository, digest) = uri.split_once('@').unwrap_or((&uri, ""));
        let registry = self.ecr();
        let found = registry.find(repository, digest);
        if found.is_some_and(|image| !image.platforms.is_empty()) {
            return Err(Fault::new(
                FaultName::Refused,
                format!("The image manifest, config or layer media type for the source image {uri} is not supported."),
            ));
        }
        Ok(Package::Image(uri))
    }

    fn package_of(&self, bucket: &str, key: &str, version_id: &str) -> Result<Package> {
        self.let_in(bucket)?;
        let objects = self.s3();
        let versions = objects.buckets.get(bucket).and_then(|b| b.keys.get(key));
        versions
            .into_iter()
            .flatten()
            .find(|version| version.id.as_deref() == Some(version_id))
            .map(|version| Package::Zip(version.bytes.clone()))
            .ok_or_else(|| Fault::new(FaultName::Refused, "there is no such object"))
    }
}

impl LambdaApi for World {
    async fn function(&self, name: &str, qualifier: Option<&str>) -> Result<Function> {
        let call = self.call("lambda.function").await?;
        let function = self.with_seen(&call, name, |function| function.read(qualifier))?;
        call.answer(function).await
    }

    async fn update_code(&self, name: &str, code: Code, code_key: Option<&str>, revision_id: &str) -> Result<Function> {
        let call = self.call("lambda.update_code").await?;
        let package = self.package(code)?;
        let function = self.with(name, |function| function.update(package, code_key, revision_id))?;
        call.answer(function).await
    }

    async fn publish_version(
        &self,
        name: &str,
        code_sha256: &str,
        revision_id: &str,
        description: &str,
    ) -> Result<Function> {
        let call = self.call("lambda.publish_version").await?;
        let published = self.with(name, |function| function.publish(code_sha256, revision_id, description))?;
        call.answer(published).await
    }

    async fn versions(&self, name: &str) -> Result<Vec<Function>> {
        let call = self.call("lambda.versions").await?;
        let versions = self.with_seen(&call, name, |function| {
            let versions = function.versions.iter();
            // A listing leaves the states out, as AWS does.
            Ok(versions
                .map(|(number, published)| Function {
                    state: String::new(),
                    last_update: String::new(),
                    image: None,
                    code_location: None,
                    ..function.published(*number, published)
                })
                .collect())
        })?;
        call.answer(versions).await
    }

    async fn alias(&self, name: &str, alias: &str) -> Result<Alias> {
        let call = self.call("lambda.alias").await?;
        let alias = self.with_seen(&call, name, |function| function.alias(alias))?;
        call.answer(alias).await
    }

    async fn update_alias(
        &self,
        name: &str,
        alias: &str,
        version: &str,
        weights: &[(String, String)],
        revision_id: &str,
    ) -> Result<Alias> {
        let call = self.call("lambda.update_alias").await?;
        let alias = self.with(name, |function| function.shift(alias, version, weights, revision_id))?;
        call.answer(alias).await
    }

    async fn code_room(&self) -> Result<CodeRoom> {
        let call = self.call("lambda.code_room").await?;
        let room = self.lambda().room;
        call.answer(room).await
    }

    async fn takes_only_signed(&self, name: &str) -> Result<bool> {
        let call = self.call("lambda.takes_only_signed").await?;
        let only = self.with_as_is(name, |function| Ok(function.takes_only_signed))?;
        call.answer(only).await
    }

    async fn provisioned(&self, name: &str, qualifier: &str) -> Result<Option<Described>> {
        let call = self.call("lambda.provisioned").await?;
        let provisioned = self.with_seen(&call, name, |function| {
            let alias = function.aliases.get(qualifier);
            let of_alias = alias.and_then(|alias| alias.provisioned);
            let number = qualifier.parse().ok().filter(|number| function.provisioned.contains(number));
            let of_version = number.map(|_| Provisioned { requested: 1, available: 1, fails: false });
            Ok(of_alias.or(of_version).map(Provisioned::described))
        })?;
        call.answer(provisioned).await
    }

    async fn invoke(&self, name: &str, qualifier: &str, _payload: &Value) -> Result<Invoked> {
        let call = self.call("lambda.invoke").await?;
        let version = self.with(name, |function| {
            let alias = function.aliases.get(qualifier);
            let version = function.read(Some(alias.map_or(qualifier, LiveAlias::serves)))?;
            function.can_run(&version.version)?;
            Ok(version)
        })?;
        let scripted = self.lambda().answers.get(&version.code_sha256).cloned();
        let answer = scripted.unwrap_or(Invoked { error: None, payload: json!({}), ms: 5 });
        let answered = (version.code_sha256, answer.payload.to_string());
        self.lambda().answered.insert(answered);
        call.answer(answer).await
    }

    async fn function_tags(&self, arn: &str) -> Result<BTreeMap<String, String>> {
        let call = self.call("lambda.function_tags").await?;
        let name = arn.split(':').nth(6).unwrap_or(arn);
        let tags = self.with(name, |function| Ok(function.tags.clone()))?;
        call.answer(tags).await
    }

    async fn download(&self, code_location: &str) -> Result<Bytes> {
        let call = self.call("lambda.download").await?;
        let path = code_location.trim_start_matches("memory://");
        let (name, qualifier) = path.split_once('/').ok_or_else(|| not_found(path))?;
        let package = self.with(name, |function| match qualifier.parse::<u64>() {
            Ok(number) => Ok(function.versions.get(&number).map(|v| v.package.clone())),
            Err(_) => Ok(Some(function.package.clone())),
        })?;
        let Some(Package::Zip(bytes)) = package else {
            return Err(not_found(path));
        };
        call.answer(bytes).await
    }
}
