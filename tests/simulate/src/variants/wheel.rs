//! Variants of pauses and skipped bakes that do not keep what they say.

use super::variant::{Edit, Variant};
use crate::schedule::What;

pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "pause-holds-nothing",
        what: "a pause is recorded, and the wave passes all the same",
        edits: &[Edit {
            file: "shared/domain/src/wheel/turn.rs",
            find: "        until = until.max(paused.until);",
            replace: "        until = if VARIANT { until } else { until.max(paused.until) };",
        }],
        scenarios: &["wheel", "wheel_to_its_bound"],
        mishaps: &[],
    },
    Variant {
        name: "pause-hides-red",
        what: "gates do not decide while a wave is paused",
        edits: &[Edit {
            file: "shared/domain/src/judgement.rs",
            find: "        let judged = if self.decides {\n            judge(",
            replace: "        let judged = if self.decides && !(VARIANT && paused.is_some()) {\n            judge(",
        }],
        scenarios: &["wheel_red", "wheel_red_for_a_moment"],
        mishaps: &[],
    },
    Variant {
        name: "skip-passes-red",
        what: "a wave whose bake is skipped passes, whatever its gates say",
        edits: &[Edit {
            file: "shared/domain/src/judgement.rs",
            find: "            (Judged::Fail(red), _) => Judged::Fail(red),",
            replace: "            (Judged::Fail(_), _) if VARIANT && self.end() < self.until => Judged::Pass,\n            (Judged::Fail(red), _) => Judged::Fail(red),",
        }],
        scenarios: &["wheel_skipped_red"],
        mishaps: &[],
    },
    Variant {
        name: "pause-that-ran-out-goes-on",
        what: "a release goes on after a pause that the declaration ends by an undo",
        edits: &[Edit {
            file: "shared/domain/src/judgement.rs",
            find: "        is_over.then_some(paused.until)",
            replace: "        (is_over && !VARIANT).then_some(paused.until)",
        }],
        scenarios: &["wheel_runs_out"],
        mishaps: &[],
    },
    Variant {
        name: "pause-ends-in-silence",
        what: "a pause that is over lets the release go on, and nobody is told",
        edits: &[Edit {
            file: "shared/engine/src/judge/mod.rs",
            find: "    let goes_on = !matches!(judged, Judged::Fail(_));",
            replace: "    let goes_on = !matches!(judged, Judged::Fail(_)) && !VARIANT;",
        }],
        scenarios: &["wheel_to_its_bound"],
        mishaps: &[],
    },
    Variant {
        name: "wheel-at-what-aws-times",
        what: "what AWS goes on with by itself is paused and skipped",
        edits: &[Edit {
            file: "shared/domain/src/wheel/decide.rs",
            find: "    if !timed.is_empty() {",
            replace: "    if !timed.is_empty() && !VARIANT {",
        }],
        scenarios: &["wheel_timed_by_aws"],
        mishaps: &[],
    },
    Variant {
        name: "bake-is-skipped-by-a-pause",
        what: "a person who lets a paused wave go on ends its bake with that",
        edits: &[Edit {
            file: "shared/domain/src/wheel/turn.rs",
            find: "            until = until.max(before.until.min(turn.at));",
            replace: "            until = if VARIANT { turn.at } else { until.max(before.until.min(turn.at)) };",
        }],
        scenarios: &["wheel_briefly"],
        mishaps: &[],
    },
    Variant {
        name: "topic-is-told-once-or-never",
        what: "a topic that could not be told just then is not told again",
        edits: &[Edit {
            file: "shared/engine/src/outbox/topics.rs",
            find: "        sent => sent,",
            replace: "        Err(_) if VARIANT => Ok(()),\n        sent => sent,",
        }],
        scenarios: &["told"],
        mishaps: &[What::FailsBefore],
    },
    Variant {
        name: "ending-is-counted-once-or-never",
        what: "an ending of which not all could be read just then is not counted",
        edits: &[Edit {
            file: "shared/engine/src/outbox.rs",
            find: "        let watched_s = watched_s(ports, &ended.id).await?;",
            replace: "        let watched_s = match watched_s(ports, &ended.id).await {\n            Err(_) if VARIANT => continue,\n            read => read?,\n        };",
        }],
        scenarios: &["told"],
        mishaps: &[What::FailsBefore],
    },
];
