//! What a step of the workflow would need and the repository does not have. Such a step would fail at the first run, so
//! that the workflow leaves its component out, and a person reads what is missing. Pure.

use crate::init::passed::{PassedFolder, PassedReason};
use crate::init::pieces::handlers::PACKAGES;
use crate::init::pieces::piece::{Piece, PieceSort};
use crate::init::pieces::{packages, stacks};
use crate::init::repository::{Repository, join};
use crate::init::sam_template::SamTemplate;
use serde::Serialize;
use std::fmt;

/// Something that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum MissingFile {
    /// The Dockerfile of an image.
    Dockerfile,
    /// The script `build` of a package.
    Script {
        /// The package's file.
        file: String,
    },
    /// The code of a function of SAM.
    Code {
        /// Its place, from the root of the repository.
        place: String,
    },
    /// The list of the packages that code in Python needs.
    Packages {
        /// The code's folder.
        folder: String,
    },
}

impl fmt::Display for MissingFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dockerfile => f.write_str("no `Dockerfile` of its image is here"),
            Self::Script { file } => write!(f, "`{file}` has no script `build`"),
            Self::Code { place } => write!(f, "the code that the template names, `{place}`, is not here"),
            Self::Packages { folder } => {
                write!(f, "`{folder}` has neither `{}` nor `{}`", PACKAGES[0], PACKAGES[1])
            }
        }
    }
}

/// Returns what the steps of a piece would need and do not find; `None` where they find all.
pub fn missing(piece: &Piece, is_image: bool, repository: &Repository) -> Option<MissingFile> {
    if is_image {
        return (piece.sort != PieceSort::Dockerfile).then_some(MissingFile::Dockerfile);
    }
    let runs_script = piece.build.iter().any(|command| command.ends_with(" run build"));
    let mut own = packages::all(repository).filter(|package| package.folder == piece.folder);
    if runs_script && !own.any(|package| package.has_script("build")) {
        return Some(MissingFile::Script { file: join(&piece.folder, "package.json") });
    }
    if piece.sort == PieceSort::Sam {
        return code(piece, repository)
            .filter(|place| !may_be_there(place, repository))
            .map(|place| MissingFile::Code { place });
    }
    let is_listed = repository.first_of(&piece.folder, &PACKAGES).is_some();
    let place = if piece.folder.is_empty() { "." } else { &piece.folder };
    (piece.sort == PieceSort::FastApi && !is_listed).then(|| MissingFile::Packages { folder: place.to_owned() })
}

/// Returns the place of a function's code, where the template says it as a text.
fn code(piece: &Piece, repository: &Repository) -> Option<String> {
    let template = SamTemplate::read(repository.text(&piece.file)).unwrap_or_default();
    let properties = template.properties(stacks::id(piece));
    let code = properties["CodeUri"].as_str().filter(|code| !code.contains("${") && !code.contains("://"))?;
    Some(join(&piece.folder, code))
}

/// Returns whether a file or a folder is there, or may be: nobody has looked into the folders that were passed over.
fn may_be_there(place: &str, repository: &Repository) -> bool {
    let is_within = |path: &str, folder: &str| {
        path.strip_prefix(folder).is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/'))
    };
    let is_seen = repository.files.keys().any(|path| is_within(path, place));
    let is_unseen = |passed: &PassedFolder| {
        passed.why == PassedReason::TooMany || is_within(&passed.folder, place) || is_within(place, &passed.folder)
    };
    is_seen || repository.passed.iter().any(is_unseen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::pieces::find;

    /// Files with their texts, whether the component is an image, and what is missing.
    type Row<'a> = (&'a [(&'a str, &'a str)], bool, Option<MissingFile>);

    #[test]
    fn each_step_that_would_fail_is_known_by_what_it_does_not_find() {
        const TASK: &str =
            "{\"family\": \"a\", \"containerDefinitions\": [{\"name\": \"app\", \"image\": \"next:latest\"}]}";
        const SAM: &str = "Transform: AWS::Serverless-2016-10-31\nResources: {Api: {Type: AWS::Serverless::Function, \
                           Properties: {PackageType: Image}}}";
        const CODE: &str = "Transform: AWS::Serverless-2016-10-31\nResources: {Api: {Type: AWS::Serverless::Function, \
                            Properties: {CodeUri: ./src/}}}";
        let code_of_api = || Some(MissingFile::Code { place: "api/src".to_owned() });
        let script = |file: &str| Some(MissingFile::Script { file: file.to_owned() });
        let packages = |folder: &str| Some(MissingFile::Packages { folder: folder.to_owned() });
        let with_vite = "{\"devDependencies\": {\"vite\": \"7\"}}";
        let with_script = "{\"scripts\": {\"build\": \"x\"}, \"devDependencies\": {\"vite\": \"7\"}}";
        let table: &[Row] = &[
            (&[("ecs-task-def.json", TASK)], true, Some(MissingFile::Dockerfile)),
            (&[("ecs-task-def.json", TASK), (".ecs/app/Dockerfile", "")], true, None),
            (&[("task.json", TASK), (".github/actions/x/Dockerfile", "")], true, Some(MissingFile::Dockerfile)),
            (&[("Dockerfile", "")], true, None),
            (&[("template.yaml", SAM)], true, Some(MissingFile::Dockerfile)),
            (&[("template.yaml", SAM)], false, None),
            (&[("api/template.yaml", CODE)], false, code_of_api()),
            (&[("api/template.yaml", CODE), ("api/src-old/a.rb", "")], false, code_of_api()),
            (&[("api/template.yaml", CODE), ("api/src/a.rb", "")], false, None),
            (&[("web/package.json", with_vite), ("web/index.html", "")], false, script("web/package.json")),
            (&[("web/package.json", with_script), ("web/index.html", "")], false, None),
            (&[("package.json", with_vite), ("index.html", "")], false, script("package.json")),
            (&[("api/main.py", "app = FastAPI()")], false, packages("api")),
            (&[("api/main.py", "app = FastAPI()")], true, Some(MissingFile::Dockerfile)),
            (&[("main.py", "app = FastAPI()")], false, packages(".")),
            (&[("api/main.py", "app = FastAPI()"), ("api/pyproject.toml", "")], false, None),
            (&[("api/index.py", "def handler(event, context):\n")], false, None),
            (&[("fn/index.js", "exports.handler = 1"), ("fn/package.json", with_script)], false, None),
        ];
        for (files, is_image, wanted) in table {
            let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
            let repository = Repository { files: files.collect(), ..Repository::default() };
            let found = find(&repository).pieces;
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(missing(&found[0], *is_image, &repository), *wanted, "{:?}", repository.files);
        }
    }

    #[test]
    fn what_may_lie_in_a_folder_that_was_passed_over_is_not_missing() {
        for (place, passed, why, wanted) in [
            ("dist", "dist", PassedReason::OfTools, true),
            ("api/dist/lambda", "api/dist", PassedReason::OfTools, true),
            ("api", "api/.venv", PassedReason::Hidden, true),
            ("api", "web/.venv", PassedReason::Hidden, false),
            ("api", "api-old", PassedReason::Hidden, false),
            ("api", "web", PassedReason::TooMany, true),
        ] {
            let passed = vec![PassedFolder { folder: passed.to_owned(), why }];
            let repository = Repository { passed, ..Repository::default() };
            assert_eq!(may_be_there(place, &repository), wanted, "{place}");
        }
    }
}
