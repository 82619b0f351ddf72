//! Functions, services and distributions that live in an account, with the tags that Windlass uses. The command line
//! reads them with a person's credentials. A part that these may not see is listed as unseen, and fails nothing.
//!
//! Five small reads, without a client of the services: Amazon ECS and the Resource Groups Tagging API by AWS's JSON
//! protocol, AWS Lambda and Amazon CloudFront by one signed request for each page. The clients of Lambda, ECS and
//! CloudFront would bring hundreds of operations into the command line for these. The tagging API alone lists only what
//! has or had a tag, which a newcomer's targets have not. The AWS Cloud Control API shows no origins of a distribution,
//! from which the bucket is known, and needs the rights of each service as well.

use crate::json_services::endpoint;
use crate::stacks::{text_of, texts};
use crate::{Aws, api, error, settings, web};
use aws_config::SdkConfig;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;
use windlass_domain::declaration::installation::INSTALLATION_TAG;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::partition::Partition;
use windlass_engine::ports::{JsonCall, JsonServices as _, Result};

/// The longest time that an answer may take.
const ANSWER: Duration = Duration::from_secs(15);

/// The largest answer, in bytes: a page of a hundred distributions.
const LARGEST_ANSWER: u64 = 8 * 1024 * 1024;

/// The most pages that are read of one list, and the most clusters.
const MOST: usize = 20;

/// An account, as far as it was seen.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct AccountResources {
    /// The region that was looked at.
    pub region: String,
    /// The names of functions, with their ARNs.
    pub functions: Vec<(String, String)>,
    /// The ARNs of services.
    pub services: Vec<String>,
    /// Distributions.
    pub distributions: Vec<AccountDistribution>,
    /// The tags of the resources that have the tag `windlass:app` or `windlass:installation`, by ARN.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Everything that was not looked at, and why.
    pub unseen: Vec<String>,
}

/// A distribution.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct AccountDistribution {
    /// Its ARN, which ends with its id.
    pub arn: String,
    /// Its host names.
    pub names: Vec<String>,
    /// Its comment.
    pub comment: String,
    /// The host names of its origins.
    pub origins: Vec<String>,
}

impl AccountDistribution {
    /// Returns the bucket of the first origin that is one of Amazon S3 (Amazon S3 User Guide, "Virtual hosting of
    /// general purpose buckets").
    pub fn bucket(&self) -> Option<&str> {
        let mut hosts = self.origins.iter();
        hosts.find_map(|host| Some(host.split_once(".s3")?.0))
    }
}

/// Looks at an account with a person's credentials; `region` is used where the environment names none.
///
/// # Errors
/// `BadInput` if no region is known or an endpoint is none, `AccessDenied` without credentials.
pub async fn account_resources(region: Option<&str>) -> Result<AccountResources> {
    let home = settings::sdk_config_of_a_person(region).await?;
    let region = api::region(&home)?;
    api::credentials(&home).await?;
    let aws = Aws::new(home.clone(), settings::Settings::default());
    let mut seen = AccountResources { region, ..AccountResources::default() };
    let mut unseen = Vec::new();
    keep(functions(&home, &seen.region).await, "functions", &mut seen.functions, &mut unseen);
    keep(services(&aws).await, "services", &mut seen.services, &mut unseen);
    keep(distributions(&home, &seen.region).await, "distributions", &mut seen.distributions, &mut unseen);
    keep(tags(&aws).await, "tags", &mut seen.tags, &mut unseen);
    let global = Partition::of(&seen.region).global;
    if seen.region != global && !seen.distributions.is_empty() {
        let there = home.to_builder().region(aws_config::Region::from_static(global));
        let there = Aws::new(there.build(), settings::Settings::default());
        let mut others = BTreeMap::new();
        keep(tags(&there).await, "tags of distributions", &mut others, &mut unseen);
        seen.tags.extend(others);
    }
    seen.unseen = unseen;
    Ok(seen)
}

fn keep<T>(read: Result<T>, what: &str, into: &mut T, unseen: &mut Vec<String>) {
    match read {
        Ok(read) => *into = read,
        Err(fault) => unseen.push(format!("{what}: {}", fault.message)),
    }
}

/// Lists functions with their ARNs (AWS Lambda API Reference, "ListFunctions").
async fn functions(home: &SdkConfig, region: &str) -> Result<Vec<(String, String)>> {
    let first = address(&endpoint(home, "lambda", region), "/2015-03-31/functions/")?;
    marked_pages(home, &first, ("lambda", region), |body| {
        let page: Value = serde_json::from_str(body)
            .map_err(|error| Fault::new(FaultName::Unavailable, format!("ListFunctions: no JSON: {error}")))?;
        let functions = page["Functions"].as_array().into_iter().flatten().filter_map(|it| {
            let text = |name: &str| it[name].as_str().map(str::to_owned);
            Some((text("FunctionName")?, text("FunctionArn")?))
        });
        let next = page["NextMarker"].as_str().filter(|next| !next.is_empty());
        Ok((functions.collect(), next.map(str::to_owned)))
    })
    .await
}

