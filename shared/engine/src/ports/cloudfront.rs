use super::Result;
use std::collections::BTreeMap;

/// A distribution, as CloudFront describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    /// The ETag of its configuration.
    pub etag: String,
    /// True if all edges have the configuration (`Status` is `Deployed`).
    pub deployed: bool,
    /// True if it answers no requests.
    pub disabled: bool,
    /// Its domain, such as `d111111abcdef8.cloudfront.net`.
    pub domain: String,
    /// Its ARN.
    pub arn: String,
    /// The document that it answers for `/` (its default root object), or empty.
    pub root: String,
    /// True if a function sees viewers' requests in its default behaviour and may rewrite them.
    pub rewrites: bool,
    /// Its cache behaviours: the first one that takes a path answers it, and the last one takes all.
    pub behaviours: Vec<Behaviour>,
    /// True if functions of Lambda@Edge are associated with one of its behaviours.
    pub edge_functions: bool,
    /// The ARN of its web ACL of AWS WAF, or the id of one of AWS WAF Classic, if it has one.
    pub web_acl: Option<String>,
    /// Its origins.
    pub origins: Vec<Origin>,
    /// The ids of the origins in each of its origin groups: the first one is asked first.
    pub groups: Vec<Vec<String>>,
    /// Its custom error responses: HTTP status to (answered status, path).
    pub error_pages: Vec<ErrorPage>,
}

/// A cache behaviour of a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// The pattern of the paths that it takes, such as `/api/*`.
    pub paths: String,
    /// The id of the origin, or of the origin group, that answers them.
    pub origin: String,
    /// True if a function of CloudFront or of Lambda@Edge is associated with it, at whatever event: it may rewrite
    /// requests, or answer them.
    pub has_function: bool,
}

impl Behaviour {
    /// Returns whether it takes a path. `*` stands for any letters, also for `/`, and `?` for one; a slash in front says
    /// nothing (Amazon CloudFront Developer Guide, "Path pattern").
    pub fn takes(&self, path: &str) -> bool {
        is_like(self.paths.trim_start_matches('/').as_bytes(), path.trim_start_matches('/').as_bytes())
    }
}

/// Returns whether a text is like a pattern. Only the last `*` that was met is ever given more letters, so that the time
/// grows with the product of both lengths at most.
fn is_like(mut pattern: &[u8], mut text: &[u8]) -> bool {
    // The pattern behind the last `*`, and the text that this `*` has not taken.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => return true,
            (Some((b'*', behind)), _) => {
                star = Some((behind, text));
                pattern = behind;
            }
            (Some((one, behind)), Some((first, others))) if *one == b'?' || one == first => {
                (pattern, text) = (behind, others);
            }
            _ => {
                let untaken = star.and_then(|(behind, untaken)| Some((behind, untaken.split_first()?.1)));
                let Some((behind, untaken)) = untaken else { return false };
                star = Some((behind, untaken));
                (pattern, text) = (behind, untaken);
            }
        }
    }
}

/// An origin of a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its id.
    pub id: String,
    /// Its domain.
    pub domain: String,
    /// Its path, empty or with a leading and no trailing slash.
    pub path: String,
}

impl Origin {
    /// Returns whether the origin is the website of a bucket, which knows index documents (Amazon S3 User Guide,
    /// "Website endpoints").
    pub fn is_website(&self) -> bool {
        self.domain.contains(".s3-website")
    }
}

/// A distribution, as a listing of the account has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDistribution {
    /// Its id.
    pub id: String,
    /// True if it answers requests.
    pub enabled: bool,
    /// Its origins.
    pub origins: Vec<Origin>,
}

/// A page of the account's distributions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionPage {
    /// The distributions, also those that are disabled.
    pub distributions: Vec<ListedDistribution>,
    /// The marker of the next page, if there is one.
    pub next: Option<String>,
}

/// A custom error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPage {
    /// The origin's status.
    pub status: u16,
    /// The status that visitors get.
    pub answered: Option<u16>,
    /// The document that visitors get.
    pub path: Option<String>,
}

/// Amazon CloudFront.
pub trait CloudFrontApi {
    /// Reads a distribution; `NotFound` if there is none.
    async fn distribution(&self, id: &str) -> Result<Distribution>;

    /// Lists a page of the account's distributions, the first one without a marker.
    async fn distributions(&self, after: Option<String>) -> Result<DistributionPage>;

    /// Sets one origin's path and nothing else: every other field of the configuration stays as it is, also fields that
    /// the SDK does not know. `Conflict` if `etag` is not the present one.
    async fn set_origin_path(&self, id: &str, etag: &str, origin: &str, path: &str) -> Result<()>;

    /// Starts an invalidation and returns its id. The same reference with the same paths gives the same invalidation.
    async fn invalidate(&self, id: &str, reference: &str, paths: &[String]) -> Result<String>;

    /// Returns whether an invalidation is completed.
    async fn invalidated(&self, id: &str, invalidation: &str) -> Result<bool>;

    /// Reads the tags of a distribution by its ARN.
    async fn distribution_tags(&self, arn: &str) -> Result<BTreeMap<String, String>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_paths_a_behaviour_takes() {
        let many = format!("{}*b", "*a".repeat(30));
        let long = "a".repeat(10_000);
        let ends = format!("{long}b");
        let table = [
            ("*", "", true),
            ("*", "/a/b", true),
            ("/api/*", "/api/", true),
            ("api/*", "/api/v1/a", true),
            ("/api/*", "/api", false),
            ("*.js", "/a/b.js", true),
            ("*.js", "/a/b.js.map", false),
            ("*.js", "/a.js/b.js", true),
            ("/v?/*", "/v1/a", true),
            ("/v?/*", "/v12/a", false),
            ("/a?", "/a", false),
            ("/a", "/ab", false),
            ("*a*a*a*b", "/aXaXaXb", true),
            ("*a*a*a*b", "/aXaXb", false),
            // A match that tries every way does not end here.
            (many.as_str(), long.as_str(), false),
            (many.as_str(), ends.as_str(), true),
        ];
        for (paths, path, takes) in table {
            let behaviour = Behaviour { paths: paths.to_owned(), origin: "site".to_owned(), has_function: false };
            assert_eq!(behaviour.takes(path), takes, "{paths} {path}");
        }
    }
}
