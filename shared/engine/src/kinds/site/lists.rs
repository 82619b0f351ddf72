//! The lists of a site: the files of a release, and the objects at the keys. They are kept in the artifacts bucket.
//!
//! A list is read and written several times in a deployment, even if it changes little. It is a JSON array with a row
//! for each path. Its first element has the headers that files share. Each other element is one file or object, in
//! order of the paths.
//!
//! A site may have 100,000 files, and an item of the ledger has room for 400 KB: so step and snapshot name lists by
//! digest. Content is compared by SHA-256: from these lists, else from the object's checksum or the metadata
//! `windlass-sha256`, which copies keep. An ETag is only compared with a recorded ETag: with SSE-KMS it says nothing of
//! the content. What a deployment has read and written so far is in `handled/<deployment>/`, a part for each batch, so
//! that a later invocation does not ask S3 for it.

// Rows and not members, because a release of one file in a hundred reads and writes the whole list.

use super::calls::{self, list_all};
use super::files::{Files, Handled};
use super::target::Target;
use super::types::{by_name, is_page};
use crate::config::Configured;
use crate::kinds::site::files::{File, Object};
use crate::kinds::{KeptDocuments, digest_of, to_json};
use crate::ports::{Clock, Listed, PutOptions, Replaces, Result, S3Api as ObjectStore};
use crate::trouble::if_there;
use serde::de::{DeserializeOwned, Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};

/// A list of all files of a site, as it is kept.
#[derive(Debug, Default)]
pub struct Rows<L>(pub L);

/// The headers that files share.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Headers<'a> {
    /// The content type, the cache header and the packing.
    Now(Cow<'a, str>, Cow<'a, str>, Option<Cow<'a, str>>),
    /// The content type and the cache header, as an older Windlass wrote them.
    Older(Cow<'a, str>, Cow<'a, str>),
}

/// A type that is read from each row.
pub trait Read: Sized {
    /// The row.
    type Row<'a>: Deserialize<'a>;

    /// Returns the path and the entry of a row; `None` if the row names headers that are not there.
    fn of_row(row: Self::Row<'_>, headers: &[Headers<'_>]) -> Option<(String, Self)>;
}

/// A type that is written in each row.
pub trait RowContent: Read {
    /// Returns the file whose headers it has.
    fn file(&self) -> Option<&File>;

    /// Returns its row. `headers` is the index of its headers among the shared ones.
    fn to_row<'a>(&'a self, path: &'a str, headers: usize) -> impl Serialize;
}

/// The paths of a list.
#[expect(clippy::zero_sized_map_values, reason = "a list is read as a map")]
pub type ListPaths = Rows<BTreeMap<String, PathAlone>>;

/// A path without its content, which is skipped.
#[derive(Debug)]
pub struct PathAlone;

impl Read for PathAlone {
    type Row<'a> = FileRow<'a>;

    fn of_row(row: FileRow<'_>, _: &[Headers<'_>]) -> Option<(String, Self)> {
        Some((row.0.into_owned(), Self))
    }
}

/// The SHA-256, the size, the index of the headers, the CRC-32.
type Content = (Digest, u64, usize, Option<u32>);

fn content_of(file: &File, headers: usize) -> Content {
    (file.sha256.clone(), file.bytes, headers, file.crc32)
}

fn file_of(path: &str, (sha256, bytes, place, crc32): Content, headers: &[Headers<'_>]) -> Option<File> {
    let (content_type, cache_control, content_encoding, crc32) = match headers.get(place)? {
        Headers::Now(content_type, cache_control, packing) => (content_type, cache_control, packing.as_deref(), crc32),
        // The older one called every page UTF-8 and looked into no file without an ending. Without the checksum these
        // are read once more.
        Headers::Older(content_type, cache_control) => {
            (content_type, cache_control, None, crc32.filter(|_| !by_name(path).is_none_or(is_page)))
        }
    };
    Some(File {
        sha256,
        bytes,
        content_type: content_type.to_string(),
        cache_control: cache_control.to_string(),
        content_encoding: content_encoding.map(str::to_owned),
        crc32,
    })
}

/// A row of a release's list.
#[derive(Serialize, Deserialize)]
pub struct FileRow<'a>(#[serde(borrow)] Cow<'a, str>, Content);

impl RowContent for File {
    fn file(&self) -> Option<&File> {
        Some(self)
    }

    fn to_row<'a>(&'a self, path: &'a str, headers: usize) -> impl Serialize {
        FileRow(path.into(), content_of(self, headers))
    }
}

impl Read for File {
    type Row<'a> = FileRow<'a>;

    fn of_row(row: FileRow<'_>, headers: &[Headers<'_>]) -> Option<(String, Self)> {
        let file = file_of(&row.0, row.1, headers)?;
        Some((row.0.into_owned(), file))
    }
}

/// A row of a list of objects: the path, the ETag, the size, the version, true if it is ours, the content, and the ETag
/// of the object of which it is a copy.
#[derive(Serialize, Deserialize)]
pub struct ObjectRow<'a>(
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
    u64,
    Option<String>,
    bool,
    Option<Content>,
    Option<String>,
);

