//! A task definition of Amazon ECS as a file: its containers with images of a repository of one's own.

use super::piece::{Piece, Pieces, Runs};
use super::sort::Sort;
use crate::import::{name, repository as repository_of};
use crate::init::repository::{Repository, folder_of};
use serde_json::Value;

/// Finds task definitions.
pub fn task_definition(repository: &Repository, found: &mut Pieces) {
    for (path, text) in repository.ending(".json").filter(|(_, text)| text.contains("\"containerDefinitions\"")) {
        let Ok(file) = serde_json::from_str::<Value>(text) else {
            continue;
        };
        // The output of `aws ecs describe-task-definition` has it one level deeper.
        let task = if file["taskDefinition"].is_object() { &file["taskDefinition"] } else { &file };
        let Some(family) = task["family"].as_str() else {
            continue;
        };
        let containers = task["containerDefinitions"].as_array();
        let containers = containers.into_iter().flatten().map(|container| {
            let image = container["image"].as_str().unwrap_or_default();
            (container["name"].as_str().unwrap_or_default().to_owned(), repository_of(image))
        });
        let all: Vec<(String, Option<String>)> = containers.collect();
        let own =
            all.iter().find(|(_, repository)| repository.is_some()).or_else(|| all.first().filter(|_| all.len() == 1));
        let (container, repository) = own.cloned().map_or((None, None), |(name, repository)| (Some(name), repository));
        found.pieces.push(Piece {
            sort: Sort::TaskDefinition,
            folder: folder_of(path).to_owned(),
            file: path.to_owned(),
            name: name(container.as_deref().unwrap_or(family)),
            runs: Runs::Service { container, repository },
            build: Vec::new(),
            output: String::new(),
        });
    }
}
