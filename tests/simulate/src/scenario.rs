//! Scenarios: what people and CI do, and the world in which they do it.

use crate::access::WhoMay;
use crate::deed::Deed;
use windlass_domain::access::AccessItem;
use windlass_domain::release::request::ObjectRef;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::AppName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, ItemKey, Stored};
use windlass_engine::ports::DynamoDbApi;
use windlass_world::World;
use windlass_world::run::run;

/// The time of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A second after the one before.
    Next,
    /// So many seconds after the one before, if nothing else comes before.
    After(u64),
    /// As soon as any execution is in this state.
    In(&'static str),
    /// As soon as any deployment asks for approval, and its plan is drawn.
    Asks,
    /// As soon as nothing moves any more.
    Quiet,
}

/// An act: a deed at its time.
#[derive(Debug, Clone, Copy)]
pub struct Act {
    /// The time.
    pub when: When,
    /// The deed.
    pub deed: Deed,
    /// True if it is a change that somebody else makes at a target.
    pub is_others: bool,
}

impl Act {
    /// Returns the same act as one of somebody else at a target. Its words say so as well, and nothing reads them.
    #[must_use]
    pub const fn by_somebody_else(self) -> Self {
        Self { is_others: true, ..self }
    }
}

/// A freeze of all environments, by files that are in force from the beginning on. Both moments are whole minutes.
#[derive(Debug, Clone, Copy)]
pub struct Freeze {
    /// Its first moment.
    pub from: Time,
    /// The first moment that is free again.
    pub until: Time,
    /// True if what comes meanwhile waits; else it is refused.
    pub waits: bool,
    /// True if it is the time between two windows of one day, and no freeze.
    pub by_windows: bool,
}

impl Freeze {
    /// Puts its files in force.
    ///
    /// # Panics
    /// If the ledger does not take them.
    #[expect(clippy::expect_used, reason = "the name is written here")]
    pub fn begin(&self, world: &World) {
        let app = |rules: &str| {
            let text = format!(
                "app: shop\nversion: 1\nwho: {{ci: ['arn:aws:iam::111111111111:role/shop-ci']}}\nenvironments: {{prod: {{release: [console, ci], {rules}}}}}\n"
            );
            put(world, ledger::access(&AppName::new("shop").expect("a name")), text);
        };
        if self.by_windows {
            let hour = |at: Time| {
                at.to_string().get("2026-11-20T".len()..).unwrap_or_default().chars().take(5).collect::<String>()
            };
            let (from, until) = (hour(self.from), hour(self.until));
            let open = |from: &str, until: &str| format!("{{days: fri, from: '{from}', until: '{until}', zone: UTC}}");
            return app(&format!("windows: [{}, {}]", open("00:00", &from), open(&until, "24:00")));
        }
        let minute = |at: Time| at.to_string().chars().take("2026-11-20T18:00".len()).collect::<String>();
        let (from, until) = (minute(self.from), minute(self.until));
        let all =
            format!("version: 1\nfreezes: [{{from: \"{from}\", until: \"{until}\", zone: UTC, reason: a sale}}]\n");
        put(world, ledger::access_for_all(), all);
        if self.waits {
            app("outside: wait");
        }
    }
}

#[expect(clippy::expect_used, reason = "nothing goes wrong before a scenario begins")]
fn put(world: &World, key: ItemKey<AccessItem>, text: String) {
    let object = ObjectRef { key: "access/all.yaml".into(), version_id: None };
    let digest = Digest::of(text.as_bytes());
    let item = Stored::new(key, AccessItem { text, version: 1, digest, accepted: Time(0), object });
    run(world.transact(vec![item.put().expect("an item")])).expect("it is written");
}

/// A scenario.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Its name, in seeds.
    pub name: &'static str,
    /// The declaration that is in force.
    pub declaration: &'static str,
    /// The access file that is in force when the run begins.
    pub access: Option<&'static WhoMay>,
    /// Sets up the targets as this scenario needs them.
    pub scene: fn(&World),
    /// The freeze, if there is one.
    pub freeze: Option<Freeze>,
    /// The acts of the past, in which nothing went wrong.
    pub before: &'static [Act],
    /// The acts of the run, with mishaps.
    pub acts: &'static [Act],
    /// The change that somebody else makes at a target, if a mishap asks for it.
    pub out_of_band: fn(&World),
    /// The ending of each deployment if nothing goes wrong, in the order of their acceptance.
    pub ends: &'static [&'static str],
    /// The other endings that a deployment may have with one mishap, because it comes before or after another one then,
    /// or because what stood in its way failed. Endings that any mishap may lead to are not named.
    pub may: &'static [&'static str],
    /// True if deployments end so as well after a mishap at which the call is made again: nothing else depends on how
    /// long each part takes.
    pub steady: bool,
}

impl Scenario {
    /// Returns CI's number of a version, if it has one.
    pub fn number_of(&self, version: &str) -> Option<u64> {
        let mut acts = self.before.iter().chain(self.acts);
        acts.find_map(|act| match act.deed {
            Deed::ArriveAs(one, _, number) | Deed::PreemptAs(one, _, number) if one == version => Some(number),
            _ => None,
        })
    }

    /// Returns the version whose bytes a version has: its own, or another one's.
    pub fn bytes_of<'a>(&self, version: &'a str) -> &'a str {
        let mut acts = self.before.iter().chain(self.acts);
        let bytes = acts.find_map(|act| match act.deed {
            Deed::DeployAs(one, _, bytes) if one == version => Some(bytes),
            _ => None,
        });
        bytes.unwrap_or(version)
    }

    /// Returns whether a tag moves, so that the manifest of a release may name other bytes than the release has.
    pub fn moves_tags(&self) -> bool {
        let mut acts = self.before.iter().chain(self.acts);
        acts.any(|act| matches!(act.deed, Deed::MoveTag(_)))
    }

    /// Returns whether something arrives of which events come.
    pub fn hears(&self) -> bool {
        let mut acts = self.before.iter().chain(self.acts);
        acts.any(|act| matches!(act.deed, Deed::Upload(..) | Deed::Put(..) | Deed::Push(..) | Deed::PushTo(..)))
    }
}

/// Makes a deed a second after the one before.
pub const fn next(deed: Deed) -> Act {
    Act { when: When::Next, deed, is_others: false }
}

/// Makes a deed so many seconds after the one before.
pub const fn after(seconds: u64, deed: Deed) -> Act {
    Act { when: When::After(seconds), deed, is_others: false }
}

/// Makes a deed when nothing moves any more.
pub const fn quiet(deed: Deed) -> Act {
    Act { when: When::Quiet, deed, is_others: false }
}

/// Makes a deed as soon as any execution is in a state.
pub const fn when_in(state: &'static str, deed: Deed) -> Act {
    Act { when: When::In(state), deed, is_others: false }
}

/// Makes a deed as soon as any deployment asks for approval.
pub const fn when_asked(deed: Deed) -> Act {
    Act { when: When::Asks, deed, is_others: false }
}

/// Chooses a variant of the product. Here there is none: this is the product. The copy has another function in its
/// place.
pub fn choose_variant(_name: &str) -> bool {
    false
}

/// Lets the variant know whether the past of a scenario happens now, in which nothing is broken. Here nothing ever is.
pub fn in_past(_past: bool) {}
