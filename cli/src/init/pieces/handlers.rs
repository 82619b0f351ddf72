//! Code that runs as a function though no infrastructure code names it: a handler of AWS Lambda in a file of Python or
//! Node.js, and an API with FastAPI. The files do not say what it is called in the account.

use crate::ground::quoting::in_shell;
use crate::init::pieces::images;
use crate::init::pieces::packages::{self, Package};
use crate::init::pieces::piece::{Piece, PieceSort, Pieces, Runs, named};
use crate::init::repository::{Repository, file_of, folder_of, join};
use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use windlass_domain::text::count::count;

/// The endings of files of Node.js that need no build.
const NODE: [&str; 3] = ["js", "mjs", "cjs"];

/// The commands that put the files of Git into the folder of the archive, at the root of a repository.
const COPY_NODE: [&str; 2] = [
    "mkdir -p package",
    "git ls-files -z -- '*.js' '*.mjs' '*.cjs' '*.json' | xargs -0 cp --parents --target-directory package",
];

/// Finds handlers, one for each folder that is packed as a whole. What was found by another name stays that.
pub fn handler(repository: &Repository, found: &mut Pieces) {
    let mut roots: BTreeMap<(String, bool), Vec<&str>> = BTreeMap::new();
    for (path, text) in &repository.files {
        let end = path.rsplit_once('.').map_or("", |(_, end)| end);
        let is_python = end == "py" && is_python_handler(text);
        let is_node = NODE.contains(&end) && is_node_handler(text);
        if !(is_python || is_node) || is_of_tests(path) {
            continue;
        }
        let lists: &[&str] = if is_python { &PACKAGES } else { &["package.json"] };
        let root = root_of(repository, folder_of(path), lists);
        if !is_taken(found, folder_of(path), repository) {
            roots.entry((root, is_python)).or_default().push(path);
        }
    }
    for ((folder, is_python), files) in roots {
        if files.len() > 1 {
            let place = if folder.is_empty() { "." } else { &folder };
            found.notes.push(format!(
                "{} in `{place}` have handlers, and one component is written: add one for each other function",
                count(files.len(), "file")
            ));
        }
        let (mut build, output) = if is_python { python(repository, &folder) } else { node(repository, &folder) };
        if let Some((code, begin)) = build.last_mut().zip(begin(repository, &folder, &files).filter(|_| is_python)) {
            *code = copied_from(&begin);
        }
        found.pieces.push(Piece {
            sort: PieceSort::Handler,
            file: files.first().copied().unwrap_or_default().to_owned(),
            name: named(&folder, "function"),
            runs: Runs::Function { named: None, alias: None, is_image: false },
            build,
            output,
            archive: None,
            folder,
        });
    }
}

/// Returns the folder, below the one that lists the packages, in which the archive begins: the one of the handlers, by
/// whose file a function names its handler. `None` where that is a package of Python, or a handler is named from above.
fn begin(repository: &Repository, root: &str, files: &[&str]) -> Option<String> {
    let below = |path: &str| path.strip_prefix(root).unwrap_or(path).trim_start_matches('/').to_owned();
    let folders: BTreeSet<String> = files.iter().map(|file| below(folder_of(file))).collect();
    let begin = folders.first().filter(|begin| folders.len() == 1 && !begin.is_empty())?;
    let is_package = repository.has(&join(root, &format!("{begin}/__init__.py")));
    let modules = files.iter().map(|file| below(file.trim_end_matches(".py")));
    let mut handlers = modules.flat_map(|module| {
        let both = [module.replace('/', "."), module];
        both.into_iter().flat_map(|module| ["handler", "lambda_handler"].map(|name| format!("{module}.{name}")))
    });
    let is_named = handlers.any(|handler| repository.files.values().any(|text| text.contains(&handler)));
    (!is_package && !is_named && !needs_above(repository, root, begin)).then(|| begin.clone())
}

/// Returns whether code of a folder imports what lies above it, which an archive that begins there would lack.
fn needs_above(repository: &Repository, root: &str, begin: &str) -> bool {
    let within = format!("{}/", join(root, begin));
    let below = |path: &str| path.strip_prefix(root).unwrap_or(path).trim_start_matches('/').to_owned();
    let first_of = |path: &str| path.split(['/', '.']).next().unwrap_or_default().to_owned();
    let code = || repository.ending(".py");
    let outside = code().filter(|(path, _)| !path.starts_with(&within)).map(|(path, _)| first_of(&below(path)));
    let above: BTreeSet<String> = outside.chain([first_of(begin)]).collect();
    let imports = |line: &str| {
        let mut words = line.split_whitespace();
        let is_import = matches!(words.next(), Some("from" | "import"));
        is_import && words.next().is_some_and(|name| above.contains(name.split(['.', ',']).next().unwrap_or(name)))
    };
    code().any(|(path, text)| path.starts_with(&within) && text.lines().any(imports))
}

