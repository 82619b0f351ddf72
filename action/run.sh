#!/usr/bin/env bash
# Plans or releases by the command line, and ends with its status. Everything that comes from outside is a variable,
# and an argument of its own: no shell reads it as a command. What a release is, and how it ends, the command line alone
# decides: people read its words in the log, and outputs and summary are made of its document. Scripts, and no bundle
# of JavaScript that nobody reads; no action of others, and no comment on a pull request, which would need the right to
# write: who gives that has the output `summary`.
set -euo pipefail
. "$GITHUB_ACTION_PATH/action/stop.sh"
. "$GITHUB_ACTION_PATH/action/sign_in.sh"
. "$GITHUB_ACTION_PATH/action/version.sh"
need curl jq

work=$(mktemp -d "$RUNNER_TEMP/windlass-run-XXXXXX")
renewal=""
# shellcheck disable=SC2329  # The trap calls it.
leave() {
  if [ -n "$renewal" ]; then kill "$renewal" 2> /dev/null || true; fi
  rm -f "$work/token" "$work/token.new"
}
trap leave EXIT

if [ -z "$MODE" ]; then
  case "$GITHUB_EVENT_NAME" in pull_request*) MODE=plan ;; *) MODE=release ;; esac
fi
case "$GITHUB_REF" in
  # The ref of a pull request is never released: planned is what comes when it is merged.
  refs/pull/*)
    if [ -z "$GIT_REF" ]; then
      GIT_REF="refs/heads/$GITHUB_BASE_REF"
      # What was built: the trial merge where the job has checked that out, as it does by itself.
      : "${GIT_COMMIT:=$(git rev-parse --verify --quiet HEAD 2> /dev/null || query -r '.pull_request.head.sha // empty' "$GITHUB_EVENT_PATH")}"
    fi
    ;;
esac
: "${VERSION:=$(version_of "$GITHUB_REF" "$GITHUB_RUN_NUMBER.${GITHUB_RUN_ATTEMPT:-1}")}"

case "$MODE" in
  plan) arguments=(plan release) ;;
  release) arguments=(release --watch) ;;
  choose) arguments=(explain) ;;
  *) stop 2 "there is no mode $MODE" "\`mode\` is \`plan\`, \`release\` or \`choose\`." ;;
esac
# An input may be `--help`.
case "$APP" in -*) stop 2 "an application or a version is an option" "\`app\` is \`$APP\`." ;; esac
case "$VERSION" in -*) stop 2 "an application or a version is an option" "\`version\` is \`$VERSION\`." ;; esac
arguments+=("$APP")
# lines TEXT: each line that says something, as an argument.
lines() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    if [ -n "$line" ]; then arguments+=("$line"); fi
  done <<< "$1"
}
if [ "$MODE" = choose ]; then
  arguments+=(--git-ref "${GIT_REF:-$GITHUB_REF}")
  lines "$FURTHER"
else
  arguments+=("$VERSION")
  lines "$COMPONENTS"
  lines "$FURTHER"
  if [ -n "$ENVIRONMENT" ]; then arguments+=(--environment "$ENVIRONMENT"); fi
  if [ -n "$GIT_REF" ]; then arguments+=(--git-ref "$GIT_REF"); fi
  if [ -n "$GIT_COMMIT" ]; then arguments+=(--git-commit "$GIT_COMMIT"); fi
  arguments+=(--sequence "${SEQUENCE:-$GITHUB_RUN_NUMBER}")
fi
arguments+=(--json-to "$work/document.json")

if [ -n "$REGION" ]; then export AWS_REGION="$REGION"; fi
if [ -n "$ENDPOINT" ]; then
  export WINDLASS_ENDPOINT="$ENDPOINT"
  # The command line asks for the job's token itself, and shows it to Windlass. It would take credentials that are
  # there before the token.
  if [ -z "$ROLE" ]; then
    may_sign_in
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_ROLE_ARN
    unset AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI
    export AWS_EC2_METADATA_DISABLED=true
  fi
fi
if [ -n "$ROLE" ]; then sign_in "$ROLE" "$work/token"; fi

# The runner takes nothing that a gate or an application says for a command.
silence="windlass-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
echo "::stop-commands::$silence"
set +e
"$PROGRAM" "${arguments[@]}" 2>&1 | tee "$work/words"
status=${PIPESTATUS[0]}
set -e
echo "::$silence::"

[ -s "$work/document.json" ] || echo '{}' > "$work/document.json"
# No environment may take the branch that a pull request is to be merged into. It is planned all the same, for this one.
# Where nothing is declared, or several take the branch, there is nothing to plan.
if [ "$MODE-$status-${GITHUB_REF%/*/*}" = choose-3-refs/pull ] && [ -n "$ENVIRONMENT" ] \
  && query -e '.rules? | arrays | all(.matches | not)' "$work/document.json" > /dev/null; then
  status=0
  # shellcheck disable=SC2016 # The variable is jq's.
  query --arg environment "$ENVIRONMENT" '.planned_for = $environment' "$work/document.json" > "$work/document.chosen"
  mv "$work/document.chosen" "$work/document.json"
fi
about() {
  query -r --arg app "$APP" --arg version "$VERSION" --arg mode "$MODE" --arg status "$status" --rawfile words "$work/words" \
    -f "$GITHUB_ACTION_PATH/action/$1.jq" "$work/document.json"
}
about summary > "$work/summary.md"
cat "$work/summary.md" >> "$GITHUB_STEP_SUMMARY"
{
  echo "exit-status=$status"
  echo "document=$work/document.json"
  echo "summary=$work/summary.md"
  about outputs
  printf 'cause<<%s\n%s\n%s\n' "$silence" "$(query -r '.deployment.ending.cause? // .error // ""' "$work/document.json")" "$silence"
} >> "$GITHUB_OUTPUT"
exit "$status"
