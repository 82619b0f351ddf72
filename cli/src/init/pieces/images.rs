//! Images: a Dockerfile, a task definition of Amazon ECS that runs an image of a repository of one's own, and one piece
//! out of both where they belong together. Windlass has no kind for folders of Kubernetes, and says so.

use crate::init::import::repository as repository_of;
use crate::init::names::name;
use crate::init::pieces::piece::{Piece, PieceSort, Pieces, Runs, named};
use crate::init::repository::{Repository, file_of, folder_of, is_of_ci};
use serde_json::Value;
use std::collections::BTreeSet;

/// Finds images. A site's folder has one for its own reasons, and stays a site.
pub fn dockerfile(repository: &Repository, found: &mut Pieces) {
    for (path, text) in repository.named(&["Dockerfile"]).filter(|(path, _)| !is_of_ci(path)) {
        let (folder, file) = built(path);
        let own = if file_of(folder_of(path)).starts_with('.') { folder } else { folder_of(path) };
        let is_site = |piece: &&Piece| piece.folder == folder && matches!(piece.runs, Runs::Site { .. });
        if let Some(site) = found.pieces.iter().find(is_site) {
            found.notes.push(format!("`{path}` is beside {}, which is released without it", site.sort));
            continue;
        }
        let runs = if is_of_lambda(text) {
            Runs::Function { named: None, alias: None, is_image: true }
        } else {
            Runs::Service { container: None, repository: None }
        };
        found.pieces.push(Piece {
            sort: PieceSort::Dockerfile,
            folder: folder.to_owned(),
            file: path.to_owned(),
            name: named(own, "service"),
            runs,
            build: Vec::new(),
            output: file.to_owned(),
            archive: None,
        });
    }
}

/// Returns the folder that an image is built from, and its Dockerfile from there. A hidden folder has no code of its
/// own: what the Dockerfile copies lies in the folder around it.
fn built(path: &str) -> (&str, &str) {
    let hidden = if path.starts_with('.') { Some(0) } else { path.find("/.").map(|at| at + 1) };
    let cut = hidden.unwrap_or_else(|| path.len() - file_of(path).len());
    let (folder, file) = path.split_at(cut);
    (folder.trim_end_matches('/'), file)
}

/// Returns whether an image is built from a folder.
pub(super) fn is_built_from(repository: &Repository, folder: &str) -> bool {
    repository.named(&["Dockerfile"]).any(|(path, _)| built(path).0 == folder && !is_of_ci(path))
}

/// Returns whether the last stage begins from a base image for Lambda (AWS Lambda Developer Guide, "Create a Lambda
/// function using a container image"), or brings Lambda's runtime interface.
fn is_of_lambda(text: &str) -> bool {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut bases =
        text.lines().map(words).filter(|words| words.first().is_some_and(|word| word.eq_ignore_ascii_case("from")));
    let last = bases.next_back().unwrap_or_default();
    let is_base = |word: &String| word.contains("public.ecr.aws/lambda/") || word.starts_with("amazon/aws-lambda-");
    last.iter().any(is_base) || text.contains("awslambdaric")
}

/// A task definition, as far as it is looked at.
struct TaskFile {
    /// Its family; `None` where what registers it names that.
    family: Option<String>,
    /// The names of its containers, each with the repository of its image if that is one of Amazon ECR.
    containers: Vec<(String, Option<String>)>,
}

impl TaskFile {
    /// Reads a file; `None` where it is no task definition.
    fn read(text: &str) -> Result<Option<Self>, serde_json::Error> {
        let file: Value = serde_json::from_str(text)?;
        // The output of `aws ecs describe-task-definition` has it one level deeper.
        let task = if file["taskDefinition"].is_object() { &file["taskDefinition"] } else { &file };
        let family = task["family"].as_str().map(str::to_owned);
        Ok(task["containerDefinitions"].as_array().map(|containers| {
            let containers = containers.iter().map(|container| {
                let image = container["image"].as_str().unwrap_or_default();
                (container["name"].as_str().unwrap_or_default().to_owned(), repository_of(image))
            });
            Self { family, containers: containers.collect() }
        }))
    }

    /// Returns the container that a release changes.
    fn own(&self) -> Option<&(String, Option<String>)> {
        let all = &self.containers;
        all.iter().find(|(_, repository)| repository.is_some()).or_else(|| all.first().filter(|_| all.len() == 1))
    }
}

/// Returns a name that is one, and not an expression that only another deployer knows.
fn plain(name: &str) -> Option<&str> {
    (!name.is_empty() && !name.contains("{{")).then_some(name)
}

