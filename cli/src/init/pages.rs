//! Texts of the documents, which `init` copies as they stand there: so both have one source.

/// The page for CI.
const CI: &str = include_str!("../../../docs/integrate/ci.md");

/// The page for Terraform.
pub const TERRAFORM: &str = include_str!("../../../docs/integrate/terraform.md");
/// The page for templates of CloudFormation and SAM.
pub const TEMPLATES: &str = include_str!("../../../docs/integrate/cloudformation-and-sam.md");
/// The page for AWS CDK.
pub const CDK: &str = include_str!("../../../docs/integrate/cdk.md");

/// The function that makes versions.
const VERSION: &str = include_str!("../../../action/version.sh");

/// Returns the first block of a page with these words in it; empty where there is none.
pub fn block<'a>(page: &'a str, words: &str) -> &'a str {
    let blocks = page.split("```").skip(1).step_by(2);
    let mut found =
        blocks.filter_map(|block| block.split_once('\n').map(|(_, text)| text)).filter(|block| block.contains(words));
    found.next().unwrap_or_default()
}

/// Returns an action, as the page for CI pins it: `actions/checkout@… # v4.2.2`.
pub fn action(name: &'static str) -> &'static str {
    CI.split("uses: ").find(|rest| rest.starts_with(name)).and_then(|rest| rest.lines().next()).unwrap_or(name)
}

/// Returns the function `call` of a job that shows its token, and the address that it is given.
pub fn call() -> &'static str {
    block(CI, "\ncall() {").trim_end()
}

/// Returns the commands that upload the files of components to signed addresses, and keep what a manifest names.
pub fn uploads(app: &str, components: &[&str]) -> String {
    let block = block(CI, "\nFILES=").trim_end().replace("/apps/shop/", &format!("/apps/{app}/"));
    block.replace("COMPONENTS=\"web api\"", &format!("COMPONENTS=\"{}\"", components.join(" ")))
}

/// Returns the call that asks which environment a Git ref goes to.
pub fn chosen(app: &str) -> String {
    parts(app).0
}

/// Returns the call that starts a release, and the waiting for its end.
pub fn started_and_waited_for(app: &str) -> String {
    parts(app).1
}

/// Returns both parts of the page's block.
fn parts(app: &str) -> (String, String) {
    let block = block(CI, "\nSTARTED=").replace("/apps/shop/", &format!("/apps/{app}/"));
    let (chosen, started) = block.split_once("\nSTARTED=").unwrap_or_default();
    (chosen.to_owned(), format!("STARTED={started}"))
}

/// Returns the function `version_of`, as Windlass's action has it.
pub fn version_of() -> &'static str {
    VERSION.split_once("\n\n").map_or("", |(_, function)| function.trim_end())
}

/// Returns whether a page is there, with the section behind its `#`.
#[cfg(test)]
pub fn is_there(page: &str) -> bool {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (path, section) = page.split_once('#').unwrap_or((page, ""));
    let text = std::fs::read_to_string(root.join(path)).unwrap_or_default();
    let headings = text.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
    let mut anchors = headings.map(|it| it.to_lowercase().replace(['.', ','], "").replace(' ', "-"));
    !text.is_empty() && (section.is_empty() || anchors.any(|anchor| anchor == section))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_found_on_its_page() {
        assert!(action("actions/checkout").contains(" # v"));
        assert!(action("aws-actions/configure-aws-credentials").contains(" # v"));
        let call = call();
        assert!(call.starts_with("API=\"$WINDLASS_ENDPOINT/ci\"") && call.ends_with('}'), "{call}");
        let uploads = uploads("quay", &["one", "two"]);
        assert!(uploads.starts_with("COMPONENTS=\"one two\"\n") && uploads.contains("/apps/quay/"), "{uploads}");
        assert!(!uploads.contains("/apps/shop/") && uploads.contains("\nFILES="), "{uploads}");
        let (chosen, waited) = (chosen("quay"), started_and_waited_for("quay"));
        assert!(chosen.starts_with("CHOSEN=$(call ") && chosen.contains("/apps/quay/environments\")"), "{chosen}");
        assert!(chosen.ends_with("ENVIRONMENT=$(jq -r .chosen <<< \"$CHOSEN\")"), "{chosen}");
        assert!(waited.starts_with("STARTED=$(call ") && waited.contains("until "), "{waited}");
        assert!(!(chosen + &waited).contains("/apps/shop/"));
        assert!(
            version_of().starts_with("# version_of REF RUN: ") && version_of().ends_with("\n)"),
            "{}",
            version_of()
        );
        for (page, words) in [(TERRAFORM, "aws_lambda_alias"), (TEMPLATES, "AWS::Lambda::Alias"), (CDK, "Tags.of")] {
            assert!(!block(page, words).is_empty(), "{words}");
        }
    }
}
