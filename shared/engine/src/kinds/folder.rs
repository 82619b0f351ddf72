use serde::{Deserialize, Serialize};

/// Where a site is: the folder of its bucket, and what serves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// The bucket.
    pub bucket: String,
    /// The folder within the bucket, without leading slash, empty or ending in a slash.
    pub prefix: String,
    /// The ARN of the distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// The id of its origin; absent where any may be meant that is the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Whether releases of the site switch the path of that origin.
    pub switches: bool,
}

/// How a site would change what another one's visitors get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// One folder is the other, or in it.
    Folder,
    /// Both are served by an origin whose path one of them switches.
    Origin,
}

impl Folder {
    /// Its address, such as `s3://shop-web/docs/`.
    pub fn address(&self) -> String {
        address(&self.bucket, &self.prefix)
    }

    /// The site as a target: one text per resource that must not be shared.
    pub fn identity(&self) -> String {
        if !self.switches {
            return self.address();
        }
        let (arn, origin) = (self.distribution.as_deref(), self.origin.as_deref());
        format!("{}#{}", arn.unwrap_or_default(), origin.unwrap_or_default())
    }

    /// Pure: whether it is another one, or in it.
    pub fn is_in(&self, other: &Self) -> bool {
        self.bucket == other.bucket && self.prefix.starts_with(&other.prefix)
    }

    /// The addresses of all folders that it is in, and its own.
    pub fn within(&self) -> impl Iterator<Item = String> {
        let ends = self.prefix.match_indices('/').map(|(at, _)| at + 1);
        std::iter::once(0)
            .chain(ends)
            .map(|end| address(&self.bucket, &self.prefix[..end]))
    }

    /// Pure: whether two sites cannot be of two environments.
    pub fn clash(&self, other: &Self) -> Option<Clash> {
        if self.is_in(other) || other.is_in(self) {
            return Some(Clash::Folder);
        }
        self.clash_of_origins(other)
    }

    /// Pure: whether one switches the path of an origin that serves the other, wherever their folders are.
    pub fn clash_of_origins(&self, other: &Self) -> Option<Clash> {
        if self.bucket != other.bucket {
            return None;
        }
        let is_served = self.distribution.is_some() && self.distribution == other.distribution;
        let may_be_same = match (&self.origin, &other.origin) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        let switched = self.switches || other.switches;
        (is_served && may_be_same && switched).then_some(Clash::Origin)
    }
}

fn address(bucket: &str, prefix: &str) -> String {
    format!("s3://{bucket}/{prefix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `bucket/prefix distribution origin switches`, the last ones absent from the right.
    fn folder(text: &str) -> Folder {
        let mut words = text.split_whitespace();
        let (bucket, prefix) = words.next().unwrap().split_once('/').unwrap();
        let mut word = || words.next().filter(|word| *word != "-").map(str::to_owned);
        Folder {
            bucket: bucket.into(),
            prefix: prefix.into(),
            distribution: word(),
            origin: word(),
            switches: word().is_some(),
        }
    }

    #[test]
    fn which_sites_clash() {
        let table = [
            ("web/", "web/", Some(Clash::Folder)),
            ("web/", "web/docs/", Some(Clash::Folder)),
            ("web/a/", "web/a/b/c/", Some(Clash::Folder)),
            ("web/ E1 web switches", "web/docs/", Some(Clash::Folder)),
            ("web/a/", "web/ab/", None),
            ("web/a/b/", "web/b/", None),
            ("web/", "web-dev/", None),
            // What one serves and nobody switches may serve many.
            ("web/a/ E1 web", "web/b/ E1 web", None),
            (
                "web/a/ E1 web",
                "web/b/ E1 web switches",
                Some(Clash::Origin),
            ),
            (
                "web/a/ E1 web switches",
                "web/b/ E1 web switches",
                Some(Clash::Origin),
            ),
            ("web/a/ E1 one", "web/b/ E1 two switches", None),
            ("web/a/ E1 -", "web/b/ E1 two switches", Some(Clash::Origin)),
            ("web/a/ E1 web", "web/b/ E2 web switches", None),
            ("web/a/", "web/b/ E2 web switches", None),
            // An origin is of one bucket.
            ("web/ E1 -", "web-dev/ E1 dev switches", None),
        ];
        for (one, other, clash) in table {
            let (a, b) = (folder(one), folder(other));
            assert_eq!(a.clash(&b), clash, "{one} and {other}");
            assert_eq!(b.clash(&a), clash, "{other} and {one}");
        }
    }

    #[test]
    fn a_folder_is_within_those_above_it_and_itself() {
        let within = |text: &str| folder(text).within().collect::<Vec<_>>();
        assert_eq!(within("web/"), ["s3://web/"]);
        let all = ["s3://web/", "s3://web/a/", "s3://web/a/b.c/"];
        assert_eq!(within("web/a/b.c/"), all);
    }
}
