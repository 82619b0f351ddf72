//! The events of an approval: a plan asks people, and one has approved it. What asks shows what they are to know. Pure.

use crate::access::Approval;
use crate::declaration::difference::MemberDifference;
use crate::deployment::Deployment;
use crate::deployment::event_name::EventName;
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call;
use crate::release::way_in::WayIn;
use crate::shown::audit::given_in_words;
use crate::shown::event::{Detail, Event, detail_of};
use crate::shown::message::{self, mark_of_later, wave_in_words};
use crate::shown::planned::{DrawnPlan, End, FormerPlan, FromTo, Planned};
use crate::text::count::count;
use crate::text::digest::Digest;
use crate::text::finding::{Finding, FindingName};
use crate::text::foreign::{line, truncate};
use crate::text::name::ComponentName;
use crate::text::prose::Prose;
use crate::text::time::{Time, lasting};
use serde_json::Value;

/// The facts about a plan that asks people, beside the deployment's record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AskedPlan {
    /// The plan; absent where it is not kept any more.
    pub planned: Option<Planned>,
    /// The version of the declaration by which the present snapshot was deployed, if there is one.
    pub declared: Option<semver::Version>,
    /// The differences of the deployment's declaration from that one.
    pub differences: Vec<MemberDifference>,
}

/// The most differences of the declaration that are shown; the others are counted.
const MOST_DIFFERENCES: usize = 8;

/// The longest line about a plan, in bytes: what comes behind it names how to approve, and is to be there.
const LONGEST_LINE: usize = 1500;

/// Returns whether a change of a record asks people anew: its plan is drawn, or other people are missing.
pub fn asks_anew(before: Option<&Deployment>, after: &Deployment) -> bool {
    let asked = asked(after);
    asked.is_some() && before.and_then(self::asked) != asked
}

/// Returns what is asked: the plan by its hash, and how many people are missing.
fn asked(record: &Deployment) -> Option<(&Digest, u32)> {
    let asks = record.asks() && record.ending.is_none();
    let approval = record.approval.as_ref().filter(|approval| asks && approval.missing > 0)?;
    Some((approval.hash.as_ref()?, approval.missing))
}

/// Returns the events of what a change of a record says about its approval. `plan` is what is known of the plan where
/// [`asks_anew`] says that it asks.
pub fn of_approval(before: Option<&Deployment>, after: &Deployment, plan: &AskedPlan) -> Vec<Event> {
    let Some(approval) = &after.approval else { return Vec::new() };
    let former = before.and_then(|before| before.approval.as_ref());
    let known = former.map_or(0, |former| former.given.len());
    let given = approval.given.iter().skip(known).map(|given| {
        let said = Prose::from(given_in_words(after, given));
        Event::new(EventName::ApprovalGiven, detail_of(after).because(&said))
    });
    let asks = asks_anew(before, after);
    let asks = asks.then(|| Event::new(EventName::ApprovalAsked, asking(after, approval, plan)));
    given.chain(asks).collect()
}

/// Makes the particulars of a plan that asks. Its steps are commands: the console is nobody, and approves nothing.
fn asking(record: &Deployment, approval: &Approval, plan: &AskedPlan) -> Detail {
    let of = record.environment_id();
    let planned = plan.planned.as_ref();
    let drawn = planned.and_then(|planned| planned.drawn.as_ref());
    let drawn = drawn.filter(|drawn| approval.hash.as_ref() == Some(&drawn.hash));
    // It asks since its plan was drawn, or since somebody has approved.
    let given = approval.given.iter().map(|given| given.at);
    let now = given.chain(drawn.map(|drawn| drawn.at)).fold(approval.since, Time::max);
    let (version, missing, until) = (&record.release.version, approval.missing, approval.until.clock_at(now));
    let wanted = count(approval.count, "approval");
    let mut said =
        vec![format!("{} {} {version} waits for {missing} of {wanted} until {until} UTC", of.app(), of.environment())];
    if let Some(drawn) = drawn {
        let before = planned.and_then(|planned| planned.before.as_ref());
        said.extend(before.map(|before| news(before, drawn)));
        said.push(changes(record, drawn, plan));
        said.push(course(drawn));
    }
    let said: Vec<String> = said.into_iter().map(|one| truncate(one, LONGEST_LINE)).collect();
    let (id, hash) = (record.id.to_string(), approval.hash.as_ref().map(Digest::beginning).unwrap_or_default());
    let members: [(&str, Value); 3] = [("deployment", id.into()), ("hash", hash.into()), ("reason", "…".into())];
    let approve = call::input(ActionName::Approve, of, &members);
    let steps = prose!("{}, or {}", approve, call::cancel(of, &record.id));
    let cause = prose!("{}\n  {}", said.join("\n"), Prose::next(steps));
    let words = |text: &Prose| WayIn::CommandLine.words(text);
    let (audit, next) = (record.audited().line_at(now), cause.next_lines().iter().map(words).collect());
    Detail { cause: Some(words(&cause)), next, audit, ..detail_of(record) }
}

