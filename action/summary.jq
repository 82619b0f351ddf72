# The job's summary, in the words of the command line.
def cell: tostring | gsub("[|\r\n`<>]"; " ");
# A fence that nothing within it closes.
def fenced: (gsub("`{3,}"; "``")) as $text | "````text\n\($text | rtrimstr("\n"))\n````";

. as $document
| (.deployment // {}) as $deployment
| ([$app, $deployment.environment, $version] | map(select(. != null)) | join(" ") | cell) as $name
| if .turn? then
    "### Plan of \($name): \(.turn.becomes)\n",
    ((.drawn.changes // {}) as $changes
      | if ($changes | length) > 0 then
          "| component | runs now | would run | commits |",
          "| --- | --- | --- | --- |",
          ($changes | to_entries[]
            | "| \(.key | cell) | \(.value.from.version // "nothing" | cell) | \(.value.to.version | cell) | \($document.commits[.key]? // "" | cell) |"),
          ""
        else empty end),
    ($words | fenced)
  elif $deployment.ending? then
    "### \($name): \($deployment.ending.ending)\n",
    ($deployment.ending.cause | fenced),
    "\n<details><summary>all that was said</summary>\n",
    ($words | fenced),
    "\n</details>"
  elif .planned_for? then
    "### \($app | cell): no environment takes \(.asked | cell); planned for \(.planned_for | cell)\n",
    ($words | fenced)
  elif .rules? then
    "### \($app | cell): \(.asked | cell) goes to \(.chosen // "no environment" | cell)\n",
    ($words | fenced)
  else
    "### \($name): the \($mode) ended with exit status \($status)\n",
    ($words | fenced)
  end
