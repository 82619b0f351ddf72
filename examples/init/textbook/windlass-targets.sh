#!/usr/bin/env bash
# From `windlass init`: what these targets need. It may be run again, and takes away nothing.
# Where infrastructure code makes them, write it there: docs/integrate of Windlass says how.
set -euo pipefail
export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1

# prod
aws lambda get-alias --function-name textbook-backend-prod --name live > /dev/null 2>&1 ||
  aws lambda create-alias --function-name textbook-backend-prod --name live \
    --function-version "$(aws lambda publish-version --function-name textbook-backend-prod --query Version --output text)"
aws s3api put-bucket-versioning --bucket textbook-book-prod --versioning-configuration Status=Enabled
aws resourcegroupstaggingapi tag-resources --tags "windlass:app=textbook,windlass:environment=prod" \
  --resource-arn-list arn:aws:lambda:eu-west-1:111111111111:function:textbook-backend-prod arn:aws:s3:::textbook-book-prod
aws resourcegroupstaggingapi tag-resources --region us-east-1 --tags "windlass:app=textbook,windlass:environment=prod" \
  --resource-arn-list arn:aws:cloudfront::111111111111:distribution/E1TEXTBOOK