/// Says what is new in a plan that asks once more, because something has moved since its former one was approved.
fn news(before: &FormerPlan, drawn: &DrawnPlan) -> String {
    let new = message::news(before, drawn, |name, change, former| match former {
        Some(former) => format!("{}, before {}", in_words(name, change), from_to(former)),
        None => in_words(name, change),
    });
    format!("  asked once more, because something has moved; new: {}", new.join("; "))
}

/// Says which versions take the place of which, and what the new declaration has otherwise.
fn changes(record: &Deployment, drawn: &DrawnPlan, plan: &AskedPlan) -> String {
    let to = &record.declaration;
    let otherwise = otherwise(record, &plan.differences);
    let declared = plan.declared.as_ref().filter(|from| *from != to);
    let declared = declared.map(|from| format!("declaration {from} -> {to}{otherwise}"));
    let changes = drawn.changes.iter().map(|(name, change)| in_words(name, change));
    format!("  {}", changes.chain(declared).collect::<Vec<_>>().join("; "))
}

/// Says what the new declaration has otherwise: of the environment first, and of no other one.
fn otherwise(record: &Deployment, differences: &[MemberDifference]) -> String {
    let own = format!("environments.{}", record.environment);
    let is_own = |it: &&MemberDifference| it.path == own || it.path.starts_with(&format!("{own}."));
    let is_shared = |it: &&MemberDifference| it.path != "version" && !it.path.starts_with("environments.");
    let named = differences.iter().filter(is_own).chain(differences.iter().filter(is_shared));
    let named: Vec<String> = named
        .map(|it| {
            let [from, to] = [&it.from, &it.to].map(|value| value.as_deref().map_or("nothing".into(), line));
            format!("{} {from} -> {to}", line(&it.path))
        })
        .collect();
    let (shown, more) = named.split_at(named.len().min(MOST_DIFFERENCES));
    match (shown, more.len()) {
        ([], _) => String::new(),
        (shown, 0) => format!(": {}", shown.join(", ")),
        (shown, more) => format!(": {}, and {more} more", shown.join(", ")),
    }
}

/// Says in which waves that is done, how the gates are now, and what cannot be undone.
fn course(drawn: &DrawnPlan) -> String {
    let waves = (1..).zip(&drawn.plan.waves).map(|(number, wave)| {
        let watched = if wave.bake_s == 0 { String::new() } else { format!(", watched {}", lasting(wave.bake_s)) };
        format!("wave {number}: {}{watched}{}", wave_in_words(wave), mark_of_later(wave))
    });
    let changes = drawn.plan.waves.iter().flat_map(|wave| &wave.changes);
    let ended = changes.flat_map(|change| {
        let ended = change.details.iter().filter(|detail| detail.action.ends_it());
        ended.map(move |detail| format!("{}: {}", change.component, detail.line()))
    });
    let gates = drawn.gates.iter().filter_map(|gate| Some(format!("{} {}", gate.gate, gate.verdict?)));
    let gates: Vec<String> = gates.collect();
    let gates = (!gates.is_empty()).then(|| format!("gates now: {}", gates.join(", ")));
    let is_irreversible = |name: &&ComponentName| {
        let is_of_it = |it: &Finding| it.path.split('.').nth(1) == Some(name.as_str());
        drawn.plan.warnings.iter().any(|it| it.name == FindingName::Irreversible && is_of_it(it))
    };
    let named: Vec<&str> = drawn.changes.keys().filter(is_irreversible).map(ComponentName::as_str).collect();
    let never = (!named.is_empty()).then(|| format!("cannot be undone: {}", named.join(", ")));
    format!("  {}", waves.chain(ended).chain(gates).chain(never).collect::<Vec<_>>().join("; "))
}

fn in_words(name: &ComponentName, change: &FromTo) -> String {
    format!("{name} {}", from_to(change))
}

fn from_to(change: &FromTo) -> String {
    let from = change.from.as_ref().map_or_else(|| "nothing".to_owned(), end);
    format!("{from} -> {}", end(&change.to))
}

fn end(end: &End) -> String {
    let version = line(&end.version);
    let commit = end.commit.as_ref().map(|commit| format!(" {}", commit.get(..7).unwrap_or(commit)));
    format!("{version}{}", commit.unwrap_or_default())
}

#[cfg(test)]
#[path = "approval_tests.rs"]
mod tests;
