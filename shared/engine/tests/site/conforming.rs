//! Tests that both modes pass the tests that every kind passes.

use crate::site::in_place::{ONE, TWO};
use crate::site::pruning::settle;
use crate::site::scene::{Deployment, Scene};
use crate::site::zips::zip;
use std::cell::OnceCell;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::deployment::step::Step;
use windlass_engine::kinds::site::in_place::{InPlace, Knowledge};
use windlass_engine::kinds::site::prefix::Prefix;
use windlass_engine::ports::{Clock, Probed};
use windlass_world::World;
use windlass_world::conformance::{Scene as Trial, Subject, conforms};
use windlass_world::run::run;

/// The time after which no document is open any more, in milliseconds.
const LONG: u64 = 31 * 24 * 60 * 60 * 1000;

/// The second release of a site, prepared and to be switched to.
struct SecondRelease<K> {
    mode: SiteMode,
    /// The knowledge that the kind is built with, which is the same in every world.
    known: OnceCell<K>,
}

impl<K> SecondRelease<K> {
    fn new(mode: SiteMode) -> Self {
        Self { mode, known: OnceCell::new() }
    }

    /// Deploys what ran before. In place, an asset is left that nobody needs any more.
    fn former(&self, scene: &mut Scene) {
        if self.mode == SiteMode::InPlace {
            scene.site.keep = 1;
            for (number, name) in [(1, "assets/index-0000eee1.js"), (2, "a.txt")] {
                scene.deploy_files(&[("index.html", name), (name, "x")]);
                settle(scene, number, number - 1);
                run(scene.world.sleep_ms(LONG));
            }
        }
        scene.deploy_files(ONE);
        settle(scene, 3, 2);
        run(scene.world.sleep_ms(LONG));
    }

    /// Returns the world, and the deployment that was prepared in it. They are always the same.
    fn prepared(&self) -> (Scene, Deployment) {
        let mut scene = Scene::new(self.mode);
        scene.world.cloudfront().distribution("E1", "").deploy_ms = 12_000;
        self.former(&mut scene);
        let artifact = scene.upload(zip(TWO));
        let deployment = scene.prepare(Some(&artifact), None);
        let before = scene.world.s3().buckets["shop-web"].clone();
        scene.publish(&deployment);
        if self.mode == SiteMode::InPlace {
            // The files that publishing wrote are gone again, so that the kind must bring them itself. Only the list of
            // the release's files is left.
            let mut objects = scene.world.s3();
            objects.buckets.insert("shop-web".into(), before);
            let artifacts = objects.buckets.get_mut("artifacts").unwrap();
            artifacts.keys.retain(|key, _| !key.contains("/handled/"));
        }
        (scene, deployment)
    }

    fn scene(&self) -> Trial {
        let (scene, deployment) = self.prepared();
        let stage = &deployment.prepared.stages[0];
        Trial {
            world: scene.world.clone(),
            kind: KindName::StaticSite,
            target: deployment.prepared.target.clone(),
            goals: vec![stage.goal.clone()],
        }
    }
}

fn arrived(world: &World) {
    let url = "https://e1.cloudfront.net/";
    let Some(Probed::Answer(answer)) = world.visit(url) else {
        panic!("it is not served");
    };
    assert!(answer.body.ends_with(b"two"));
    let keys = world.s3().texts("shop-web");
    assert!(!keys.contains_key("assets/index-0000eee1.js"), "it is due");
}

impl Subject for SecondRelease<Knowledge> {
    type Kind = InPlace<World>;

    fn scene(&self) -> Trial {
        self.scene()
    }

    fn kind(&self, at: World) -> Self::Kind {
        let known = self.known.get_or_init(|| {
            let (scene, deployment) = self.prepared();
            run(Knowledge::load(&scene.world, &scene.step(&deployment))).unwrap()
        });
        InPlace::new(at, known.clone())
    }

    fn arrived(&self, world: &World) {
        arrived(world);
    }
}

impl Subject for SecondRelease<Step> {
    type Kind = Prefix<World>;

    fn scene(&self) -> Trial {
        self.scene()
    }

    fn kind(&self, at: World) -> Self::Kind {
        let step = self.known.get_or_init(|| {
            let (scene, deployment) = self.prepared();
            scene.step(&deployment)
        });
        Prefix::of(&at, step).unwrap()
    }

    fn arrived(&self, world: &World) {
        arrived(world);
    }
}

/// Safety: kinds: A site in place conforms.
#[test]
fn in_place_conforms() {
    conforms(&SecondRelease::<Knowledge>::new(SiteMode::InPlace));
}

/// Safety: kinds: A site by folder conforms.
#[test]
fn prefix_conforms() {
    conforms(&SecondRelease::<Step>::new(SiteMode::Prefix));
}
