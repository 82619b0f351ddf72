//! Files that are packed in the build and that browsers unpack (`Content-Encoding`): known by their names, by what lies
//! beside them, and by their first bytes.

use std::collections::BTreeSet;
use windlass_domain::declaration::kinds::site::ContentEncoding;

/// The endings of packed files, each with its packing and the first bytes of every such file (RFC 1952, section 2.3.1;
/// RFC 8878, section 3.1.1). Brotli has none (RFC 7932).
const PACKINGS: [(&str, ContentEncoding, &[u8]); 4] = [
    (".gz", ContentEncoding::Gzip, &[0x1f, 0x8b]),
    (".br", ContentEncoding::Br, &[]),
    (".zst", ContentEncoding::Zstd, &[0x28, 0xb5, 0x2f, 0xfd]),
    (SVGZ, ContentEncoding::Gzip, &[0x1f, 0x8b]),
];

/// A drawing that is packed by definition (Scalable Vector Graphics 1.1, "Conforming SVG servers").
const SVGZ: &str = ".svgz";

/// The endings of what pages load, within a packed file: those of the web, and of builds of Unity and Godot (Unity
/// Manual, "Web server configuration code samples"). Other packed files are downloads, such as `backup.tar.gz`, and
/// data that scripts unpack, such as `stations.json.gz`.
const LOADED: [&str; 11] =
    [".html", ".css", ".js", ".mjs", ".cjs", ".wasm", ".svg", ".data", ".mem", ".pck", ".symbols.json"];

/// Returns the path of the file that a packed one has within; of any other its own.
pub fn within(path: &str) -> &str {
    PACKINGS
        .iter()
        .filter(|(ending, ..)| *ending != SVGZ)
        .find_map(|(ending, ..)| path.strip_suffix(*ending))
        .unwrap_or(path)
}

/// The files of an archive that browsers unpack.
#[derive(Debug, Default)]
pub struct Packed(BTreeSet<String>);

impl Packed {
    /// Returns those among the files of an archive. A file whose plain form lies beside it is none: who asks for the
    /// packed one then unpacks it itself, as Blazor's loader does, or is a server that picks one of the two
    /// (ASP.NET Core documentation, "Host and deploy Blazor WebAssembly").
    pub fn of<'n>(names: impl Iterator<Item = &'n str> + Clone) -> Self {
        let packed: BTreeSet<&str> = names.clone().filter(|name| is_loaded(name)).collect();
        if packed.is_empty() {
            return Self::default();
        }
        let plain: BTreeSet<&str> =
            packed.iter().map(|name| within(name)).filter(|name| !packed.contains(name)).collect();
        let beside: BTreeSet<&str> = names.filter(|name| plain.contains(name)).collect();
        Self(packed.into_iter().filter(|name| !beside.contains(within(name))).map(str::to_owned).collect())
    }

    /// Returns the packing of a file by its name, with the first bytes that it must have.
    pub fn named(&self, path: &str) -> Option<(ContentEncoding, &'static [u8])> {
        let packing = PACKINGS.iter().copied().find(|(ending, ..)| path.ends_with(*ending));
        packing.filter(|_| self.0.contains(path)).map(|(_, encoding, begin)| (encoding, begin))
    }
}

/// Returns whether a name is that of a packed file which pages load.
fn is_loaded(name: &str) -> bool {
    let plain = within(name);
    name.ends_with(SVGZ) || (plain != name && LOADED.iter().any(|ending| plain.ends_with(*ending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pages_load_is_unpacked_where_it_lies_alone() {
        use ContentEncoding::{Br, Gzip, Zstd};
        let table: [(&str, &[&str], Option<ContentEncoding>); 19] = [
            ("Build/game.framework.js.gz", &[], Some(Gzip)),
            ("Build/game.wasm.br", &[], Some(Br)),
            ("Build/game.data.gz", &[], Some(Gzip)),
            ("Build/game.symbols.json.gz", &[], Some(Gzip)),
            ("game.pck.zst", &["game.wasm"], Some(Zstd)),
            ("index.html.gz", &["about.html"], Some(Gzip)),
            ("a.css.br", &[], Some(Br)),
            ("a.mjs.br", &["a.mjs.gz"], Some(Br)),
            ("logo.svg.gz", &[], Some(Gzip)),
            ("logo.svgz", &["logo.svg"], Some(Gzip)),
            ("_framework/app.wasm.br", &["_framework/app.wasm"], None),
            ("_framework/app.wasm.gz", &["_framework/app.wasm", "_framework/app.wasm.br"], None),
            ("backup.tar.gz", &[], None),
            ("sitemap.xml.gz", &[], None),
            ("stations.json.gz", &[], None),
            ("dump.sql.zst", &[], None),
            (".gz", &[], None),
            ("a.js", &[], None),
            ("js.gz", &[], None),
        ];
        for (name, beside, expected) in table {
            let packed = Packed::of(beside.iter().copied().chain([name]));
            assert_eq!(packed.named(name).map(|(encoding, _)| encoding), expected, "{name} beside {beside:?}");
        }
    }

    #[test]
    fn what_is_within_has_the_name_without_the_packing() {
        let table = [("a.js.gz", "a.js"), ("a.wasm.br", "a.wasm"), ("a.zst", "a"), ("a.svgz", "a.svgz"), ("a", "a")];
        for (path, expected) in table {
            assert_eq!(within(path), expected, "{path}");
        }
    }
}
