//! The sentence about those who may release into an environment without any right to it. Pure.

use std::collections::BTreeSet;
use windlass_domain::declaration::resolved::Resolved;
use windlass_domain::request::Route;

/// Returns a sentence about who can release there by the sources that it names; `None` where each release needs a right
/// to the environment.
pub fn without_a_right(here: &Resolved) -> Option<String> {
    let (app, environment) = (&here.app, &here.environment);
    let mut may = Vec::new();
    if here.sources.contains(&Route::S3) {
        let alone = here.components.iter().filter(|(_, it)| it.on_artifact);
        let alone = alone.map(|(name, _)| format!("`artifacts/{app}/{environment}/{name}/`"));
        let places = std::iter::once(format!("`releases/{app}/{environment}/`")).chain(alone);
        let places: Vec<String> = places.collect();
        may.push(format!("upload to the artifacts bucket below {}", places.join(" or ")));
    }
    if here.sources.contains(&Route::Ecr) {
        let names = here.components.keys();
        let repositories = names.flat_map(|name| here.repositories(name).into_values());
        let repositories: BTreeSet<String> = repositories.map(|name| format!("`{name}`")).collect();
        if !repositories.is_empty() {
            let repositories: Vec<String> = repositories.into_iter().collect();
            may.push(format!("push an image to {}", repositories.join(" or ")));
        }
    }
    (!may.is_empty())
        .then(|| format!("whoever may {} can release there, without any right to the environment", may.join(", or ")))
}
