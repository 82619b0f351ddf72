use crate::declaration::execution_history::*;
use crate::declaration::gate::{Measurement, UnknownBecomes, Verdict};
use crate::declaration::kinds::ecs::{self, Base, Ecs};
use crate::declaration::kinds::lambda::Lambda;
use crate::declaration::kinds::rollout::Rollout;
use crate::declaration::kinds::site::{SiteMode, StaticSite};
use crate::declaration::kinds::{KindName, Spec};
use crate::deployment::judgement::{Judged, Judgement};
use crate::text::finding::FindingName;
use crate::text::time::Time;
use proptest::prelude::*;
use std::collections::BTreeSet;

const KINDS: [KindName; 3] = [KindName::Lambda, KindName::Ecs, KindName::StaticSite];

fn name(kind: KindName, n: usize) -> ComponentName {
    ComponentName::new(format!("c{}-{n}", kind as u8)).unwrap()
}

fn spec(kind: KindName, steady_within: Span) -> Spec {
    let all = [
        Spec::StaticSite(StaticSite {
            bucket: "shop-web".into(),
            prefix: String::new(),
            mode: SiteMode::InPlace,
            distribution: None,
            origin: None,
            url: None,
            root: None,
            cache: vec![],
            headers: vec![],
            hashed: vec![],
            elsewhere: vec![],
            keep: 10,
            config: None,
            is_tried: false,
            files: crate::declaration::folder::FolderPatterns::default(),
        }),
        Spec::Lambda(Lambda {
            function: "shop-api".into(),
            alias: None,
            repository: None,
            rollout: Rollout::default(),
            codedeploy: None,
            is_tried: false,
            files: crate::declaration::folder::FolderPatterns::default(),
        }),
        Spec::Ecs(Ecs {
            cluster: "shop".into(),
            service: "agent".into(),
            containers: [("c".into(), "shop/c".into())].into(),
            base: Base::Running,
            rollout: ecs::Strategy::default(),
            pause: BTreeSet::new(),
            codedeploy: None,
            steady_within,
        }),
    ];
    let mut all = all.into_iter();
    all.find(|spec| spec.kind() == kind).unwrap()
}

/// So many components of each of these kinds.
fn declared(count: usize, steady_within: Span) -> BTreeMap<ComponentName, ResolvedComponent> {
    KINDS
        .into_iter()
        .flat_map(|kind| {
            let component =
                ResolvedComponent { after: BTreeSet::new(), on_artifact: false, spec: spec(kind, steady_within) };
            (0..count).map(move |n| (name(kind, n), component.clone()))
        })
        .collect()
}

fn wave(kind: KindName, components: usize, bake_s: u64) -> Wave {
    let change = |n| PlannedChange {
        component: name(kind, n),
        kind,
        what: String::new(),
        later: BTreeSet::new(),
        tested: false,
        closing: false,
        timing: None,
        details: Vec::new(),
        details_left: 0,
    };
    Wave { changes: (0..components).map(change).collect(), bake_s, ahead: false, look: false }
}

fn hold(seconds: u64) -> UnknownRule {
    UnknownRule { becomes: UnknownBecomes::Hold, hold_for: Span::seconds(seconds) }
}

#[test]
fn what_fits_into_a_history() {
    const FIFTEEN: Span = Span::seconds(900);
    let cases = [
        (KindName::Lambda, 500, 4, FIFTEEN, true),
        (KindName::Lambda, 500, 6, FIFTEEN, false),
        (KindName::Ecs, 250, 1, FIFTEEN, true),
        (KindName::Ecs, 500, 1, FIFTEEN, false),
        (KindName::Ecs, 45, 1, LONGEST_WAIT, true),
        (KindName::Ecs, 60, 1, LONGEST_WAIT, false),
        (KindName::StaticSite, 500, 1, FIFTEEN, true),
    ];
    for (kind, components, count, steady_within, fits) in cases {
        let waves = vec![wave(kind, components, 600); count];
        let declared = declared(components, steady_within);
        let found = WaveHistory::of(&waves, &declared, Some(&hold(300))).too_long(0);
        assert_eq!(found.is_none(), fits, "{kind} {components} × {count} {steady_within}: {found:?}");
    }
}

#[test]
fn it_is_reported_in_numbers() {
    let waves = [wave(KindName::Lambda, 1000, 0), wave(KindName::Lambda, 2000, 0)];
    let finding = WaveHistory::of(&waves, &BTreeMap::new(), None).too_long(0).unwrap();
    assert_eq!(finding.name, FindingName::TooLarge);
    let begins = "3000 changes in 2 waves make a history of up to 28660 events, and AWS ends";
    assert!(finding.reason.written().starts_with(begins), "{finding:?}");
}

