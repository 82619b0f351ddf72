//! The forms that AWS gives to names, checked before anything is asked of AWS.

/// A form of texts: a check, and a description for a person.
pub(crate) struct TextForm {
    pub(crate) accepts: fn(&str) -> bool,
    pub(crate) words: &'static str,
}

fn within(text: &str, shortest: usize, longest: usize, also: &str) -> bool {
    (shortest..=longest).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
}

/// Amazon S3 User Guide, "General purpose bucket naming rules".
pub(crate) const BUCKET: TextForm = TextForm {
    accepts: |text| {
        within(text, 3, 63, ".-")
            && text == text.to_ascii_lowercase()
            && !text.starts_with(['.', '-'])
            && !text.ends_with(['.', '-'])
            && !text.contains("..")
    },
    words: "a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens",
};

/// A folder in a bucket.
pub(crate) const PREFIX: TextForm = TextForm {
    accepts: |text| {
        text.len() <= 512
            && !text.starts_with('/')
            && !text.contains('\\')
            && !text.contains(|c: char| c.is_control())
            && text.trim_end_matches('/').split('/').all(|part| part != ".." && part != ".")
            && !text.contains("//")
    },
    words: "a folder such as `site/`, without a leading slash and without `..`",
};

/// A file within a site.
pub(crate) const FILE: TextForm = TextForm {
    accepts: |text| !text.is_empty() && !text.ends_with('/') && (PREFIX.accepts)(text),
    words: "a file's path such as `config.json`, without a leading slash and without `..`",
};

/// The id of a CloudFront distribution.
pub(crate) const DISTRIBUTION: TextForm = TextForm {
    accepts: |text| within(text, 1, 32, "") && text == text.to_ascii_uppercase(),
    words: "a distribution's id such as `E2QWRUHAPOMQZL`",
};

/// The id of an origin of a distribution.
pub(crate) const ORIGIN: TextForm = TextForm {
    accepts: |text| (1..=128).contains(&text.len()) && !text.contains(char::is_control),
    words: "the id of an origin of the distribution",
};

/// AWS Lambda API Reference, CreateFunction, `FunctionName`.
pub(crate) const FUNCTION: TextForm = TextForm {
    accepts: |text| within(text, 1, 64, "-_"),
    words: "a function's name of up to 64 letters, digits, hyphens and underscores",
};

/// AWS Lambda API Reference, CreateAlias, `Name`: not digits alone, which would be a version.
pub(crate) const ALIAS: TextForm = TextForm {
    accepts: |text| within(text, 1, 128, "-_") && !text.bytes().all(|b| b.is_ascii_digit()),
    words: "an alias of letters, digits, hyphens and underscores, not digits alone",
};

/// Amazon ECS API Reference: names of clusters, services and containers.
pub(crate) const ECS: TextForm = TextForm {
    accepts: |text| within(text, 1, 255, "-_"),
    words: "a name of up to 255 letters, digits, hyphens and underscores",
};

/// Amazon ECR API Reference, CreateRepository, `repositoryName`; or the URI that holds it.
pub(crate) const REPOSITORY: TextForm = TextForm {
    accepts: |text| {
        let name = crate::release::artifact::repository_name(text);
        within(name, 2, 256, "-_./")
            && name == name.to_ascii_lowercase()
            && name.split('/').all(|part| {
                part.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && part.ends_with(|c: char| c.is_ascii_alphanumeric())
            })
    },
    words: "an ECR repository's name such as `shop/agent`, or its URI, without tag or digest",
};

/// The name of a CloudWatch alarm.
pub(crate) const ALARM: TextForm = TextForm {
    accepts: |text| {
        let is_arn = text.starts_with("arn:");
        (1..=255).contains(&text.len()) && !text.contains(char::is_control) && text.trim() == text && !is_arn
    },
    words: "an alarm's name of 1 to 255 characters, without blanks at its ends",
};

/// IAM User Guide, "IAM ARNs".
pub(crate) const ROLE: TextForm = TextForm {
    accepts: |text| {
        matches!(text.splitn(6, ':').collect::<Vec<_>>().as_slice(), ["arn", partition, "iam", "", account, resource]
            if partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && resource.strip_prefix("role/").is_some_and(|name| within(name, 1, 576, "/+=,.@_-")))
    },
    words: "a role's ARN such as `arn:aws:iam::222222222222:role/windlass-target`",
};

/// An AWS region's name.
pub(crate) const REGION: TextForm = TextForm {
    accepts: |text| {
        let parts: Vec<&str> = text.split('-').collect();
        let letters = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase());
        parts.len() >= 3
            && parts.iter().all(|part| !part.is_empty())
            && parts[..parts.len() - 1].iter().all(|part| letters(part))
            && parts[parts.len() - 1].bytes().all(|b| b.is_ascii_digit())
    },
    words: "a region's name such as `eu-west-1`",
};

