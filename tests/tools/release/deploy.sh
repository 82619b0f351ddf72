#!/bin/sh
# Installs this release of Windlass in the account and region of your credentials, upgrades to it, or changes parameters:
#   ./deploy.sh AlertEmail=you@example.com 'SiteBucketArns=arn:aws:s3:::shop-*'
# A parameter that you do not give keeps its value. STACK=name in front names another stack than `windlass`. Options
# behind the parameters are those of `sam deploy`, such as --region eu-west-1 --no-confirm-changeset --tags team=shop.
set -eu
refuse() {
  echo "not deployed: $1" >&2
  exit 2
}
parameters=0
for argument in "$@"; do
  case "$argument" in
    --stack-name | --stack-name=*) refuse "name the stack by STACK=name in front." ;;
    --parameter-overrides | --parameter-overrides=*) refuse "write parameters as Name=value, before the options." ;;
  esac
done
for argument in "$@"; do
  case "$argument" in
    -*) break ;;
    TaskRoleArns=*)
      roles=${argument#TaskRoleArns=}
      # A function has them in its environment, which holds 4 KB (AWS Lambda Developer Guide, "Lambda quotas").
      [ "${#roles}" -le 2300 ] || refuse "TaskRoleArns has ${#roles} characters, and 2300 is the most: name several \
roles by one pattern, such as arn:aws:iam::*:role/shop-*, or give an environment a role of its own (\`role_arn\`, \
examples/target-role.yaml)."
      parameters=$((parameters + 1))
      ;;
    *=*) parameters=$((parameters + 1)) ;;
    *) refuse "\`$argument\` is no parameter: write Name=value, and options of \`sam deploy\` behind the parameters." ;;
  esac
done
cd "$(dirname "$0")"
# A version of a function is published where a text in the template is new: the time makes one of every deployment, so
# that a parameter that changes alone reaches the versions, and a deployment that failed can be tried again.
sed "s/ Deployed from release [^\"]*/& at $(date -u +%Y-%m-%dT%H:%M:%SZ)/" template.yaml > template.deployed.yaml
if [ "$parameters" -gt 0 ]; then
  # The parameters go behind the options, one after the other.
  set -- "$@" --parameter-overrides
  while [ "$parameters" -gt 0 ]; do
    set -- "$@" "$1"
    shift
    parameters=$((parameters - 1))
  done
fi
exec sam deploy --template template.deployed.yaml --stack-name "${STACK:-windlass}" "$@"
