use crate::document::{AnswerBody, send_instead};
use crate::error::OrFault;
use crate::{Aws, limits, origin_path};
use aws_config::timeout::TimeoutConfig;
use aws_sdk_cloudfront::config::Builder;
use aws_sdk_cloudfront::types as cloudfront;
use std::collections::BTreeMap;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{
    Behaviour, CloudFrontApi, Distribution, DistributionPage, ErrorPage, ListedDistribution, Origin, Result,
};

impl CloudFrontApi for Aws {
    async fn distribution(&self, id: &str) -> Result<Distribution> {
        let answer =
            self.clients.cloudfront().get_distribution().id(id).send().await.or_fault("GetDistribution", id)?;
        let Some(distribution) = answer.distribution else {
            return Err(Fault::new(FaultName::Unavailable, format!("GetDistribution {id}: the answer is empty")));
        };
        Ok(Distribution {
            etag: answer.e_tag.unwrap_or_default(),
            deployed: distribution.status == "Deployed",
            domain: distribution.domain_name,
            arn: distribution.arn,
            ..distribution.distribution_config.map(configured).unwrap_or_default()
        })
    }

    async fn distributions(&self, after: Option<String>) -> Result<DistributionPage> {
        let sent = self.clients.cloudfront().list_distributions().set_marker(after).send().await;
        let answer = sent.or_fault("ListDistributions", "of the account")?;
        let Some(list) = answer.distribution_list else {
            return Err(Fault::new(FaultName::Unavailable, "ListDistributions: the answer is empty"));
        };
        let next = list.next_marker.filter(|marker| !marker.is_empty());
        if list.is_truncated && next.is_none() {
            return Err(Fault::new(
                FaultName::Unavailable,
                "ListDistributions: the answer does not say how it goes on",
            ));
        }
        let distributions = list.items.unwrap_or_default().into_iter().map(listed_of).collect();
        Ok(DistributionPage { distributions, next })
    }

    /// Reads the configuration as the XML that CloudFront wrote, replaces one text in it, and sends that XML back. So
    /// members that this build's SDK does not know stay. The SDK's own types go along only to make a request that it
    /// accepts; none of their bytes are sent. The read gets little time, because the change is recorded as open by
    /// then.
    async fn set_origin_path(&self, id: &str, etag: &str, origin: &str, path: &str) -> Result<()> {
        let answer = AnswerBody::default();
        let request = self.clients.cloudfront().get_distribution_config().id(id);
        let sent =
            request.customize().interceptor(answer.clone()).config_override(at_most(limits::look())).send().await;
        let current = sent.or_fault("GetDistributionConfig", id)?;
        if current.e_tag.as_deref() != Some(etag) {
            return Err(Fault::new(
                FaultName::Conflict,
                format!("the distribution {id} was changed by someone else: its ETag is not {etag} any more"),
            ));
        }
        let body = origin_path::replace(&answer.text()?, origin, path).map_err(|why| {
            Fault::new(
                FaultName::Refused,
                format!("the configuration of the distribution {id} cannot be changed: {why}"),
            )
        })?;
        let request = self.clients.cloudfront().update_distribution().id(id).if_match(etag);
        let sent = request
            .set_distribution_config(current.distribution_config)
            .customize()
            .mutate_request(move |request| send_instead(request, &body))
            .config_override(at_most(limits::switching()))
            .send()
            .await;
        sent.or_fault("UpdateDistribution", id).map(drop)
    }

    async fn invalidate(&self, id: &str, reference: &str, paths: &[String]) -> Result<String> {
        let batch = cloudfront::Paths::builder()
            .quantity(i32::try_from(paths.len()).unwrap_or(i32::MAX))
            .set_items(Some(paths.to_vec()))
            .build()
            .and_then(|paths| cloudfront::InvalidationBatch::builder().paths(paths).caller_reference(reference).build())
            .map_err(|error| Fault::internal(error.to_string()))?;
        let request = self.clients.cloudfront().create_invalidation();
        let sent = request.distribution_id(id).invalidation_batch(batch).send().await;
        let answer = sent.or_fault("CreateInvalidation", id)?;
        answer.invalidation.map(|made| made.id).ok_or_else(|| {
            Fault::new(FaultName::Unavailable, format!("CreateInvalidation {id}: the answer names no invalidation"))
        })
    }

    async fn invalidated(&self, id: &str, invalidation: &str) -> Result<bool> {
        let sent = self.clients.cloudfront().get_invalidation().distribution_id(id).id(invalidation).send().await;
        let answer = sent.or_fault("GetInvalidation", &format!("{id} {invalidation}"))?;
        Ok(answer.invalidation.is_some_and(|found| found.status == "Completed"))
    }

