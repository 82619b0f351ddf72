use super::config_file::config_bytes;
use super::target::{Archive, Target};
use windlass_domain::digest::Digest;
use windlass_domain::identity::DeploymentId;

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

/// The origin path of the folder that a deployment makes for a release. No other deployment writes to
/// it, in whichever environment or installation (which its artifacts bucket names): so whoever prunes
/// it knows all who need it, and a deletion that is late meets nothing that is used again.
pub fn origin_path_of(
    target: &Target,
    release: &Digest,
    deployment: &DeploymentId,
    artifacts_bucket: &str,
) -> String {
    let text = format!(
        "folder 1\n{artifacts_bucket}\n{deployment}\n{}\n{release}\n",
        target.component
    );
    let name = Digest::of(text.as_bytes());
    format!("/{}{}", target.site.prefix, name.short())
}

/// The folder of an origin path: without leading slash, empty or with a trailing slash.
pub fn folder_of(origin_path: &str) -> String {
    match origin_path.trim_matches('/') {
        "" => String::new(),
        folder => format!("{folder}/"),
    }
}
