//! `windlass release` and `windlass validate` refuse what a folder may not publish before anything is sent.

#![allow(clippy::unwrap_used)]

use crate::cloud::{Answers, DECLARATION, RELEASE, answering, puts, site, with, write};
use crate::standin::{code, err, folder, out};
use serde_json::json;

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n";

#[test]
fn what_a_folder_may_not_publish_is_refused_all_at_once() {
    for (closed, names_key) in [(None, true), (Some(403), false)] {
        let answers = Answers { closed, declaration: Some("app: [".to_owned()), ..Answers::nothing() };
        let name = format!("folder-files-{names_key}");
        let (cloud, folder) = (answering(answers), site(&name));
        for file in [".env", ".git/HEAD", "a/b/.env.production", "modules/x/.git"] {
            write(&folder, &format!("dist/{file}"), "x");
        }
        write(&folder, "dist/logo.png", KEY);
        write(&folder, "fn/bootstrap", "x");
        write(&folder, "fn/.env", "x");
        let output = cloud.windlass(&folder, &with(&[(4, "api=fn")]));
        let said = err(&output);
        assert_eq!(code(&output), 3, "{said}");
        for path in ["dist: .env", "dist: .git", "dist: a/b/.env.production", "dist: modules/x/.git", "fn: .env"] {
            assert!(said.contains(path), "{path}: {said}");
        }
        // Without the declaration nobody knows that it is a site, and keys go with functions.
        assert_eq!(said.contains("dist: logo.png"), names_key, "{said}");
        assert_eq!(puts(&cloud).len(), 0);
    }
}

#[test]
fn what_is_left_out_is_counted_and_what_is_declared_counts() {
    let patterns = "bucket: 'shop-web-{environment}', publish: [.env.example], exclude: ['*.map']";
    let answers = Answers {
        closed: Some(403),
        declaration: Some(DECLARATION.replace("bucket: 'shop-web-{environment}'", patterns)),
        ..Answers::nothing()
    };
    let (cloud, folder) = (answering(answers), site("left-out"));
    for file in [".DS_Store", "a/Thumbs.db", "app.js.map", ".env.example"] {
        write(&folder, &format!("dist/{file}"), "x");
    }
    let output = cloud.windlass(&folder, &RELEASE);
    let said = format!("{}{}", out(&output), err(&output));
    let counted = "web=dist goes without 3 files (1 by `*.map`, 1 by `.DS_Store`, 1 by `Thumbs.db`)";
    assert!(said.contains(counted), "{said}");
    let sent = puts(&cloud);
    let web = sent.iter().find(|call| call.path.contains("/web/")).unwrap();
    let archive = zip::ZipArchive::new(std::io::Cursor::new(web.body.clone())).unwrap();
    let names: Vec<_> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, [".env.example", "assets/app.js", "index.html"]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_a_link_is_shown_with_where_it_leads() {
    let (cloud, folder) = (answering(Answers::nothing()), site("linked"));
    let elsewhere = folder.with_file_name("linked-elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    std::fs::rename(folder.join("dist"), elsewhere.join("dist")).unwrap();
    std::os::unix::fs::symlink(elsewhere.join("dist"), folder.join("dist")).unwrap();
    for given in ["web=dist", "web=dist/"] {
        let output = cloud.windlass(&folder, &with(&[(3, given)]));
        let said = format!("{}{}", out(&output), err(&output));
        let there = elsewhere.join("dist").canonicalize().unwrap();
        let shown = format!("{given}: by a link, from {}", there.display());
        assert!(said.contains(&shown), "{said}");
    }
    std::fs::remove_dir_all(elsewhere).unwrap();
}

#[cfg(unix)]
#[test]
fn links_within_a_folder_go_as_its_kind_needs_them() {
    let function = "function: 'shop-api-{environment}'";
    let answers = Answers {
        closed: Some(403),
        declaration: Some(DECLARATION.replace(function, &format!("{function}, exclude: [venv/]"))),
        ..Answers::nothing()
    };
    let (cloud, folder) = (answering(answers), site("links"));
    write(&folder, "fn/node_modules/mime/cli.js", "#!/usr/bin/env node");
    for (name, to) in [
        ("fn/node_modules/.bin/mime", "../mime/cli.js"),
        ("fn/venv/bin/python", "/bin/sh"),
        ("dist/assets/latest.js", "app.js"),
    ] {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, path).unwrap();
    }
    let output = cloud.windlass(&folder, &with(&[(4, "api=fn")]));
    let said = format!("{}{}", out(&output), err(&output));
    let sent = puts(&cloud);
    let entries = |component: &str| {
        let call = sent.iter().find(|call| call.path.contains(component));
        let body = call.unwrap_or_else(|| panic!("{component}: {said}")).body.clone();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(body)).unwrap();
        let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        let entries = names.into_iter().map(|name| {
            let is_link = archive.by_name(name.as_str()).unwrap().is_symlink();
            (name, is_link)
        });
        entries.collect::<Vec<_>>()
    };
    let expected = [("node_modules/.bin/mime", true), ("node_modules/mime/cli.js", false)];
    assert_eq!(entries("/api/"), expected.map(|(name, is_link)| (name.to_owned(), is_link)));
    let expected = ["assets/app.js", "assets/latest.js", "index.html"];
    assert_eq!(entries("/web/"), expected.map(|name| (name.to_owned(), false)));
}

