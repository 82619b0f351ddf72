use super::*;

fn order(accepted: u64) -> Order {
    Order {
        version: None,
        sequence: None,
        accepted: Time(accepted),
        recorded: Time(0),
        id: DeploymentId("1f0c2d9a4b5e6f70".into()),
    }
}

#[test]
fn a_mark_is_lowered_only_where_somebody_allowed_it() {
    let a = Part::from(ComponentName::new("a").unwrap());
    let mut state = EnvironmentState::default();
    for (at, allow_older, wanted) in [(5, false, 5), (3, false, 5), (7, false, 7), (4, true, 4)] {
        state.mark(&a, &order(at), allow_older);
        assert_eq!(state.marks[&a].accepted, Time(wanted));
    }
}

#[test]
fn a_container_has_a_mark_of_its_own_and_until_then_that_of_its_component() {
    let part = |text: &str| Part::try_from(text.to_owned()).unwrap();
    let mut state = EnvironmentState::default();
    let mut table = |mark: Option<(&str, u64)>, wanted: [Option<u64>; 3]| {
        if let Some((marked, at)) = mark {
            state.mark(&part(marked), &order(at), false);
        }
        let of = |text: &str| state.mark_of(&part(text)).map(|mark| mark.accepted.0);
        let is = ["a", "a/web", "a/worker"].map(of);
        assert_eq!(is, wanted, "{mark:?}");
    };
    table(None, [None, None, None]);
    // The component took one image then.
    table(Some(("a", 3)), [Some(3), Some(3), Some(3)]);
    table(Some(("a/web", 5)), [Some(5), Some(5), Some(3)]);
    table(Some(("a/worker", 4)), [Some(5), Some(5), Some(4)]);
    table(Some(("a/worker", 2)), [Some(5), Some(5), Some(4)]);
    table(Some(("b/web", 9)), [Some(5), Some(5), Some(4)]);
    // It takes one image again.
    table(Some(("a", 7)), [Some(7), Some(7), Some(7)]);
}

#[test]
fn a_release_runs_where_each_of_its_components_runs_its_bytes() {
    let name = |name: &str| ComponentName::new(name).unwrap();
    let image = |bytes: &str| Artifact::Image { repository: "shop/agent".into(), digest: Digest::of(bytes.as_bytes()) };
    let of = |named: &[(&str, &str)]| -> BTreeMap<ComponentName, Artifact> {
        named.iter().map(|(of, bytes)| (name(of), image(bytes))).collect()
    };
    let mut state = EnvironmentState::default();
    for (of, artifact) in [("a", Some("1")), ("b", Some("2")), ("c", None)] {
        let running = Running::new(
            artifact.map(image),
            GivenVersion {
                version: "1.0.0".into(),
                deployment: DeploymentId("1f0c2d9a4b5e6f70".into()),
                since: Time(0),
                git: None,
                released_by: None,
            },
            serde_json::Value::Null,
        );
        state.running.insert(name(of), running);
    }
    assert!(state.runs(&of(&[("a", "1")])));
    assert!(state.runs(&of(&[("a", "1"), ("b", "2")])));
    for other in [&[("a", "2")][..], &[("a", "1"), ("b", "1")], &[("c", "1")], &[("d", "1")], &[]] {
        assert!(!state.runs(&of(other)), "{other:?}");
    }
}

#[test]
fn a_token_only_grows_and_exceeds_those_that_a_backup_has_forgotten() {
    let mut lock = Lock::default();
    lock.raise(Time(1000));
    let backup = lock.clone();
    lock.raise(Time(1000));
    assert_eq!(lock.token, 1001, "twice in a millisecond");
    lock.raise(Time(900));
    assert_eq!(lock.token, 1002, "a clock that goes back");
    let mut restored = backup;
    restored.raise(Time(5000));
    assert!(restored.token > lock.token);
}

#[test]
fn one_that_waits_is_woken_in_time_and_keeps_the_tokens_that_come_late() {
    let mut waiting = Waiting {
        deployment: DeploymentId("1f0c2d9a4b5e6f70".into()),
        components: Vec::new(),
        order: Order {
            version: None,
            sequence: None,
            accepted: Time(0),
            recorded: Time(0),
            id: DeploymentId("1f0c2d9a4b5e6f70".into()),
        },
        operator: false,
        first: false,
        through_hold: false,
        asks: false,
        until: None,
        since: Time(0),
        ruled_by: FileVersions::default(),
        task_token: None,
        former_task_tokens: Vec::new(),
    };
    assert_eq!(waiting.tokens().next(), None);
    // Until when, since when it waits for others, whether the lock is free, and the time: whether it is woken, and
    // whether it has waited too long, where it waits for three days in all.
    let (day, latest) = (24 * 3600 * 1000, Time(3 * 24 * 3600 * 1000));
    for (until, since, is_free, now, is_due, is_too_long) in [
        (None, 0, true, 0, true, false),
        (None, 0, false, day - 1, false, false),
        (None, 0, false, day, true, true),
        (None, latest.0 - 60_000, false, latest.0 - 1, false, false),
        (None, latest.0 - 60_000, false, latest.0, true, true),
        (None, latest.0 + 60_000, true, latest.0 + 60_000, true, true),
        (Some(Time(2 * day)), 0, true, 2 * day - 1, false, false),
        (Some(Time(2 * day)), 0, false, 2 * day, true, false),
    ] {
        (waiting.until, waiting.since) = (until, Time(since));
        assert_eq!(waiting.is_due(is_free, latest, Time(now)), is_due, "{until:?} {since} {is_free} {now}");
        assert_eq!(waiting.is_too_long(latest, Time(now)), is_too_long, "{until:?} {since} {now}");
    }
    for token in ["second", "first", "first"] {
        waiting.keep(token);
    }
    assert_eq!(waiting.tokens().collect::<Vec<_>>(), ["first", "second"]);
    for token in 0..100 {
        waiting.keep(&token.to_string());
    }
    assert_eq!(waiting.tokens().count(), 1 + FORMER_TOKENS);
    assert_eq!(waiting.tokens().next(), Some("99"));
}

