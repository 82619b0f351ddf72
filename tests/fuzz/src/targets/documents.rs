//! Declarations and manifests, as texts.

use super::refusals::refused;
use crate::mutate::{bytes, document};
use crate::{Outcome, Try};
use fastrand::Rng;
use serde_json::{Value, json};
use windlass_domain::declaration::Declaration;
use windlass_domain::release::manifest::Manifest;
use windlass_domain::text::name::AppName;

const DECLARATIONS: [&str; 5] = [
    include_str!("../../../../shared/domain/tests/bad_inputs/declaration.yaml"),
    include_str!("../../../../examples/shop/app.yaml"),
    include_str!("../../../../examples/monorepo/app.yaml"),
    include_str!("../../../../examples/container/app.yaml"),
    include_str!("../../../../examples/chat-bot/app.yaml"),
];

/// A declaration as a document, for changes of its nodes.
pub fn declaration() -> Value {
    json!({
        "app": "shop", "version": "1.3.0",
        "environments": {"dev": {"deploy": {"branch": "main"}}, "prod": {"deploy": {"tag": "stable"}, "start": "manual"}},
        "components": {
            "agent": {"kind": "ecs", "cluster": "shop-{environment}", "service": "agent", "container": "agent", "repository": "shop/agent"},
            "api": {"kind": "lambda", "function": "shop-api-{environment}", "alias": "live", "after": ["agent"], "rollout": {"canary": [10, 50], "every": "5m"}},
            "web": {"kind": "static_site", "bucket": "shop-web", "distribution": {"dev": "E1", "prod": "E3"}, "after": ["api"]}
        },
        "gates": {"bake": "10m", "alarms": ["shop-5xx"], "probes": [{"url": "https://shop.example/health", "status": 200, "within": "800ms"}]}
    })
}

/// A manifest as a document.
pub fn manifest() -> Value {
    json!({
        "version": "1.4.0",
        "git": {"ref": "refs/tags/v1.4.0", "commit": "9f2c1ab"},
        "components": {"web": {"key": "artifacts/shop/prod/web/1.4.0.zip", "version_id": "v1"}, "agent": {"image": "shop/agent:1.4.0"}}
    })
}

pub fn declarations() -> Box<Try> {
    let texts = DECLARATIONS.map(|text| text.as_bytes().to_vec());
    let documents = [declaration()];
    Box::new(move |rng, shown| {
        let text = text(rng, &texts, &documents, shown);
        match Declaration::parse(&text) {
            Ok(declaration) => {
                for environment in declaration.environments() {
                    declaration
                        .resolve(environment)
                        .map_err(|findings| format!("taken, but not for {environment}: {findings:?}"))?;
                }
                Ok(Outcome::Taken)
            }
            Err(findings) => refused(&findings),
        }
    })
}

pub fn manifests() -> Box<Try> {
    let documents = [manifest()];
    let texts = documents.clone().map(|document| document.to_string().into_bytes());
    Box::new(move |rng, shown| {
        let text = text(rng, &texts, &documents, shown);
        let app = AppName::new("shop").map_err(|error| error.to_string())?;
        match Manifest::parse(&app, &text) {
            Ok(_) => Ok(Outcome::Taken),
            Err(findings) => refused(&findings),
        }
    })
}

/// Returns a text whose bytes, or whose document, were changed.
fn text(rng: &mut Rng, texts: &[Vec<u8>], documents: &[Value], shown: &mut Vec<u8>) -> String {
    *shown = match rng.u8(0..3) {
        0 => bytes(rng, texts),
        1 => document(rng, documents).to_string().into_bytes(),
        _ => {
            let changed = document(rng, documents).to_string().into_bytes();
            bytes(rng, &[changed])
        }
    };
    String::from_utf8_lossy(shown).into_owned()
}
