//! The partitions of AWS: what their ARNs begin with, what their hosts end with, and where their global services are.
//! Pure.

/// A partition of AWS. No role, ARN or host of one is of use in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// Its name, which its ARNs have after `arn:` (AWS Identity and Access Management User Guide, "IAM identifiers",
    /// "IAM ARNs").
    pub name: &'static str,
    /// The end of its hosts, such as `amazonaws.com`.
    pub suffix: &'static str,
    /// The region of its services that are in no other, such as CloudFront and the tags there.
    pub global: &'static str,
}

impl Partition {
    /// Returns the partition of a region: the commercial one where nothing says otherwise (`partitions.json` of the AWS
    /// SDKs; AWS General Reference, "AWS service endpoints").
    pub fn of(region: &str) -> Self {
        let mut others = OTHERS.iter();
        let found = others.find(|(begins, _)| region.starts_with(begins));
        found.map_or(COMMERCIAL, |(_, partition)| *partition)
    }
}

const COMMERCIAL: Partition = Partition { name: "aws", suffix: "amazonaws.com", global: "us-east-1" };

/// The other partitions, each with what the names of its regions begin with.
const OTHERS: [(&str, Partition); 7] = [
    ("cn-", Partition { name: "aws-cn", suffix: "amazonaws.com.cn", global: "cn-northwest-1" }),
    ("us-gov-", Partition { name: "aws-us-gov", suffix: "amazonaws.com", global: "us-gov-west-1" }),
    ("us-iso-", Partition { name: "aws-iso", suffix: "c2s.ic.gov", global: "us-iso-east-1" }),
    ("us-isob-", Partition { name: "aws-iso-b", suffix: "sc2s.sgov.gov", global: "us-isob-east-1" }),
    ("eu-isoe-", Partition { name: "aws-iso-e", suffix: "cloud.adc-e.uk", global: "eu-isoe-west-1" }),
    ("us-isof-", Partition { name: "aws-iso-f", suffix: "csp.hci.ic.gov", global: "us-isof-south-1" }),
    ("eusc-", Partition { name: "aws-eusc", suffix: "amazonaws.eu", global: "eusc-de-east-1" }),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_in_one_partition() {
        for (region, name, suffix) in [
            ("eu-west-1", "aws", "amazonaws.com"),
            ("us-west-2", "aws", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
            ("us-gov-east-1", "aws-us-gov", "amazonaws.com"),
            ("us-iso-west-1", "aws-iso", "c2s.ic.gov"),
            ("us-isob-west-1", "aws-iso-b", "sc2s.sgov.gov"),
            ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk"),
            ("us-isof-east-1", "aws-iso-f", "csp.hci.ic.gov"),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
            ("", "aws", "amazonaws.com"),
        ] {
            let partition = Partition::of(region);
            assert_eq!((partition.name, partition.suffix), (name, suffix), "{region}");
            assert_eq!(Partition::of(partition.global), partition, "{region}: its global region is its own");
        }
    }
}