/// Reads a list whose pages name the marker of the next one. `read` takes a page apart.
async fn marked_pages<T>(
    home: &SdkConfig,
    first: &Url,
    signed_for: (&str, &str),
    read: impl Fn(&str) -> Result<(Vec<T>, Option<String>)>,
) -> Result<Vec<T>> {
    let (mut found, mut url) = (Vec::new(), first.clone());
    for _ in 0..MOST {
        let (page, next) = read(&get(home, &url, signed_for).await?)?;
        found.extend(page);
        let Some(marker) = next else { break };
        url.clone_from(first);
        url.query_pairs_mut().append_pair("Marker", &marker);
    }
    Ok(found)
}

/// Lists the ARNs of services (Amazon ECS API Reference, "ListClusters" and "ListServices").
async fn services(aws: &Aws) -> Result<Vec<String>> {
    let clusters = listed(aws, "AmazonEC2ContainerServiceV20141113.ListClusters", json!({}), "clusterArns").await?;
    let mut found = Vec::new();
    for cluster in clusters.iter().take(MOST) {
        let asked = json!({"cluster": cluster, "maxResults": 100});
        found.extend(listed(aws, "AmazonEC2ContainerServiceV20141113.ListServices", asked, "serviceArns").await?);
    }
    Ok(found)
}

async fn listed(aws: &Aws, target: &'static str, asked: Value, member: &str) -> Result<Vec<String>> {
    let pages = pages(aws, JsonCall { service: "ecs", target, body: asked }, "nextToken").await?;
    let listed = pages.iter().filter_map(|page| page[member].as_array()).flatten();
    Ok(listed.filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Makes a call for each page of a list. `token` is the member by which a page names the next one, and the call asks
/// for it.
async fn pages(aws: &Aws, mut call: JsonCall, token: &str) -> Result<Vec<Value>> {
    let mut pages = Vec::new();
    for _ in 0..MOST {
        let page = aws.json_call(call.clone()).await?;
        let next = page[token].clone();
        pages.push(page);
        if next.as_str().is_none_or(str::is_empty) {
            break;
        }
        call.body[token] = next;
    }
    Ok(pages)
}

impl Aws {
    /// Lists the ARNs of all that belongs to an installation of Windlass in the account and the region, with the name
    /// of the installation.
    ///
    /// # Errors
    /// If the resources' tags may not be read, or AWS does not answer.
    pub async fn of_installations(&self) -> Result<BTreeMap<String, String>> {
        let tagged = tagged(self, INSTALLATION_TAG).await?;
        let of = |(arn, mut tags): (_, BTreeMap<_, _>)| Some((arn, tags.remove(INSTALLATION_TAG)?));
        Ok(tagged.into_iter().filter_map(of).collect())
    }
}

/// Lists the tags of the resources that have the tag of an application or of an installation, by ARN.
async fn tags(aws: &Aws) -> Result<BTreeMap<String, BTreeMap<String, String>>> {
    let mut found = tagged(aws, "windlass:app").await?;
    found.extend(tagged(aws, INSTALLATION_TAG).await?);
    Ok(found)
}

/// Lists the tags of the resources that have a tag with this key, by ARN (Resource Groups Tagging API Reference,
/// "GetResources": several filters are met by what has all of these tags).
async fn tagged(aws: &Aws, key: &str) -> Result<BTreeMap<String, BTreeMap<String, String>>> {
    let target = "ResourceGroupsTaggingAPI_20170126.GetResources";
    let body = json!({"TagFilters": [{"Key": key}]});
    let pages = pages(aws, JsonCall { service: "tagging", target, body }, "PaginationToken").await?;
    let listed = pages.iter().filter_map(|page| page["ResourceTagMappingList"].as_array()).flatten();
    let tags = listed.map(|it| {
        let pairs = it["Tags"].as_array().into_iter().flatten();
        let pairs = pairs.filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned())));
        (it["ResourceARN"].as_str().unwrap_or_default().to_owned(), pairs.collect())
    });
    Ok(tags.collect())
}

/// Lists distributions (Amazon CloudFront API Reference, "ListDistributions").
async fn distributions(home: &SdkConfig, region: &str) -> Result<Vec<AccountDistribution>> {
    let host = home.endpoint_url().map_or_else(|| cloudfront(region), str::to_owned);
    let signed_for = ("cloudfront", Partition::of(region).global);
    marked_pages(home, &address(&host, "/2020-05-31/distribution")?, signed_for, |body| Ok(page(body))).await
}

