//! Intake: serves what arrives by itself, as events of S3 and ECR.

mod arrival;
mod artifact;
mod declaration;
mod deduplication;
mod ignored_arrivals;
mod image;
mod manifest;
mod missed_arrivals;
mod missed_images;
mod object;
mod repositories;

pub use arrival::Ports;

use crate::ports::Result;
use serde_json::Value;

/// Serves one event. What belongs to no application is listed (decision 0262); a fault is retried by
/// the queue and ends in the dead-letter queue.
pub async fn handle(ports: &impl Ports, event: Value) -> Result<()> {
    match event.get("detail-type").and_then(Value::as_str) {
        Some("Object Created") => object::handle(ports, &event).await,
        Some("ECR Image Action") => image::handle(ports, &event).await,
        Some("Scheduled Event") => missed_arrivals::handle(ports).await,
        other => {
            tracing::info!(detail_type = ?other, "an event of no interest is dropped");
            Ok(())
        }
    }
}
