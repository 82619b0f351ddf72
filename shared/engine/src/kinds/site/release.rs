use super::config_file::config_bytes;
use super::target::{Archive, Target};
use windlass_domain::digest::Digest;

/// The digest that identifies what a release is on this site: the archive's bytes, and everything
/// of the declaration that goes into its files. The same digest has always the same files.
pub fn release_of(target: &Target, archive: &Archive) -> Digest {
    let site = &target.site;
    let mut text = format!("files 1\narchive {}\n", archive.sha256);
    for rule in &site.cache {
        text.push_str(&format!(
            "cache {:?} {:?}\n",
            rule.files, rule.cache_control
        ));
    }
    for pattern in &site.hashed {
        text.push_str(&format!("hashed {pattern:?}\n"));
    }
    if let Some(config) = &site.config {
        let content = Digest::of(&config_bytes(config));
        text.push_str(&format!("config {:?} {content}\n", config.path));
    }
    Digest::of(text.as_bytes())
}

/// The origin path of a release's folder.
pub fn origin_path_of(target: &Target, release: &Digest) -> String {
    format!("/{}{}", target.site.prefix, release.short())
}

/// The folder of an origin path: without leading slash, empty or with a trailing slash.
pub fn folder_of(origin_path: &str) -> String {
    match origin_path.trim_matches('/') {
        "" => String::new(),
        folder => format!("{folder}/"),
    }
}
