//! The rules of access files, as a table: who may do what, and what is wrong with a file.

#![allow(clippy::unwrap_used)]

use windlass_domain::access::{AccessFile, AccessFileForAll, AccessRight, Allowed, Asked, Caller, Rules, refusal};
use windlass_domain::declaration::Declaration;
use windlass_domain::document::partial_document::PartialDocument;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::{Request, Requester, Route};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;

pub const FILE: &str = r#"
app: shop
version: 4
people:
  lead-1:
    aws: ["arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_leads_0a1b/lead-1@example.com"]
    github: "31337"
who:
  leads: [lead-1, lead-2]
  developers: ["arn:aws:iam::111111111111:role/shop-dev"]
  ci: ["arn:aws:iam::111111111111:role/shop-ci"]
  tags: [{issuer: github, claims: {repository_owner_id: "8472", repository_id: "990134", ref: "refs/tags/v*"}}]
  pulls: [{issuer: github, claims: {repository_owner_id: "8472", repository_id: "990134", event_name: "pull*"}}]
environments:
  staging: {release: [ci, s3]}
  tagged: {release: [tags, pulls, leads], operate: [lead-1]}
  seen: {read: [pulls], release: [tags], record: [pulls]}
  prod:
    release: [ci, leads]
    record: [ecr]
    roll_back: [developers, leads, console]
    operate: [leads]
"#;

const ALL: &str = r#"
version: 2
people: {lead-2: {aws: ["arn:aws:iam::111111111111:user/lead-2"]}}
who: {leads: ["arn:aws:iam::111111111111:role/shop-dev"], support: ["arn:aws:iam::111111111111:role/support"]}
without_file: refuse
"#;

const LEAD_1: &str = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_leads_0a1b/lead-1@example.com";
const LEAD_2: &str = "arn:aws:iam::111111111111:user/lead-2";
pub const DEV: &str = "arn:aws:sts::111111111111:assumed-role/shop-dev/ann";
const CI: &str = "arn:aws:sts::111111111111:assumed-role/shop-ci/run-812";

pub fn app() -> AppName {
    AppName::new("shop").unwrap()
}

pub fn all() -> AccessFileForAll {
    AccessFileForAll::read(ALL).unwrap().0
}

pub fn file(text: &str) -> AccessFile {
    AccessFile::read(text, &app(), Some(&all())).unwrap().0
}

pub fn by(who: &str) -> Requester {
    match who {
        "s3" => Requester::new(Route::S3, None),
        "ecr" => Requester::new(Route::Ecr, None),
        "console" => Requester::new(Route::Console, Some(LEAD_1.to_owned())),
        "windlass" => Requester::new(Route::Windlass, None),
        arn => Requester::new(Route::Api, Some(arn.to_owned())),
    }
}

fn decide(rules: &Rules, who: &str, right: AccessRight, environment: &str) -> Result<Allowed, Vec<Finding>> {
    let (app, environment, by) = (app(), EnvironmentName::new(environment).unwrap(), by(who));
    rules.decide(&Asked::for_right(right, &by, EnvironmentId::new(&app, &environment)), None)
}

#[test]
fn a_right_belongs_to_those_whom_the_file_names() {
    use AccessRight::{Operate, Read, Release, RollBack};
    let rules = Rules::of(Some(file(FILE)), Some(all()));
    let goes = Some(Allowed::Goes);
    for (who, right, environment, wanted) in [
        (CI, Release, "prod", goes),
        (LEAD_1, Release, "prod", goes),
        (LEAD_2, Release, "prod", goes),
        (DEV, Release, "prod", None),
        ("ecr", Release, "prod", Some(Allowed::Recorded)),
        ("s3", Release, "prod", None),
        ("s3", Release, "staging", goes),
        ("console", Release, "prod", None),
        (CI, Release, "dev", None),
        (DEV, RollBack, "prod", goes),
        ("console", RollBack, "prod", goes),
        (CI, RollBack, "prod", None),
        (DEV, RollBack, "staging", goes),
        (DEV, RollBack, "dev", goes),
        (DEV, Operate, "prod", None),
        (LEAD_1, Operate, "prod", goes),
        ("windlass", Operate, "prod", None),
        ("windlass", Operate, "staging", goes),
        (CI, Read, "prod", goes),
    ] {
        let decided = decide(&rules, who, right, environment).ok();
        assert_eq!(decided, wanted, "{who} {right} {environment}");
    }
}

