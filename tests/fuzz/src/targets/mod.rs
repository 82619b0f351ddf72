//! The targets: parts of the product that take input from outside. One target, one file.

mod answers;
mod api;
mod archives;
mod belongings;
mod claims;
mod console;
mod documents;
mod events;
mod names;
mod neighbours;
mod operators;
mod refusals;
mod scene;
mod tenants;

use crate::Target;

/// All targets. Names are quick, so many are tried. A target that walks through the product is slower and gets fewer.
pub const TARGETS: &[Target] = &[
    Target { name: "names", share: 290, ready: names::ready },
    Target { name: "declarations", share: 150, ready: documents::declarations },
    Target { name: "manifests", share: 200, ready: documents::manifests },
    Target { name: "console", share: 100, ready: console::ready },
    Target { name: "api", share: 70, ready: api::ready },
    Target { name: "claims", share: 30, ready: claims::ready },
    Target { name: "operators", share: 30, ready: operators::ready },
    Target { name: "events", share: 48, ready: events::ready },
    Target { name: "tenants", share: 12, ready: tenants::ready },
    Target { name: "archives", share: 50, ready: archives::ready },
    Target { name: "answers", share: 20, ready: answers::ready },
];