/// Returns the command that copies the code of a folder into the archive's, as if that folder were the root.
fn copied_from(folder: &str) -> String {
    let up = "../".repeat(folder.split('/').count());
    let folder = in_shell(&[folder.to_owned()]);
    format!("(cd {folder} && git ls-files -z -- '*.py' | xargs -0 cp --parents --target-directory {up}package)")
}

/// Returns whether a folder is a part of what was found already, or of an image.
fn is_taken(found: &Pieces, folder: &str, repository: &Repository) -> bool {
    upwards(folder).any(|at| {
        let mut here = found.pieces.iter().filter(|piece| piece.folder == at);
        images::is_built_from(repository, at)
            || here.any(|piece| at == folder || !matches!(piece.runs, Runs::Site { .. }))
    })
}

/// Returns whether a file is one of the tests.
pub(super) fn is_of_tests(path: &str) -> bool {
    let is_test = |part: &str| matches!(part, "test" | "tests" | "__tests__");
    path.split('/').any(is_test) || file_of(path).starts_with("test_") || path.contains(".test.")
}

/// Returns whether a file defines a handler by one of the names that AWS uses (AWS Lambda Developer Guide, "Define
/// Lambda function handler in Python").
fn is_python_handler(text: &str) -> bool {
    let names = ["def handler(", "def lambda_handler("];
    text.lines().any(|line| {
        let rest = names.iter().find_map(|name| line.strip_prefix(name));
        rest.is_some_and(|rest| rest.trim_start().starts_with(['e', '_']) && rest.contains(','))
    })
}

/// Returns whether a file exports a handler (AWS Lambda Developer Guide, "Define Lambda function handler in Node.js").
fn is_node_handler(text: &str) -> bool {
    let begins = [
        "exports.handler =",
        "module.exports.handler =",
        "export const handler =",
        "export async function handler(",
        "export function handler(",
    ];
    let mut lines = text.lines();
    lines.any(|line| begins.iter().any(|begin| line.starts_with(begin)))
}

/// Returns the commands that build it, and their output. At the root the archive has a folder of its own: the root has
/// more than the code.
fn python(repository: &Repository, folder: &str) -> (Vec<String>, String) {
    let has = |name: &str| repository.first_of(folder, &[name]).is_some();
    if PACKAGES.iter().any(|name| has(name)) {
        return (build_python(has("requirements.txt")), "package".to_owned());
    }
    if !folder.is_empty() {
        return (Vec::new(), ".".to_owned());
    }
    let copied = build_python(false).into_iter().skip(1);
    let build = ["mkdir -p package".to_owned()].into_iter().chain(copied);
    (build.collect(), "package".to_owned())
}

fn node(repository: &Repository, folder: &str) -> (Vec<String>, String) {
    let mut packages = packages::all(repository);
    let package = packages.find(|package| package.folder == folder);
    if let Some(package) = package.as_ref().filter(|it| it.has_script("build")) {
        return (package.build(repository), "dist".to_owned());
    }
    let needs = package.as_ref().is_some_and(Package::has_dependencies);
    let is_locked = repository.first_of(folder, &["package-lock.json"]).is_some();
    let install = if is_locked { "npm ci --omit=dev" } else { "npm install --omit=dev" };
    let mut build: Vec<String> = needs.then(|| install.to_owned()).into_iter().collect();
    if !folder.is_empty() {
        return (build, ".".to_owned());
    }
    build.extend(COPY_NODE.map(str::to_owned));
    if needs {
        build.push("cp --recursive node_modules package".to_owned());
    }
    (build, "package".to_owned())
}

/// Files at the root of an API, which list the packages that it needs.
pub(super) const PACKAGES: [&str; 2] = ["requirements.txt", "pyproject.toml"];