/// Returns CloudFront's address in the partition of a region (AWS General Reference, "Amazon CloudFront endpoints and
/// quotas"; the endpoint rules of its SDKs). Only that of China has a region in it.
fn cloudfront(region: &str) -> String {
    let Partition { name, suffix, global } = Partition::of(region);
    let place = if name == "aws-cn" { format!("{global}.") } else { String::new() };
    format!("https://cloudfront.{place}{suffix}")
}

/// Reads the distributions of a page, and the marker of the next one. A distribution begins with its ARN, a member that
/// no other element has.
fn page(body: &str) -> (Vec<AccountDistribution>, Option<String>) {
    let (mut found, mut next): (Vec<AccountDistribution>, _) = (Vec::new(), None);
    for (tag, text) in texts(body) {
        if tag == b"ARN" {
            found.push(AccountDistribution { arn: text, ..AccountDistribution::default() });
            continue;
        }
        match (tag.as_slice(), found.last_mut()) {
            (b"NextMarker", _) if !text.is_empty() => next = Some(text),
            (b"DomainName", Some(of)) if of.names.is_empty() => of.names.push(text),
            (b"DomainName", Some(of)) => of.origins.push(text),
            (b"CNAME", Some(of)) => of.names.push(text),
            (b"Comment", Some(of)) if of.comment.is_empty() => of.comment = text,
            _ => {}
        }
    }
    (found, next)
}

pub(crate) fn address(host: &str, path: &str) -> Result<Url> {
    let address = format!("{}{path}", host.trim_end_matches('/'));
    Url::parse(&address).map_err(|error| Fault::new(FaultName::BadInput, format!("{address}: {error}")))
}

pub(crate) async fn get(home: &SdkConfig, url: &Url, signed_for: (&str, &str)) -> Result<String> {
    let credentials = api::credentials(home).await?;
    let request = api::signed("GET", url, String::new(), signed_for, credentials)?;
    let answer = web::answer(request, url, url.as_str(), (ANSWER, LARGEST_ANSWER)).await?;
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    if (200..300).contains(&answer.status) {
        return Ok(body);
    }
    let said = serde_json::from_str::<Value>(&body).unwrap_or_default();
    let said = said["Message"].as_str().or_else(|| said["message"].as_str()).map(str::to_owned);
    let said = said.or_else(|| text_of(&body, b"Message"));
    let (name, said) = (error::name_of(None, Some(answer.status)), said.unwrap_or_default());
    let fault = Fault::new(name, format!("AWS answered {}: {said}", answer.status));
    Err(fault.with_fact(error::fact_of(None, Some(&said))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_read_of_a_page_as_the_reference_shows_it() {
        let one = |id: &str, aliases: &str, origin: &str| {
            format!(
                "<DistributionSummary><Id>{id}</Id><ARN>arn:aws:cloudfront::1:distribution/{id}</ARN><Status>Deployed</Status>\
                 <DomainName>d{id}.cloudfront.net</DomainName><Aliases><Quantity>1</Quantity><Items>{aliases}</Items></Aliases>\
                 <Origins><Items><Origin><Id>api</Id><DomainName>api.example.com</DomainName></Origin><Origin><Id>s</Id>\
                 <DomainName>{origin}</DomainName></Origin></Items></Origins><Comment>The &amp; shop</Comment></DistributionSummary>"
            )
        };
        let body = format!(
            "<DistributionList><Marker></Marker><NextMarker>E9</NextMarker><IsTruncated>true</IsTruncated><Items>{}{}</Items></DistributionList>",
            one("E1", "<CNAME>shop.example.com</CNAME>", "shop-web.s3.eu-west-1.amazonaws.com"),
            one("E2", "", "internal.example.com"),
        );
        let (found, next) = page(&body);
        assert_eq!(next.as_deref(), Some("E9"));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].arn, "arn:aws:cloudfront::1:distribution/E1");
        assert_eq!(found[0].names, ["dE1.cloudfront.net", "shop.example.com"]);
        assert_eq!((found[0].bucket(), found[0].comment.as_str()), (Some("shop-web"), "The & shop"));
        assert_eq!(found[1].bucket(), None);
        assert_eq!(page("<a/>"), (Vec::new(), None));
    }

    #[test]
    fn cloudfront_is_asked_in_the_partition_of_the_region() {
        for (region, host) in [
            ("eu-west-1", "https://cloudfront.amazonaws.com"),
            ("cn-north-1", "https://cloudfront.cn-northwest-1.amazonaws.com.cn"),
            ("us-isob-east-1", "https://cloudfront.sc2s.sgov.gov"),
        ] {
            assert_eq!(cloudfront(region), host, "{region}");
        }
    }
}
