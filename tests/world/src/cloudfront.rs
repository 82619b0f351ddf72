//! CloudFront in memory: configuration with ETag, edges that follow later, invalidations.

use crate::World;
use std::collections::BTreeMap;
use std::ops::Bound;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{
    Behaviour, CloudFrontApi, Distribution, DistributionPage, ErrorPage, ListedDistribution, Origin, Result,
};

/// The distributions.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The distributions by id.
    pub distributions: BTreeMap<String, Configured>,
    /// The most distributions in a page of a listing; 0 stands for 100, as CloudFront has it.
    pub page: usize,
    /// The invalidations, oldest first.
    pub invalidations: Vec<Invalidation>,
    /// True if CloudFront refuses invalidations (too many in progress).
    pub refuses_invalidations: bool,
    /// The duration of an invalidation, in milliseconds.
    pub invalidation_ms: u64,
}

/// A distribution.
#[derive(Debug, Clone, Default)]
pub struct Configured {
    /// The number of changes of its configuration; its ETag is made from it.
    pub changes: u64,
    /// Its domain.
    pub domain: String,
    /// True if it answers no requests.
    pub disabled: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its default root object.
    pub root: String,
    /// True if a function sees viewers' requests in its default behaviour.
    pub rewrites: bool,
    /// Its cache behaviours. Without one its default behaviour sends everything to its first origin.
    pub behaviours: Vec<Behaviour>,
    /// True if functions of Lambda@Edge are associated with it.
    pub edge_functions: bool,
    /// The ARN of its web ACL, where it has one.
    pub web_acl: Option<String>,
    /// The ids of the origins of each of its origin groups.
    pub groups: Vec<Vec<String>>,
    /// Its origins as configured. The first serves everything.
    pub origins: Vec<Origin>,
    /// Its custom error responses.
    pub error_pages: Vec<ErrorPage>,
    /// The origin path that the edges still use until `deployed_at`.
    pub edge_path: String,
    /// The time from which all edges have the configuration.
    pub deployed_at: Option<Time>,
    /// The time that edges take to follow, in milliseconds.
    pub deploy_ms: u64,
}

/// An invalidation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalidation {
    /// Its id.
    pub id: String,
    /// The distribution.
    pub distribution: String,
    /// The caller's reference.
    pub reference: String,
    /// The paths.
    pub paths: Vec<String>,
    /// The time at which it was made.
    pub made: Time,
    /// True if all edges had the configuration when it was made.
    pub after_deployed: bool,
}

impl Configured {
    /// Returns whether all edges have the configuration.
    pub fn deployed(&self, now: Time) -> bool {
        self.deployed_at.is_none_or(|at| at <= now)
    }

    /// Returns the origin path that visitors get.
    pub fn served_path(&self, now: Time) -> &str {
        if self.deployed(now) {
            self.origins.first().map_or("", |origin| origin.path.as_str())
        } else {
            &self.edge_path
        }
    }

    /// Returns its cache behaviours, of which a distribution always has one.
    fn behaviours(&self) -> Vec<Behaviour> {
        if !self.behaviours.is_empty() {
            return self.behaviours.clone();
        }
        let origin = self.origins.first().map(|origin| origin.id.clone()).unwrap_or_default();
        vec![Behaviour { paths: "*".to_owned(), origin, has_function: self.rewrites }]
    }

    fn etag(&self) -> String {
        format!("E{:013}", self.changes)
    }
}

impl State {
    /// Makes a distribution in front of a bucket, with the domain `<id>.cloudfront.net`.
    pub fn distribution(&mut self, id: &str, bucket: &str) -> &mut Configured {
        let origin = Origin {
            id: bucket.to_owned(),
            domain: format!("{bucket}.s3.eu-west-1.amazonaws.com"),
            path: String::new(),
        };
        let configured = Configured {
            domain: format!("{}.cloudfront.net", id.to_lowercase()),
            root: "index.html".to_owned(),
            origins: vec![origin],
            ..Configured::default()
        };
        self.distributions.entry(id.to_owned()).or_insert(configured)
    }

    fn known(&mut self, id: &str) -> Result<&mut Configured> {
        self.distributions.get_mut(id).ok_or_else(|| {
            let text = format!("CloudFront 404 NoSuchDistribution: {id}");
            Fault::new(FaultName::NotFound, text)
        })
    }
}

fn arn_of(id: &str) -> String {
    format!("arn:aws:cloudfront::111111111111:distribution/{id}")
}

/// The effects, without the hook for mishaps.
impl World {
    fn cdn_distribution(&self, id: &str) -> Result<Distribution> {
        let now = self.true_time();
        let mut cdn = self.cloudfront();
        let known = cdn.known(id)?;
        Ok(Distribution {
            etag: known.etag(),
            deployed: known.deployed(now),
            disabled: known.disabled,
            domain: known.domain.clone(),
            arn: arn_of(id),
            root: known.root.clone(),
            rewrites: known.rewrites,
            behaviours: known.behaviours(),
            edge_functions: known.edge_functions,
            web_acl: known.web_acl.clone(),
            groups: known.groups.clone(),
            origins: known.origins.clone(),
            error_pages: known.error_pages.clone(),
        })
    }

