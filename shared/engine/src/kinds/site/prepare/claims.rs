//! What a site's identity is: its folder of a bucket, and what its releases switch. Pure.

use crate::kinds::site::prepare::target::is_of_bucket;
use crate::kinds::site::state::State;
use crate::kinds::site::target::folder_of;
use crate::ports::Distribution;
use windlass_domain::declaration::resolved::{SiteMode, StaticSite};
use windlass_domain::tenancy::Claim;

/// A folder per release goes live by the path of `origin`. In place nobody may switch an origin that serves the site:
/// the declared one, or each that is the bucket.
pub(in crate::kinds::site) fn of(
    site: &StaticSite,
    distribution: Option<&Distribution>,
    origin: Option<&str>,
) -> Vec<Claim> {
    let mut claims = vec![Claim::folder(bucket(site), &site.prefix)];
    let Some(distribution) = distribution else {
        return claims;
    };
    let claim = |origin: &str| Claim::whole(format!("{}#{origin}", distribution.arn));
    match (site.mode, &site.origin) {
        (SiteMode::Prefix, _) => claims.extend(origin.map(claim)),
        (SiteMode::InPlace, Some(declared)) => claims.push(claim(declared).shared()),
        (SiteMode::InPlace, None) => {
            let all = distribution.origins.iter();
            let ours = all.filter(|it| is_of_bucket(&it.domain, &site.bucket));
            claims.extend(ours.map(|it| claim(&it.id).shared()));
        }
    }
    claims
}

/// What visitors get after a rollback to what was found, which may be elsewhere in the bucket: Windlass writes nothing
/// there, and nobody else may.
pub(in crate::kinds::site) fn back(site: &StaticSite, state: &State) -> Option<Claim> {
    let State::Prefix(state) = state else {
        return None;
    };
    let folder = folder_of(&state.origin_path);
    let is_elsewhere = !folder.starts_with(&site.prefix);
    is_elsewhere.then(|| Claim::folder(bucket(site), folder).shared())
}

fn bucket(site: &StaticSite) -> String {
    format!("s3://{}/", site.bucket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::site::state::{InPlace, Prefix};
    use crate::ports::Origin;
    use serde_json::{from_value, json};

    fn site(mode: &str, origin: Option<&str>) -> StaticSite {
        from_value(json!({
            "bucket": "web", "prefix": "site/", "mode": mode, "origin": origin, "cache": [], "hashed": [],
        }))
        .unwrap()
    }

    fn in_words(claims: impl IntoIterator<Item = Claim>) -> String {
        let words = claims.into_iter().map(|claim| {
            let shared = if claim.shared { "*" } else { "" };
            format!("{shared}{claim}")
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_a_site_claims() {
        let origins = [("one", "web"), ("two", "web"), ("api", "other")];
        let origins = origins.map(|(id, bucket)| Origin {
            id: id.into(),
            domain: format!("{bucket}.s3.eu-west-1.amazonaws.com"),
            path: String::new(),
        });
        let distribution = Distribution {
            etag: String::new(),
            deployed: true,
            domain: String::new(),
            arn: "E1".into(),
            root: String::new(),
            rewrites: false,
            origins: origins.into(),
            error_pages: vec![],
        };
        let served = Some(&distribution);
        let table = [
            ("in_place", None, None, "s3://web/site/"),
            ("in_place", None, served, "s3://web/site/ *E1#one *E1#two"),
            ("in_place", Some("two"), served, "s3://web/site/ *E1#two"),
            ("prefix", Some("two"), served, "s3://web/site/ E1#two"),
            ("prefix", None, served, "s3://web/site/ E1#one"),
        ];
        for (mode, declared, distribution, expected) in table {
            let chosen = distribution.map(|_| declared.unwrap_or("one"));
            let claims = of(&site(mode, declared), distribution, chosen);
            assert_eq!(in_words(claims), expected, "{mode} {declared:?}");
        }
    }

    #[test]
    fn what_is_shown_after_a_rollback() {
        let table = [
            ("/site/0123", ""),
            ("/site", ""),
            ("/sites", "*s3://web/sites/"),
            ("/found/here", "*s3://web/found/here/"),
            ("", "*s3://web/"),
        ];
        for (origin_path, expected) in table {
            let state = State::Prefix(Prefix {
                origin_path: origin_path.into(),
                ..Prefix::default()
            });
            let claim = back(&site("prefix", None), &state);
            assert_eq!(in_words(claim), expected, "{origin_path}");
        }
        let in_place = State::InPlace(InPlace::default());
        assert_eq!(back(&site("in_place", None), &in_place), None);
    }
}
