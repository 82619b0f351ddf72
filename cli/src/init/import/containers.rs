//! The containers of a task definition that ecspresso registers: those whose images a release brings, and what stays.
//! Pure.

use crate::init::import::expression::of_go;
use crate::init::import::{Imported, UnreadMembers, image_change, repository};
use crate::init::names;
use serde_json::{Map, Value, json};
use windlass_domain::declaration::UNWRITTEN;
use windlass_domain::text::name::LONGEST;

/// The words by which a person is asked to write what cannot be read of a container.
pub const OF_A_CONTAINER: &str = "write `container` and `repository` of the component";

/// Writes the containers whose images are of a repository of Amazon ECR, or may be.
pub fn containers(task: &mut UnreadMembers, path: &str, written: &mut Value, imported: &mut Imported) {
    let (mut own, mut read_all) = (Map::new(), Vec::new());
    let all = task.each(&["containerDefinitions"]);
    let all = imported.of_type(all, &format!("`{path}`"), OF_A_CONTAINER);
    for (at, mut read) in (1..).zip(all.unwrap_or_default()) {
        let entry = format!("entry {at} of `containerDefinitions` in `{path}`");
        read_all.extend(container(&mut read, entry, path, &mut own, imported).map(|named| (named, read)));
    }
    let mut each = own.iter();
    let mut unwritten = Vec::new();
    match (each.next(), each.next()) {
        (Some((name, repository)), None) => {
            let rendered = of_go(name, imported).map_err(|expression| {
                imported.note(format!(
                    "the name of the container `{name}` in `{path}` has `{expression}`, which ecspresso alone renders: write \
                     `container` of the component, or import what `ecspresso render` prints"
                ));
                unwritten.push(name.clone());
            });
            written["container"] = json!(rendered.as_deref().unwrap_or(UNWRITTEN));
            written["repository"] = repository.clone();
        }
        (Some(_), Some(_)) => {
            unwritten.extend(own.keys().filter(|name| name.contains("{{")).cloned());
            written["containers"] = json!(several(&own, imported));
        }
        (None, _) => {
            imported.note("no container with an image of Amazon ECR was found: write `container` and `repository`");
            written["container"] = json!(UNWRITTEN);
            written["repository"] = json!(UNWRITTEN);
        }
    }
    for ((name, of), mut read) in read_all {
        if name.is_some_and(|name| unwritten.contains(&name)) {
            read.set_aside(&["name"]);
        }
        imported.carry(&read, &of);
    }
}

/// Returns several containers and their repositories. No key of a declaration takes variables, so that a person writes
/// the name that an expression makes.
fn several(own: &Map<String, Value>, imported: &mut Imported) -> Map<String, Value> {
    let mut all: Map<String, Value> = own.clone().into_iter().filter(|(name, _)| !name.contains("{{")).collect();
    for (made, repository) in own.iter().filter(|(name, _)| name.contains("{{")) {
        let plain = of_go(made, &mut Imported::default()).unwrap_or_else(|_| "container".to_owned());
        let plain = plain.replace(['{', '}'], "-");
        let name = names::free(&names::name(&plain), LONGEST, "-", |it| all.contains_key(it));
        imported.note(format!(
            "the name of the container `{made}` is known only where that deployer runs: write it in place of `{name}` in \
             `containers`, with the repository {repository}"
        ));
        all.insert(name, json!(UNWRITTEN));
    }
    all
}

/// Adds a container to those whose images a release brings, if it is one of them. Returns its name and the words that
/// say of what its members are; `None` where it is no container.
fn container(
    read: &mut UnreadMembers,
    entry: String,
    path: &str,
    own: &mut Map<String, Value>,
    imported: &mut Imported,
) -> Option<(Option<String>, String)> {
    if !read.is_map() {
        imported.note(format!("{entry} is no map, and so no container: mend it, or {OF_A_CONTAINER}"));
        return None;
    }
    let named = read.text(&["name"]).map(|name| name.filter(|name| !name.is_empty()));
    let is_missing = matches!(named, Ok(None));
    let name = imported.of_type(named, &entry, OF_A_CONTAINER);
    let of = name.as_ref().map_or(entry, |name| format!("the container `{name}` in `{path}`"));
    match &name {
        Some(name) if own.contains_key(name) => {
            read.set_aside(&["name"]);
            imported.note(format!("{of} is there twice, and the first one counts: give each a name of its own"));
        }
        Some(name) => image(name, &of, read, own, imported),
        None if is_missing => {
            read.set_aside(&["name"]);
            imported.note(format!("{of} has no `name`, by which a release finds it: write one, or {OF_A_CONTAINER}"));
        }
        None => {}
    }
    if let Some(left) = read.left() {
        imported.note(format!("{left} of {of}: all stay as the task definition has them"));
    }
    note_rendered(read, &of, imported);
    Some((name, of))
}

/// Adds the repository of a container's image. The tag is a release's to choose.
fn image(name: &str, of: &str, container: &mut UnreadMembers, own: &mut Map<String, Value>, imported: &mut Imported) {
    let image = match container.text(&["image"]) {
        Ok(image) => image.unwrap_or_default(),
        Err(other) => {
            container.set_aside(&["name"]);
            imported.note(format!("{}, or {OF_A_CONTAINER}", other.sentence(of)));
            return;
        }
    };
    match repository(&image) {
        Some(repository) => {
            container.set_aside(&["image"]);
            imported.change(format!("`image` of {of}: {}", image_change(&image, &repository)));
            own.insert(name.to_owned(), json!(repository));
        }
        None if image.starts_with("{{") || image.contains(".dkr.ecr.") => {
            container.set_aside(&["image"]);
            own.insert(name.to_owned(), json!(UNWRITTEN));
            imported.note(format!(
                "the container `{name}` runs `{image}`, whose repository is known only where that deployer runs: write the \
                 repository, or take the container out where no release brings its image"
            ));
        }
        None => {
            container.set_aside(&["name"]);
            container.set_aside(&["image"]);
            imported.note(format!(
                "the container `{name}` runs `{image}`, from no known repository of yours: the container stays as it is"
            ));
        }
    }
}

/// Notes the values of a task definition that followed each deploy so far.
pub fn note_rendered(read: &UnreadMembers, of: &str, imported: &mut Imported) {
    if let Some(rendered) = read.rendered() {
        imported.note(format!(
            "{rendered} of {of}: ecspresso renders them at each deploy, and a release keeps what the running task \
             definition has. For new values register a task definition with your infrastructure code and set `base: \
             family_latest`, or set `base: artifact` and release its JSON"
        ));
    }
}
