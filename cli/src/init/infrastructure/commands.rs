//! `windlass-targets.sh`: for targets that no code here makes, the commands that give them tags, an alias and versions.
//! They may be run again, and take away nothing. Pure.

use crate::init::application::{Application, Component, Target};

/// Writes the script for these components; `None` where there are none.
pub fn write(application: &Application, components: &[&Component]) -> Option<String> {
    if components.is_empty() {
        return None;
    }
    let mut lines = vec![
        "#!/usr/bin/env bash".to_owned(),
        "# From `windlass init`: what these targets need. It may be run again, and takes away nothing.".to_owned(),
        "# Where infrastructure code makes them, write it there: docs/integrate of Windlass says how.".to_owned(),
        "set -euo pipefail".to_owned(),
        // Version 1 of the AWS CLI reads the second.
        format!(
            "export AWS_REGION={0} AWS_DEFAULT_REGION={0}",
            application.region
        ),
    ];
    for environment in &application.environments {
        let work = Work {
            application,
            environment: &environment.name,
        };
        lines.push(String::new());
        lines.push(format!("# {}", environment.name));
        lines.extend(components.iter().flat_map(|component| work.made(component)));
        let here = components.iter().map(|component| work.arn(component));
        lines.push(work.tagged("", &here.collect::<Vec<_>>()));
        let there = components
            .iter()
            .filter_map(|component| work.distribution(component));
        lines.push(work.tagged("--region us-east-1 ", &there.collect::<Vec<_>>()));
    }
    lines.retain(|line| line != NOTHING);
    Some(lines.join("\n") + "\n")
}

/// A line without a command.
const NOTHING: &str = "#";

struct Work<'a> {
    application: &'a Application,
    environment: &'a str,
}

impl Work<'_> {
    /// Returns the ARN of a target that lives in the region itself.
    fn arn(&self, component: &Component) -> String {
        let (app, environment) = (&self.application.app, self.environment);
        let place = format!("{}:{}", self.application.region, self.application.account);
        match &component.target {
            Target::Site { bucket, .. } => format!("arn:aws:s3:::{}", bucket.at(app, environment)),
            Target::Function { function, .. } => {
                format!(
                    "arn:aws:lambda:{place}:function:{}",
                    function.at(app, environment)
                )
            }
            Target::Service {
                cluster, service, ..
            } => {
                let (cluster, service) =
                    (cluster.at(app, environment), service.at(app, environment));
                format!("arn:aws:ecs:{place}:service/{cluster}/{service}")
            }
        }
    }

    fn distribution(&self, component: &Component) -> Option<String> {
        let Target::Site {
            distribution: Some(id),
            ..
        } = &component.target
        else {
            return None;
        };
        let (app, account) = (&self.application.app, &self.application.account);
        Some(format!(
            "arn:aws:cloudfront::{account}:distribution/{}",
            id.at(app, self.environment)
        ))
    }

    fn tagged(&self, options: &str, arns: &[String]) -> String {
        if arns.is_empty() {
            return NOTHING.to_owned();
        }
        format!(
            "aws resourcegroupstaggingapi tag-resources {options}--tags \"windlass:app={},windlass:environment={}\" \\\n  --resource-arn-list {}",
            self.application.app,
            self.environment,
            arns.join(" ")
        )
    }

    /// Returns the commands for everything that a target must have beside its tags.
    fn made(&self, component: &Component) -> Vec<String> {
        let (app, environment) = (&self.application.app, self.environment);
        match &component.target {
            Target::Site { bucket, .. } => {
                let bucket = bucket.at(app, environment);
                vec![format!(
                    "aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled"
                )]
            }
            Target::Function {
                function, alias, ..
            } => {
                let function = function.at(app, environment);
                vec![
                    format!(
                        "aws lambda get-alias --function-name {function} --name {alias} > /dev/null 2>&1 ||"
                    ),
                    format!(
                        "  aws lambda create-alias --function-name {function} --name {alias} \\"
                    ),
                    format!(
                        "    --function-version \"$(aws lambda publish-version --function-name {function} --query Version --output text)\""
                    ),
                ]
            }
            Target::Service { .. } => Vec::new(),
        }
    }
}
