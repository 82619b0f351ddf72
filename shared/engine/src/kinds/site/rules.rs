//! The role and the headers of a site's file.

use super::files::File;
use super::hashed_names::{HashedNames, has_hash};
use super::packed::{Packed, within};
use super::types::{self, TextCheck, by_name, name_of};
use crate::kinds::archive::Entry;
use crate::ports::{ObjectId, Result, S3Api};
use crate::trouble::Checked;
use globset::{Glob, GlobMatcher};
use windlass_domain::declaration::folder::FolderRules;
use windlass_domain::declaration::kinds::site::{ContentEncoding, HeaderRule, StaticSite};
use windlass_domain::text::fault::{Fault, FaultName};

/// Hashed assets never change under their name, so nobody has to ask again for a year.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Documents are asked for every time, and sent only if they changed.
const REVALIDATED: &str = "no-cache";
/// Everything else may be kept, but is asked for every time as well.
const OTHERS: &str = "public, max-age=0, must-revalidate";

/// The role of a file in a site. Whether a file is [`Role::Hashed`] or [`Role::Other`] can only be guessed, from its
/// name and from what names it. So the cache header alone depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The file's name changes with its content, so that nobody has to ask for it again.
    Hashed,
    /// The file is neither hashed nor a document, such as an image.
    Other,
    /// The file begins a visit and names other files, so it is written last.
    Document,
}

/// What the files of an archive show of each other.
#[derive(Debug, Default)]
pub struct Build {
    /// The files that browsers unpack.
    pub packed: Packed,
    /// The files whose names change with their content.
    pub hashed: HashedNames,
}

impl Build {
    /// Reads what the entries of an archive show.
    pub async fn read(
        objects: &impl S3Api,
        archive: (ObjectId, u64),
        entries: &[Entry],
        rules: &SiteRules,
    ) -> Checked<Self> {
        let is_asked = |path: &str| rules.says_no_cache_control(path);
        let hashed = HashedNames::find(objects, archive, entries, is_asked).await?;
        Ok(Self { packed: Packed::of(entries.iter().map(|entry| entry.name.as_str())), hashed })
    }
}

/// The rules of one site.
#[derive(Debug, Clone)]
pub struct SiteRules {
    hashed: Vec<GlobMatcher>,
    elsewhere: Vec<GlobMatcher>,
    /// The declared headers, of which the first counts that matches and says one.
    headers: Vec<(GlobMatcher, HeaderRule)>,
    config: Option<String>,
    /// The rules for the files of its folder.
    pub folder: FolderRules,
}

impl SiteRules {
    /// The rules that a site declares, before the built-in ones.
    pub fn new(site: &StaticSite) -> Result<Self> {
        let headers = site.headers.iter().cloned().chain(site.cache.iter().cloned().map(HeaderRule::from));
        let headers = headers.map(|rule| Ok((matcher(&rule.files)?, rule)));
        Ok(Self {
            hashed: site.hashed.iter().map(|it| matcher(it)).collect::<Result<_>>()?,
            elsewhere: site.elsewhere.iter().map(|it| matcher(it)).collect::<Result<_>>()?,
            headers: headers.collect::<Result<_>>()?,
            config: site.config.as_ref().map(|config| config.path.clone()),
            folder: folder(site)?,
        })
    }

    /// Returns the role of a file, by its path.
    pub fn role(&self, path: &str, hashed: &HashedNames) -> Role {
        if self.is_document(path) {
            Role::Document
        } else if self.is_declared_hashed(path) || hashed.has(path) {
            Role::Hashed
        } else {
            Role::Other
        }
    }

    /// Returns whether the name of a file has a hash, as far as the name and the declaration say.
    pub fn names_a_hash(&self, path: &str) -> bool {
        self.is_declared_hashed(path) || has_hash(path)
    }

    fn is_declared_hashed(&self, path: &str) -> bool {
        self.hashed.iter().any(|glob| glob.is_match(path))
    }

