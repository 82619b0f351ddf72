//! The whole of a plan, from looking at every target to what the ledger must hold. `Prepare` writes it down, and `Plan`
//! only tells it.

use super::compose::{Composed, compose};
use super::scene::{Ports, Scene};
use super::{drafts, gates, moved_targets, stale_reads, tenancy};
use crate::ports::{Result, Write};

/// Looks at everything and plans; answers beside it the writes that claim targets. Nothing is written.
pub async fn composed(ports: &impl Ports, scene: &Scene) -> Result<(Composed, Vec<Write>)> {
    let looked = ports.now();
    let mut drafts = drafts::drafts(ports, scene).await?;
    if let Some(ms) = stale_reads::wait_ms(scene, &drafts, looked)? {
        ports.sleep_ms(ms).await;
        drafts = drafts::drafts(ports, scene).await?;
    }
    moved_targets::settle(ports, scene, &mut drafts).await?;
    let gates = gates::check(ports, scene, &drafts).await?;
    let tenancy = tenancy::check(ports, scene, &drafts).await?;
    let composed = compose(scene, &drafts, gates, tenancy.findings, ports.now())?;
    Ok((composed, tenancy.writes))
}
