use super::*;

/// A window: days, from, until, and the zone.
type Hours = (&'static str, &'static str, &'static str, &'static str);

/// A freeze: from, until, and the zone.
type Dates = (&'static str, &'static str, &'static str);

/// The windows, the freezes, a moment, and the next one at which a release may start; empty where it may at once, and
/// `never` where there is none.
type Row = (&'static [Hours], &'static [Dates], &'static str, &'static str);

const BERLIN: &str = "Europe/Berlin";
const NEW_YORK: &str = "America/New_York";

fn window((days, from, until, zone): Hours) -> Window {
    Window { days: days.into(), from: from.into(), until: until.into(), zone: zone.into() }
}

fn freeze((from, until, zone): Dates) -> Freeze {
    Freeze { from: from.into(), until: until.into(), zone: zone.into(), reason: "a sale".into() }
}

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn check(table: &[Row]) {
    for (windows, freezes, now, wanted) in table {
        let windows: Vec<Window> = windows.iter().copied().map(window).collect();
        let freezes: Vec<Freeze> = freezes.iter().copied().map(freeze).collect();
        let found = closed(&windows, &freezes, Outside::Refuse, at(now));
        let found = found.map_or_else(String::new, |found| found.until.map_or("never".into(), |at| at.to_string()));
        assert_eq!(found, *wanted, "{windows:?} {freezes:?} at {now}");
    }
}

#[test]
fn a_window_is_open_from_its_first_millisecond_to_its_last() {
    let week: &[Hours] = &[("mon-thu", "09:00", "16:00", BERLIN)];
    let all_week: &[Hours] = &[("mon-sun", "00:00", "24:00", BERLIN)];
    let across: &[Hours] = &[("fri-mon", "10:00", "12:00", "UTC")];
    let both: &[Hours] = &[("mon", "22:00", "24:00", "UTC"), ("tue", "00:00", "02:00", "UTC")];
    check(&[
        (&[], &[], "2026-12-01T00:00:00Z", ""),
        (week, &[], "2026-12-01T07:59:59.999Z", "2026-12-01T08:00:00Z"),
        (week, &[], "2026-12-01T08:00:00Z", ""),
        (week, &[], "2026-12-01T14:59:59.999Z", ""),
        (week, &[], "2026-12-01T15:00:00Z", "2026-12-02T08:00:00Z"),
        // On a Thursday the week is over.
        (week, &[], "2026-12-03T15:00:00Z", "2026-12-07T08:00:00Z"),
        // The clock is put back on the 25th of October, and forward on the 28th of March.
        (week, &[], "2026-10-22T14:00:00Z", "2026-10-26T08:00:00Z"),
        (week, &[], "2027-03-25T15:00:00Z", "2027-03-29T07:00:00Z"),
        (all_week, &[], "2026-12-06T22:59:59.999Z", ""),
        (all_week, &[], "2026-12-06T23:00:00Z", ""),
        (across, &[], "2026-12-04T10:00:00Z", ""),
        (across, &[], "2026-12-06T11:59:59.999Z", ""),
        (across, &[], "2026-12-07T12:00:00Z", "2026-12-11T10:00:00Z"),
        (across, &[], "2026-12-03T11:00:00Z", "2026-12-04T10:00:00Z"),
        (both, &[], "2026-12-07T23:59:59.999Z", ""),
        (both, &[], "2026-12-08T00:00:00Z", ""),
        (both, &[], "2026-12-08T02:00:00Z", "2026-12-14T22:00:00Z"),
        // One of several is enough, each by its own clock.
        (
            &[("tue", "09:00", "10:00", BERLIN), ("tue", "09:00", "10:00", NEW_YORK)],
            &[],
            "2026-12-01T09:00:00Z",
            "2026-12-01T14:00:00Z",
        ),
    ]);
}

#[test]
fn a_clock_that_is_put_forward_or_back_is_believed() {
    let berlin: &[Hours] = &[("sun", "02:30", "04:00", BERLIN)];
    let left_out: &[Hours] = &[("sun", "02:00", "03:00", BERLIN)];
    let new_york: &[Hours] = &[("sun", "01:30", "02:30", NEW_YORK)];
    let ends_in_it: &[Hours] = &[("sun", "01:00", "02:30", BERLIN)];
    check(&[
        // The hour from two to three is left out: it opens as the clock shows three.
        (berlin, &[], "2027-03-28T00:59:59.999Z", "2027-03-28T01:00:00Z"),
        (berlin, &[], "2027-03-28T01:00:00Z", ""),
        (berlin, &[], "2027-03-28T02:00:00Z", "2027-04-04T00:30:00Z"),
        (left_out, &[], "2027-03-28T00:00:00Z", "2027-04-04T00:00:00Z"),
        (new_york, &[], "2027-03-14T06:29:59.999Z", "2027-03-14T06:30:00Z"),
        (new_york, &[], "2027-03-14T07:00:00Z", "2027-03-21T05:30:00Z"),
        // The same hour comes twice, from two to three in Berlin and from one to two in New York.
        (berlin, &[], "2026-10-25T00:29:59.999Z", "2026-10-25T00:30:00Z"),
        (berlin, &[], "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"),
        (left_out, &[], "2026-10-25T01:59:59.999Z", ""),
        (left_out, &[], "2026-10-25T02:00:00Z", "2026-11-01T01:00:00Z"),
        (ends_in_it, &[], "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
        (ends_in_it, &[], "2026-10-25T01:30:00Z", "2026-11-01T00:00:00Z"),
        (new_york, &[], "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z"),
        (new_york, &[], "2026-11-01T07:30:00Z", "2026-11-08T06:30:00Z"),
    ]);
}

#[test]
fn a_freeze_and_the_windows_are_left_together() {
    let week: &[Hours] = &[("mon-thu", "09:00", "16:00", BERLIN)];
    let year: &[Dates] = &[("2026-12-20", "2027-01-03", BERLIN)];
    let two: &[Dates] = &[("2026-12-20", "2027-01-03", BERLIN), ("2027-01-02T12:00", "2027-01-05T18:00", "UTC")];
    check(&[
        (&[], year, "2026-12-19T22:59:59.999Z", ""),
        (&[], year, "2026-12-19T23:00:00Z", "2027-01-02T23:00:00Z"),
        (&[], year, "2027-01-02T22:59:59.999Z", "2027-01-02T23:00:00Z"),
        (&[], year, "2027-01-02T23:00:00Z", ""),
        // It ends on a Sunday, and the window opens on Monday.
        (week, year, "2026-12-21T10:00:00Z", "2027-01-04T08:00:00Z"),
        // The window would open next within the freeze.
        (week, year, "2026-12-17T16:00:00Z", "2027-01-04T08:00:00Z"),
        (&[], two, "2026-12-24T00:00:00Z", "2027-01-05T18:00:00Z"),
        (week, two, "2026-12-24T00:00:00Z", "2027-01-06T08:00:00Z"),
        // It begins the first time that the clock shows two, and ends the second time that it shows half past.
        (&[], &[("2026-10-25T02:00", "2026-10-25T02:30", BERLIN)], "2026-10-24T23:59:59.999Z", ""),
        (&[], &[("2026-10-25T02:00", "2026-10-25T02:30", BERLIN)], "2026-10-25T00:45:00Z", "2026-10-25T01:30:00Z"),
        // The clock never shows these: they stand for the moment at which it is put forward.
        (&[], &[("2027-03-28", "2027-03-28T02:15", BERLIN)], "2027-03-28T00:59:59.999Z", "2027-03-28T01:00:00Z"),
        (&[], &[("2027-03-14T02:15", "2027-03-14T12:00", NEW_YORK)], "2027-03-14T06:59:59.999Z", ""),
        (&[], &[("2027-03-14T02:15", "2027-03-14T12:00", NEW_YORK)], "2027-03-14T07:00:00Z", "2027-03-14T16:00:00Z"),
        // What cannot be read lets nothing start.
        (&[("mon", "09:00", "16:00", "Europe/Nowhere")], &[], "2026-12-07T10:00:00Z", "never"),
        (&[], &[("2026-12-20", "2027-13-03", BERLIN)], "2026-12-01T00:00:00Z", "never"),
    ]);
}

#[test]
fn a_release_waits_for_three_days_at_most_and_where_it_is_written() {
    let year = [freeze(("2026-12-20", "2027-01-03", "UTC"))];
    for (outside, now, accepted, wanted) in [
        (Outside::Wait, "2026-12-31T00:00:00Z", "2026-12-31T00:00:00Z", true),
        (Outside::Wait, "2026-12-30T23:59:59.999Z", "2026-12-30T23:59:59.999Z", false),
        (Outside::Wait, "2027-01-02T00:00:00Z", "2026-12-31T00:00:00Z", true),
        (Outside::Wait, "2027-01-02T00:00:00Z", "2026-12-30T23:59:59.999Z", false),
        (Outside::Refuse, "2027-01-02T00:00:00Z", "2027-01-02T00:00:00Z", false),
    ] {
        let found = closed(&[], &year, outside, at(now)).unwrap();
        let until = Some(at("2027-01-03T00:00:00Z"));
        let latest = at(accepted).plus_ms(WAITS_MS);
        assert_eq!(found.waits_until(latest), until.filter(|_| wanted), "{outside:?} {now} {accepted}");
        assert_eq!(found.freeze.as_deref(), Some("a sale"), "{now}");
    }
}
