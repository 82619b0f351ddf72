//! The sorts of pieces that are looked for, each with the mark by which it is found.

use std::fmt;

/// The sort of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
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

impl Sort {
    /// All sorts that are looked for.
    pub const ALL: [Self; 10] = [
        Self::Next,
        Self::Docusaurus,
        Self::Vite,
        Self::CreateReactApp,
        Self::Dockerfile,
        Self::FastApi,
        Self::Sam,
        Self::Cdk,
        Self::TaskDefinition,
        Self::Handler,
    ];

    /// Returns the mark by which it is found.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Next => "a `package.json` with `next`, and `output: 'export'`",
            Self::Docusaurus => "a `package.json` with `@docusaurus/core`",
            Self::Vite => "a `package.json` with `vite`, and `index.html` beside it",
            Self::CreateReactApp => "a `package.json` with `react-scripts`",
            Self::Dockerfile => "a `Dockerfile`",
            Self::FastApi => "`FastAPI(` in a `.py` file",
            Self::Sam => "`AWS::Serverless::Function` in a `template.yaml`",
            Self::Cdk => "a `cdk.json`, and functions whose names stand in its code",
            Self::TaskDefinition => "a task definition in a `.json` file",
            Self::Handler => {
                "`def handler(event, context)` or `lambda_handler` in a `.py` file, `exports.handler` or `export const handler` in a `.js` file"
            }
        }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Next => "a static export of Next.js",
            Self::Docusaurus => "a site of Docusaurus",
            Self::Vite => "a site that Vite builds",
            Self::CreateReactApp => "a site that Create React App builds",
            Self::Dockerfile => "an image",
            Self::FastApi => "an API with FastAPI",
            Self::Sam => "a function of AWS SAM",
            Self::Cdk => "a function of AWS CDK",
            Self::TaskDefinition => "a task definition of Amazon ECS",
            Self::Handler => "a handler of AWS Lambda",
        })
    }
}
