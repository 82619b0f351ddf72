use crate::declaration::folder::*;

fn patterns(publish: &str, exclude: &str) -> FolderPatterns {
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    FolderPatterns { publish: list(publish), exclude: list(exclude) }
}

fn rules(destination: Destination, publish: &str, exclude: &str) -> FolderRules {
    FolderRules::new(Folder { destination, patterns: &patterns(publish, exclude) }).unwrap()
}

/// The fate in one word, with the path that is refused or the name that leaves it out.
fn fate(rules: &FolderRules, path: &str) -> String {
    match rules.fate(path) {
        Fate::Goes => "goes".to_owned(),
        Fate::Published(by) => format!("published {by}"),
        Fate::LeftOut(by) => format!("left out {by}"),
        Fate::Refused { path, .. } => format!("refused {path}"),
    }
}

/// A name that a pattern of the table names.
fn example(name: &str) -> String {
    name.trim_start_matches("**/").replace("[k-p]", "p").replace('*', "x").replace('\\', "")
}

#[test]
fn each_name_of_the_table_counts_at_every_depth_and_in_every_case() {
    for row in &TABLE {
        for name in row.names {
            for place in ["", "assets/", "a/b/c/"] {
                let path = format!("{place}{}", example(name));
                let turned = [path.clone(), path.to_ascii_uppercase(), path.replace('/', "\\")];
                let within = format!("{path}/within/file.js");
                for path in turned.into_iter().chain([within]) {
                    for destination in [Destination::Site, Destination::Function] {
                        let rules = rules(destination, "", "");
                        let is = match rules.fate(&path) {
                            Fate::Goes => Treatment::Goes,
                            Fate::LeftOut(by) => {
                                assert_eq!(by, *name, "{path}");
                                Treatment::LeftOut
                            }
                            Fate::Refused { what, .. } => {
                                assert_eq!(what, row.what, "{path}");
                                Treatment::Refused
                            }
                            Fate::Published(_) => panic!("{path}"),
                        };
                        assert_eq!(is, row.treatment(destination), "{path} in {destination:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_everybody_may_read_goes() {
    let site = rules(Destination::Site, "", "");
    let names = [
        "index.html",
        ".well-known/acme-challenge/x",
        ".well-known/security.txt",
        "id_rsa.pub",
        "environment.js",
        "env.js",
        "assets/git/logo.svg",
        ".gitignore",
        ".gitattributes",
        "cvs/anna.pdf",
        "flash/.hidden.swf",
        "ssl/chain.pem",
        ".nojekyll",
        "keystore.html",
        "awsome.js",
    ];
    for name in names {
        assert_eq!(fate(&site, name), "goes", "{name}");
    }
}

#[test]
fn a_hostile_spelling_changes_nothing() {
    let table = [
        (".ENV", "refused .ENV"),
        (".Git/config", "refused .Git"),
        (".git", "refused .git"),
        ("assets/.env.production", "refused assets/.env.production"),
        ("assets\\.env", "refused assets/.env"),
        (".git\\config", "refused .git"),
        ("./.git/config", "refused .git"),
        ("/.git/config", "refused .git"),
        ("a//.env", "refused a/.env"),
        ("../.env", "refused .env"),
        ("modules/x/.git", "refused modules/x/.git"),
        ("Thumbs.DB", "left out Thumbs.db"),
    ];
    let site = rules(Destination::Site, "", "");
    for (path, expected) in table {
        assert_eq!(fate(&site, path), expected, "{path}");
    }
}

#[test]
fn the_declaration_lets_files_go_and_takes_others_out() {
    let site =
        rules(Destination::Site, ".env.example .aws/config /.DS_Store keys/", "*.map !keep.map drafts/ .env.local");
    let table = [
        (".env.example", "published .env.example"),
        ("docs/.env.example", "published .env.example"),
        (".env", "refused .env"),
        (".env.local", "left out .env.local"),
        (".aws/config", "published .aws/config"),
        (".aws/credentials", "refused .aws"),
        (".DS_Store", "published /.DS_Store"),
        ("a/.DS_Store", "left out .DS_Store"),
        ("keys/old/id_rsa", "published keys/"),
        ("app.js.map", "left out *.map"),
        ("keep.map", "goes"),
        ("drafts/.git/config", "left out drafts/"),
        ("a/drafts", "goes"),
        ("a/drafts/x.html", "left out drafts/"),
    ];
    for (path, expected) in table {
        assert_eq!(fate(&site, path), expected, "{path}");
    }
}

#[test]
fn a_link_counts_by_its_name_and_by_what_it_leads_to() {
    let site = rules(Destination::Site, ".env.example", "bin");
    let refused = |path: &str, what| Fate::Refused { path: path.to_owned(), what };
    let env = "a file of environment variables";
    let table = [
        ("config.txt", "../.env", refused("config.txt", env)),
        (".env", "config.txt", refused(".env", env)),
        ("key", "/home/anna/.ssh/id_ed25519", refused("key", "a file of credentials")),
        (".env.example", "../.env", refused(".env.example", env)),
        ("a.html", "b.html", Fate::Goes),
        ("a.html", "/build/bin/b.html", Fate::Goes),
        ("bin", "../.env", Fate::LeftOut("bin".into())),
    ];
    for (path, leads_to, expected) in table {
        assert_eq!(site.fate_of_link(path, leads_to), expected, "{path}");
    }
}

#[test]
fn a_file_behind_a_link_goes_only_by_both_of_its_paths() {
    let site = rules(Destination::Site, ".env.example", "drafts/ *.map");
    let refused = |path: &str| Fate::Refused { path: path.to_owned(), what: "a file of environment variables" };
    let left_out = |by: &str| Fate::LeftOut(by.to_owned());
    let table = [
        ("latest/index.html", "v2/index.html", false, Fate::Goes),
        ("config", ".env", false, refused("config")),
        (".env.example", ".env", false, refused(".env.example")),
        ("example.txt", ".env.example", false, Fate::Goes),
        (".env.example", "example.txt", false, Fate::Published(".env.example".to_owned())),
        ("app.js", "app.js.map", false, left_out("*.map")),
        ("drafts/a.html", "v2/a.html", false, left_out("drafts/")),
        ("new/a.html", "drafts/a.html", false, left_out("drafts/")),
        ("new", "drafts", true, left_out("drafts/")),
        ("new", "drafts", false, Fate::Goes),
    ];
    for (path, own, is_folder, expected) in table {
        assert_eq!(site.fate_behind_link(path, own, is_folder), expected, "{path} of {own}");
    }
}

const KEY_LINE: &str = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----\n";

#[test]
fn a_private_key_is_known_by_its_content() {
    let utf16 =
        |text: &str| [0xff, 0xfe].into_iter().chain(text.bytes().flat_map(|byte| [byte, 0])).collect::<Vec<u8>>();
    let keys: [(&str, Vec<u8>); 12] = [
        ("logo.png", KEY_LINE.into()),
        ("a", KEY_LINE.replace("PRIVATE", "RSA PRIVATE").into()),
        ("a", KEY_LINE.replace("PRIVATE", "ENCRYPTED PRIVATE").into()),
        ("a", KEY_LINE.replace("PRIVATE", "OPENSSH PRIVATE").into()),
        ("a", KEY_LINE.replace("KEY", "KEY BLOCK").replace("PRIVATE", "PGP PRIVATE").into()),
        ("a", "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n".into()),
        ("a", format!("\u{feff}{KEY_LINE}").into()),
        ("a", format!("\n \r\n\t\n  {KEY_LINE}").into()),
        ("a", utf16(KEY_LINE)),
        ("chain.pem", format!("{CERTIFICATE}{KEY_LINE}").into()),
        ("a.txt", format!("{CERTIFICATE}\n{KEY_LINE}").into()),
        ("a.pem", format!("Bag Attributes\n  friendlyName: a\n{KEY_LINE}").into()),
    ];
    for (name, bytes) in keys {
        assert!(is_private_key(name, &bytes), "{name} {:?}", String::from_utf8_lossy(&bytes));
    }
    let others: [(&str, Vec<u8>); 8] = [
        ("chain.pem", CERTIFICATE.into()),
        ("a.pem", "-----BEGIN PUBLIC KEY-----\nMIIB\n".into()),
        ("docs.html", format!("<pre>{KEY_LINE}</pre>").into()),
        ("docs.md", format!("A key begins so:\n\n{KEY_LINE}").into()),
        ("bundle.js", format!("const begin = `\n{KEY_LINE}`;").into()),
        ("empty", vec![]),
        ("blank", b"\n\n".to_vec()),
        ("app.wasm", vec![0, 97, 115, 109, 255, 254]),
    ];
    for (name, bytes) in others {
        assert!(!is_private_key(name, &bytes), "{name}");
    }
}

#[test]
fn a_key_goes_only_where_publish_names_it_or_few_may_read_it() {
    let key = |destination, publish: &str| {
        rules(destination, publish, "").fate_by_content("docs/test.pem", KEY_LINE.as_bytes())
    };
    let refused = Fate::Refused { path: "docs/test.pem".into(), what: KEY };
    assert_eq!(key(Destination::Site, ""), refused);
    assert_eq!(key(Destination::Site, "docs/*.pem"), Fate::Published("docs/*.pem".into()));
    assert_eq!(key(Destination::Function, ""), Fate::Goes);
}

#[test]
fn files_are_counted_and_named_once() {
    let site = rules(Destination::Site, ".env.example index.html", "*.map");
    let mut sorting = Sorting::default();
    let files =
        [".git/HEAD", ".git/config", ".env", ".env.example", "index.html", "a.js.map", "b/.DS_Store", ".DS_Store"];
    for file in files {
        sorting.add(site.fate(file));
    }
    let refused = sorting.refusals("web.zip", &site);
    let warnings = sorting.warnings("web.zip", &site);
    let lines: Vec<String> = refused.iter().chain(&warnings).map(Finding::written).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
