//! A visitor of the site.

use std::collections::BTreeSet;
use windlass_engine::ports::Probed;
use windlass_machine::shop_world::NOTES;
use windlass_world::World;
use windlass_world::probe::Edge;

/// Returns the reason why a visitor of the site's page would miss something, at an edge that has a new configuration at
/// once and at the last one. `named` has the names in open documents, and gets those of the page. After the page has
/// named something it must be there, too, unless it may be gone.
pub fn missed(world: &World, named: &mut BTreeSet<String>, may_be_gone: impl Fn() -> bool) -> Option<String> {
    let host = world.cloudfront().distributions.get("E1")?.domain.clone();
    for edge in [Edge::Quick, Edge::Slow] {
        match visit(world, edge, &format!("https://{host}/index.html")) {
            Some((200, page)) => {
                let addresses = page.split("src=\"").skip(1);
                named.extend(addresses.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
            _ if named.is_empty() || may_be_gone() => {}
            other => return Some(format!("the page at a {edge:?} edge is {other:?}")),
        }
        for script in named.iter() {
            match visit(world, edge, &format!("https://{host}{script}")) {
                Some((200, body)) if !body.starts_with('<') => {}
                other => return Some(format!("{script} at a {edge:?} edge is {other:?}")),
            }
        }
    }
    None
}

/// Returns what a visitor gets of the file that nothing in the site names, if it is there, at the last edge that has a
/// new configuration.
pub fn notes(world: &World) -> Option<String> {
    let host = world.cloudfront().distributions.get("E1")?.domain.clone();
    let (status, body) = visit(world, Edge::Slow, &format!("https://{host}/{NOTES}"))?;
    (status == 200 && !body.starts_with('<')).then_some(body)
}

/// Returns the status and the body that a visitor gets.
fn visit(world: &World, edge: Edge, url: &str) -> Option<(u16, String)> {
    match world.visit_at(edge, url) {
        Some(Probed::Answer(answer)) => {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            Some((answer.status, body))
        }
        _ => None,
    }
}
