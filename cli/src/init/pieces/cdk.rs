//! AWS CDK: the functions whose names stand as texts in the code of the app.

use super::package::member;
use super::piece::{Piece, Pieces, Runs, named};
use super::sort::Sort;
use crate::init::environments::pattern;
use crate::init::repository::{Repository, folder_of, join};

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
    let constructs = text.split("Function(").skip(1);
    constructs.filter_map(move |rest| {
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
    let name = if last.is_empty() { named(&folder, "api") } else { crate::import::name(&last) };
    Piece {
        sort: Sort::Cdk,
        file: file.to_owned(),
        name,
        runs: Runs::Function { named: pattern, alias: None, is_image: false },
        build: Vec::new(),
        output: ".".to_owned(),
        folder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_a_name_and_a_folder_in_either_language() {
        let typescript = "new lambda.Function(this, 'Api', {\n functionName: `shop-${environment}-api`,\n code: \
                          lambda.Code.fromAsset('../backend'),\n});\nnew lambda.Function(this, 'X', {functionName: name});";
        let told: Vec<_> = functions(typescript, "functionName", "fromAsset(").collect();
        assert_eq!(told, [("shop-${environment}-api".to_owned(), "../backend".to_owned())]);
        let python = "_lambda.Function(self, 'Api', function_name=f\"x\", code=_lambda.Code.from_asset(\"b\"))";
        assert_eq!(functions(python, "function_name", "from_asset(").count(), 0, "an expression is not known");
        let python = python.replace("f\"x\"", "\"x\"");
        assert_eq!(functions(&python, "function_name", "from_asset(").count(), 1);
    }
}
