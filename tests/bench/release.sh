#!/usr/bin/env bash
# Releases a site, a function and a service with the AWS command line, as a careful team's script does: all three at
# the same time, each waited for, then checked from outside. It has no rollback, no record and no lock.
#
#   release.sh ENVIRONMENT SITE_FOLDER CODE_ZIP IMAGE DISTRIBUTION PAGE_URL PAGE_HOST VERSION
set -euo pipefail
environment=$1 site=$2 code=$3 image=$4 distribution=$5 page=$6 host=$7 version=$8
bucket=yard-web-$environment function=yard-api-$environment cluster=yard-$environment

release_service() {
  local definition arn
  definition=$(aws ecs describe-services --cluster "$cluster" --services agent --query 'services[0].taskDefinition' --output text)
  definition=$(aws ecs describe-task-definition --task-definition "$definition" --query taskDefinition --output json |
    jq --arg image "$image" '.containerDefinitions[0].image = $image
      | {family, taskRoleArn, executionRoleArn, networkMode, containerDefinitions, volumes, placementConstraints, requiresCompatibilities, cpu, memory}
      | with_entries(select(.value != null))')
  arn=$(aws ecs register-task-definition --cli-input-json "$definition" --query taskDefinition.taskDefinitionArn --output text)
  aws ecs update-service --cluster "$cluster" --service agent --task-definition "$arn" --output text >/dev/null
  aws ecs wait services-stable --cluster "$cluster" --services agent
}

release_function() {
  local number
  aws lambda update-function-code --function-name "$function" --zip-file "fileb://$code" --output text >/dev/null
  aws lambda wait function-updated-v2 --function-name "$function"
  number=$(aws lambda publish-version --function-name "$function" --description "$version" --query Version --output text)
  aws lambda wait published-version-active --function-name "$function" --qualifier "$number"
  aws lambda update-alias --function-name "$function" --name live --function-version "$number" --output text >/dev/null
}

# Assets first and documents last, each with its cache header. Assets of the release before stay: pages that are open need them.
release_site() {
  local invalidation
  aws s3 sync "$site/assets" "s3://$bucket/assets" --cache-control 'public, max-age=31536000, immutable' --only-show-errors
  aws s3 sync "$site" "s3://$bucket" --exclude 'assets/*' --exclude '*.html' --cache-control 'public, max-age=0, must-revalidate' --delete --only-show-errors
  aws s3 sync "$site" "s3://$bucket" --exclude '*' --include '*.html' --cache-control no-cache --delete --only-show-errors
  invalidation=$(aws cloudfront create-invalidation --distribution-id "$distribution" --paths '/*' --query Invalidation.Id --output text)
  aws cloudfront wait invalidation-completed --distribution-id "$distribution" --id "$invalidation"
}

release_service & service=$!
release_function & function_done=$!
release_site
wait "$service"
wait "$function_done"

curl --fail --silent --show-error --max-time 10 --header "Host: $host" "$page" | grep --quiet "$version"
answer=$(mktemp)
aws lambda invoke --function-name "$function" --qualifier live "$answer" --output text >/dev/null
grep --quiet "$version" "$answer"
rm "$answer"