/// Finds task definitions.
pub fn task_definition(repository: &Repository, found: &mut Pieces) {
    for (path, text) in repository.ending(".json").filter(|(_, text)| text.contains("\"containerDefinitions\"")) {
        let task = match TaskFile::read(text) {
            Ok(Some(task)) => task,
            Ok(None) => continue,
            Err(why) => {
                found.notes.push(format!("`{path}` has `containerDefinitions`, and is no JSON: {why}"));
                continue;
            }
        };
        let (container, repository) =
            task.own().cloned().map_or((None, None), |(name, repository)| (Some(name), repository));
        let container = container.as_deref().and_then(plain).map(str::to_owned);
        // What registers it may name its family.
        let family = task.family.as_deref().unwrap_or_else(|| file_of(path).trim_end_matches(".json"));
        found.pieces.push(Piece {
            sort: PieceSort::TaskDefinition,
            folder: folder_of(path).to_owned(),
            file: path.to_owned(),
            name: container
                .as_deref()
                .or_else(|| plain(family))
                .map_or_else(|| named(folder_of(path), "service"), name),
            runs: Runs::Service { container, repository },
            build: Vec::new(),
            output: String::new(),
            archive: None,
        });
    }
}

/// Puts each task definition to the Dockerfile of its image. A Dockerfile of a container beside that one is no service
/// of its own.
pub fn put(repository: &Repository, found: &mut Pieces) {
    let (tasks, mut others): (Vec<Piece>, Vec<Piece>) =
        std::mem::take(&mut found.pieces).into_iter().partition(|piece| piece.sort == PieceSort::TaskDefinition);
    let is_lonely = tasks.len() == 1;
    let open = |piece: &Piece| {
        matches!(&piece.runs, Runs::Service { container: None, .. }) && piece.sort == PieceSort::Dockerfile
    };
    for task in &tasks {
        let Ok(Some(read)) = TaskFile::read(repository.text(&task.file)) else { continue };
        let own = read.own().map(|(name, _)| name.as_str()).unwrap_or_default();
        let released = read.containers.iter().filter(|(name, repository)| name != own && repository.is_some());
        let beside: Vec<&str> = released.map(|(name, _)| name.as_str()).collect();
        if beside.is_empty() {
            continue;
        }
        let names: Vec<String> = read.containers.iter().filter(|(name, _)| name != own).flat_map(names_of).collect();
        others.retain(|image| !open(image) || tasks.iter().any(|it| is_of(it, image)) || !names.contains(&image.name));
        let beside = beside.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        found.notes.push(format!(
            "`{}` has several containers with images of Amazon ECR, and a release changes `{own}` alone: for {beside} \
             as well, build these images and write `containers` in place of `container` and `repository`, as \
             docs/app.md of Windlass says",
            task.file
        ));
    }
    for task in tasks {
        let images: Vec<usize> = (0..others.len()).filter(|at| open(&others[*at])).collect();
        let named = images.iter().copied().find(|at| is_of(&task, &others[*at]));
        let only = images.first().copied().filter(|_| is_lonely && images.len() == 1);
        match named.or(only) {
            Some(at) => {
                let image = &mut others[at];
                image.runs = task.runs;
                image.name = task.name;
            }
            None => others.push(task),
        }
    }
    found.pieces = others;
}

/// Returns whether the image's folder has the name of the container, or of the repository's last part.
fn is_of(task: &Piece, image: &Piece) -> bool {
    let Runs::Service { container, repository } = &task.runs else { return false };
    let container = container.clone().unwrap_or_default();
    names_of(&(container, repository.clone())).any(|own| own == image.name)
}

/// Returns the names that the folder of a container's image may have.
fn names_of((container, repository): &(String, Option<String>)) -> impl Iterator<Item = String> {
    let last = repository.as_deref().and_then(|repository| repository.rsplit('/').next());
    [plain(container), last].into_iter().flatten().map(name)
}