    fn says_no_cache_control(&self, path: &str) -> bool {
        let is_said = self.is_document(path) || self.is_declared_hashed(path);
        !is_said && self.declared(path, |rule| rule.cache_control.as_deref()).is_none()
    }

    /// Returns whether a file stays reachable after its release, for pages that are open. Every file does but
    /// documents.
    pub fn outlives(&self, path: &str) -> bool {
        !self.is_document(path)
    }

    /// Returns whether a page may name a file that the archive lacks: the declaration leaves it to others, or takes it
    /// out of the archive.
    pub fn is_elsewhere(&self, path: &str) -> bool {
        self.elsewhere.iter().any(|glob| glob.is_match(path)) || !self.folder.fate(path).goes()
    }

    fn is_document(&self, path: &str) -> bool {
        self.config.as_deref() == Some(path) || is_named_as_document(path)
    }

    /// Returns the `Cache-Control` header of a file: that of the first declared rule that matches, else that of its
    /// role.
    pub fn cache_control(&self, path: &str, hashed: &HashedNames) -> &str {
        let built_in = match self.role(path, hashed) {
            Role::Hashed => FOREVER,
            Role::Document => REVALIDATED,
            Role::Other => OTHERS,
        };
        self.declared(path, |rule| rule.cache_control.as_deref()).unwrap_or(built_in)
    }

    /// Returns the `Cache-Control` headers that a file may have, where nobody knows what names it: that of a name that
    /// changes with the content, if it may be one, and that of any other.
    pub fn cache_controls(&self, path: &str) -> [&str; 2] {
        [HashedNames::guess(path), HashedNames::default()].map(|hashed| self.cache_control(path, &hashed))
    }

    /// Returns the content type of a file, and the packing that browsers undo: those that are declared, else those that
    /// its name and its bytes show.
    pub fn content(&self, path: &str, text: &TextCheck, packed: &Packed) -> (String, Option<String>) {
        let named = packed.named(path).filter(|(_, begin)| text.begins_with(begin));
        let encoding = self.encoding(path, named.map(|(encoding, _)| encoding));
        let kind = match (self.declared_type(path), encoding) {
            (Some(declared), _) => declared.to_owned(),
            (None, Some(_)) => type_within(path).to_owned(),
            (None, None) => types::content_type(path, text),
        };
        (kind, encoding.map(str::to_owned))
    }

    /// Returns whether a file whose bytes stayed the same keeps the headers that it has.
    pub fn keeps_headers(&self, path: &str, file: &File, build: &Build) -> bool {
        let Build { packed, hashed } = build;
        let encoding = self.encoding(path, packed.named(path).map(|(encoding, _)| encoding));
        let keeps_type = match (self.declared_type(path), encoding) {
            (Some(declared), _) => file.content_type == declared,
            (None, Some(_)) => file.content_type == type_within(path),
            (None, None) => types::is_kept(path, &file.content_type),
        };
        keeps_type
            && file.content_encoding.as_deref() == encoding
            && file.cache_control == self.cache_control(path, hashed)
    }

    /// Returns the content type that is declared for a file.
    pub fn declared_type(&self, path: &str) -> Option<&str> {
        self.declared(path, |rule| rule.content_type.as_deref())
    }

    /// Returns the `Content-Encoding` header of a file whose name and bytes show this packing.
    fn encoding(&self, path: &str, shown: Option<ContentEncoding>) -> Option<&'static str> {
        self.declared(path, |rule| rule.content_encoding).or(shown).and_then(ContentEncoding::header)
    }

    fn declared<'r, T>(&'r self, path: &str, header: impl Fn(&'r HeaderRule) -> Option<T>) -> Option<T> {
        self.headers.iter().filter(|(glob, _)| glob.is_match(path)).find_map(|(_, rule)| header(rule))
    }
}

