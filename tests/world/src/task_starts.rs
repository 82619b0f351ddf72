//! The start of tasks: their images crash or cannot be pulled, and tasks show digests.

use crate::ecr;
use crate::ecs::State;
use crate::live_task::{LiveTask, digest_of};
use windlass_domain::text::time::Time;

impl State {
    /// Starts a new task of a deployment, or of a task set.
    pub(crate) fn start(&mut self, of: &str, task_definition: &str, registry: &ecr::State, now: Time) -> LiveTask {
        self.tasks += 1;
        let containers = self.containers_of(task_definition);
        let mut task = LiveTask::created(self.tasks, of, task_definition, &containers, now);
        for (number, (_, image)) in containers.iter().enumerate() {
            self.set_image(&mut task, number, registry, image);
        }
        task.no_room = self.no_room;
        task
    }

    /// Lets a task's container behave as its image does, and show the image's digest: a platform's where the image is
    /// an index.
    fn set_image(&self, task: &mut LiveTask, container: usize, registry: &ecr::State, image: &str) {
        let (repository, reference) =
            image.split_once('@').or_else(|| image.rsplit_once(':')).unwrap_or((image, "latest"));
        let found = registry.find(repository, reference);
        let digest = match found {
            Some(found) => format!("sha256:{}", found.digest),
            None => digest_of(image),
        };
        let gone = registry.knows(repository) && found.is_none();
        if gone || self.no_pull.contains(&digest) {
            let error = format!("CannotPullContainerError: pull image manifest: {image}: not found");
            task.pull_error = Some((container, error));
        }
        if self.crash.contains(&digest) {
            task.crashes = Some(container);
        }
        let shown = found
            .and_then(|found| found.platforms.first())
            .map_or(digest, |platform| format!("sha256:{}", platform.digest));
        if !self.hide_digests {
            task.task.containers[container].image_digest = Some(shown);
        }
    }
}
