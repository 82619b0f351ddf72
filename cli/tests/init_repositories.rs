//! `windlass init` looks at repositories of each sort, as people have them.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use windlass_cli::init::pieces::{Pieces, find};
use windlass_cli::init::{environments, repository_walk};

fn pieces(name: &str) -> Pieces {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repositories");
    find(&repository_walk::read(&root.join(name)).unwrap())
}

/// Returns one line for each piece: its sort, its name and folder, the form in which it runs, its build and its output.
fn lines(found: &Pieces) -> Vec<String> {
    let pieces = found.pieces.iter().map(|piece| {
        let build = piece.build.join("; ");
        format!("{:?} {} in `{}`: {:?}: {build} → {}", piece.sort, piece.name, piece.folder, piece.runs, piece.output)
    });
    pieces.collect()
}

#[test]
fn each_sort_is_found_where_it_is() {
    let yarn = "corepack enable yarn; yarn install --frozen-lockfile; yarn run build";
    let pnpm = "corepack enable pnpm; pnpm install --frozen-lockfile; pnpm run build";
    let pip = "pip install --target package --requirement requirements.txt";
    let copied = "git ls-files -z -- '*.py' | xargs -0 cp --parents --target-directory package";
    let table: [(&str, Vec<String>); 10] = [
        ("next", vec!["Next web in ``: Site { hashed: [\"_next/static/**\"] }: npm ci; npm run build → out".into()]),
        ("next-server", vec![]),
        (
            "docusaurus",
            vec![format!("Docusaurus docs-site in `docs-site`: Site {{ hashed: [\"assets/js/**\", \"assets/css/**\"] }}: {yarn} → build")],
        ),
        ("vite", vec![format!("Vite web in ``: Site {{ hashed: [\"static/**\"] }}: {pnpm} → public-html")]),
        (
            "dockerfile",
            vec![
                "Dockerfile resize in `functions/resize`: Function { named: None, alias: None, is_image: true }:  → Dockerfile".into(),
                "Dockerfile worker in `services/worker`: Service { container: None, repository: None }:  → Dockerfile".into(),
            ],
        ),
        ("fastapi", vec![format!("FastApi api in ``: Function {{ named: None, alias: None, is_image: false }}: {pip}; {copied} → package")]),
        ("fastapi-plain", vec![format!("FastApi backend in `backend`: Undecided: pip install --target package .; {copied} → package")]),
        (
            "sam",
            vec![
                "Sam invoices in ``: Function { named: None, alias: Some(\"live\"), is_image: false }: sam build → .aws-sam/build/InvoicesFunction".into(),
                "Sam orders in ``: Function { named: Some(\"orders-{environment}\"), alias: Some(\"live\"), is_image: false }: sam build → .aws-sam/build/OrdersFunction".into(),
            ],
        ),
        (
            "cdk",
            vec!["Cdk messages in `functions/messages`: Function { named: Some(\"bot-{environment}-messages\"), alias: None, is_image: false }:  → .".into()],
        ),
        (
            "ecs",
            vec!["Dockerfile agent in `agent`: Service { container: Some(\"agent\"), repository: Some(\"shop/agent\") }:  → Dockerfile".into()],
        ),
    ];
    for (name, wanted) in table {
        assert_eq!(lines(&pieces(name)), wanted, "{name}");
    }
}

#[test]
fn a_plain_handler_is_found_by_its_definition() {
    let hello = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/hello");
    assert_eq!(
        lines(&find(&repository_walk::read(&hello).unwrap())),
        ["Handler api in `api`: Function { named: None, alias: None, is_image: false }:  → ."]
    );
}

#[test]
fn what_is_seen_and_not_taken_is_noted() {
    let notes = |name: &str| pieces(name).notes.join("\n");
    assert!(notes("next-server").contains("`output: 'export'`"), "{}", notes("next-server"));
    assert_eq!(notes("kubernetes"), "`deploy` is deployed to Kubernetes, for which Windlass has no kind of component");
    assert_eq!(notes("sam"), "");
}

#[test]
fn environments_are_those_that_files_are_named_after() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repositories");
    let table = BTreeMap::from([
        ("sam", "dev,prod"),
        ("cdk", "dev,prod"),
        ("seeds/monorepo", "dev,staging,prod"),
        ("next", ""),
    ]);
    for (name, wanted) in table {
        assert_eq!(environments::found(&repository_walk::read(&root.join(name)).unwrap()).join(","), wanted, "{name}");
    }
}
