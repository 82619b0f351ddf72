//! Events of S3 and ECR, and what lies behind them.

use super::scene::{left_alone, of_the_bank, world};
use crate::mutate::{document, pick, word};
use crate::{Outcome, Try};
use serde_json::{Value, json};
use windlass_domain::fault::FaultName;
use windlass_engine::routes::intake;
use windlass_world::run::run;

const KEYS: [&str; 4] = [
    "apps/shop/app.yaml",
    "releases/shop/1.1.0.json",
    "artifacts/shop/api/1.1.0.zip",
    "artifacts/shop/../bank/api/1.zip",
];

pub fn ready() -> Box<Try> {
    let world = world();
    let before = world.as_ref().map(of_the_bank).unwrap_or_default();
    let contents = [
        super::documents::declaration(),
        super::documents::manifest(),
    ];
    Box::new(move |rng, shown| {
        let world = world.as_ref().map_err(Clone::clone)?.copy();
        let key = match rng.u8(0..4) {
            0 => word(rng),
            _ => pick(rng, &KEYS).copied().unwrap_or_default().to_owned(),
        };
        let content = document(rng, &contents).to_string();
        world.objects().upload("artifacts", &key, content.clone());
        let event = document(rng, &seeds(&key));
        *shown = format!("{key}\n{content}\n{event}").into_bytes();
        let answer = run(intake::handle(&world, event));
        // Who may write under the bank's keys is the bank.
        if key.split('/').nth(1) != Some("bank") {
            left_alone(&before, &world)?;
        }
        match answer {
            Ok(()) => Ok(Outcome::Taken),
            Err(fault) if fault.name == FaultName::BadInput => {
                Ok(Outcome::Refused(vec!["BadInput".into()]))
            }
            Err(fault) => Err(fault.to_string()),
        }
    })
}

fn seeds(key: &str) -> [Value; 3] {
    [
        json!({
            "detail-type": "Object Created", "source": "aws.s3",
            "detail": {"bucket": {"name": "artifacts"}, "object": {"key": key, "sequencer": "1"}, "requester": "111111111111"}
        }),
        json!({
            "detail-type": "ECR Image Action", "source": "aws.ecr", "account": "111111111111",
            "detail": {"action-type": "PUSH", "result": "SUCCESS", "repository-name": "shop/agent", "image-tag": "main", "image-digest": format!("sha256:{}", "0".repeat(64))}
        }),
        json!({"detail-type": "Scheduled Event", "source": "aws.events"}),
    ]
}