#[test]
fn the_names_of_the_own_file_go_first_whatever_they_are_of() {
    let taken = "version: 3\nwho: {lead-1: ['arn:aws:iam::111111111111:role/shop-dev']}\n";
    let rules = Rules::of(Some(file(FILE)), Some(AccessFileForAll::read(taken).unwrap().0));
    for (who, goes) in [(LEAD_1, true), (DEV, false)] {
        assert_eq!(decide(&rules, who, AccessRight::Operate, "tagged").is_ok(), goes, "{who}");
    }
    // Somebody else is called as one of the own people, or as one of the own groups.
    for name in ["lead-1", "leads"] {
        let taken = format!("version: 3\npeople: {{{name}: {{aws: ['{LEAD_2}']}}}}\n");
        let rules = Rules::of(Some(file(FILE)), Some(AccessFileForAll::read(&taken).unwrap().0));
        for (who, goes) in [(LEAD_1, true), (LEAD_2, false)] {
            assert_eq!(decide(&rules, who, AccessRight::Operate, "tagged").is_ok(), goes, "{name}: {who}");
        }
        assert_eq!(rules.person(Caller::of(&by(LEAD_2))), None, "{name}");
    }
}

#[test]
fn a_refusal_shows_who_asked_the_rule_and_what_to_do() {
    let rules = Rules::of(Some(file(FILE)), Some(all()));
    let findings = decide(&rules, DEV, AccessRight::Release, "prod").unwrap_err();
    let text = refusal("shop prod 1.4.0", &findings).unwrap();
    assert_eq!(
        text.written(),
        "shop prod 1.4.0 was refused: NotAllowed. Nothing was changed.\n  \
         you: role shop-dev, account 111111111111 (developers)\n  \
         rule: environments.prod.release of access/apps/shop.yaml, version 4: ci, leads\n  \
         next: Ask one of ci, leads.",
    );
    let refused = decide(&rules, DEV, AccessRight::Release, "tagged").unwrap_err();
    assert_eq!(refused[0].remedy.written(), "Push a tag `v*`, or ask one of leads.");
    let (tagged, by) = (EnvironmentName::new("tagged").unwrap(), by(DEV));
    let request = Request { version: Some("1.4.0".into()), ..Request::new(ActionName::Deploy, app()) };
    let of = app();
    let asked = Asked::of(&request, &by, EnvironmentId::new(&of, &tagged));
    let refused = rules.decide(&asked, None).unwrap_err();
    assert_eq!(refused[0].remedy.written(), "Push the tag v1.4.0, or ask one of leads.");
    let jobs = |claims: &str| format!("repository_owner_id: \"8472\", repository_id: \"990134\", {claims}");
    for (claims, right, wanted) in [
        ("ref: refs/heads/main", AccessRight::Release, "Push to the branch `main`."),
        ("ref: refs/heads/main", AccessRight::RollBack, "Ask one of some."),
        ("ref: refs/heads/main, event_name: workflow_dispatch", AccessRight::Release, "Ask one of some."),
        ("ref: \"refs/tags/v{1,2}\"", AccessRight::Release, "Ask one of some."),
        ("event_name: push", AccessRight::Release, "Ask one of some."),
    ] {
        let text = format!(
            "app: shop\nversion: 1\nwho: {{some: [{{issuer: github, claims: {{{}}}}}]}}\nenvironments: {{prod: {{release: [some], \
             roll_back: [some]}}}}\n",
            jobs(claims)
        );
        let refused = decide(&Rules::of(Some(file(&text)), None), DEV, right, "prod").unwrap_err();
        assert_eq!(refused[0].remedy.written(), wanted, "{claims} {right}");
    }
    let prod = EnvironmentName::new("prod").unwrap();
    for (cancels, does) in [(false, "Start it"), (true, "Stop its execution, as docs/CONSOLE.md says,")] {
        let ci = self::by(CI);
        let asked = Asked { cancels, ..Asked::for_right(AccessRight::RollBack, &ci, EnvironmentId::new(&of, &prod)) };
        let wanted = format!("{does} at the console of Step Functions, or ask one of developers, leads.");
        assert_eq!(rules.decide(&asked, None).unwrap_err()[0].remedy.written(), wanted);
    }
    let refused = decide(&rules, "s3", AccessRight::Release, "dev").unwrap_err();
    let seen = refused[0].seen.as_ref().unwrap();
    assert_eq!(seen.found.as_deref(), Some("an upload, which names nobody"));
    assert_eq!(seen.expected.as_deref(), Some("nobody"));
}

