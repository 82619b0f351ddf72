//! Follows the links in the zip of a function, as Linux does, and warns of those that lead to nothing.

use super::package::{ROOT, finding_on, folders_of};
use crate::kinds::archive::{Entry, Unpacker, bounded};
use crate::ports::{ObjectId, Result, S3Api};
use crate::trouble::found;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::finding::Finding;

/// The most bytes of a path, with a zero at its end (`PATH_MAX` in limits.h).
const LONGEST_PATH: u64 = 4096;

/// The most bytes of targets that are read. They are held in memory, and each part of them is one step for up to
/// [`MOST_LINKS`] links that lead there.
const READ: u64 = 1024 * 1024;

/// The most links on one way. Linux follows no more (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// The links of a zip by their names, each with its target if that was read.
pub(super) struct Links(BTreeMap<String, Option<String>>);

impl Links {
    /// Reads where the links of a zip of `size` bytes lead, as far as there is room: that is what a link has in place
    /// of bytes.
    pub(super) async fn read(home: &impl S3Api, zip: ObjectId, size: u64, entries: &[Entry]) -> Result<Self> {
        let links = || entries.iter().filter(|entry| entry.is_link());
        let mut targets: BTreeMap<String, Option<String>> = links().map(|entry| (entry.name.clone(), None)).collect();
        let wanted = bounded(links().filter(|entry| entry.bytes < LONGEST_PATH), READ);
        let mut unpacker = Unpacker::new(home, zip, size, entries, &wanted);
        for entry in &wanted {
            let target = found(unpacker.unpack(entry).await)?;
            let target = target.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
            targets.insert(entry.name.clone(), target);
        }
        Ok(Self(targets))
    }

    /// Warns of the links that lead to nothing of the package, and of those of which nobody knows. Lambda unpacks them
    /// all the same, and who opens one fails, or gets a file of Lambda's own image.
    pub(super) fn check(&self, archive: &str, entries: &[Entry]) -> Vec<Finding> {
        let names = entries.iter().map(|entry| entry.name.trim_start_matches('/'));
        let present: BTreeSet<&str> = names.flat_map(|name| folders_of(name).chain([name])).collect();
        let links = self.0.keys().map(String::as_str);
        let ends: BTreeMap<&str, LinkEnd> = links.map(|name| (name, end_of(name, &self.0, &present))).collect();
        let with = |end: LinkEnd| {
            let found = entries.iter().filter(|entry| ends.get(entry.name.as_str()) == Some(&end));
            found.collect::<Vec<&Entry>>()
        };
        let on = |end: LinkEnd, what: &str| {
            let found = with(end);
            let to = self.0.get(&found.first()?.name)?.as_ref()?;
            let reason = format!("it is a link to `{to}`, {what}");
            let words = (reason.as_str(), "pack the file itself, or a link to a file of the package");
            finding_on(archive, words, found.into_iter())
        };
        let nowhere = on(LinkEnd::Nowhere, "which the archive lacks");
        let outside = on(LinkEnd::Outside, "which leads out of the package");
        let words = (
            "nobody knows where this link leads: the archive has too many links, or one on its way cannot be read",
            "look in CI whether every link leads to a file of the package",
        );
        let unknown = finding_on(archive, words, with(LinkEnd::Unknown).into_iter());
        [nowhere, outside, unknown].into_iter().flatten().collect()
    }
}

/// The end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinkEnd {
    /// A file or a folder of the package; or a place that a layer or the function fills.
    There,
    Nowhere,
    /// A place that only Lambda's own image fills.
    Outside,
    /// A place that a link on the way has, whose target was not read.
    Unknown,
}

/// Follows a link as Linux does (`path_resolution(7)`). `present` are all paths of the package.
fn end_of(name: &str, links: &BTreeMap<String, Option<String>>, present: &BTreeSet<&str>) -> LinkEnd {
    let begin = format!("{ROOT}{name}");
    let mut rest: Vec<&str> = begin.rsplit('/').collect();
    // Without a slash at its end, so that it is empty at the root.
    let mut at = String::new();
    let mut followed = 0;
    while let Some(part) = rest.pop() {
        match part {
            "" | "." => {}
            ".." => leave(&mut at),
            part => {
                at.push('/');
                at.push_str(part);
                let Some(inside) = at.strip_prefix(ROOT) else { continue };
                match links.get(inside) {
                    Some(Some(to)) => {
                        followed += 1;
                        if to.starts_with('/') {
                            at.clear();
                        } else {
                            leave(&mut at);
                        }
                        rest.extend(to.rsplit('/'));
                    }
                    Some(None) => return LinkEnd::Unknown,
                    None if !present.contains(inside) => return LinkEnd::Nowhere,
                    None => {}
                }
                if followed > MOST_LINKS {
                    return LinkEnd::Nowhere;
                }
            }
        }
    }
    // Layers are unpacked into /opt, and /tmp is the function's own (AWS Lambda Developer Guide, "Managing Lambda
    // dependencies with layers", "Configure ephemeral storage for Lambda functions").
    at.push('/');
    let is_there = [ROOT, "/opt/", "/tmp/"].into_iter().any(|root| at.starts_with(root));
    if is_there { LinkEnd::There } else { LinkEnd::Outside }
}

/// Takes the last part off a path.
fn leave(path: &mut String) {
    path.truncate(path.rfind('/').unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_followed_as_linux_follows_it() {
        let links = [
            ("node_modules/.bin/run", "../run/cli.js"),
            ("node_modules/run", ".store/run@1/run"),
            ("a", "b"),
            ("b", "a"),
            ("up", ".."),
        ];
        let links = links.map(|(name, to)| (name.to_owned(), Some(to.to_owned()))).into_iter();
        let links: BTreeMap<String, Option<String>> = links.chain([("unread".to_owned(), None)]).collect();
        let files = ["index.py", "node_modules/.store/run@1/run/cli.js", "lib/"];
        let names = files.into_iter().chain(links.keys().map(String::as_str));
        let present: BTreeSet<&str> = names.flat_map(|name| folders_of(name).chain([name])).collect();
        let table = [
            ("index.py", LinkEnd::There),
            ("lib", LinkEnd::There),
            ("./lib/../index.py", LinkEnd::There),
            ("/var/task/index.py", LinkEnd::There),
            (".", LinkEnd::There),
            ("node_modules/.bin/run", LinkEnd::There),
            ("/opt/lib/helper.so", LinkEnd::There),
            ("/tmp", LinkEnd::There),
            ("../../tmp/cache", LinkEnd::There),
            ("up/task/index.py", LinkEnd::There),
            ("../../../../var/task/lib", LinkEnd::There),
            ("lib/none.py", LinkEnd::Nowhere),
            ("node_modules/run/none.js", LinkEnd::Nowhere),
            ("link", LinkEnd::Nowhere),
            ("a", LinkEnd::Nowhere),
            ("up/task/none.py", LinkEnd::Nowhere),
            ("..", LinkEnd::Outside),
            ("../x", LinkEnd::Outside),
            ("/etc/passwd", LinkEnd::Outside),
            ("/optional", LinkEnd::Outside),
            ("unread", LinkEnd::Unknown),
            ("lib/../unread/none.py", LinkEnd::Unknown),
        ];
        for (to, expected) in table {
            let mut links = links.clone();
            links.insert("link".to_owned(), Some(to.to_owned()));
            assert_eq!(end_of("link", &links, &present), expected, "{to}");
        }
    }
}