#[test]
fn what_has_gone_of_the_executions_time_is_not_there_to_be_watched() {
    let waves = [wave(KindName::Lambda, 1, 6 * 24 * 3600)];
    let hours = |gone: u64| {
        let (none, rule) = (BTreeMap::new(), hold(300));
        WaveHistory::of(&waves, &none, Some(&rule)).too_long(gone * 3600).map(|finding| finding.reason.written())
    };
    assert_eq!(hours(70), None);
    assert_eq!(
        hours(71).unwrap(),
        "The waves take up to 146h, 71h have gone since it was asked for, and an execution may take 216h."
    );
}

#[test]
fn a_watch_is_looked_at_as_often_as_its_history_has_room_for() {
    let cases = [
        // changes of Lambda beside it, hours of watching: seconds between two looks
        (1, 1, 60),
        (1, 24, 60),
        (1, 60, 180),
        (1, 92, 180),
        (1, 140, 256),
        (1000, 12, 60),
        (1000, 24, 180),
        (2000, 24, 184),
    ];
    for (changes, hours, wanted) in cases {
        let waves = [wave(KindName::Lambda, changes, hours * 3600)];
        let (none, rule) = (BTreeMap::new(), hold(300));
        assert_eq!(WaveHistory::of(&waves, &none, Some(&rule)).pace_s(), wanted, "{changes} changes, {hours} h");
    }
}

/// Gates that are unknown by turns, as a seed says, and well in the end or not.
fn seen(seed: u64, look: u64) -> Vec<Measurement> {
    let gate = |n: u64| Measurement {
        gate: format!("g{n}"),
        source: "metric".into(),
        component: None,
        verdict: match (seed >> ((look + 7 * n) % 61)) & 1 {
            0 => Verdict::Pass,
            _ => Verdict::Unknown,
        },
        measured: String::new(),
        threshold: String::new(),
        value: None,
        limit: None,
        window: String::new(),
        look_at: String::new(),
        not_ready: false,
        counts_later: false,
        at: Time(0),
    };
    (0..3).map(gate).collect()
}

/// Returns how often a wave is looked at, and for how many seconds, whatever its gates do.
fn watched(history: &WaveHistory<'_>, bake_s: u64, rule: &UnknownRule, seed: u64) -> (u64, u64) {
    let mut judgement = Judgement::begin(0, Time(0), Time(0), Span::seconds(bake_s), true)
        .at_pace(history.pace_s())
        .within(history.looks(bake_s));
    let mut now = Time(0);
    for look in 1..=LONGEST {
        match judgement.look(seen(seed, look), rule, now) {
            Judged::Bake { seconds } => now = now.plus_s(seconds),
            _ => return (look, now.0 / 1000),
        }
    }
    panic!("a watch ends: {bake_s} {rule:?} {seed}");
}

fn kind() -> impl Strategy<Value = KindName> {
    proptest::sample::select(KINDS.as_slice())
}

/// Seconds, from none to a week, of every order of magnitude.
fn long() -> impl Strategy<Value = u64> {
    (0u32..20).prop_flat_map(|power| 0..=(1u64 << power))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        max_global_rejects: 40_000,
        ..ProptestConfig::default()
    })]

    /// Whatever is not refused stays within what AWS allows, however its gates flicker, and however
    /// long its rollouts take within what is declared.
    #[test]
    fn the_longest_deployment_that_is_not_refused_stays_below_the_limits(
        shape in proptest::collection::vec((kind(), 1usize..40, long()), 1..30),
        hold_s in long(),
        steady_s in 1u64..=55 * 60,
        seed: u64,
    ) {
        let rule = hold(hold_s);
        let waves: Vec<Wave> = shape.iter().map(|(kind, n, bake_s)| wave(*kind, *n, *bake_s)).collect();
        let declared = declared(60, Span::seconds(steady_s));
        let history = WaveHistory::of(&waves, &declared, Some(&rule));
        prop_assume!(history.too_long(0).is_none());
        let (mut events, mut seconds) = (BESIDE + history.changes(), BESIDE_S);
        for wave in &waves {
            let (looks, took_s) = watched(&history, wave.bake_s, &rule, seed);
            events += WAVE + looks * LOOK;
            let slowest = wave.changes.iter().map(|change| extent(change, &declared).seconds).max();
            seconds += took_s + WAVE_S + slowest.unwrap_or(0);
        }
        prop_assert!(events <= LONGEST, "{events} events");
        prop_assert!(seconds <= LONGEST_S, "{seconds} s");
    }

    /// Gates that are known are looked at no less often than at the pace.
    #[test]
    fn known_gates_are_looked_at_at_their_pace(bake_s in 0u64..600_000) {
        let waves = [wave(KindName::Lambda, 1, bake_s)];
        let rule = hold(300);
        let declared = BTreeMap::new();
        let history = WaveHistory::of(&waves, &declared, Some(&rule));
        let (looks, took_s) = watched(&history, bake_s, &rule, 0);
        prop_assert_eq!(looks, bake_s.div_ceil(history.pace_s()) + 1);
        prop_assert!(took_s >= bake_s && took_s < bake_s + 6, "{took_s}");
    }
}
