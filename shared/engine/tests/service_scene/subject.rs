//! The service of a scene under the conformance tests.

use super::{CLUSTER, SERVICE, ServiceScene, live};
use std::collections::BTreeSet;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::declaration::resolved::Place;
use windlass_engine::kinds::ecs::Ecs;
use windlass_engine::ports::AssumeRole;
use windlass_world::World;
use windlass_world::conformance::{Scene, Subject, deployment};

/// The service of the scene that this function makes.
pub struct ServiceOf<F>(pub F);

impl<F: Fn() -> ServiceScene> Subject for ServiceOf<F> {
    type Kind = Ecs<World>;

    fn scene(&self) -> Scene {
        let scene = self.0();
        // Each look counts here, and not how long ECS bakes.
        live(&scene, |live| {
            let shifting = &mut live.service.shifting;
            (shifting.bake_min, shifting.step_min) = (0, 0);
        });
        let artifact = scene.push("1.1");
        let planned = scene.plan(deployment().as_str(), Some(&artifact), None);
        assert_eq!(planned.findings, []);
        let goals = planned.stages.iter().map(|stage| stage.goal.clone());
        Scene { goals: goals.collect(), world: scene.world, kind: KindName::Ecs, target: planned.target }
    }

    fn kind(&self, at: World) -> Ecs<World> {
        Ecs::new(at.at(&Place::default()), at, deployment())
    }

    fn arrived(&self, world: &World) {
        let services = world.ecs();
        assert_eq!(services.task_definitions.len(), 2, "registered once");
        let key = (CLUSTER.to_owned(), SERVICE.to_owned());
        let live = &services.services[&key];
        if live.service.strategy != "ROLLING" {
            assert_eq!(live.rollouts[0].status, "SUCCESSFUL");
        }
        let hooks: BTreeSet<&str> = live.pauses.iter().map(|one| one.hook.as_str()).collect();
        assert_eq!(hooks.len(), live.pauses.len(), "each is answered once");
    }
}