/// Notes charts, kustomizations and manifests of workloads, once for each folder.
pub fn kubernetes(repository: &Repository, found: &mut Pieces) {
    let is_known = |path: &str, text: &str| {
        let file = path.rsplit('/').next().unwrap_or_default();
        let is_manifest = text.contains("\napiVersion:") || text.starts_with("apiVersion:");
        let is_workload = ["kind: Deployment", "kind: StatefulSet", "kind: Rollout", "kind: Application"];
        matches!(file, "Chart.yaml" | "kustomization.yaml")
            || is_manifest && is_workload.iter().any(|kind| text.contains(kind))
    };
    let files = repository.ending(".yaml").chain(repository.ending(".yml"));
    let folders: BTreeSet<&str> =
        files.filter(|(path, text)| is_known(path, text)).map(|(path, _)| folder_of(path)).collect();
    found.notes.extend(folders.into_iter().map(|folder| {
        let folder = if folder.is_empty() { "." } else { folder };
        format!("`{folder}` is deployed to Kubernetes, for which Windlass has no kind of component")
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_a_hidden_folder_is_built_from_the_folder_around_it() {
        for (path, folder, file) in [
            ("Dockerfile", "", "Dockerfile"),
            ("agent/Dockerfile", "agent", "Dockerfile"),
            (".docker/Dockerfile", "", ".docker/Dockerfile"),
            (".ecs/app/Dockerfile", "", ".ecs/app/Dockerfile"),
            ("services/api/.docker/Dockerfile", "services/api", ".docker/Dockerfile"),
        ] {
            assert_eq!(built(path), (folder, file), "{path}");
        }
    }

    #[test]
    fn a_container_beside_the_one_that_is_released_is_no_service_of_its_own() {
        let task = |images: [&str; 2]| {
            let [web, nginx] = images.map(|image| image.replace("ECR", "111111111111.dkr.ecr.eu-west-1.amazonaws.com"));
            let containers = serde_json::json!([{"name": "web", "image": web}, {"name": "nginx", "image": nginx}]);
            serde_json::json!({"family": "shop", "containerDefinitions": containers}).to_string()
        };
        for (images, wanted, notes) in [
            (["ECR/shop/web:1", "ECR/nginx:1"], vec![("web", "Dockerfile")], 1),
            (
                ["ECR/shop/web:1", "nginx:1"],
                vec![("nginx", "docker/nginx/Dockerfile"), ("service", "Dockerfile"), ("web", "task.json")],
                0,
            ),
        ] {
            let files = [
                ("task.json", task(images)),
                ("Dockerfile", String::new()),
                ("docker/nginx/Dockerfile", String::new()),
            ];
            let files = files.map(|(path, text)| (path.to_owned(), text)).into();
            let repository = Repository { files, ..Repository::default() };
            let mut found = Pieces::default();
            task_definition(&repository, &mut found);
            dockerfile(&repository, &mut found);
            put(&repository, &mut found);
            let mut pieces: Vec<_> = found.pieces.iter().map(|it| (it.name.as_str(), it.file.as_str())).collect();
            pieces.sort_unstable();
            assert_eq!((pieces, found.notes.len()), (wanted, notes), "{images:?}");
        }
    }

    #[test]
    fn an_expression_is_no_name() {
        const IMAGE: &str = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/app:1";
        let runs = |container: Option<&str>| Runs::Service {
            container: container.map(str::to_owned),
            repository: Some("shop/app".to_owned()),
        };
        for (family, container, wanted, named) in [
            ("shop-bot", "bot", runs(Some("bot")), "bot"),
            ("shop-bot", "{{ must_env `BOT_NAME` }}", runs(None), "shop-bot"),
            ("{{ must_env `BOT_NAME` }}", "{{ must_env `BOT_NAME` }}", runs(None), "service"),
        ] {
            let task =
                serde_json::json!({"family": family, "containerDefinitions": [{"name": container, "image": IMAGE}]});
            let files = [("task.json".to_owned(), task.to_string())].into();
            let mut found = Pieces::default();
            task_definition(&Repository { files, ..Repository::default() }, &mut found);
            let found = found.pieces.iter().map(|piece| (piece.name.as_str(), &piece.runs)).collect::<Vec<_>>();
            assert_eq!(found, [(named, &wanted)], "{container}");
        }
    }

    #[test]
    fn the_last_stage_shows_whether_it_is_of_lambda() {
        for (text, wanted) in [
            ("FROM public.ecr.aws/lambda/python:3.12\nCOPY . .", true),
            ("from amazon/aws-lambda-nodejs:22", true),
            ("FROM --platform=linux/arm64 public.ecr.aws/lambda/nodejs:22 AS run", true),
            ("FROM python:3.12\nRUN pip install awslambdaric", true),
            ("FROM public.ecr.aws/lambda/python:3.12 AS build\nFROM python:3.12-slim", false),
            ("FROM node:22", false),
            ("", false),
        ] {
            assert_eq!(is_of_lambda(text), wanted, "{text}");
        }
    }
}
