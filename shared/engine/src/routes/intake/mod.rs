//! Intake: serves what arrives by itself, as events of S3 and ECR.

// What is not taken is listed, and nobody is notified: most tags are not meant to be deployed, and whoever builds an
// image for each pull request would switch notifications off.

mod access;
mod arrival;
mod declaration;
mod flood;
mod image;
mod manifest;
mod missed_arrivals;
mod object;

pub use arrival::Ports;
pub use flood::send_back;

use crate::config::Config;
use crate::ports::Result;
use serde_json::Value;

/// Serves one event. What belongs to no application is listed; a fault is retried by
/// the queue and ends in the dead-letter queue. An event of another account or region is dropped.
pub async fn handle(ports: &impl Ports, event: Value) -> Result<()> {
    if !is_from_here(ports.config(), &event) {
        let (account, region) = (event.get("account"), event.get("region"));
        tracing::warn!(?account, ?region, "an event of another account or region is dropped");
        return Ok(());
    }
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

/// Returns whether an event comes from the account and the region of the installation. A bus can take the events of
/// other accounts and regions, and such an event names a repository or a bucket of the same name there (Amazon
/// EventBridge User Guide, "Sending and receiving events between AWS accounts in Amazon EventBridge").
fn is_from_here(config: &Config, event: &Value) -> bool {
    let is = |member: &str, own: &str| event.get(member).and_then(Value::as_str) == Some(own);
    is("account", &config.account) && is("region", &config.region)
}
