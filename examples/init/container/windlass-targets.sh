#!/usr/bin/env bash
# From `windlass init`: what these targets need. It may be run again, and takes away nothing.
# Where infrastructure code makes them, write it there: docs/integrate of Windlass says how.
set -euo pipefail
export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1

# dev
aws resourcegroupstaggingapi tag-resources --tags "windlass:app=autopr,windlass:environment=dev" \
  --resource-arn-list arn:aws:ecs:eu-west-1:111111111111:service/autopr-dev/autopr-dev

# staging
aws resourcegroupstaggingapi tag-resources --tags "windlass:app=autopr,windlass:environment=staging" \
  --resource-arn-list arn:aws:ecs:eu-west-1:111111111111:service/autopr-staging/autopr-staging

# production
aws resourcegroupstaggingapi tag-resources --tags "windlass:app=autopr,windlass:environment=production" \
  --resource-arn-list arn:aws:ecs:eu-west-1:111111111111:service/autopr-production/autopr-production
