//! Images by name: their repository, their tag or digest, and whose repository it is.

/// Returns the name of a repository, without the registry that its URI begins with.
pub fn repository_name(repository: &str) -> &str {
    parts(repository).1
}

/// Returns whether two texts, each a repository's name or URI, are the same repository: the same name and, if both name
/// a registry, the same registry.
pub fn is_same_repository(one: &str, other: &str) -> bool {
    let ((one_at, one), (other_at, other)) = (parts(one), parts(other));
    let elsewhere = one_at.zip(other_at).is_some_and(|(one, other)| one != other);
    one == other && !elsewhere
}

/// Splits an image's name into repository and reference (a tag, or `sha256:…`). The tag is `latest` if none is written.
pub fn split_image(image: &str) -> (&str, &str) {
    if let Some((repository, digest)) = image.split_once('@') {
        return (without_tag(repository).0, digest);
    }
    let (repository, tag) = without_tag(image);
    (repository, tag.unwrap_or("latest"))
}

/// A registry is known by a dot or a port.
fn parts(repository: &str) -> (Option<&str>, &str) {
    match repository.split_once('/') {
        Some((registry, name)) if registry.contains(['.', ':']) => (Some(registry), name),
        _ => (None, repository),
    }
}

/// A colon after the last slash begins a tag; before it, it belongs to the registry's port.
fn without_tag(image: &str) -> (&str, Option<&str>) {
    let name_at = image.rfind('/').unwrap_or(0);
    match image[name_at..].find(':') {
        Some(colon) => (&image[..name_at + colon], Some(&image[name_at + colon + 1..])),
        None => (image, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_split_into_repository_and_reference() {
        for (image, repository, reference) in [
            ("agent", "agent", "latest"),
            ("shop/agent:1.0", "shop/agent", "1.0"),
            ("localhost:5000/shop/agent", "localhost:5000/shop/agent", "latest"),
            ("host:5000/shop/agent:v1", "host:5000/shop/agent", "v1"),
            ("host:5000/agent:2", "host:5000/agent", "2"),
            ("host/agent@sha256:ab", "host/agent", "sha256:ab"),
            ("host/agent:2@sha256:ab", "host/agent", "sha256:ab"),
        ] {
            assert_eq!(split_image(image), (repository, reference), "{image}");
        }
    }

    #[test]
    fn a_registry_is_known_by_a_dot_or_a_port() {
        for (given, name) in [
            ("shop/agent", "shop/agent"),
            ("agent", "agent"),
            ("111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent", "shop/agent"),
            ("localhost:5000/agent", "agent"),
        ] {
            assert_eq!(repository_name(given), name);
        }
    }

    #[test]
    fn a_repository_is_the_same_by_name_and_by_uri_and_never_by_its_end() {
        for (one, other, same) in [
            ("shop/agent", "shop/agent", true),
            ("one.example/shop/agent", "shop/agent", true),
            ("one.example/shop/agent", "one.example/shop/agent", true),
            ("one.example/shop/agent", "two.example/shop/agent", false),
            ("one.example/shop/agent", "one.example/bank/agent", false),
            ("bank/agent", "agent", false),
            ("one.example/bank/agent", "agent", false),
            ("bank/shop/agent", "shop/agent", false),
            ("shop/agents", "shop/agent", false),
        ] {
            assert_eq!(is_same_repository(one, other), same, "{one} {other}");
            assert_eq!(is_same_repository(other, one), same, "{other} {one}");
        }
    }
}