impl RowContent for Object {
    fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    fn to_row<'a>(&'a self, path: &'a str, headers: usize) -> impl Serialize {
        ObjectRow(
            path.into(),
            self.etag.as_str().into(),
            self.bytes,
            self.version_id.clone(),
            self.ours,
            self.file.as_ref().map(|file| content_of(file, headers)),
            self.copy_of.clone(),
        )
    }
}

impl Read for Object {
    type Row<'a> = ObjectRow<'a>;

    fn of_row(row: ObjectRow<'_>, headers: &[Headers<'_>]) -> Option<(String, Self)> {
        let ObjectRow(path, etag, bytes, version_id, ours, content, copy_of) = row;
        let file = match content {
            Some(content) => Some(file_of(&path, content, headers)?),
            None => None,
        };
        let object = Self { etag: etag.into_owned(), bytes, version_id, file, ours, copy_of };
        Some((path.into_owned(), object))
    }
}

type HeadersOf<'f> = (&'f str, &'f str, Option<&'f str>);

fn headers_of(file: &File) -> HeadersOf<'_> {
    (&file.content_type, &file.cache_control, file.content_encoding.as_deref())
}

impl<E: RowContent> Serialize for Rows<&BTreeMap<String, E>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut places: BTreeMap<HeadersOf<'_>, usize> =
            self.0.values().filter_map(RowContent::file).map(|file| (headers_of(file), 0)).collect();
        for (place, at) in places.values_mut().enumerate() {
            *at = place;
        }
        let headers: Vec<_> = places.keys().collect();
        let mut rows = serializer.serialize_seq(Some(self.0.len() + 1))?;
        rows.serialize_element(&headers)?;
        for (path, entry) in self.0 {
            let place = entry.file().and_then(|file| places.get(&headers_of(file)));
            rows.serialize_element(&entry.to_row(path, place.copied().unwrap_or_default()))?;
        }
        rows.end()
    }
}

impl<'de, E: Read> Deserialize<'de> for Rows<BTreeMap<String, E>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reading(PhantomData))
    }
}

/// Reads row after row, so that no second list of them is in memory.
struct Reading<E>(PhantomData<E>);

impl<'de, E: Read> Visitor<'de> for Reading<E> {
    type Value = Rows<BTreeMap<String, E>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the headers that files share, and a row for each path")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Self::Value, A::Error> {
        let headers: Vec<Headers<'_>> = rows.next_element()?.unwrap_or_default();
        let mut list = BTreeMap::new();
        while let Some(row) = rows.next_element::<E::Row<'de>>()? {
            let entry = E::of_row(row, &headers);
            let (path, entry) = entry.ok_or_else(|| Error::custom("a row names no headers"))?;
            list.insert(path, entry);
        }
        Ok(Rows(list))
    }
}

/// The largest list that is read, in bytes: it has a million files.
const LONGEST: u64 = 512 * 1024 * 1024;

/// The lists of one site. Lists that are named by the digest of their content are kept as in every kind
/// ([`KeptDocuments`]). The others are named by a release, a deployment or a folder.
pub struct Lists<'a, P> {
    pub(super) home: &'a P,
    pub(super) folder: String,
    /// The lists that are named by the digest of their content.
    pub(super) kept: KeptDocuments<'a, P>,
}

impl<'a, P: ObjectStore + Clock + Configured> Lists<'a, P> {
    /// The lists of a site; `home` are the ports at the deployer's own place.
    pub fn of(home: &'a P, target: &Target) -> Self {
        let owner = target.folder();
        Self { home, folder: format!("windlass/sites/{owner}/"), kept: KeptDocuments::of(home, "sites", &owner) }
    }

    /// Returns the files of a release, once they are known.
    pub async fn release(&self, release: &Digest) -> Result<Option<Files>> {
        let files: Option<Rows<Files>> = self.read(&self.release_key(release)).await?;
        Ok(files.map(|files| files.0))
    }

    /// Returns the paths of a release's files, once they are known; `None` without a release. The rest of the list is
    /// skipped.
    pub async fn release_paths(&self, release: Option<&Digest>) -> Result<Option<Vec<String>>> {
        let Some(release) = release else { return Ok(None) };
        let files: Option<ListPaths> = self.read(&self.release_key(release)).await?;
        Ok(files.map(|files| files.0.into_keys().collect()))
    }

    /// Keeps the files of a release. The same release always has the same files.
    pub async fn keep_release(&self, release: &Digest, files: &Files) -> Result<()> {
        self.keep(&self.release_key(release), &Rows(files)).await
    }

    /// Returns the notes of what this deployment has handled so far.
    pub async fn handled(&self, deployment: &DeploymentId) -> Result<Vec<Handled>> {
        let folder = format!("{}handled/{deployment}/", self.folder);
        let bucket = &self.home.config().artifacts_bucket;
        let notes = list_all(self.home, bucket, &folder, &[]).await?;
        self.handled_in(&notes).await
    }

