use crate::declaration::kinds::KindName;
use crate::declaration::plan::tests::{WATCH, candidate, listed, name};
use crate::declaration::plan::{ComponentInPlan, plan, watched_at};

const HOUR: u64 = 3600;

fn function(steps: &[(&str, u64)]) -> ComponentInPlan {
    candidate("api", KindName::Lambda, &[], steps)
}

/// A service of so many looks, each of which takes so many seconds, the first with what is changed.
fn service(name: &str, looks: usize, each_s: u64) -> ComponentInPlan {
    let first = ("part", each_s);
    let looks = (1..looks).map(|_| ("look", each_s));
    let rest = [("all", 0), ("ended", 0)];
    let stages: Vec<(&str, u64)> = std::iter::once(first).chain(looks).chain(rest).collect();
    candidate(name, KindName::Ecs, &[], &stages)
}

#[test]
fn an_hour_is_watched_once_and_divided_by_the_looks() {
    let both = [service("agent", 6, 600), function(&[("10 %", HOUR), ("100 %", 0)])];
    let waves = plan(&both, WATCH).unwrap();
    insta::assert_snapshot!(listed(&waves), @"
    wave 1 (bake 600 s)
      agent: part
      api: 10 %
    wave 2 (bake 600 s)
      agent: look
    wave 3 (bake 600 s)
      agent: look
    wave 4 (bake 600 s)
      agent: look
    wave 5 (bake 600 s)
      agent: look
    wave 6 (bake 600 s)
      agent: look
    wave 7 (bake 600 s)
      agent: all
      api: 100 %
    wave 8 (bake 0 s)
      agent: ended
    ");
    let looks: Vec<bool> = waves.iter().map(|wave| wave.look).collect();
    assert_eq!(looks, [false, true, true, true, true, true, false, false]);
    // The function is at 10 % until its next stage, and the service with all traffic until its end.
    assert_eq!(watched_at(&waves, &name("api"), 0), HOUR);
    let service = (0..8).map(|nth| watched_at(&waves, &name("agent"), nth));
    let service: Vec<u64> = service.collect();
    assert_eq!(service, [600, 600, 600, 600, 600, 600, WATCH.bake_s, 0]);
}

/// Components, and for each wave what is changed or looked at, with the seconds that it is watched.
type Row = (&'static str, Vec<ComponentInPlan>, &'static [(&'static str, u64)]);

#[test]
fn how_looks_divide_a_wave() {
    let table: [Row; 7] = [
        (
            "the function's step is the longer one: the last part takes the rest",
            vec![service("agent", 3, 300), function(&[("10 %", HOUR), ("100 %", 0)])],
            &[
                ("agent part, api 10 %", 300),
                ("agent look", 300),
                ("agent look", 3000),
                ("agent all, api 100 %", 600),
                ("agent ended", 0),
            ],
        ),
        (
            "the service's is: what comes next begins after all",
            vec![service("agent", 3, 300), function(&[("10 %", 60), ("100 %", 0)])],
            &[
                ("agent part, api 10 %", 300),
                ("agent look", 300),
                ("agent look", 300),
                ("agent all, api 100 %", 600),
                ("agent ended", 0),
            ],
        ),
        (
            "two services at the same times",
            vec![service("agent", 3, 600), service("mail", 3, 600)],
            &[
                ("agent part, mail part", 600),
                ("agent look, mail look", 600),
                ("agent look, mail look", 600),
                ("agent all, mail all", 600),
                ("agent ended, mail ended", 0),
            ],
        ),
        (
            "times that are near are one wave, the later one",
            vec![service("agent", 3, 600), service("mail", 4, 420)],
            &[
                ("agent part, mail part", 600),
                ("mail look, agent look", 240),
                ("mail look", 420),
                ("agent look, mail look", 540),
                ("agent all, mail all", 600),
                ("agent ended, mail ended", 0),
            ],
        ),
        (
            "times that are not stay apart",
            vec![service("agent", 2, 600), service("mail", 2, 300)],
            &[
                ("agent part, mail part", 300),
                ("mail look", 300),
                ("agent look", 600),
                ("agent all, mail all", 600),
                ("agent ended, mail ended", 0),
            ],
        ),
        (
            "looks of one component stay apart, however short",
            vec![service("agent", 3, 20)],
            &[("agent part", 20), ("agent look", 20), ("agent look", 20), ("agent all", 600), ("agent ended", 0)],
        ),
        (
            "what comes after begins when all was looked at",
            vec![service("agent", 2, 300), candidate("web", KindName::StaticSite, &["agent"], &[("files", 0)])],
            &[("agent part", 300), ("agent look", 300), ("agent all", 30), ("web files", 600), ("agent ended", 0)],
        ),
    ];
    for (why, components, wanted) in table {
        let waves = plan(&components, WATCH).unwrap();
        let words = waves.iter().map(|wave| {
            let changes = wave.changes.iter().map(|it| format!("{} {}", it.component, it.what));
            (changes.collect::<Vec<_>>().join(", "), wave.bake_s)
        });
        let found: Vec<(String, u64)> = words.collect();
        let wanted: Vec<(String, u64)> = wanted.iter().map(|(words, bake_s)| ((*words).to_owned(), *bake_s)).collect();
        if found != wanted {
            println!("{why}: {found:?}");
        }
    }
}