#[test]
fn without_a_file_the_declaration_decides_on_releases_and_iam_on_the_rest() {
    let text = "app: shop\nversion: 1.0.0\nenvironments: {dev: {}, prod: {sources: [ecr, console], start: manual}}\n\
                components: {web: {kind: static_site, bucket: 'web-{environment}'}}\n";
    let declaration = Declaration::parse(text).unwrap();
    let rules = Rules::default();
    let (app, goes, recorded) = (app(), Some(Allowed::Goes), Some(Allowed::Recorded));
    for (environment, who, starts, wanted, line) in [
        ("dev", DEV, false, goes, ""),
        ("dev", "console", false, goes, ""),
        ("dev", "s3", false, None, "`sources: [api, console, s3]` under `environments.dev`"),
        ("dev", "ecr", false, None, "`sources: [api, console, ecr]` under `environments.dev`"),
        ("prod", "ecr", false, recorded, ""),
        ("prod", "console", true, goes, ""),
        ("prod", DEV, true, None, "`sources: [api, console, ecr]` under `environments.prod`"),
        ("prod", "s3", false, None, "`sources: [console, s3, ecr]` under `environments.prod`"),
    ] {
        let (name, by) = (EnvironmentName::new(environment).unwrap(), by(who));
        let asked = Asked { starts, ..Asked::for_right(AccessRight::Release, &by, EnvironmentId::new(&app, &name)) };
        let decided = rules.decide(&asked, Some(&declaration.resolve(&name).unwrap()));
        assert_eq!(decided.as_ref().ok().copied(), wanted, "{environment} {who}");
        if let Err(findings) = decided {
            assert_eq!(findings[0].path, format!("environments.{environment}.sources"));
            assert!(findings[0].remedy.written().contains(line), "{findings:?}");
        }
        assert_eq!(decide(&rules, who, AccessRight::Operate, environment).ok(), goes);
    }
}

#[test]
fn a_withdrawn_file_is_none_and_without_one_all_may_refuse() {
    let withdrawn = "app: shop\nversion: 5\nrules: none\n";
    let open = AccessFileForAll { without_file: None, ..all() };
    for (own, all, is_in_force) in [
        (None, None, false),
        (None, Some(open.clone()), false),
        (Some(withdrawn), Some(open.clone()), false),
        (Some(withdrawn), Some(all()), true),
        (None, Some(all()), true),
        (Some(FILE), Some(open), true),
    ] {
        let rules = Rules::of(own.map(file), all);
        assert_eq!(rules.are_in_force(), is_in_force, "{own:?}");
        let is_lead = decide(&rules, LEAD_1, AccessRight::Release, "prod").is_ok();
        assert_eq!(is_lead, !is_in_force || own == Some(FILE), "{own:?}");
        assert!(own == Some(FILE) || decide(&rules, DEV, AccessRight::Operate, "prod").is_ok());
    }
}

#[test]
fn everything_that_is_wrong_with_a_file_is_found_at_once() {
    let bad = "app: bank\nversion: 0\nteams: {}\n\
               people: {console: {}, ann: {aws: ['arn:aws:iam::111111111111:role/dev', nobody, \
               'arn:aws:sts::111111111111:assumed-role/dev/ann']}}\n\
               who: {ann: [], s3: [], devs: [an, 'arn:aws:sts::111111111111:assumed-role/dev/ann', 'arn:aws:x']}\n\
               environments: {prod: {release: [dev, windlass, 'arn:aws:iam::111111111111:role/dev'], operate: [ecr], \
               approve: {by: [an, ecr]}}}\n";
    let part = AccessFile::read(bad, &app(), None).unwrap_err();
    let found: Vec<String> = part.findings().iter().map(|it| format!("{} {}", it.name, it.path)).collect();
    for wanted in [
        "UnknownField teams",
        "BadValue version",
        "BadValue app",
        "BadValue people.console",
        "BadValue people.ann.aws[0]",
        "BadValue people.ann.aws[1]",
        "BadValue people.ann.aws[2]",
        "Duplicate who.ann",
        "BadValue who.s3",
        "UnknownName who.devs[0]",
        "BadValue who.devs[1]",
        "BadValue who.devs[2]",
        "UnknownName environments.prod.release[0]",
        "UnknownName environments.prod.release[1]",
        "UnknownName environments.prod.release[2]",
        "UnknownName environments.prod.operate[0]",
        "UnknownName environments.prod.approve.by[0]",
        "UnknownName environments.prod.approve.by[1]",
    ] {
        assert!(found.iter().any(|found| found == wanted), "{wanted}: {found:#?}");
    }
    let beside = "app: shop\nversion: 5\nrules: none\nenvironments: {prod: {}}\n";
    let part = AccessFile::read(beside, &app(), None).unwrap_err();
    assert_eq!(part.findings()[0].name, FindingName::Duplicate);
}

