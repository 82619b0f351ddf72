//! `windlass-targets.sh`: for targets that no code here makes, the commands that give them tags, an alias and versions.
//! They may be run again, and take away nothing: before the first of them it looks at the tags that are there. It ends
//! with status 1 where AWS did not tag all of them. Pure.

use crate::init::application::{InitApplication, InitComponent, InitTarget};
use windlass_domain::text::partition::Partition;

/// The commands for targets that no code makes.
pub const SCRIPT: &str = "windlass-targets.sh";

/// Writes the script for these components; `None` where there are none.
pub fn write(application: &InitApplication, components: &[&InitComponent]) -> Option<String> {
    if components.is_empty() {
        return None;
    }
    let mut lines = vec![
        "#!/usr/bin/env bash".to_owned(),
        "# From `windlass init`: what these targets need. It may be run again, and takes away nothing.".to_owned(),
        "# Where infrastructure code makes them, write it there: docs/integrate of Windlass says how.".to_owned(),
        "set -euo pipefail".to_owned(),
        // Version 1 of the AWS CLI reads the second.
        format!("export AWS_REGION={0} AWS_DEFAULT_REGION={0}", application.region),
    ];
    let works = application.environments.iter().map(|environment| Work { application, environment: &environment.name });
    let works: Vec<Work<'_>> = works.collect();
    lines.push(String::new());
    lines.extend(LOOK.lines().chain(TAG.lines()).map(str::to_owned));
    for work in &works {
        for (options, arns) in work.arns(components) {
            lines.push(work.looked_at(&options, &arns));
        }
    }
    for work in &works {
        lines.push(String::new());
        lines.push(format!("# {}", work.environment));
        lines.extend(components.iter().flat_map(|component| work.made(component)));
        for (options, arns) in work.arns(components) {
            lines.push(work.tagged(&options, &arns));
        }
    }
    lines.extend([String::new(), "exit \"$untagged\"".to_owned()]);
    Some(lines.join("\n") + "\n")
}

/// The look at the tags before anything is written. What cannot be looked at ends the script as well. A filter of
/// JMESPath that finds nothing is an empty list, which is false.
const LOOK: &str = r#"# Nothing is written where one of them belongs to an installation of Windlass, another application or environment.
ours() {
  local app=$1 environment=$2 others
  shift 2
  others=$(aws resourcegroupstaggingapi get-resources "$@" --output text --query "ResourceTagMappingList[?Tags[?
    (Key=='windlass:app' && Value!='$app') || (Key=='windlass:environment' && Value!='$environment') ||
    Key=='windlass:installation']].[ResourceARN, Tags[?Key=='windlass:installation'].Value | [0],
    Tags[?Key=='windlass:app'].Value | [0], Tags[?Key=='windlass:environment'].Value | [0]]")
  if [ -n "$others" ] && [ "$others" != None ]; then
    echo "Tagged for another owner than $app/$environment, so that nothing was written:" >&2
    echo "$others" >&2
    echo "Name another target in app.yaml, or hand it over first: docs/let-go.md of Windlass." >&2
    exit 1
  fi
}"#;

/// The call that tags. AWS answers with status 200 also where it could not tag some of the resources. It lists these in
/// `FailedResourcesMap`, which is empty or not there where it tagged all (Resource Groups Tagging API Reference,
/// "TagResources"). The text form of the AWS CLI would write the ARNs in capitals.
const TAG: &str = r#"# AWS may answer well and yet tag only some. The script goes on then, and ends with status 1.
untagged=0
tag() {
  local failed
  failed=$(aws resourcegroupstaggingapi tag-resources "$@" --output json --query FailedResourcesMap)
  case $failed in "" | "{}" | null) return ;; esac
  echo "AWS did not tag these. Mend what it says of each, and run this script again:" >&2
  echo "$failed" >&2
  untagged=1
}"#;

/// The most ARNs of one call that tags (Resource Groups Tagging API Reference, "TagResources"). One that looks at tags
/// takes more.
const MOST: usize = 20;

struct Work<'a> {
    application: &'a InitApplication,
    environment: &'a str,
}

impl Work<'_> {
    /// Returns the ARN of a target that lives in the region itself.
    fn arn(&self, component: &InitComponent) -> String {
        let (app, environment) = (&self.application.app, self.environment);
        let region = &self.application.region;
        let (place, partition) = (format!("{region}:{}", self.application.account), Partition::of(region).name);
        match &component.target {
            InitTarget::Site { bucket, .. } => format!("arn:{partition}:s3:::{}", bucket.at(app, environment)),
            InitTarget::Function { function, .. } => {
                format!("arn:{partition}:lambda:{place}:function:{}", function.at(app, environment))
            }
            InitTarget::Service { cluster, service, .. } => {
                let (cluster, service) = (cluster.at(app, environment), service.at(app, environment));
                format!("arn:{partition}:ecs:{place}:service/{cluster}/{service}")
            }
        }
    }

    fn distribution(&self, component: &InitComponent) -> Option<String> {
        let InitTarget::Site { distribution: Some(id), .. } = &component.target else { return None };
        let (app, account) = (&self.application.app, &self.application.account);
        let partition = Partition::of(&self.application.region).name;
        Some(format!("arn:{partition}:cloudfront::{account}:distribution/{}", id.at(app, self.environment)))
    }

    /// Returns the ARNs of all targets, as many as a call takes, with the options by which their tags are reached.
    fn arns(&self, components: &[&InitComponent]) -> Vec<(String, Vec<String>)> {
        let here = components.iter().map(|component| self.arn(component));
        let there = components.iter().filter_map(|component| self.distribution(component));
        let elsewhere = format!("--region {} ", Partition::of(&self.application.region).global);
        let both = [(String::new(), here.collect::<Vec<_>>()), (elsewhere, there.collect())];
        let calls = both.iter().map(|(options, arns)| (options, arns.chunks(MOST)));
        calls.flat_map(|(options, arns)| arns.map(move |arns| (options.clone(), arns.to_vec()))).collect()
    }

    fn looked_at(&self, options: &str, arns: &[String]) -> String {
        format!("ours {} {} {options}--resource-arn-list {}", self.application.app, self.environment, arns.join(" "))
    }

    fn tagged(&self, options: &str, arns: &[String]) -> String {
        format!(
            "tag {options}--tags \"windlass:app={},windlass:environment={}\" \\\n  --resource-arn-list {}",
            self.application.app,
            self.environment,
            arns.join(" ")
        )
    }

    /// Returns the commands for everything that a target must have beside its tags.
    fn made(&self, component: &InitComponent) -> Vec<String> {
        let (app, environment) = (&self.application.app, self.environment);
        match &component.target {
            InitTarget::Site { bucket, .. } => {
                let bucket = bucket.at(app, environment);
                vec![format!(
                    "aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled"
                )]
            }
            InitTarget::Function { function, alias, .. } => {
                let function = function.at(app, environment);
                vec![
                    format!("aws lambda get-alias --function-name {function} --name {alias} > /dev/null 2>&1 ||"),
                    format!("  aws lambda create-alias --function-name {function} --name {alias} \\"),
                    format!(
                        "    --function-version \"$(aws lambda publish-version --function-name {function} --query Version --output text)\""
                    ),
                ]
            }
            InitTarget::Service { .. } => Vec::new(),
        }
    }
}
