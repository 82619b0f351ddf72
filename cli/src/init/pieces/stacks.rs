//! The functions of a stack: those of a template of AWS SAM, and those whose names stand as texts in the code of an app
//! of AWS CDK.

use crate::ground::output;
use crate::init::environments::pattern;
use crate::init::names::name;
use crate::init::pieces::packages::member;
use crate::init::pieces::piece::{Piece, PieceSort, Pieces, Runs, named};
use crate::init::repository::{Repository, file_of, folder_of, join};
use crate::init::sam_template::{FUNCTION, SamTemplate, component_of};

/// Names that a template of SAM has.
const NAMES: [&str; 4] = ["template.yaml", "template.yml", "template.json", "sam.yaml"];

/// Finds functions. A template without `Transform` is read as well: `sam build` takes it.
pub fn sam(repository: &Repository, found: &mut Pieces) {
    for (path, text) in repository.named(&NAMES) {
        let template = match SamTemplate::read(text) {
            Ok(template) => template,
            Err(why) if text.contains("AWS::Serverless") => {
                found.notes.push(format!(
                    "`{path}` is a template of AWS SAM that cannot be read: {}",
                    output::text(&why.reason)
                ));
                continue;
            }
            Err(_) => continue,
        };
        if !template.is_sam() && template.functions().next().is_some() {
            found.notes.push(format!(
                "`{path}` has `{FUNCTION}` and no `Transform`, without which CloudFormation knows no such resource: write \
                 `Transform: AWS::Serverless-2016-10-31`"
            ));
        }
        let hooks = template.hooks();
        for (id, resource) in template.functions() {
            if !resource["Properties"]["InlineCode"].is_null() {
                found.notes.push(format!("`{id}` of `{path}` has its code in the template, which deploys it"));
            } else if hooks.contains(id) {
                found.notes.push(format!(
                    "`{id}` of `{path}` is a hook of a deployment preference, which CodeDeploy alone calls"
                ));
            } else {
                found.pieces.push(function(path, id, &template));
            }
        }
    }
}

/// Notes functions of SAM in files of other names, which no step builds.
pub fn elsewhere(repository: &Repository, found: &mut Pieces) {
    let ends = [".yaml", ".yml", ".json", ".template"];
    let has_functions = |text| SamTemplate::read(text).is_ok_and(|template| template.functions().next().is_some());
    for (path, text) in ends.iter().flat_map(|end| repository.ending(end)) {
        // `sam package` writes `packaged.yaml`.
        let is_left = NAMES.contains(&file_of(path)) || file_of(path).starts_with("packaged");
        if !is_left && text.contains(FUNCTION) && has_functions(text) {
            found.notes.push(format!(
                "`{path}` has `{FUNCTION}`, and is not looked into under this name: call it `template.yaml`, or declare \
                 its functions by hand"
            ));
        }
    }
}

fn function(path: &str, id: &str, template: &SamTemplate) -> Piece {
    let all = template.properties(id);
    let of = |member: &str| all[member].as_str().map(str::to_owned);
    let is_image = of("PackageType").as_deref() == Some("Image");
    let folder = folder_of(path).to_owned();
    // `sam build` leaves such a function as it is (source of the AWS SAM CLI, `is_function_buildable`).
    let archive = of("CodeUri").filter(|code| is_archive(code));
    Piece {
        sort: PieceSort::Sam,
        name: name(component_of(id)),
        runs: Runs::Function {
            named: of("FunctionName").and_then(|named| pattern(&named)),
            alias: template.alias(id),
            is_image,
        },
        build: if archive.is_some() { Vec::new() } else { vec!["sam build".to_owned()] },
        output: format!(".aws-sam/build/{id}"),
        archive,
        file: path.to_owned(),
        folder,
    }
}

/// Returns whether the code of a function is the path of an archive in the repository.
fn is_archive(code: &str) -> bool {
    let end = code.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    !code.contains("${") && !code.contains("://") && end.is_some_and(|end| ["zip", "jar"].contains(&end.as_str()))
}

/// Returns the logical id of the function that a piece was made of.
pub fn id(piece: &Piece) -> &str {
    piece.output.rsplit('/').next().unwrap_or_default()
}

/// Returns a template with one of its functions alone, as JSON.
pub fn alone(text: &str, id: &str) -> Option<String> {
    let mut template = SamTemplate::read(text).ok()?.value;
    template["Resources"].as_object_mut()?.retain(|other, resource| other == id || resource["Type"] != FUNCTION);
    serde_json::to_string_pretty(&template).ok()
}

/// The ending of a file's name in each language, and the members of a function for name and code.
const CONSTRUCTS: [(&str, &str, &str); 2] =
    [(".ts", "functionName", "fromAsset("), (".py", "function_name", "from_asset(")];

/// Finds functions.
pub fn cdk(repository: &Repository, found: &mut Pieces) {
    for (path, _) in repository.named(&["cdk.json"]) {
        let app = folder_of(path);
        let before = found.pieces.len();
        for (end, name, code) in CONSTRUCTS {
            for (file, text) in repository.ending(end).filter(|(file, _)| is_within(file, app)) {
                functions(text, name, code)
                    .for_each(|(named, asset)| found.pieces.push(piece(app, file, &named, &asset)));
            }
        }
        if found.pieces.len() == before {
            found.notes.push(format!(
                "`{path}` is of an app of AWS CDK, whose code names no function with its files as texts: add the component with \
                 the name that it has in the account"
            ));
        }
    }
}

