//! The resources of Terraform's code that are the targets of components. A resource is one by its name, and never
//! because there is no other: its changes would go to a target of somebody else. Pure.

use super::hcl::ResourceBlock;
use crate::init::application::{InitApplication, InitComponent, InitTarget};
use crate::init::environments::pattern;
use crate::init::pieces::PieceSort;
use crate::init::text::DeclaredText;

/// Whether a resource is a component's target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It has the target's name in all environments.
    Named,
    /// Its name is an expression that may become the target's, or the target's name in some environments.
    Perhaps,
    /// It is another one.
    Other,
}

/// The resources of all files, among which the targets of an application are looked for.
pub struct TargetResources<'a> {
    /// The application.
    pub application: &'a InitApplication,
    /// The resources.
    pub all: Vec<ResourceBlock<'a>>,
}

impl<'a> TargetResources<'a> {
    /// Returns the component whose target a resource is, and whether its name makes that sure. One whose name is an
    /// expression is taken only where nothing else may be that target.
    pub fn component(&self, found: &ResourceBlock<'_>) -> Option<(&'a InitComponent, bool)> {
        let all = &self.application.components;
        if let Some(named) = all.iter().find(|it| self.fit(found, it) == Fit::Named) {
            return Some((named, true));
        }
        let sort = found.sort;
        let same = || self.all.iter().filter(move |other| other.sort == sort);
        let is_open = |it: &&InitComponent| {
            let is_here = it.piece.sort != PieceSort::Sam && self.fit(found, it) == Fit::Perhaps;
            is_here && !same().any(|other| self.fit(other, it) == Fit::Named)
        };
        let mut open = all.iter().filter(is_open);
        let only = open.next().filter(|_| open.next().is_none() && is_one(found))?;
        let is_alone = same().filter(|other| self.fit(other, only) == Fit::Perhaps).count() == 1;
        is_alone.then_some((only, false))
    }

    fn fit(&self, found: &ResourceBlock<'_>, component: &InitComponent) -> Fit {
        if owner(found).is_some_and(|app| app != self.application.app) {
            return Fit::Other;
        }
        match (found.sort, &component.target) {
            ("aws_lambda_function", InitTarget::Function { function, .. }) => {
                name_fit(self.application, found.quoted("function_name"), function)
            }
            ("aws_ecs_service", InitTarget::Service { cluster, service, .. }) => {
                let fit = name_fit(self.application, found.quoted("name"), service);
                if self.cluster_fit(found, cluster) == Fit::Other { Fit::Other } else { fit }
            }
            ("aws_s3_bucket", InitTarget::Site { bucket, .. }) => {
                name_fit(self.application, found.quoted("bucket"), bucket)
            }
            ("aws_cloudfront_distribution", InitTarget::Site { bucket, distribution: Some(_), .. }) => {
                self.distribution_fit(found, component, bucket)
            }
            _ => Fit::Other,
        }
    }

    /// Returns whether a service is in a cluster, by the cluster's name or ARN, or the resource that makes it.
    fn cluster_fit(&self, service: &ResourceBlock<'_>, cluster: &DeclaredText) -> Fit {
        let written = service.attribute("cluster").unwrap_or_default();
        let made = self.all.iter().find(|it| it.sort == "aws_ecs_cluster" && refers(written, it));
        let named = made.map_or_else(|| service.quoted("cluster"), |made| made.quoted("name"));
        // Of an ARN the name is the last part.
        let last = |it: &'_ str| it.rfind(":cluster/").map_or(0, |at| at + ":cluster/".len());
        name_fit(self.application, named.and_then(|it| it.get(last(it)..)), cluster)
    }

    /// Returns whether a distribution has a site's bucket as an origin. Its own id is in no code.
    fn distribution_fit(&self, found: &ResourceBlock<'_>, site: &InitComponent, bucket: &DeclaredText) -> Fit {
        let fit = |written: &str| {
            let is_made = |it: &&ResourceBlock<'a>| it.sort == "aws_s3_bucket" && refers(written, it);
            match self.all.iter().find(is_made).map(|made| self.component(made)) {
                Some(Some((of, true))) if of.name == site.name => Fit::Named,
                Some(Some((of, false))) if of.name == site.name => Fit::Perhaps,
                Some(_) => Fit::Other,
                None if written.starts_with("aws_") && !written.starts_with("aws_s3_") => Fit::Other,
                None => {
                    let text = written.strip_prefix('"').map(|text| text.trim_end_matches('"'));
                    name_fit(self.application, text.and_then(|text| text.split(".s3").next()), bucket)
                }
            }
        };
        let origins = found.nested("origin", "domain_name");
        origins.iter().map(|written| fit(written.trim_start_matches("\"${"))).min().unwrap_or(Fit::Perhaps)
    }
}

/// Returns whether a name is a target's. `None` is any expression but a text in quotes.
pub fn name_fit(application: &InitApplication, written: Option<&str>, name: &DeclaredText) -> Fit {
    let Some(written) = written.filter(|written| !written.contains("%{")) else { return Fit::Perhaps };
    let InitApplication { app, environments, .. } = application;
    let read = pattern(written).map(DeclaredText::One);
    let is_same = |it: &str| read.as_ref().is_some_and(|read| read.at(app, it) == name.at(app, it));
    let same = environments.iter().filter(|it| is_same(&it.name)).count();
    if same > 0 && same == environments.len() {
        return Fit::Named;
    }
    let may_be = same > 0 || environments.iter().any(|it| may_become(written, &name.at(app, &it.name)));
    if may_be { Fit::Perhaps } else { Fit::Other }
}

/// Returns the application that a resource is tagged for, where that is no expression.
fn owner<'r>(found: &ResourceBlock<'r>) -> Option<&'r str> {
    let (_, rest) = found.attribute("tags")?.split_once("\"windlass:app\"")?;
    let value = rest.trim_start().strip_prefix(['=', ':'])?.trim_start().strip_prefix('"')?;
    value.split('"').next().filter(|app| !app.contains("${"))
}

/// Returns whether a text with expressions may become a name: its other parts are in the name, in their order.
fn may_become(written: &str, name: &str) -> bool {
    let mut parts = written.split("${");
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.map(|part| part.rsplit_once('}').map_or("", |(_, behind)| behind)).collect();
    for part in &parts {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    parts.last().is_some_and(|last| name.ends_with(last))
}

/// Returns whether a block makes one resource, and not several or none.
pub fn is_one(found: &ResourceBlock<'_>) -> bool {
    found.attribute("count").is_none() && found.attribute("for_each").is_none()
}

/// Returns whether an expression names a resource.
pub fn refers(expression: &str, resource: &ResourceBlock<'_>) -> bool {
    let name = format!("{}.{}", resource.sort, resource.id);
    expression.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_expressions_may_become_a_name_that_has_its_other_parts() {
        for (written, wanted) in [
            ("shop-api-prod", false),
            ("${local.name}", true),
            ("${local.app}-api-${var.stage}", true),
            ("shop-${local.name}-prod", true),
            ("${local.name}-billing", false),
            ("billing-${var.stage}", false),
            ("${local.app}-billing-${var.stage}", false),
            ("${local.a}-prod-${local.b}-api", false),
        ] {
            assert_eq!(may_become(written, "shop-api-prod"), wanted, "{written}");
        }
    }
}
