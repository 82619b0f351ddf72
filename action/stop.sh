# Ends a step with a status of the command line's (docs/CLI.md), and says why in the log and in the job's summary.

# stop STATUS TITLE TEXT
stop() {
  local text="${3//'%'/%25}"
  text="${text//$'\r'/%0D}"
  echo "::error title=Windlass: $2::${text//$'\n'/%0A}"
  printf '### Windlass: %s\n\n%s\n\nThe page docs/integrate/ci.md of Windlass, *When the action stops*, has more.\n' "$2" "$3" >> "$GITHUB_STEP_SUMMARY"
  echo "exit-status=$1" >> "$GITHUB_OUTPUT"
  exit "$1"
}

# jq, whose lines end on Windows as that likes them.
query() {
  jq "$@" | tr -d '\r'
}

# Stops where the runner lacks one of these tools.
need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" > /dev/null || stop 2 "the runner has no $tool" "This action needs \`$tool\` on the runner's PATH. Install it in a step before."
  done
}