#[test]
fn what_begins_after_a_lock_was_freed_finds_another_token() {
    let mut lock = Lock {
        token: 7,
        held: Some(LockHolder {
            deployment: DeploymentId("1f0c2d9a4b5e6f70".into()),
            action: ActionName::Deploy,
            execution: "one".into(),
            since: Time(0),
            state: HeldState::Running,
            looked: false,
        }),
        failed: None,
        freed: None,
    };
    lock.free(Time(0));
    assert_eq!((lock.token, lock.held), (8, None));
}

fn ran(version: &str, bytes: Option<&[u8]>, state: u32) -> Running {
    Running::new(
        bytes.map(|bytes| Artifact::Image { repository: "shop/api".into(), digest: Digest::of(bytes) }),
        GivenVersion {
            version: version.into(),
            deployment: DeploymentId("1f0c2d9a4b5e6f70".into()),
            since: Time(0),
            git: None,
            released_by: None,
        },
        state.into(),
    )
}

#[test]
fn two_records_are_of_the_same() {
    let table = [
        (ran("1.0.0", Some(b"a"), 1), ran("1.1.0", Some(b"a"), 2), true),
        (ran("1.0.0", Some(b"a"), 1), ran("1.0.0", Some(b"b"), 1), false),
        (ran("1.0.0", Some(b"a"), 1), ran("accepted", None, 1), false),
        (ran("accepted", None, 1), ran("accepted", None, 1), true),
        (ran("accepted", None, 1), ran("accepted", None, 2), false),
        (ran(BEFORE_WINDLASS, None, 1), ran(BEFORE_WINDLASS, None, 2), true),
    ];
    for (one, other, same) in table {
        assert_eq!(one.is_same(&other), same, "{one:?} {other:?}");
        assert_eq!(other.is_same(&one), same, "{other:?} {one:?}");
    }
}

#[test]
fn what_was_found_is_that_of_before_the_first_change() {
    let [api, jobs] = ["api", "jobs"].map(|name| ComponentName::new(name).unwrap());
    let mut state = EnvironmentState::default();
    state.find(&api, ran(BEFORE_WINDLASS, None, 1));
    state.find(&api, ran(BEFORE_WINDLASS, None, 2));
    state.running.insert(jobs.clone(), ran("1.0.0", Some(b"a"), 3));
    state.find(&jobs, ran(BEFORE_WINDLASS, None, 4));
    assert_eq!(state.found, [(api.clone(), ran(BEFORE_WINDLASS, None, 1))].into());

    let snapshot = Snapshot {
        number: 2,
        version: "1.0.0".into(),
        release: None,
        deployment: DeploymentId("1f0c2d9a4b5e6f70".into()),
        made: Time(0),
        replaced: 1,
        components: [(jobs.clone(), ran("1.0.0", Some(b"a"), 3))].into(),
        irreversible: [].into(),
        proof: Proof::default(),
        partly: None,
    };
    let whole = snapshot.with_found(&state);
    let known = [(api, ran(BEFORE_WINDLASS, None, 1)), (jobs, ran("1.0.0", Some(b"a"), 3))];
    assert_eq!(whole.components, known.clone().into());
    let mut later = state;
    let found = ran(BEFORE_WINDLASS, None, 5);
    later.found.insert(known[1].0.clone(), found);
    assert_eq!(whole.with_found(&later).components, known.into());
}

#[test]
fn a_hold_that_is_set_again_keeps_every_reason_once() {
    let hold = |since, by: &str, reason: &str| Hold {
        since: Time(since),
        reason: reason.into(),
        by: by.into(),
        allowed_by: None,
        also: vec![],
    };
    let mut known = hold(0, "ann", "5xx");
    known.join(&hold(1_000, "bob", "5xx"));
    assert_eq!(known, hold(0, "ann", "5xx"));
    known.join(&hold(60_000, "bob", "freeze"));
    known.join(&hold(90_000, "eve", "freeze"));
    assert_eq!(known, Hold { also: vec![hold(60_000, "bob", "freeze")], ..hold(0, "ann", "5xx") });
    known.join(&hold(90_000, "eve", "5x"));
    assert_eq!(
        known.in_words_of(str::to_uppercase),
        "since 1970-01-01T00:00:00Z by ANN: \"5xx\"; and since 1970-01-01T00:01:00Z by BOB: \"freeze\"; and since \
         1970-01-01T00:01:30Z by EVE: \"5x\""
    );
    let rule = Some("environments.prod.roll_back".to_owned());
    let file = "access/apps/shop.yaml".to_owned();
    for allowed_by in [None, Some(AllowedBy { person: None, rule, file, version: 1 })] {
        let mut many = known.clone();
        for number in 0..1_000 {
            many.join(&Hold { allowed_by: allowed_by.clone(), ..hold(0, "ann", &format!("reason {number}")) });
        }
        let bytes = many.in_words().len();
        assert!((MANY_REASONS..MANY_REASONS + 200).contains(&bytes), "{bytes}");
    }
}