#[cfg(unix)]
#[test]
fn links_that_cannot_be_packed_are_refused_all_at_once() {
    let (cloud, folder) = (answering(Answers::nothing()), site("bad-links"));
    write(&folder, "outside/x.js", "x");
    write(&folder, "fn/bootstrap", "#!/bin/sh");
    for (name, to) in [("dist/out", "../outside"), ("dist/assets/circle", ".."), ("fn/gone", "nowhere")] {
        std::os::unix::fs::symlink(to, folder.join(name)).unwrap();
    }
    let output = cloud.windlass(&folder, &with(&[(4, "api=fn")]));
    let said = err(&output);
    assert_eq!(code(&output), 3, "{said}");
    for path in ["dist: out", "dist: assets/circle", "fn: gone"] {
        assert!(said.contains(path), "{path}: {said}");
    }
    assert_eq!(puts(&cloud).len(), 0);
}

/// Packs files into an archive, as somebody does by hand.
fn packed(path: &std::path::Path, files: &[(&str, &str)]) -> Vec<u8> {
    use std::io::Write as _;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(*name, options).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    std::fs::write(path, &bytes).unwrap();
    bytes
}

#[test]
fn what_a_folder_may_not_publish_is_refused_with_its_manifest() {
    let folder = folder("folder-files");
    write(&folder, "app.yaml", DECLARATION);
    let files = [("index.html", "x"), (".env", "A=1"), (".git/HEAD", "x"), ("a/Thumbs.db", "x"), ("logo.png", KEY)];
    let bytes = packed(&folder.join("web.zip"), &files);
    for (name, text) in files {
        write(&folder, &format!("dist/{name}"), text);
    }
    let manifest = |sha256: Option<String>| {
        let web = match sha256 {
            Some(sha256) => json!({"key": "artifacts/shop/dev/web/1.zip", "sha256": sha256}),
            None => json!({"key": "artifacts/shop/dev/web/1.zip", "version_id": "v"}),
        };
        let manifest = json!({"version": "1.0.0", "git": {"ref": "refs/heads/main"},
            "components": {"web": web}});
        std::fs::write(folder.join("m.json"), manifest.to_string()).unwrap();
    };
    let said = |web: &str| {
        let artifact = format!("web={web}");
        let arguments = ["validate", "--manifest", "m.json", "--artifact", &artifact];
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_windlass"))
            .args(arguments)
            .current_dir(&folder)
            .env_remove("AWS_ENDPOINT_URL")
            .env_remove("WINDLASS_ENDPOINT")
            .output()
            .unwrap();
        (output.status.code(), out(&output))
    };
    manifest(Some(windlass_domain::text::digest::Digest::of(&bytes).to_string()));
    let (code, text) = said("web.zip");
    assert_eq!(code, Some(3), "{text}");
    assert_eq!(text.matches(": FileRefused").count(), 3, "all at once: {text}");
    for path in ["web=web.zip: .env", "web=web.zip: .git", "web=web.zip: logo.png"] {
        assert!(text.contains(path), "{text}");
    }
    packed(&folder.join("key.zip"), &[("index.html", "x"), ("logo.png", KEY)]);
    let (code, text) = said("key.zip");
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("web=key.zip: logo.png"), "{text}");
    assert!(text.contains("DigestMismatch"), "{text}");
    manifest(None);
    let (code, text) = said("dist");
    assert_eq!(code, Some(3), "{text}");
    assert_eq!(text.matches(": FileRefused").count(), 3, "{text}");
    packed(&folder.join("good.zip"), &[("index.html", "x"), (".DS_Store", "x")]);
    let (code, text) = said("good.zip");
    assert_eq!(code, Some(0), "{text}");
}