/// Finds APIs, one for each root.
pub fn fastapi(repository: &Repository, found: &mut Pieces) {
    let mut roots = BTreeSet::new();
    let mut of_functions = BTreeSet::new();
    for (path, text) in repository.ending(".py") {
        let root = || root_of(repository, folder_of(path), &PACKAGES);
        if text.contains("FastAPI(") {
            roots.insert(root());
        }
        if text.contains("Mangum(") {
            of_functions.insert(root());
        }
    }
    for folder in roots {
        let has = |name: &str| repository.first_of(&folder, &[name]).is_some();
        let is_known = |piece: &Piece| piece.sort == PieceSort::Sam && piece.folder == folder;
        if found.pieces.iter().any(is_known) || images::is_built_from(repository, &folder) {
            continue;
        }
        let runs = if of_functions.contains(&folder) {
            Runs::Function { named: None, alias: None, is_image: false }
        } else {
            Runs::Undecided
        };
        found.pieces.push(Piece {
            sort: PieceSort::FastApi,
            file: PACKAGES.iter().find(|name| has(name)).map_or_else(|| folder.clone(), |name| join(&folder, name)),
            name: named(&folder, "api"),
            runs,
            build: build_python(has("requirements.txt")),
            output: "package".to_owned(),
            archive: None,
            folder,
        });
    }
}

/// Returns the nearest folder upwards that lists packages; else the folder itself.
pub(super) fn root_of(repository: &Repository, folder: &str, lists: &[&str]) -> String {
    upwards(folder).find(|at| repository.first_of(at, lists).is_some()).unwrap_or(folder).to_owned()
}

/// Returns a folder and those above it, up to the root of the repository.
fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    iter::successors(Some(folder), |&at| (!at.is_empty()).then_some(folder_of(at)))
}

/// Returns the commands that put the code and its packages side by side (AWS Lambda Developer Guide, "Working with .zip
/// file archives for Python Lambda functions").
pub(super) fn build_python(has_list: bool) -> Vec<String> {
    let packages = if has_list {
        "pip install --target package --requirement requirements.txt"
    } else {
        "pip install --target package ."
    };
    let code = "git ls-files -z -- '*.py' | xargs -0 cp --parents --target-directory package";
    vec![packages.to_owned(), code.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        let repository = Repository { files: files.collect(), ..Repository::default() };
        let mut found = Pieces::default();
        handler(&repository, &mut found);
        found
            .pieces
            .iter()
            .map(|piece| {
                let build = piece.build.join("; ");
                format!("{} in `{}`: {build} → {}", piece.name, piece.folder, piece.place())
            })
            .collect()
    }

    /// Files with their texts, and what is found.
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

    #[test]
    fn a_plain_handler_is_a_function_of_its_folder() {
        const PYTHON: &str = "import json\n\ndef handler(event, context):\n    return {}\n";
        const NODE: &str = "exports.handler = async (event) => ({});\n";
        let pip = "pip install --target package --requirement requirements.txt; git ls-files -z -- '*.py' | xargs -0 cp --parents --target-directory package";
        let table: &[Row] = &[
            (&[("api/index.py", PYTHON)], &["api in `api`:  → api"]),
            (
                &[("api/index.py", PYTHON), ("api/requirements.txt", "")],
                &[&format!("api in `api`: {pip} → api/package")],
            ),
            (
                &[("app.py", "def lambda_handler(event, _):\n    pass\n")],
                &[
                    "function in ``: mkdir -p package; git ls-files -z -- '*.py' | xargs -0 cp --parents --target-directory package → package",
                ],
            ),
            (
                &[("lambda/main.py", PYTHON), ("requirements.txt", "")],
                &[
                    "function in ``: pip install --target package --requirement requirements.txt; (cd lambda && git ls-files -z \
                     -- '*.py' | xargs -0 cp --parents --target-directory ../package) → package",
                ],
            ),
            (
                &[("src/api/main.py", PYTHON), ("src/api/__init__.py", ""), ("requirements.txt", "")],
                &[&format!("function in ``: {pip} → package")],
            ),
            (
                &[("src/main.py", PYTHON), ("requirements.txt", ""), ("main.tf", "handler = \"src.main.handler\"\n")],
                &[&format!("function in ``: {pip} → package")],
            ),
            (&[("fn/index.js", NODE)], &["fn in `fn`:  → fn"]),
            (
                &[
                    ("fn/index.mjs", "export const handler = async () => {};"),
                    ("fn/package.json", "{\"dependencies\": {\"a\": \"1\"}}"),
                ],
                &["fn in `fn`: npm install --omit=dev → fn"],
            ),
            (
                &[("fn/src/index.js", NODE), ("fn/package.json", "{\"scripts\": {\"build\": \"x\"}}")],
                &["fn in `fn`: npm install; npm run build → fn/dist"],
            ),
            (&[("fn/Dockerfile", ""), ("fn/index.js", NODE)], &[]),
            (&[("tests/index.py", PYTHON)], &[]),
            (&[("api/index.py", "def handler(self):\n    pass\n")], &[]),
            (&[("api/index.py", "class A:\n    def handler(event, context):\n        pass\n")], &[]),
        ];
        for (files, wanted) in table {
            assert_eq!(found(files), *wanted, "{files:?}");
        }
    }
}
