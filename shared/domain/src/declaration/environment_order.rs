//! The order in which people write the environments of a declaration: mostly from the first that a release goes to, to
//! production. The document itself has them by name. Pure.

use super::document::Document;
use crate::text::name::EnvironmentName;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// The environments of a declaration as its text has them.
#[derive(Default, Deserialize)]
struct Written {
    #[serde(default)]
    environments: Names,
}

#[derive(Default)]
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("environments by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
        let mut names = Vec::new();
        while let Some((name, IgnoredAny)) = map.next_entry()? {
            names.push(name);
        }
        Ok(Names(names))
    }
}

/// Returns the environments of a document in the order of the text that it was read from. Those whose place does not
/// show come last, by name.
pub(super) fn order(text: &str, document: &Document) -> Vec<EnvironmentName> {
    let written = serde_saphyr::from_str::<Written>(text).unwrap_or_default().environments.0;
    let mut names: Vec<EnvironmentName> = document.environments.keys().cloned().collect();
    names.sort_by_cached_key(|name| {
        let at = written.iter().position(|one| one == name.as_str());
        at.unwrap_or(usize::MAX)
    });
    names
}

#[cfg(test)]
mod tests {
    use crate::declaration::{Declaration, Declared};
    use crate::text::name::EnvironmentName;
    use crate::text::time::Time;

    #[test]
    fn environments_keep_the_order_of_the_text_also_when_it_is_read_again() {
        let web = "components: {web: {kind: static_site, bucket: 'web-{environment}'}}";
        for (environments, wanted) in [
            ("{test: {}, staging: {}, prod: {}}", "test staging prod"),
            ("\n  prod: {}\n  dev:\n    deploy: {branch: main}\n  \"lab\": {}\n", "prod dev lab"),
            ("{only: {}}", "only"),
            ("\n  one: &all {start: manual}\n  another: *all\n", "one another"),
        ] {
            let text = format!("app: shop\nversion: 1.0.0\nenvironments: {environments}\n{web}\n");
            let declaration = Declaration::parse(&text).unwrap();
            let again = Declared::new(&declaration, text.as_str(), Time(0), None).read().unwrap();
            for read in [declaration, again] {
                let names: Vec<&str> = read.environments().map(EnvironmentName::as_str).collect();
                assert_eq!(names.join(" "), wanted);
            }
        }
    }
}
