//! The state of a target in infrastructure code that a release does not get along with, and that no patch may change: a
//! person decides about it. Pure.

use super::hcl::ResourceBlock;
use super::target_resources::{TargetResources, refers};
use crate::init::application::InitApplication;
use serde_json::Value;

/// Notes what a component's resource lacks.
pub fn noted(targets: &TargetResources<'_>, found: &ResourceBlock<'_>, component: &str, path: &str) -> Option<String> {
    let name = format!("`{}.{}` in `{path}`", found.sort, found.id);
    match found.sort {
        "aws_lambda_alias" if found.quoted("function_version") == Some("$LATEST") => Some(format!(
            "{name} points to `$LATEST`, which cannot be restored, so that a release is refused: after `terraform apply` of the patch publish a version (`aws lambda publish-version`), and point the alias to its number (`aws lambda update-alias`)"
        )),
        "aws_s3_bucket" if !is_versioned(&targets.all, found) => Some(format!(
            "no code was found that turns on versioning for {name}, without which a release of `{component}` is refused: docs/integrate/terraform.md of Windlass has the resource, under \"A site\""
        )),
        "aws_cloudfront_distribution" => {
            let folder = found.nested("origin", "origin_path").into_iter().find_map(folder)?;
            Some(format!(
                "{name} serves the folder `{folder}` of its bucket alone, and a release writes to the top of the bucket: where it is the folder of `{component}`, write `prefix: {folder}` there in app.yaml, so that visitors get what is released"
            ))
        }
        _ => None,
    }
}

/// Returns the folder of an origin path; `None` for the whole bucket, and for what only Terraform knows.
fn folder(written: &str) -> Option<&str> {
    let folder = written.trim_matches('"').trim_matches('/');
    (written.starts_with('"') && !folder.is_empty() && !folder.contains("${")).then_some(folder)
}

/// Returns whether the code turns on versioning for a bucket, or may do so by an expression.
fn is_versioned(all: &[ResourceBlock<'_>], bucket: &ResourceBlock<'_>) -> bool {
    let is_of = |it: &&ResourceBlock<'_>| {
        let named = it.attribute("bucket").unwrap_or_default();
        refers(named.trim_start_matches("\"${"), bucket) || bucket.attribute("bucket") == Some(named)
    };
    let apart = all.iter().filter(|it| it.sort == "aws_s3_bucket_versioning").filter(is_of);
    let apart = apart.flat_map(|it| it.nested("versioning_configuration", "status"));
    let mut said = apart.chain(bucket.nested("versioning", "enabled"));
    said.any(|written| !["\"Suspended\"", "\"Disabled\"", "false"].contains(&written))
}

/// Returns why the parameter that keeps the environment's name does not fit the environments; `None` where it may.
pub fn unfit(parameter: &Value, application: &InitApplication) -> Option<String> {
    let names: Vec<&str> = application.environments.iter().map(|it| it.name.as_str()).collect();
    let list = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if let Some(allowed) = parameter["AllowedValues"].as_array() {
        let allowed: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        let others: Vec<&str> = names.iter().filter(|name| !allowed.contains(*name)).copied().collect();
        if !others.is_empty() {
            return Some(format!(
                "which takes {} and not {}: allow it, or name the environments of Windlass as the template does",
                list(&allowed),
                list(&others)
            ));
        }
    }
    let default = parameter["Default"].as_str().filter(|default| !names.contains(default))?;
    Some(format!(
        "whose default is `{default}`, which is none of the environments ({}): give it the environment's name at each \
         deploy, or name the environments of Windlass as the template does",
        list(&names)
    ))
}

#[cfg(test)]
mod tests {
    use super::super::hcl::HclFile;
    use super::*;

    #[test]
    fn a_bucket_is_versioned_by_a_block_or_by_a_resource_of_its_own() {
        let apart = |bucket: &str, status: &str| {
            format!(
                "resource \"aws_s3_bucket\" \"web\" {{\n  bucket = \"shop-web\"\n}}\nresource \"aws_s3_bucket_versioning\" \"web\" {{\n  bucket = {bucket}\n  versioning_configuration {{\n    status = {status}\n  }}\n}}\n"
            )
        };
        let within = |enabled: &str| {
            format!("resource \"aws_s3_bucket\" \"web\" {{\n  versioning {{\n    enabled = {enabled}\n  }}\n}}\n")
        };
        for (text, wanted) in [
            (apart("aws_s3_bucket.web.id", "\"Enabled\""), true),
            (apart("\"${aws_s3_bucket.web.id}\"", "\"Enabled\""), true),
            (apart("\"shop-web\"", "var.versioning"), true),
            (apart("aws_s3_bucket.web.id", "\"Suspended\""), false),
            (apart("aws_s3_bucket.docs.id", "\"Enabled\""), false),
            (within("true"), true),
            (within("false"), false),
            ("resource \"aws_s3_bucket\" \"web\" {}\n".to_owned(), false),
        ] {
            let file = HclFile::read("main.tf", &text).unwrap();
            let all: Vec<ResourceBlock<'_>> = file.resources().collect();
            assert_eq!(is_versioned(&all, &all[0]), wanted, "{text}");
        }
    }

    #[test]
    fn an_origin_path_is_a_folder_where_it_is_a_text() {
        for (written, wanted) in [
            ("\"/live\"", Some("live")),
            ("\"/a/b\"", Some("a/b")),
            ("\"\"", None),
            ("\"/\"", None),
            ("var.path", None),
        ] {
            assert_eq!(folder(written), wanted);
        }
    }
}
