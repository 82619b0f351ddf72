//! A Dockerfile: an image, of a service, or of a function where it begins from an image of Lambda's.

use super::piece::{Piece, Pieces, Runs, named};
use super::sort::Sort;
use crate::init::repository::{Repository, file_of, folder_of};

/// Finds images. A site's folder has one for its own reasons, and stays a site.
pub fn dockerfile(repository: &Repository, found: &mut Pieces) {
    for (path, text) in repository.named(&["Dockerfile"]) {
        let folder = folder_of(path);
        let is_site = |piece: &&Piece| piece.folder == folder && matches!(piece.runs, Runs::Site { .. });
        if let Some(site) = found.pieces.iter().find(is_site) {
            found.notes.push(format!("`{path}` is beside {}, which is released without it", site.sort));
            continue;
        }
        let runs = if is_of_lambda(text) {
            Runs::Function { named: None, alias: None, is_image: true }
        } else {
            Runs::Service { container: None, repository: None }
        };
        found.pieces.push(Piece {
            sort: Sort::Dockerfile,
            folder: folder.to_owned(),
            file: path.to_owned(),
            name: named(folder, "service"),
            runs,
            build: Vec::new(),
            output: file_of(path).to_owned(),
        });
    }
}

/// Returns whether the last stage begins from a base image for Lambda (AWS Lambda Developer Guide, "Create a Lambda
/// function using a container image"), or brings Lambda's runtime interface.
fn is_of_lambda(text: &str) -> bool {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let lines = text.lines().map(words);
    let mut bases = lines.filter(|words| words.first().is_some_and(|word| word.eq_ignore_ascii_case("from")));
    let last = bases.next_back().unwrap_or_default();
    let is_base = |word: &String| word.contains("public.ecr.aws/lambda/") || word.starts_with("amazon/aws-lambda-");
    last.iter().any(is_base) || text.contains("awslambdaric")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_tells_whether_it_is_of_lambda() {
        for (text, wanted) in [
            ("FROM public.ecr.aws/lambda/python:3.12\nCOPY . .", true),
            ("from amazon/aws-lambda-nodejs:22", true),
            ("FROM --platform=linux/arm64 public.ecr.aws/lambda/nodejs:22 AS run", true),
            ("FROM python:3.12\nRUN pip install awslambdaric", true),
            ("FROM public.ecr.aws/lambda/python:3.12 AS build\nFROM python:3.12-slim", false),
            ("FROM node:22", false),
            ("", false),
        ] {
            assert_eq!(is_of_lambda(text), wanted, "{text}");
        }
    }
}
