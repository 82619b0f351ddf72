use crate::shown::summary::day::*;

fn app(name: &str) -> AppName {
    AppName::new(name).unwrap()
}

fn at(text: &str) -> Time {
    Time::parse(&format!("2026-11-24T{text}Z")).unwrap()
}

fn begun(to: Time) -> Day {
    match Day::turn(None, to, to) {
        SummaryDecision::Go(day) => day,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_looks_of_an_hour_are_for_one_day() {
    for (look, end, is_last) in [
        ("06:00:00", "06:00:00", false),
        ("06:54:59.999", "06:00:00", false),
        ("06:55:00", "06:00:00", true),
        ("06:59:59", "06:00:00", true),
        ("07:00:00", "07:00:00", false),
    ] {
        assert_eq!(Day::end_of(at(look)), at(end), "{look}");
        assert_eq!(Day::is_last(at(look)), is_last, "{look}");
    }
}

#[test]
fn a_look_sends_what_is_not_sent_and_leaves_alone_what_another_one_sends() {
    let to = at("06:00:00");
    let fresh = || begun(to);
    let sending = || {
        let mut day = fresh();
        assert!(day.begin(&app("shop"), at("06:00:10")));
        day
    };
    let done = || {
        let mut day = sending();
        day.done_with(&app("shop"));
        day.end();
        day
    };
    let yesterday = || {
        let mut day = begun(Time(to.0 - 24 * HOUR_MS));
        day.begin(&app("shop"), to);
        day
    };
    let table = [
        ("the first ever", None, "06:00:00", SummaryDecision::Go(fresh())),
        ("a new day", Some(yesterday()), "06:00:00", SummaryDecision::Go(fresh())),
        ("begun", Some(fresh()), "06:05:00", SummaryDecision::Go(fresh())),
        ("twice at once", Some(sending()), "06:00:11", SummaryDecision::Elsewhere),
        ("just before it has ended", Some(sending()), "06:00:54", SummaryDecision::Elsewhere),
        ("after one that died", Some(sending()), "06:00:55", SummaryDecision::Go(sending())),
        ("after all is sent", Some(done()), "06:05:00", SummaryDecision::Done),
        ("for a day before", Some(begun(Time(to.0 + HOUR_MS))), "07:01:00", SummaryDecision::Done),
    ];
    for (case, known, now, wanted) in table {
        assert_eq!(Day::turn(known, to, at(now)), wanted, "{case}");
    }
}

#[test]
fn the_summary_of_an_application_is_sent_once_and_is_passed_over_after_three_tries() {
    let mut day = begun(at("06:00:00"));
    assert!(day.begin(&app("bank"), at("06:00:00")));
    day.done_with(&app("bank"));
    for (name, is_sent) in [("a", true), ("bank", true), ("banks", false), ("shop", false)] {
        assert_eq!(day.is_done_with(&app(name)), is_sent, "{name}");
    }
    for minute in 1..=TRIES {
        assert!(day.begin(&app("shop"), at(&format!("06:0{minute}:00"))));
    }
    assert!(!day.begin(&app("shop"), at("06:04:00")));
    assert!(day.begin(&app("till"), at("06:04:01")), "the tries are of one application");
}

#[test]
fn it_is_read_as_it_was_written() {
    let mut day = begun(at("06:00:00"));
    day.begin(&app("shop"), at("06:00:01"));
    let text = serde_json::to_value(&day).unwrap();
    assert_eq!(serde_json::from_value::<Day>(text).unwrap(), day);
    let notification = no_summary(&app("shop"), day.to(), "3 invocations failed with it.");
    assert_eq!(notification.subject, "[windlass] no summary of shop");
    assert!(notification.message.contains("until 2026-11-24T06:00:00Z: 3 invocations"), "{}", notification.message);
}