    pub(super) async fn handled_in(&self, notes: &[Listed]) -> Result<Vec<Handled>> {
        let parts = calls::every(self.home, notes, |note| self.read::<Vec<Handled>>(&note.key)).await?;
        Ok(parts.into_iter().flatten().flatten().collect())
    }

    /// Notes what was handled, so that a later invocation need not look again.
    pub async fn note_handled(&self, deployment: &DeploymentId, handled: &[Handled]) -> Result<()> {
        if handled.is_empty() {
            return Ok(());
        }
        let name = digest_of(&handled)?;
        let key = format!("{}handled/{deployment}/{}.json", self.folder, name.short());
        self.keep(&key, &handled).await
    }

    fn release_key(&self, release: &Digest) -> String {
        format!("{}release-{release}.json", self.folder)
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let object = self.home.artifact(key, None);
        let Some(bytes) = if_there(self.home.get(&object, LONGEST).await)? else { return Ok(None) };
        let read = serde_json::from_slice(&bytes);
        read.map(Some).map_err(|error| Fault::internal(format!("the list {key} cannot be read: {error}")))
    }

    /// Writes a list whose name is made of its content: one that is there already is the same.
    pub(super) async fn keep(&self, key: &str, list: &impl Serialize) -> Result<()> {
        match self.write(key, list, Replaces::Nothing).await {
            Err(fault) if fault.name == FaultName::Conflict => Ok(()),
            answer => answer,
        }
    }

    pub(super) async fn write(&self, key: &str, list: &impl Serialize, replaces: Replaces) -> Result<()> {
        let options = PutOptions { content_type: Some("application/json".into()), replaces, ..PutOptions::default() };
        let bucket = &self.home.config().artifacts_bucket;
        self.home.put(bucket, key, to_json(list)?, &options).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::site::files::{Files, Objects};

    fn file(content_type: &str, bytes: u64, crc32: Option<u32>) -> File {
        File {
            sha256: Digest::of(&bytes.to_be_bytes()),
            bytes,
            content_type: content_type.into(),
            cache_control: "no-cache".into(),
            content_encoding: (content_type == "text/css").then(|| "gzip".to_owned()),
            crc32,
        }
    }

    #[test]
    fn all_is_read_as_it_was_written() {
        let files: Files = [
            ("a \"quoted\"\n.html", file("text/html", 1, Some(7))),
            ("ä.css", file("text/css", 2, None)),
            ("b.html", file("text/html", 0, Some(0))),
        ]
        .map(|(path, file)| (path.to_owned(), file))
        .into();
        let json = serde_json::to_string(&Rows(&files)).unwrap();
        let read: Rows<Files> = serde_json::from_str(&json).unwrap();
        assert_eq!(read.0, files);
        let crcs = |files: &Files| files.values().map(|it| it.crc32).collect::<Vec<_>>();
        assert_eq!(crcs(&read.0), crcs(&files));
        let names: ListPaths = serde_json::from_str(&json).unwrap();
        assert!(names.0.keys().eq(files.keys()));

        let object = |file, version: Option<&str>, copy_of: Option<&str>| Object {
            etag: "\"e\"".into(),
            bytes: 5,
            version_id: version.map(str::to_owned),
            ours: file,
            file: file.then(|| self::file("text/html", 5, None)),
            copy_of: copy_of.map(str::to_owned),
        };
        let objects: Objects = [("a", object(true, Some("v"), None)), ("b", object(false, None, Some("\"c\"")))]
            .map(|(path, object)| (path.to_owned(), object))
            .into();
        let json = serde_json::to_string(&Rows(&objects)).unwrap();
        let read: Rows<Objects> = serde_json::from_str(&json).unwrap();
        assert_eq!(read.0, objects);
        // Headers that many files have are written once.
        assert_eq!(json.matches("text/html").count(), 1);
    }

    /// The lists of an older Windlass had two headers a file.
    #[test]
    fn pages_and_files_without_an_ending_of_an_older_list_are_read_once_more() {
        let digest = Digest::of(b"");
        let row = |path: &str| format!(r#"["{path}",["{digest}",1,0,7]]"#);
        let rows = ["LICENSE", "a.html", "b.css"].map(row).join(",");
        let read: Rows<Files> = serde_json::from_str(&format!(r#"[[["text/x","no-cache"]],{rows}]"#)).unwrap();
        let known =
            read.0.values().map(|file| (file.content_type.as_str(), file.content_encoding.as_deref(), file.crc32));
        let expected = [("text/x", None, None), ("text/x", None, None), ("text/x", None, Some(7))];
        assert_eq!(known.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let digest = Digest::of(b"");
        let unknown = format!(r#"[[["text/html","no-cache"]],["a",["{digest}",1,1,null]]]"#);
        for json in ["{}", r#"[[],["a"]]"#, &unknown] {
            assert!(serde_json::from_str::<Rows<Files>>(json).is_err(), "{json}");
        }
        let empty: Rows<Files> = serde_json::from_str("[[]]").unwrap();
        assert_eq!(empty.0, Files::new());
    }
}