/// The `Content-Type` of a hosted configuration (API Reference, CreateHostedConfigurationVersion) and of a file of a
/// site: a header has printable ASCII alone.
pub(crate) const MIME_TYPE: TextForm = TextForm {
    accepts: |text| {
        let is_sendable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        (1..=255).contains(&text.len()) && is_sendable && text.contains('/')
    },
    words: "a MIME type such as `application/json`",
};

/// The value of a header that can be sent as it is, and that a rule of a listener can be about (RFC 9110, section 5.5).
pub(crate) const HEADER: TextForm = TextForm {
    accepts: |text| {
        let is_plain = text.chars().all(|c| (' '..='~').contains(&c));
        is_plain && (1..=256).contains(&text.len()) && text.trim() == text
    },
    words: "the value of a header: 1 to 256 plain characters, without blanks at its ends",
};

/// Anything that is not empty.
pub(crate) const ANY: TextForm =
    TextForm { accepts: |text| !text.is_empty() && text.len() <= 1024, words: "a text of 1 to 1024 characters" };

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a text as long as it may be, and one that is one character longer.
    fn longest(text: &str, longest: usize) -> (String, String) {
        (text.repeat(longest), text.repeat(longest + 1))
    }

    fn check(form: &TextForm, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!((form.accepts)(text), "{text} is {}", form.words);
        }
        for text in bad {
            assert!(!(form.accepts)(text), "{text} is not {}", form.words);
        }
    }

    #[test]
    fn names_in_s3() {
        let (most, more) = longest("a", 63);
        check(
            &BUCKET,
            &["abc", "shop-web.prod-1", &most],
            &["", "ab", &more, "Shop-web", "shop_web", ".shop", "-shop", "shop.", "shop-", "sh..op"],
        );
        let (most, more) = longest("a", 512);
        check(
            &PREFIX,
            &["", "site", "site/", "a/b.c/d..e", &most],
            &[&more, "/site", "a\\b", "a\nb", "..", "a/../b", "a/./b", "a/..", "a//b", "a//"],
        );
        check(&FILE, &["config.json", "a/b.json"], &["", "a/", "../a", "/a"]);
    }

    #[test]
    fn names_in_cloudfront() {
        let (most, more) = longest("E", 32);
        check(
            &DISTRIBUTION,
            &["E2QWRUHAPOMQZL", "E", &most],
            &["", &more, "e2QW", "E2-Q", "arn:aws:cloudfront::1:distribution/E2"],
        );
        let (most, more) = longest("o", 128);
        check(&ORIGIN, &["my origin/1", &most], &["", &more, "a\tb"]);
    }

    #[test]
    fn names_in_lambda() {
        let (most, more) = longest("f", 64);
        check(
            &FUNCTION,
            &["f", "shop-api_prod", &most],
            &["", &more, "shop.api", "arn:aws:lambda:eu-west-1:1:function:f"],
        );
        let (most, more) = longest("a", 128);
        check(&ALIAS, &["live", "v7", "7-", &most], &["", "7", "42", &more, "li ve"]);
    }

    #[test]
    fn names_in_ecs_and_ecr() {
        let (most, more) = longest("s", 255);
        check(&ECS, &["agent", "Agent_1-b", &most], &["", &more, "a.b", "a/b"]);
        let (most, more) = longest("r", 256);
        check(
            &REPOSITORY,
            &["shop/agent", "a1", "a/b.c_d-e", "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent", &most],
            &["a", &more, "Shop/agent", "shop/agent:1", "shop//agent", "/agent", "agent/", "-a", "a-", "a/-b", "a/b-"],
        );
    }

    #[test]
    fn alarms_roles_and_regions() {
        let (most, more) = longest("a", 255);
        check(&ALARM, &["shop prod: 5xx", "arn", &most], &["", &more, "a\nb", "x ", "arn:aws:cloudwatch:a:1:alarm:x"]);
        check(
            &ROLE,
            &["arn:aws:iam::222222222222:role/windlass-target", "arn:aws-cn:iam::222222222222:role/path/to/role@b"],
            &[
                "",
                "arn:gcp:iam::222222222222:role/x",
                "arn:aws:iam::22222222222:role/x",
                "arn:aws:iam::22222222222x:role/x",
                "arn:aws:iam::222222222222:role/",
                "arn:aws:iam::222222222222:role/a b",
                "arn:aws:iam::222222222222:user/x",
                "arn:aws:iam:eu-west-1:222222222222:role/x",
                "arn:aws:sts::222222222222:role/x",
            ],
        );
        check(
            &REGION,
            &["eu-west-1", "us-gov-west-1", "ap-southeast-12"],
            &["", "eu", "eu-1", "eu-west-1a", "eu-west-", "-west-1", "eu--1", "Eu-west-1", "eu-w3st-1", "eu-west-x"],
        );
        let (most, more) = longest("x", 256);
        check(&HEADER, &["no-cache", "public, max-age=1", &most], &["", &more, " x", "x ", "a\nb", "a\tb", "é"]);
        let (most, more) = longest("x", 1024);
        check(&ANY, &["x", " ", &most], &["", &more]);
    }
}
