//! The product makes and matches no ARN and no host of one partition of AWS alone: Windlass runs in those of China, of
//! governments and of the European Union as well. What differs there stands in `shared/domain/src/text/partition.rs`.

#![allow(clippy::expect_used, reason = "a test may panic, and reads better")]

use crate::lines::product;
use std::fs;

/// The texts that only the commercial partition has. Hosts of China begin so as well.
const MARKS: [&str; 2] = ["arn:aws:", "amazonaws.com"];

/// The texts that may stand there all the same, by file.
const NAMES: [(&str, &str); 10] = [
    // The table of the partitions.
    ("shared/domain/src/text/partition.rs", "\"amazonaws.com\""),
    ("shared/domain/src/text/partition.rs", "\"amazonaws.com.cn\""),
    // The audience of a token of GitHub's: a name that the role's trust policy compares, the same in every partition.
    ("cli/src/init/role.rs", "sts.amazonaws.com"),
    ("shared/aws/src/run_token.rs", "\"sts.amazonaws.com\""),
    // The principal of a service, which has this name in every partition.
    ("shared/engine/src/kinds/ecs/permissions.rs", "\"ecs-tasks.amazonaws.com\""),
    ("shared/engine/src/kinds/stack/needs.rs", "\"cloudformation.amazonaws.com\""),
    // Examples in texts for people.
    ("shared/domain/src/declaration/aws_name.rs", "such as `arn:aws:iam::222222222222:role/windlass-target`"),
    ("shared/domain/src/access/read.rs", "such as `arn:aws:iam::111111111111:role/shop-dev`"),
    ("shared/domain/src/declaration/topic.rs", "such as `arn:aws:sns:eu-west-1:111111111111:shop-team`"),
    ("shared/engine/src/routes/api/deployments.rs", "`arn:aws:states:<region>:<account>:execution:<machine>:<name>`"),
];

/// Returns the lines of a source that are neither comments nor tests.
fn code(source: &str) -> impl Iterator<Item = &str> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().map(str::trim_start).filter(|line| !line.starts_with("//"))
}

/// Returns whether a line has a mark beside these names.
fn is_of_one(line: &str, names: &[&str]) -> bool {
    let rest = names.iter().fold(line.to_owned(), |rest, name| rest.replace(name, ""));
    MARKS.iter().any(|mark| rest.contains(mark))
}

#[test]
fn no_product_code_knows_the_commercial_partition_alone() {
    let (root, product) = product();
    let (mut wrong, mut used) = (Vec::new(), Vec::new());
    for file in product {
        let source = fs::read_to_string(root.join(&file)).expect("a file");
        let names: Vec<&str> = NAMES.iter().filter(|(of, _)| *of == file).map(|(_, name)| *name).collect();
        wrong.extend(code(&source).filter(|line| is_of_one(line, &names)).map(|line| format!("{file}: {line}")));
        used.extend(names.into_iter().filter(|name| code(&source).any(|line| line.contains(name))));
    }
    assert!(wrong.is_empty(), "`Partition::of` returns what the region's own has: {wrong:#?}");
    assert_eq!(used.len(), NAMES.len(), "only these are there still: {used:#?}");
}

#[test]
fn the_reader_finds_marks_in_code_alone() {
    let source = "// arn:aws:s3:::a\nfn a() {\n    /// https://iam.amazonaws.com\n    b(\"arn:aws:s3:::a\");\n}\n\n\
                  #[cfg(test)]\nmod tests {\n    const C: &str = \"arn:aws:s3:::a\";\n}\n";
    let found: Vec<&str> = code(source).filter(|line| is_of_one(line, &[])).collect();
    assert_eq!(found, ["b(\"arn:aws:s3:::a\");"]);
    assert!(is_of_one("\"{region}.amazonaws.com.cn\"", &[]));
    assert!(!is_of_one("\"sts.amazonaws.com\"", &["sts.amazonaws.com"]));
    assert!(is_of_one("\"sts.amazonaws.com iam.amazonaws.com\"", &["sts.amazonaws.com"]));
}
