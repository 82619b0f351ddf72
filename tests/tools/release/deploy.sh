#!/bin/sh
# Installs this release of Windlass in the account and region of your credentials, upgrades to it, or changes parameters:
#   ./deploy.sh AlertEmail=you@example.com 'SiteBucketArns=arn:aws:s3:::shop-*'
# A parameter that you do not give keeps its value. STACK=name in front names another stack than `windlass`.
set -eu
cd "$(dirname "$0")"
# A version of a function is published where a text in the template is new: the time makes one of every deployment, so
# that a parameter that changes alone reaches the versions, and a deployment that failed can be tried again.
sed "s/ Deployed from release [^\"]*/& at $(date -u +%Y-%m-%dT%H:%M:%SZ)/" template.yaml > template.deployed.yaml
exec sam deploy --template template.deployed.yaml --stack-name "${STACK:-windlass}" ${1:+--parameter-overrides "$@"}
