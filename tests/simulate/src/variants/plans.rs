//! Variants of plans that do more than plan.

use super::variant::{Edit, Variant};

pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "plan-is-carried-out",
        what: "what is only to be planned is deployed",
        edits: &[Edit {
            file: "shared/engine/src/conductor/admitting/admit.rs",
            find: "    if request.is_planned_only() {",
            replace: "    if request.is_planned_only() && !VARIANT {",
        }],
        scenarios: &["planned"],
        mishaps: &[],
    },
    Variant {
        name: "plan-claims-targets",
        what: "a plan claims the targets that it looks at",
        edits: &[Edit {
            file: "shared/engine/src/prepare/plan_only.rs",
            find: "        let (composed, _) = composed(ports, &scene).await?;",
            replace: "        let (composed, claims) = composed(ports, &scene).await?;
        if VARIANT {
            ports.transact(claims).await?;
        }",
        }],
        scenarios: &["planned"],
        mishaps: &[],
    },
];
