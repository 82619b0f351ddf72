//! The names of files that no folder publishes by itself. `docs/app.md` shows the table.

// Names are refused wherever a folder or an archive is looked at, and not in the command line alone: an archive that
// is packed by hand would be published whole, and what everybody has read cannot be taken back.

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::sync::LazyLock;

/// The destination of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// A site: everybody can read its files.
    Site,
    /// A function: its archive is taken whole, as it is.
    Function,
    /// Nobody knows, because the declaration could not be read.
    Unknown,
}

/// The fate of a file with a name of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// The release is refused.
    Refused,
    /// The file is not published, and counted.
    LeftOut,
    /// The file goes.
    Goes,
}

impl Treatment {
    /// Returns the words of a table's cell.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::LeftOut => "left out",
            Self::Goes => "kept",
        }
    }
}

/// A row of the table: names of one sort.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The sort, for people: `is …` stands before it.
    pub what: &'static str,
    /// The names, in the syntax of a `.gitignore`. Upper and lower case are the same.
    pub names: &'static [&'static str],
    /// The fate in the folder of a site, whose files everybody can read.
    pub site: Treatment,
    /// The fate in the folder of a function.
    pub function: Treatment,
}

impl Row {
    /// Returns the fate of these names in a folder. Where nobody knows what the folder is for, what every folder
    /// refuses is refused.
    pub fn treatment(&self, destination: Destination) -> Treatment {
        match destination {
            Destination::Site => self.site,
            Destination::Function => self.function,
            Destination::Unknown if self.site == self.function => self.site,
            Destination::Unknown => Treatment::Goes,
        }
    }
}

/// The names. Credentials go in the folder of a function, because only those who may read its code get them.
pub const TABLE: [Row; 8] = [
    Row {
        what: "the history of a source-control system",
        names: &[
            ".git",
            ".hg",
            ".svn",
            ".bzr",
            ".jj",
            ".sl",
            ".pijul",
            "_darcs",
            ".fslckout",
            "**/CVS/Entries",
            "**/CVS/Repository",
            "**/CVS/Root",
        ],
        site: Treatment::Refused,
        function: Treatment::Refused,
    },
    Row {
        what: "a file of environment variables",
        names: &[".env*"],
        site: Treatment::Refused,
        function: Treatment::Refused,
    },
    Row {
        what: "a file of credentials",
        names: &[
            ".npmrc",
            ".yarnrc.yml",
            ".pypirc",
            ".netrc",
            "_netrc",
            ".git-credentials",
            ".aws",
            ".azure",
            ".kube",
            ".ssh",
            ".gnupg",
            ".dockercfg",
            "**/.docker/config.json",
            ".htpasswd",
            ".pgpass",
            ".my.cnf",
            ".s3cfg",
            ".vault-token",
            ".terraformrc",
            "*.tfstate",
            "*.tfstate.backup",
        ],
        site: Treatment::Refused,
        function: Treatment::Goes,
    },
    Row {
        what: "a private key",
        names: &["id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "*.ppk", "*.pvk"],
        site: Treatment::Refused,
        function: Treatment::Goes,
    },
    Row {
        what: "a store of keys or passwords",
        names: &[
            "*.p12",
            "*.pfx",
            "*.pkcs12",
            "*.jks",
            "*.jceks",
            "*.bks",
            "*.keystore",
            "*.kdb",
            "*.kdbx",
            "*.keychain",
            "*.keychain-db",
        ],
        site: Treatment::Refused,
        function: Treatment::Goes,
    },
    Row {
        what: "a file that the file manager of a desktop creates",
        names: &[
            ".DS_Store",
            "._*",
            "__MACOSX",
            ".AppleDouble",
            ".Spotlight-V100",
            ".Trashes",
            ".fseventsd",
            "Thumbs.db",
            "ehthumbs.db",
            "desktop.ini",
            "$RECYCLE.BIN",
        ],
        site: Treatment::LeftOut,
        function: Treatment::Goes,
    },
    Row {
        what: "a cache of Python",
        names: &["__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"],
        site: Treatment::LeftOut,
        function: Treatment::Goes,
    },
    Row {
        what: "a swap or backup file of an editor",
        names: &[".*.sw[k-p]", ".sw[k-p]", "*~", ".#*", "\\#*\\#"],
        site: Treatment::LeftOut,
        function: Treatment::Goes,
    },
];

/// The sort of a file that is known by its content ([`crate::declaration::folder::is_private_key`]).
pub const KEY: &str = "a private key, by its content";

/// A name of the table that a path has.
pub(super) struct Hit {
    /// The row.
    pub row: &'static Row,
    /// The name, as the table has it.
    pub name: &'static str,
    /// The path down to the file or folder that has the name.
    pub path: String,
}

/// The names, ready to be matched, in lower case.
static MATCHER: LazyLock<Gitignore> = LazyLock::new(|| {
    let mut builder = GitignoreBuilder::new("");
    for name in TABLE.iter().flat_map(|row| row.names) {
        // A test finds each name of the table, so none is lost here.
        let _ = builder.add_line(None, &name.to_ascii_lowercase());
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
});

/// Returns the outermost file or folder of a path that has a name of the table.
pub(super) fn hit(path: &str) -> Option<Hit> {
    let lower = path.to_lowercase();
    let mut parts = lower.match_indices('/').map(|(at, _)| (&lower[..at], true)).chain([(lower.as_str(), false)]);
    let (depth, pattern) = parts.by_ref().enumerate().find_map(|(depth, (part, is_folder))| {
        let found = MATCHER.matched(part, is_folder);
        Some((depth, found.inner()?.original().to_owned()))
    })?;
    let (row, name) = row_of(&pattern)?;
    let outermost: Vec<&str> = path.split('/').take(depth + 1).collect();
    Some(Hit { row, name, path: outermost.join("/") })
}

fn row_of(pattern: &str) -> Option<(&'static Row, &'static str)> {
    TABLE.iter().find_map(|row| {
        let mut names = row.names.iter();
        let name = names.find(|name| name.eq_ignore_ascii_case(pattern))?;
        Some((row, *name))
    })
}
