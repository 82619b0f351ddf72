//! The permissions that the role which changes a target needs, so that a check can ask IAM for them.

use std::collections::BTreeMap;

/// The role that changes targets, and their region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeployerRole<'a> {
    /// The ARN of the role. It is in the account of the targets.
    pub role: &'a str,
    /// True if the role was given to this environment alone. Then nothing but its policies decides what it may do.
    pub is_own: bool,
    /// The region of the targets.
    pub region: &'a str,
}

/// Calls that a release makes on one resource, as IAM sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// The member of the component that this is about, such as `function`.
    pub member: &'static str,
    /// The actions (Service Authorization Reference).
    pub actions: Vec<&'static str>,
    /// The ARN of the resource; `*` if the action knows no resource.
    pub resource: String,
    /// The values that come with the calls, by condition keys.
    pub context: BTreeMap<String, String>,
    /// The ARN of the role that makes them; `None` if it is the one that changes the target.
    pub by: Option<String>,
}

impl Needed {
    /// Actions on a resource.
    pub fn on(member: &'static str, resource: String, actions: &[&'static str]) -> Self {
        Self { member, actions: actions.to_vec(), resource, context: BTreeMap::new(), by: None }
    }

    /// The same on a resource with these tags.
    #[must_use]
    pub fn tagged(mut self, tags: &BTreeMap<String, String>) -> Self {
        let keys = tags.iter().map(|(name, value)| (format!("aws:ResourceTag/{name}"), value.clone()));
        self.context.extend(keys);
        self
    }

    /// Returns the same needs for another role, with which AWS itself acts.
    #[must_use]
    pub fn by(mut self, role: &str) -> Self {
        self.by = Some(role.to_owned());
        self
    }

    /// The same with another condition key.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.context.insert(key.to_owned(), value.to_owned());
        self
    }
}

/// Returns the ARN of a resource of another service, in the partition, the region and the account of this one.
pub fn beside(arn: &str, service: &str, resource: &str) -> String {
    let mut parts = arn.splitn(6, ':').skip(1);
    let partition = parts.next().unwrap_or("aws");
    let mut place = parts.skip(1);
    let region = place.next().unwrap_or_default();
    let account = place.next().unwrap_or_default();
    format!("arn:{partition}:{service}:{region}:{account}:{resource}")
}

impl DeployerRole<'_> {
    /// Returns the ARN of a resource in the account of the role and in the region of the targets.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let (partition, region) = (self.partition(), self.region);
        format!("arn:{partition}:{service}:{region}:{}:{resource}", self.account())
    }

    /// Returns the ARN of the objects of a bucket, which names neither region nor account.
    pub fn object(&self, bucket: &str, key: &str) -> String {
        format!("arn:{}:s3:::{bucket}/{key}", self.partition())
    }

    /// Returns the account of the role.
    pub fn account(&self) -> &str {
        self.role.split(':').nth(4).unwrap_or_default()
    }

    /// Returns the partition of the role, such as `aws-cn`.
    pub fn partition(&self) -> &str {
        self.role.split(':').nth(1).unwrap_or("aws")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_of_the_place_of_another_one() {
        let by = DeployerRole {
            role: "arn:aws-cn:iam::222222222222:role/windlass-target-shop-prod",
            is_own: true,
            region: "cn-north-1",
        };
        let function = "arn:aws:lambda:eu-west-1:111111111111:function:shop-api";
        let table = [
            (
                beside(function, "codedeploy", "deploymentgroup:shop/api"),
                "arn:aws:codedeploy:eu-west-1:111111111111:deploymentgroup:shop/api",
            ),
            (
                by.arn("appconfig", "application/abc1234"),
                "arn:aws-cn:appconfig:cn-north-1:222222222222:application/abc1234",
            ),
            (by.object("shop-web", "app/index.html"), "arn:aws-cn:s3:::shop-web/app/index.html"),
        ];
        for (made, expected) in table {
            assert_eq!(made, expected);
        }
    }
}
