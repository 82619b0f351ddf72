# The outputs of one line, of a plan, of a record, of a choice, or of what could not be carried out.
def line: tostring | gsub("[\r\n]"; " ");
(.deployment // {}) as $deployment
| {
    id: ($deployment.id // .id),
    environment: ($deployment.environment // .chosen? // .planned_for?),
    ending: $deployment.ending.ending?,
    execution: ($deployment.executions // [] | last),
    becomes: .turn.becomes?,
    hash: .drawn.hash?
  }
| to_entries[]
| "\(.key)=\(.value // "" | line)"