    fn cdn_distributions(&self, after: Option<&str>) -> DistributionPage {
        let cdn = self.cloudfront();
        let most = if cdn.page == 0 { 100 } else { cdn.page };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let known = cdn.distributions.range::<str, _>((from, Bound::Unbounded)).take(most + 1);
        let listed = |(id, it): (&String, &Configured)| ListedDistribution {
            id: id.clone(),
            enabled: !it.disabled,
            origins: it.origins.clone(),
        };
        let mut distributions: Vec<ListedDistribution> = known.map(listed).collect();
        let goes_on = distributions.len() > most;
        distributions.truncate(most);
        let last = distributions.last().filter(|_| goes_on);
        DistributionPage { next: last.map(|last| last.id.clone()), distributions }
    }

    fn cdn_set_origin_path(&self, id: &str, etag: &str, origin: &str, path: &str) -> Result<()> {
        let now = self.true_time();
        let mut cdn = self.cloudfront();
        let known = cdn.known(id)?;
        if known.etag() != etag {
            let text = format!("CloudFront 412 PreconditionFailed: {id} has not the ETag {etag}");
            return Err(Fault::new(FaultName::Conflict, text));
        }
        known.edge_path = known.served_path(now).to_owned();
        let found = known.origins.iter_mut().find(|found| found.id == origin);
        let Some(found) = found else {
            let text = format!("CloudFront 400 NoSuchOrigin: {origin}");
            return Err(Fault::new(FaultName::Refused, text));
        };
        path.clone_into(&mut found.path);
        known.changes += 1;
        known.deployed_at = Some(now.plus_ms(known.deploy_ms));
        Ok(())
    }

    fn cdn_invalidate(&self, id: &str, reference: &str, paths: &[String]) -> Result<String> {
        let now = self.true_time();
        let mut cdn = self.cloudfront();
        if cdn.refuses_invalidations {
            let text = "CloudFront 400 TooManyInvalidationsInProgress";
            return Err(Fault::new(FaultName::Refused, text));
        }
        let after_deployed = cdn.known(id)?.deployed(now);
        let same = cdn.invalidations.iter().find(|made| made.distribution == id && made.reference == reference);
        match same {
            Some(made) if made.paths == paths => Ok(made.id.clone()),
            Some(_) => Err(Fault::new(FaultName::Refused, "CloudFront 400 InvalidationBatchAlreadyExists")),
            None => {
                let invalidation = Invalidation {
                    id: format!("I{:013}", cdn.invalidations.len() + 1),
                    distribution: id.to_owned(),
                    reference: reference.to_owned(),
                    paths: paths.to_vec(),
                    made: now,
                    after_deployed,
                };
                let made = invalidation.id.clone();
                cdn.invalidations.push(invalidation);
                Ok(made)
            }
        }
    }

    fn cdn_invalidated(&self, id: &str, invalidation: &str) -> Result<bool> {
        let now = self.true_time();
        let cdn = self.cloudfront();
        let found = cdn.invalidations.iter().find(|made| made.distribution == id && made.id == invalidation);
        match found {
            Some(made) => Ok(made.made.plus_ms(cdn.invalidation_ms) <= now),
            None => Err(Fault::new(FaultName::NotFound, "CloudFront 404 NoSuchInvalidation")),
        }
    }

    fn cdn_distribution_tags(&self, arn: &str) -> Result<BTreeMap<String, String>> {
        let id = arn.rsplit('/').next().unwrap_or_default();
        Ok(self.cloudfront().known(id)?.tags.clone())
    }
}

impl CloudFrontApi for World {
    async fn distribution(&self, id: &str) -> Result<Distribution> {
        let call = self.call("cloudfront.distribution").await?;
        let answer = call.seen().cdn_distribution(id)?;
        call.answer(answer).await
    }

    async fn distributions(&self, after: Option<String>) -> Result<DistributionPage> {
        let call = self.call("cloudfront.distributions").await?;
        let answer = call.seen().cdn_distributions(after.as_deref());
        call.answer(answer).await
    }

    async fn set_origin_path(&self, id: &str, etag: &str, origin: &str, path: &str) -> Result<()> {
        let call = self.call("cloudfront.set_origin_path").await?;
        self.cdn_set_origin_path(id, etag, origin, path)?;
        call.answer(()).await
    }

    async fn invalidate(&self, id: &str, reference: &str, paths: &[String]) -> Result<String> {
        let call = self.call("cloudfront.invalidate").await?;
        let answer = self.cdn_invalidate(id, reference, paths)?;
        call.answer(answer).await
    }

    async fn invalidated(&self, id: &str, invalidation: &str) -> Result<bool> {
        let call = self.call("cloudfront.invalidated").await?;
        let answer = call.seen().cdn_invalidated(id, invalidation)?;
        call.answer(answer).await
    }

    async fn distribution_tags(&self, arn: &str) -> Result<BTreeMap<String, String>> {
        let call = self.call("cloudfront.distribution_tags").await?;
        let answer = self.cdn_distribution_tags(arn)?;
        call.answer(answer).await
    }
}