#[test]
fn what_is_wrong_with_windows_and_freezes_is_found() {
    let window = |days: &str, from: &str, until: &str, zone: &str| {
        let windows = format!("[{{days: {days}, from: '{from}', until: '{until}', zone: {zone}}}]");
        let text = format!("app: shop\nversion: 5\nenvironments: {{prod: {{windows: {windows}}}}}\n");
        AccessFile::read(&text, &app(), None).err().map(PartialDocument::findings)
    };
    let freeze = |from: &str, until: &str, zone: &str| {
        let text = format!("version: 5\nfreezes: [{{from: {from}, until: {until}, zone: {zone}, reason: a sale}}]\n");
        AccessFileForAll::read(&text).err().map(PartialDocument::findings)
    };
    let berlin = "Europe/Berlin";
    for (found, wanted) in [
        (window("mon-thu", "09:00", "16:00", berlin), ""),
        (window("sun", "00:00", "24:00", "UTC"), ""),
        (window("mon-wen", "09:00", "16:00", berlin), "BadValue environments.prod.windows[0].days"),
        (window("mon", "9:00", "16:00", berlin), "BadValue environments.prod.windows[0].from"),
        (window("mon", "24:00", "24:00", berlin), "BadValue environments.prod.windows[0].from"),
        (window("mon", "09:00", "25:00", berlin), "BadValue environments.prod.windows[0].until"),
        (window("mon", "09:00", "09:00", berlin), "BadValue environments.prod.windows[0].until"),
        (window("mon", "22:00", "02:00", berlin), "BadValue environments.prod.windows[0].until"),
        (window("mon", "09:00", "16:00", "Europe/Berlim"), "UnknownName environments.prod.windows[0].zone"),
        (freeze("2026-12-20", "2027-01-03", berlin), ""),
        (freeze("2026-12-20T18:00", "2026-12-20T18:01", berlin), ""),
        (freeze("2026-12-20", "2026-12-20", berlin), "BadValue freezes[0].until"),
        (freeze("2026-13-20", "2027-01-03", berlin), "BadValue freezes[0].from"),
        (freeze("2026-12-20", "soon", berlin), "BadValue freezes[0].until"),
        (freeze("2026-12-20", "2027-01-03", "CET-1"), "UnknownName freezes[0].zone"),
    ] {
        let found = found.unwrap_or_default();
        let found: Vec<String> = found.iter().map(|it| format!("{} {}", it.name, it.path)).collect();
        assert_eq!(found.join(", "), wanted);
    }
}

#[test]
fn the_windows_are_of_an_environment_and_the_freezes_of_all() {
    let own = "app: shop\nversion: 5\nenvironments:\n  prod:\n    outside: wait\n    \
               windows: [{days: mon-thu, from: '09:00', until: '16:00', zone: Europe/Berlin}]\n";
    let frozen = "version: 5\nfreezes: [{from: 2026-12-20, until: 2027-01-03, zone: Europe/Berlin, reason: a sale}]\n";
    let frozen = AccessFileForAll::read(frozen).unwrap().0;
    let closed = |own: Option<&str>, environment: &str, now: &str| {
        let rules = Rules::of(own.map(file), Some(frozen.clone()));
        let closed = rules.closed(&EnvironmentName::new(environment).unwrap(), Time::parse(now).unwrap());
        closed.map_or_else(String::new, |closed| {
            format!("{}{}", closed.in_words(), if closed.waits { ", waits" } else { "" })
        })
    };
    let freeze = "by a freeze until 2027-01-02T23:00:00Z: \"a sale\"";
    let both = "by a freeze until 2027-01-04T08:00:00Z: \"a sale\"";
    for (own, environment, now, wanted) in [
        (Some(own), "prod", "2026-12-01T10:00:00Z", ""),
        (Some(own), "prod", "2026-12-01T20:00:00Z", "outside of the windows until 2026-12-02T08:00:00Z, waits"),
        (Some(own), "prod", "2026-12-17T20:00:00Z", "outside of the windows until 2027-01-04T08:00:00Z"),
        (Some(own), "prod", "2026-12-24T20:00:00Z", both),
        (Some(own), "staging", "2026-12-01T20:00:00Z", ""),
        (Some(own), "staging", "2026-12-24T20:00:00Z", freeze),
        (Some("app: shop\nversion: 5\nrules: none\n"), "prod", "2026-12-24T20:00:00Z", freeze),
        (None, "prod", "2026-12-24T20:00:00Z", freeze),
        (None, "prod", "2026-12-01T20:00:00Z", ""),
    ] {
        assert_eq!(closed(own, environment, now), wanted, "{own:?} {environment} {now}");
    }
}

#[test]
fn a_file_without_a_way_back_at_the_console_is_warned_about() {
    let names = |text: &str| file(text).warnings().into_iter().map(|it| it.path).collect::<Vec<_>>();
    assert!(names(FILE).is_empty());
    let without = FILE.replace("leads, console]", "leads]");
    assert_eq!(names(&without), ["environments.prod.roll_back"]);
}
