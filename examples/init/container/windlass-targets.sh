#!/usr/bin/env bash
# From `windlass init`: what these targets need. It may be run again, and takes away nothing.
# Where infrastructure code makes them, write it there: docs/integrate of Windlass says how.
set -euo pipefail
export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1

# Nothing is written where one of them belongs to an installation of Windlass, another application or environment.
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
}
# AWS may answer well and yet tag only some. The script goes on then, and ends with status 1.
untagged=0
tag() {
  local failed
  failed=$(aws resourcegroupstaggingapi tag-resources "$@" --output json --query FailedResourcesMap)
  case $failed in "" | "{}" | null) return ;; esac
  echo "AWS did not tag these. Mend what it says of each, and run this script again:" >&2
  echo "$failed" >&2
  untagged=1
}
ours autopr dev --resource-arn-list arn:aws:ecs:eu-west-1:111111111111:service/autopr-dev/autopr-dev
ours autopr staging --resource-arn-list arn:aws:ecs:eu-west-1:111111111111:service/autopr-staging/autopr-staging
ours autopr production --resource-arn-list arn:aws:ecs:eu-west-1:111111111111:service/autopr-production/autopr-production

# dev
tag --tags "windlass:app=autopr,windlass:environment=dev" \
  --resource-arn-list arn:aws:ecs:eu-west-1:111111111111:service/autopr-dev/autopr-dev

# staging
tag --tags "windlass:app=autopr,windlass:environment=staging" \
  --resource-arn-list arn:aws:ecs:eu-west-1:111111111111:service/autopr-staging/autopr-staging

# production
tag --tags "windlass:app=autopr,windlass:environment=production" \
  --resource-arn-list arn:aws:ecs:eu-west-1:111111111111:service/autopr-production/autopr-production

exit "$untagged"