fn is_within(file: &str, folder: &str) -> bool {
    let name = file.strip_prefix(folder).unwrap_or_default();
    (folder.is_empty() || name.starts_with('/')) && !file.contains("test") && !file.ends_with(".d.ts")
}

/// Returns the functions of a file, each with its name and the folder of its files.
fn functions<'a>(text: &'a str, name: &'a str, code: &'a str) -> impl Iterator<Item = (String, String)> + 'a {
    text.split("Function(").skip(1).filter_map(move |rest| {
        let named = member(rest, name)?;
        let (_, asset) = rest.split_once(code)?;
        let asset = asset.trim_start();
        let quote = asset.chars().next().filter(|c| "\"'`".contains(*c))?;
        let asset = asset[1..].split(quote).next()?;
        Some((named.to_owned(), asset.to_owned()))
    })
}

fn piece(app: &str, file: &str, function: &str, asset: &str) -> Piece {
    let folder = join(app, asset);
    let pattern = pattern(function);
    let last = pattern.as_deref().unwrap_or_default().replace("{environment}", "");
    let last = last.trim_matches('-').rsplit(['-', '_']).next().unwrap_or_default().to_owned();
    let name = if last.is_empty() { named(&folder, "api") } else { name(&last) };
    Piece {
        sort: PieceSort::Cdk,
        file: file.to_owned(),
        name,
        runs: Runs::Function { named: pattern, alias: None, is_image: false },
        build: Vec::new(),
        output: ".".to_owned(),
        archive: None,
        folder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_of_sam_is_passed_without_a_word() {
        const PLAIN: &str = "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Api:\n    Type: \
                             AWS::Serverless::Function\n    Properties:\n      FunctionName: shop-api\n";
        let whole = format!("Transform: AWS::Serverless-2016-10-31\n{PLAIN}");
        let table = [
            ("template.yaml", whole.clone(), (1, 0)),
            ("template.yaml", PLAIN.to_owned(), (1, 1)),
            ("template.yaml", format!("{whole}      InlineCode: x\n"), (0, 1)),
            ("template.yaml", format!("{PLAIN}      InlineCode: x\n"), (0, 2)),
            ("template.yaml", format!("{PLAIN}  - x\n"), (0, 1)),
            ("infra/api.yml", whole.clone(), (0, 1)),
            ("infra/api.yml", format!("run: |\n  grep {FUNCTION}\n"), (0, 0)),
            ("template.yaml", whole.replace("Serverless::Function", "Lambda::Function"), (0, 0)),
        ];
        for (path, text, wanted) in table {
            let files = [(path.to_owned(), text.clone())].into();
            let repository = Repository { files, ..Repository::default() };
            let mut found = Pieces::default();
            sam(&repository, &mut found);
            elsewhere(&repository, &mut found);
            assert_eq!((found.pieces.len(), found.notes.len()), wanted, "{path}: {text}{:?}", found.notes);
        }
    }

    #[test]
    fn an_archive_that_a_template_names_is_the_artifact() {
        for (code, build, wanted) in [
            ("build/lambda.zip", 0, "api/build/lambda.zip"),
            ("./target/api.JAR", 0, "api/target/api.JAR"),
            ("src/", 1, "api/.aws-sam/build/Api"),
            ("s3://bucket/lambda.zip", 1, "api/.aws-sam/build/Api"),
        ] {
            let template = format!(
                "Transform: AWS::Serverless-2016-10-31\nResources: {{Api: {{Type: {FUNCTION}, Properties: {{CodeUri: \"{code}\"}}}}}}"
            );
            let files = [("api/template.yaml".to_owned(), template)].into();
            let mut found = Pieces::default();
            sam(&Repository { files, ..Repository::default() }, &mut found);
            let piece = &found.pieces[0];
            assert_eq!((piece.build.len(), piece.place().as_str(), id(piece)), (build, wanted, "Api"), "{code}");
        }
    }

    #[test]
    fn a_function_is_a_name_and_a_folder_in_either_language() {
        let typescript = "new lambda.Function(this, 'Api', {\n functionName: `shop-${environment}-api`,\n code: \
                          lambda.Code.fromAsset('../backend'),\n});\nnew lambda.Function(this, 'X', {functionName: name});";
        let found: Vec<_> = functions(typescript, "functionName", "fromAsset(").collect();
        assert_eq!(found, [("shop-${environment}-api".to_owned(), "../backend".to_owned())]);
        let python = "_lambda.Function(self, 'Api', function_name=f\"x\", code=_lambda.Code.from_asset(\"b\"))";
        assert_eq!(functions(python, "function_name", "from_asset(").count(), 0, "an expression is not known");
        let python = python.replace("f\"x\"", "\"x\"");
        assert_eq!(functions(&python, "function_name", "from_asset(").count(), 1);
    }
}
