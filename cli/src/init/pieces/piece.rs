//! A piece of a repository: its place, the form in which it runs, how it is built, and its sort, with the mark by which
//! that is found.

use crate::init::names::name;
use crate::init::repository::join;
use clap::ValueEnum;
use std::fmt;

/// The form in which a component of a piece runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runs {
    /// Files of a site.
    Site {
        /// Names that change with their content.
        hashed: Vec<String>,
    },
    /// A function.
    Function {
        /// Its name, with `{environment}` where that is a part of it.
        named: Option<String>,
        /// Its alias.
        alias: Option<String>,
        /// True for one that is an image.
        is_image: bool,
    },
    /// A service.
    Service {
        /// The container that a release changes.
        container: Option<String>,
        /// The repository of its image.
        repository: Option<String>,
    },
    /// The files do not say whether it is a function or a service.
    Undecided,
}

/// A piece of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its sort.
    pub sort: PieceSort,
    /// Its folder, from the root of the repository.
    pub folder: String,
    /// The file by which it was found.
    pub file: String,
    /// A name for its component.
    pub name: String,
    /// The form in which it runs.
    pub runs: Runs,
    /// The commands that build it, in its folder.
    pub build: Vec<String>,
    /// The output of these, from its folder: a folder for an archive, or the file of an image.
    pub output: String,
    /// The archive itself, from its folder, where something else makes that and nothing is packed.
    pub archive: Option<String>,
}

impl Piece {
    /// Returns the place of its archive or output, from the root of the repository.
    pub fn place(&self) -> String {
        match join(&self.folder, self.archive.as_ref().unwrap_or(&self.output)) {
            root if root.is_empty() => ".".to_owned(),
            place => place,
        }
    }
}

/// Everything that was found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pieces {
    /// The pieces, by folder and name.
    pub pieces: Vec<Piece>,
    /// Everything that was seen and is not used, one sentence each.
    pub notes: Vec<String>,
}

/// Returns a component's name: that of its folder; in the root the usual one.
pub(super) fn named(folder: &str, usual: &str) -> String {
    let last = folder.rsplit('/').next().filter(|last| !last.is_empty());
    name(last.unwrap_or(usual))
}

/// The sort of a piece. [`ValueEnum`] lists all that are looked for; it is no argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum PieceSort {
    /// A static export of Next.js.
    Next,
    /// A site of Docusaurus.
    Docusaurus,
    /// A site that Vite builds.
    Vite,
    /// A site that Create React App builds.
    CreateReactApp,
    /// An image.
    Dockerfile,
    /// An API in Python.
    FastApi,
    /// A function of a template of AWS SAM.
    Sam,
    /// A function of an app of AWS CDK.
    Cdk,
    /// A task definition of Amazon ECS.
    TaskDefinition,
    /// A handler of AWS Lambda.
    Handler,
}

impl PieceSort {
    /// Returns what it is, and the mark by which it is found.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Next => ("a static export of Next.js", "a `package.json` with `next`, and `output: 'export'`"),
            Self::Docusaurus => ("a site of Docusaurus", "a `package.json` with `@docusaurus/core`"),
            Self::Vite => ("a site that Vite builds", "a `package.json` with `vite`, and `index.html` beside it"),
            Self::CreateReactApp => ("a site that Create React App builds", "a `package.json` with `react-scripts`"),
            Self::Dockerfile => ("an image", "a `Dockerfile`"),
            Self::FastApi => ("an API with FastAPI", "`FastAPI(` in a `.py` file"),
            Self::Sam => ("a function of AWS SAM", "`AWS::Serverless::Function` in a `template.yaml`"),
            Self::Cdk => ("a function of AWS CDK", "a `cdk.json`, and functions whose names stand in its code"),
            Self::TaskDefinition => ("a task definition of Amazon ECS", "a task definition in a `.json` file"),
            Self::Handler => (
                "a handler of AWS Lambda",
                "`def handler(event, context)` or `lambda_handler` in a `.py` file, `exports.handler` or `export const handler` in a `.js` file",
            ),
        }
    }

    /// Returns the mark by which it is found.
    pub const fn mark(self) -> &'static str {
        self.words().1
    }
}

impl fmt::Display for PieceSort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words().0)
    }
}
