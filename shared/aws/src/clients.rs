//! The SDK's clients for one place, made on first use.

use crate::retries::Retries;
use crate::{endpoint, limits, signing, throttles};
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use std::cell::OnceCell;

/// The clients of one place. A client that nobody asks for is never made, so that a function's
/// start does nothing unneeded.
pub(crate) struct Clients {
    config: SdkConfig,
    transfer: TimeoutConfig,
    patience: Retries,
    s3: OnceCell<aws_sdk_s3::Client>,
    s3_in_bulk: OnceCell<aws_sdk_s3::Client>,
    appconfig: OnceCell<aws_sdk_appconfig::Client>,
    codedeploy: OnceCell<aws_sdk_codedeploy::Client>,
    dynamodb: OnceCell<aws_sdk_dynamodb::Client>,
    lambda: OnceCell<aws_sdk_lambda::Client>,
    ecs: OnceCell<aws_sdk_ecs::Client>,
    ecr: OnceCell<aws_sdk_ecr::Client>,
    cloudfront: OnceCell<aws_sdk_cloudfront::Client>,
    cloudwatch: OnceCell<aws_sdk_cloudwatch::Client>,
    sfn: OnceCell<aws_sdk_sfn::Client>,
    sns: OnceCell<aws_sdk_sns::Client>,
    eventbridge: OnceCell<aws_sdk_eventbridge::Client>,
}

macro_rules! clients {
    ($($name:ident: $sdk:ident),* $(,)?) => {
        $(
            pub(crate) fn $name(&self) -> &$sdk::Client {
                self.$name.get_or_init(|| {
                    let config = $sdk::config::Builder::from(&self.config)
                        .interceptor(self.patience.clone());
                    $sdk::Client::from_conf(config.build())
                })
            }
        )*
    };
}

impl Clients {
    /// Makes no client yet.
    pub(crate) fn new(config: SdkConfig) -> Self {
        Self {
            config,
            transfer: limits::transfer(),
            patience: Retries::default(),
            s3: OnceCell::new(),
            s3_in_bulk: OnceCell::new(),
            appconfig: OnceCell::new(),
            codedeploy: OnceCell::new(),
            dynamodb: OnceCell::new(),
            lambda: OnceCell::new(),
            ecs: OnceCell::new(),
            ecr: OnceCell::new(),
            cloudfront: OnceCell::new(),
            cloudwatch: OnceCell::new(),
            sfn: OnceCell::new(),
            sns: OnceCell::new(),
            eventbridge: OnceCell::new(),
        }
    }

    /// Like [`Clients::new`], for a program that is not a function and has all the time that objects take.
    pub(crate) fn patient(config: SdkConfig) -> Self {
        Self { transfer: limits::patient(), ..Self::new(config) }
    }

    /// Returns the configuration that all clients are made of, for a service that has no client.
    pub(crate) fn config(&self) -> (&SdkConfig, Retries) {
        (&self.config, self.patience.clone())
    }

    /// Returns the client of S3. With a configured endpoint the bucket stands in the path, because an endpoint of one's
    /// own, such as a cloud on this machine, has no name for every bucket.
    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| aws_sdk_s3::Client::from_conf(self.s3_config().build()))
    }

    /// Returns a client of S3 for callers that write many objects at a time, and are told of each throttle.
    pub(crate) fn s3_in_bulk(&self) -> &aws_sdk_s3::Client {
        self.s3_in_bulk.get_or_init(|| {
            let config = self.s3_config().retry_classifier(throttles::ThrottleClassifier);
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    fn s3_config(&self) -> aws_sdk_s3::config::Builder {
        aws_sdk_s3::config::Builder::from(&self.config)
            .force_path_style(self.config.endpoint_url().is_some())
            .timeout_config(self.transfer.clone())
            .endpoint_resolver(endpoint::OfBucket::default())
            .interceptor(signing::ByChecksum)
            .interceptor(self.patience.clone())
    }

    clients! {
        appconfig: aws_sdk_appconfig,
        codedeploy: aws_sdk_codedeploy,
        dynamodb: aws_sdk_dynamodb,
        lambda: aws_sdk_lambda,
        ecs: aws_sdk_ecs,
        ecr: aws_sdk_ecr,
        cloudfront: aws_sdk_cloudfront,
        cloudwatch: aws_sdk_cloudwatch,
        sfn: aws_sdk_sfn,
        sns: aws_sdk_sns,
        eventbridge: aws_sdk_eventbridge,
    }
}
