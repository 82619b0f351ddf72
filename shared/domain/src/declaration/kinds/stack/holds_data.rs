//! The types of resources that hold data: where one is removed or replaced, the data in it is lost. Unless a component
//! has the rule that its data is disposable, no release loses it unallowed.

use serde::{Deserialize, Serialize};

/// The rule for the data that a component holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataRule {
    /// A release loses none, unless it names what it may lose.
    #[default]
    Kept,
    /// It may be lost.
    Disposable,
}

/// The type of a nested stack. It holds the data of what is in it.
pub const NESTED: &str = "AWS::CloudFormation::Stack";

/// The types, sorted, without the `AWS::` before each. cfn-lint's list of stateful types is a part of it (rule I3011);
/// the others hold what their users have written, and what no template makes again.
const TYPES: &str = "
    ACMPCA::CertificateAuthority APS::Workspace AmazonMQ::Broker Backup::BackupVault
    Backup::LogicallyAirGappedBackupVault Cassandra::Keyspace Cassandra::Table CloudFormation::Stack
    CloudFront::KeyValueStore CloudHSM::Cluster CloudTrail::EventDataStore CodeArtifact::Repository
    CodeCommit::Repository Cognito::IdentityPool Cognito::UserPool Connect::DataTable Connect::Instance
    CustomerProfiles::Domain DSQL::Cluster DocDB::DBCluster DocDB::DBInstance DocDBElastic::Cluster
    DynamoDB::GlobalTable DynamoDB::Table EC2::Volume ECR::PublicRepository ECR::Repository EFS::FileSystem
    EMR::Cluster EMR::WALWorkspace ElastiCache::CacheCluster ElastiCache::ReplicationGroup
    ElastiCache::ServerlessCache Elasticsearch::Domain FSx::FileSystem FSx::Volume HealthImaging::Datastore
    HealthLake::FHIRDatastore IoTAnalytics::Datastore KMS::Key KMS::ReplicaKey Kinesis::Stream KinesisVideo::Stream
    Lightsail::Bucket Lightsail::Database Lightsail::Disk Location::GeofenceCollection Logs::LogGroup MSK::Cluster
    MSK::ServerlessCluster MemoryDB::Cluster MemoryDB::MultiRegionCluster Neptune::DBCluster Neptune::DBInstance
    NeptuneGraph::Graph Omics::AnnotationStore Omics::ReferenceStore Omics::SequenceStore Omics::VariantStore
    OpenSearchServerless::Collection OpenSearchServerless::CollectionIndex OpenSearchServerless::Index
    OpenSearchService::Domain Organizations::Account QLDB::Ledger RDS::DBCluster RDS::DBInstance Redshift::Cluster
    RedshiftServerless::Namespace Rekognition::Collection S3::Bucket S3Express::DirectoryBucket S3Files::FileSystem
    S3Outposts::Bucket S3Tables::Table S3Tables::TableBucket S3Vectors::Index S3Vectors::VectorBucket SDB::Domain
    SQS::Queue SageMaker::Domain SageMaker::FeatureGroup SecretsManager::Secret StorageGateway::Volume
    Timestream::Database Timestream::InfluxDBCluster Timestream::InfluxDBInstance Timestream::Table
    VerifiedPermissions::PolicyStore WorkSpaces::Workspace
";

/// Returns whether resources of a type such as `AWS::S3::Bucket` hold data.
pub fn holds_data(resource_type: &str) -> bool {
    resource_type.strip_prefix("AWS::").is_some_and(|it| TYPES.split_whitespace().any(|one| one == it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(TYPES.split_whitespace().is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn what_holds_data() {
        let yes = ["AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", NESTED];
        let no = ["", "AWS::S3::BucketPolicy", "AWS::Lambda::Function", "aws::s3::bucket", "Custom::Table"];
        for (types, held) in [(yes.as_slice(), true), (no.as_slice(), false)] {
            for one in types {
                assert_eq!(holds_data(one), held, "{one}");
            }
        }
    }
}