/// Returns the type of what is within a packed file. Its bytes do not show a character set.
fn type_within(path: &str) -> &'static str {
    by_name(within(path)).unwrap_or(types::BYTES)
}

fn folder(site: &StaticSite) -> Result<FolderRules> {
    FolderRules::new(site.files_of_folder()).map_err(|why| Fault::new(FaultName::BadInput, why))
}

fn matcher(pattern: &str) -> Result<GlobMatcher> {
    match Glob::new(pattern) {
        Ok(glob) => Ok(glob.compile_matcher()),
        Err(error) => Err(Fault::new(FaultName::BadInput, error.to_string())),
    }
}

/// Returns whether a name is that of a document: HTML, or a file with a fixed name that names other files, such as a
/// service worker or a web application manifest.
fn is_named_as_document(path: &str) -> bool {
    let name = name_of(path);
    let extension = name.rsplit_once('.').map_or("", |(_, it)| it);
    let fixed = [
        "sw.js",
        "service-worker.js",
        "serviceworker.js",
        "firebase-messaging-sw.js",
        "ngsw.json",
        "ngsw-worker.js",
        "manifest.json",
        "asset-manifest.json",
    ];
    let endings = ["html", "htm", "xhtml", "webmanifest"];
    endings.iter().any(|it| extension.eq_ignore_ascii_case(it)) || fixed.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::declaration::kinds::site::{CacheRule, ConfigFile, SiteMode};
    use windlass_domain::text::digest::Digest;

    fn rule(
        files: &str,
        content_type: Option<&str>,
        content_encoding: Option<ContentEncoding>,
        cache_control: Option<&str>,
    ) -> HeaderRule {
        HeaderRule {
            files: files.into(),
            content_type: content_type.map(str::to_owned),
            content_encoding,
            cache_control: cache_control.map(str::to_owned),
        }
    }

    fn rules() -> SiteRules {
        let site = StaticSite {
            bucket: "shop-web".into(),
            prefix: String::new(),
            mode: SiteMode::InPlace,
            distribution: None,
            origin: None,
            url: None,
            root: None,
            cache: vec![CacheRule { files: "fonts/**".into(), cache_control: "public, max-age=86400".into() }],
            headers: vec![
                rule("fonts/*.woff2", Some("font/x-own"), None, None),
                rule("raw/**", None, Some(ContentEncoding::Plain), Some("no-store")),
                rule("**/*.lib.br", Some("text/javascript"), Some(ContentEncoding::Br), None),
                rule("packed/**", None, Some(ContentEncoding::Zstd), None),
            ],
            hashed: vec!["_next/static/**".into()],
            elsewhere: vec![],
            keep: 10,
            config: Some(ConfigFile { path: "config.js".into(), global: None, values: [].into() }),
            is_tried: false,
            files: windlass_domain::declaration::folder::FolderPatterns::default(),
        };
        SiteRules::new(&site).unwrap()
    }

    #[test]
    fn roles_by_name_and_by_what_the_build_names() {
        let table = [
            (Role::Document, "index.html"),
            (Role::Document, "de/about.HTML"),
            (Role::Document, "config.js"),
            (Role::Document, "sw.js"),
            (Role::Document, "app.webmanifest"),
            (Role::Hashed, "main.3f2a9c1b.js"),
            (Role::Hashed, "_next/static/build/_buildManifest.js"),
            (Role::Other, "Prices-Summer25.pdf"),
            (Role::Other, "robots.txt"),
            (Role::Other, "favicon.ico"),
        ];
        for (role, path) in table {
            assert_eq!(rules().role(path, &HashedNames::guess(path)), role, "{path}");
        }
        assert_eq!(rules().role("main.3f2a9c1b.js", &HashedNames::default()), Role::Other);
        assert_eq!(rules().role("_next/static/build/_buildManifest.js", &HashedNames::default()), Role::Hashed);
    }

    #[test]
    fn cache_headers_by_rule_then_by_role() {
        let table = [
            ("fonts/a.3f2a9c1b.woff2", ["public, max-age=86400"; 2]),
            ("main.3f2a9c1b.js", [FOREVER, OTHERS]),
            ("Build/main.3f2a9c1b.wasm.br", [FOREVER, OTHERS]),
            ("raw/main.3f2a9c1b.js", ["no-store"; 2]),
            ("index.html", ["no-cache"; 2]),
            ("favicon.ico", ["public, max-age=0, must-revalidate"; 2]),
        ];
        for (path, headers) in table {
            assert_eq!(rules().cache_controls(path), headers, "{path}");
            let is_asked = headers[0] == FOREVER || path == "favicon.ico";
            assert_eq!(rules().says_no_cache_control(path), is_asked, "{path}");
        }
    }

    #[test]
    fn content_is_as_declared_then_as_it_shows() {
        const GZIP: &[u8] = b"\x1f\x8b\x08";
        let table: [(&str, &[u8], &str, Option<&str>); 10] = [
            ("index.html", b"<p>", "text/html; charset=utf-8", None),
            ("Build/game.js.gz", GZIP, "text/javascript", Some("gzip")),
            ("Build/game.wasm.br", b"\x0b\x02", "application/wasm", Some("br")),
            // The name says it, and the bytes show that it is not so.
            ("Build/other.js.gz", b"game()", "application/gzip", None),
            ("app.js.gz", GZIP, "application/gzip", None),
            ("backup.tar.gz", GZIP, "application/gzip", None),
            ("fonts/a.woff2", b"wOF2", "font/x-own", None),
            ("raw/game.js.gz", GZIP, "application/gzip", None),
            ("app.lib.br", b"\x0b\x02", "text/javascript", Some("br")),
            ("packed/a.js", b"\x28\xb5\x2f\xfd", "text/javascript", Some("zstd")),
        ];
        let rules = rules();
        let packed = Packed::of(table.iter().map(|(path, ..)| *path).chain(["app.js"]));
        for (path, bytes, kind, encoding) in table {
            let content = rules.content(path, &TextCheck::of(bytes), &packed);
            assert_eq!(content, (kind.to_owned(), encoding.map(str::to_owned)), "{path}");
        }
    }

    #[test]
    fn headers_stay_while_the_rules_say_the_same() {
        let table = [
            ("index.html", "text/html", None, true),
            ("index.html", "text/plain", None, false),
            ("index.html", "text/html", Some("gzip"), false),
            ("Build/game.js.gz", "text/javascript", Some("gzip"), true),
            ("Build/game.js.gz", "application/gzip", None, false),
            ("app.js.gz", "text/javascript", Some("gzip"), false),
            ("app.js.gz", "application/gzip", None, true),
            ("fonts/a.woff2", "font/x-own", None, true),
            ("fonts/a.woff2", "font/woff2", None, false),
            ("raw/game.js.gz", "application/gzip", None, true),
            ("packed/a.js", "text/javascript", Some("zstd"), true),
            ("packed/a.js", "text/javascript; charset=utf-8", None, false),
        ];
        let rules = rules();
        let packed = Packed::of(table.iter().map(|(path, ..)| *path).chain(["app.js"]));
        let build = Build { packed, hashed: HashedNames::default() };
        for (path, content_type, encoding, keeps) in table {
            let mut file = File {
                sha256: Digest::of(b""),
                bytes: 0,
                content_type: content_type.into(),
                cache_control: rules.cache_control(path, &build.hashed).to_owned(),
                content_encoding: encoding.map(str::to_owned),
                crc32: None,
            };
            assert_eq!(rules.keeps_headers(path, &file, &build), keeps, "{path} {content_type} {encoding:?}");
            file.cache_control = "public, max-age=1".into();
            assert!(!rules.keeps_headers(path, &file, &build), "{path}");
        }
    }
}