    async fn distribution_tags(&self, arn: &str) -> Result<BTreeMap<String, String>> {
        let sent = self.clients.cloudfront().list_tags_for_resource().resource(arn).send().await;
        let tags = sent.or_fault("ListTagsForResource", arn)?.tags;
        let tags = tags.and_then(|tags| tags.items).unwrap_or_default();
        let tag = |tag: cloudfront::Tag| (tag.key, tag.value.unwrap_or_default());
        Ok(tags.into_iter().map(tag).collect())
    }
}

/// Returns a configuration by which a call is sent once: see [`limits::one_attempt`].
fn at_most(limit: TimeoutConfig) -> Builder {
    Builder::new().retry_config(limits::one_attempt()).timeout_config(limit)
}

/// Returns what the configuration says of a distribution.
fn configured(config: cloudfront::DistributionConfig) -> Distribution {
    let behaviours = config.cache_behaviors.and_then(|list| list.items).unwrap_or_default();
    let first = config.default_cache_behavior;
    let lambdas = behaviours.iter().map(|it| &it.lambda_function_associations);
    let lambdas = lambdas.chain(first.as_ref().map(|it| &it.lambda_function_associations));
    let edge_functions = lambdas.flatten().any(|lambdas| lambdas.quantity > 0);
    let rewrites = first.as_ref().is_some_and(|it| {
        events(it.function_associations.as_ref(), it.lambda_function_associations.as_ref()).iter().any(is_of_requests)
    });
    let first = first.map(default_behaviour_of);
    let origins = config.origins.map_or_else(Vec::new, |list| list.items);
    let groups = config.origin_groups.and_then(|list| list.items).unwrap_or_default();
    let errors = config.custom_error_responses.and_then(|list| list.items).unwrap_or_default();
    Distribution {
        disabled: !config.enabled,
        root: config.default_root_object.unwrap_or_default(),
        rewrites,
        behaviours: behaviours.into_iter().map(behaviour_of).chain(first).collect(),
        edge_functions,
        web_acl: config.web_acl_id.filter(|id| !id.is_empty()),
        origins: origins.into_iter().map(origin_of).collect(),
        groups: groups.into_iter().map(members_of).collect(),
        error_pages: errors.into_iter().map(error_page_of).collect(),
        ..Distribution::default()
    }
}

fn behaviour_of(behaviour: cloudfront::CacheBehavior) -> Behaviour {
    let lambdas = behaviour.lambda_function_associations.as_ref();
    Behaviour {
        has_function: !events(behaviour.function_associations.as_ref(), lambdas).is_empty(),
        paths: behaviour.path_pattern,
        origin: behaviour.target_origin_id,
    }
}

fn default_behaviour_of(behaviour: cloudfront::DefaultCacheBehavior) -> Behaviour {
    let lambdas = behaviour.lambda_function_associations.as_ref();
    Behaviour {
        has_function: !events(behaviour.function_associations.as_ref(), lambdas).is_empty(),
        paths: "*".to_owned(),
        origin: behaviour.target_origin_id,
    }
}

/// Returns the events at which functions of CloudFront and of Lambda@Edge are associated with a behaviour.
fn events(
    functions: Option<&cloudfront::FunctionAssociations>,
    lambdas: Option<&cloudfront::LambdaFunctionAssociations>,
) -> Vec<cloudfront::EventType> {
    let functions = functions.and_then(|it| it.items.as_ref()).into_iter().flatten();
    let lambdas = lambdas.and_then(|it| it.items.as_ref()).into_iter().flatten();
    functions.map(|it| it.event_type.clone()).chain(lambdas.map(|it| it.event_type.clone())).collect()
}

/// Returns whether a function at this event sees the requests of viewers, or of edges.
fn is_of_requests(event: &cloudfront::EventType) -> bool {
    matches!(event, cloudfront::EventType::ViewerRequest | cloudfront::EventType::OriginRequest)
}

fn listed_of(summary: cloudfront::DistributionSummary) -> ListedDistribution {
    let origins = summary.origins.map_or_else(Vec::new, |list| list.items);
    ListedDistribution {
        id: summary.id,
        enabled: summary.enabled,
        origins: origins.into_iter().map(origin_of).collect(),
    }
}

fn origin_of(origin: cloudfront::Origin) -> Origin {
    Origin { id: origin.id, domain: origin.domain_name, path: origin.origin_path.unwrap_or_default() }
}

fn members_of(group: cloudfront::OriginGroup) -> Vec<String> {
    let members = group.members.map_or_else(Vec::new, |list| list.items);
    members.into_iter().map(|member| member.origin_id).collect()
}

fn error_page_of(page: cloudfront::CustomErrorResponse) -> ErrorPage {
    ErrorPage {
        status: u16::try_from(page.error_code).unwrap_or(0),
        answered: page.response_code.and_then(|code| code.parse().ok()),
        path: page.response_page_path.filter(|path| !path.is_empty()),
    }
}
