//! Functions in the in-memory world, and deployments into them.

use crate::planning::Planning;
use bytes::Bytes;
use std::io::{Cursor, Write as _};
use windlass_domain::declaration::folder::FolderPatterns;
use windlass_domain::declaration::kinds::lambda::Lambda;
use windlass_domain::declaration::kinds::rollout::Rollout;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Span;
use windlass_engine::kinds::lambda::{LambdaKind, prepare};
use windlass_engine::kinds::{PrepareInput, Prepared};
use windlass_engine::ports::AssumeRole;
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, deployment};
use windlass_world::ecr::HOST;
use windlass_world::lambda::{LiveFunction, Package, Provisioned};
use windlass_world::run::run;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub const FUNCTION: &str = "shop-api-prod";

/// The customer's key that the function's zip is encrypted with.
pub const KEY: &str = "arn:aws:kms:eu-west-1:111111111111:key/k";

/// The artifact that a release brings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Brings {
    #[default]
    Zip,
    /// The image of one platform.
    Image,
    /// An index of two platforms.
    Index,
}

/// A rollout into a function that runs `old`.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    pub alias: bool,
    pub steps: Vec<u8>,
    pub brings: Brings,
    pub provisioned: bool,
    /// True if someone else's shift to a second version is half done.
    pub shared: bool,
    pub place: Place,
    pub is_tried: bool,
    /// The patterns of its folder.
    pub files: FolderPatterns,
}

const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

/// Returns the package that the function has after the release of `text`. For an index it is the platform that fits.
pub fn package(world: &World, brings: Brings, text: &'static str) -> Package {
    let digest = match brings {
        Brings::Zip => return Package::Zip(Bytes::from_static(text.as_bytes())),
        Brings::Image => world.ecr().push("shop/api", text),
        Brings::Index => {
            let index = world.ecr().push_index("shop/api", text, &PLATFORMS);
            let found = world.ecr();
            let index = found.find("shop/api", &format!("sha256:{index}")).unwrap();
            index.platforms[1].digest.clone()
        }
    };
    Package::Image(format!("{HOST}/shop/api@sha256:{digest}"))
}

/// Uploads a zip to the artifacts bucket, or pushes an image.
pub fn artifact(world: &World, brings: Brings, text: &'static str) -> Artifact {
    let digest = match brings {
        Brings::Zip => return zip(world, text),
        Brings::Image => world.ecr().push("shop/api", text),
        Brings::Index => world.ecr().push_index("shop/api", text, &PLATFORMS),
    };
    Artifact::Image { repository: format!("{HOST}/shop/api"), digest }
}

fn zip(world: &World, text: &'static str) -> Artifact {
    let key = format!("artifacts/shop/prod/api/{text}.zip");
    world.s3().bucket("artifacts", true);
    let written = world.s3().upload("artifacts", &key, text);
    Artifact::Object {
        key,
        version_id: written.id.unwrap(),
        sha256: Digest::of(text.as_bytes()),
        bytes: text.len() as u64,
    }
}

/// Uploads a zip that is too large to be sent inline.
pub fn large_zip(world: &World) -> (Artifact, Bytes) {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    writer.start_file("model.bin", stored).unwrap();
    writer.write_all(&vec![0; 51 << 20]).unwrap();
    let bytes = Bytes::from(writer.finish().unwrap().into_inner());
    let key = "artifacts/shop/prod/api/large.zip";
    world.s3().bucket("artifacts", true);
    let written = world.s3().upload("artifacts", key, bytes.clone());
    let artifact = Artifact::Object {
        key: key.to_owned(),
        version_id: written.id.unwrap(),
        sha256: Digest::of(&bytes),
        bytes: bytes.len() as u64,
    };
    (artifact, bytes)
}

/// Gives access to the function, to set a scene or to look.
pub fn function<T>(world: &World, then: impl FnOnce(&mut LiveFunction) -> T) -> T {
    then(world.lambda().named(FUNCTION).unwrap())
}

impl Setting {
    pub fn world(&self) -> World {
        let world = World::default();
        let old = package(&world, self.brings, "old");
        let key = (self.brings == Brings::Zip).then(|| KEY.to_owned());
        world.lambda().make_of(FUNCTION, old).code_key = key;
        if self.alias {
            function(&world, |function| {
                function.publish_as("live", "made by hand");
                let provisioned = self.provisioned.then_some(Provisioned { requested: 3, available: 3, fails: false });
                function.aliases.get_mut("live").unwrap().provisioned = provisioned;
                if self.shared {
                    function.configure("second");
                    function.publish_as("other", "second");
                    let live = function.aliases.get_mut("live").unwrap();
                    live.weights = vec![("2".into(), "0.333".into())];
                }
            });
        }
        world
    }

    pub fn spec(&self) -> Lambda {
        Lambda {
            function: FUNCTION.into(),
            alias: self.alias.then(|| "live".into()),
            repository: (self.brings != Brings::Zip).then(|| "shop/api".into()),
            rollout: Rollout { steps: self.steps.clone(), every: Span::seconds(300) },
            codedeploy: None,
            is_tried: self.is_tried,
            files: self.files.clone(),
        }
    }

    /// Asks the kind for its plan.
    pub fn prepare(
        &self,
        world: &World,
        artifact: Option<&Artifact>,
        goal_state: Option<&serde_json::Value>,
    ) -> Prepared {
        let planning = Planning::of(&deployment().0, "api");
        let input = PrepareInput { artifact, goal_state, place: &self.place, ..planning.input() };
        run(prepare(&world.at(&self.place), &input, &self.spec())).unwrap()
    }

    /// Plans the release of `text`.
    pub fn plan(&self, world: &World, text: &'static str) -> Prepared {
        let artifact = artifact(world, self.brings, text);
        self.prepare(world, Some(&artifact), None)
    }
}

impl Subject for Setting {
    type Kind = LambdaKind<World>;

    fn scene(&self) -> Scene {
        let world = self.world();
        let prepared = self.plan(&world, "new");
        assert_eq!(prepared.findings, []);
        Scene {
            world,
            kind: KindName::Lambda,
            target: prepared.target,
            goals: prepared.stages.into_iter().map(|stage| stage.goal).collect(),
        }
    }

    fn kind(&self, at: World) -> LambdaKind<World> {
        LambdaKind::new(at.clone(), at)
    }

    fn arrived(&self, world: &World) {
        let new = package(world, self.brings, "new");
        function(world, |function| {
            assert_eq!(function.package, new);
            assert_eq!(function.updates, 1, "the code was replaced once");
            let is_zip = self.brings == Brings::Zip;
            assert_eq!(function.code_key.as_deref(), is_zip.then_some(KEY));
            let zip_is_kept = !self.alias && self.brings == Brings::Zip;
            let made = usize::from(self.alias || zip_is_kept);
            let found = usize::from(self.alias) + usize::from(self.shared);
            assert_eq!(function.versions.len(), found + made, "published once");
            if self.alias {
                let alias = function.aliases["live"].clone();
                let newest = function.versions.last_entry().unwrap();
                assert_eq!(alias.version, newest.key().to_string());
                assert!(alias.weights.is_empty());
                assert_eq!(newest.get().package, new);
            }
        });
    }
}
