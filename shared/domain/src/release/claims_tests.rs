use super::*;
use serde_json::json;

fn of(token: &[(&str, &str)]) -> Option<Claims> {
    Claims::of(token.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

const GITHUB: [(&str, &str); 8] = [
    ("repository_owner_id", "8472"),
    ("repository_id", "990134"),
    ("repository", "octo/shop"),
    ("ref", "refs/tags/v1.4.0"),
    ("sha", "9f2c61d4a0b35e7789c1d2e3f405162738495a6b"),
    ("run_id", "812"),
    ("actor", "ann"),
    ("actor_id", "31337"),
];

const GITLAB: [(&str, &str); 3] = [("namespace_id", "72"), ("project_id", "20"), ("ref", "v1.4.0")];

#[test]
fn the_claims_of_a_job_are_kept_in_the_words_of_its_issuer_and_no_others() {
    let claims = of(&[GITHUB.as_slice(), &[("aud", "[a b]"), ("sub", "repo:octo/shop"), ("environment", "")]].concat());
    let claims = claims.unwrap();
    assert_eq!((claims.issuer, claims.kept.len()), (ClaimIssuer::Github, GITHUB.len()));
    assert_eq!(claims.get("ref"), Some("refs/tags/v1.4.0"));
    assert_eq!((claims.get("sha").map(str::len), claims.actor_id()), (Some(40), Some("31337")));
    assert_eq!(claims.to_string(), "run 812 of octo/shop, actor ann");
    assert_eq!(
        claims.distinctive(),
        "repository_owner_id 8472, repository_id 990134, ref refs/tags/v1.4.0",
        "it has no event",
    );
}

#[test]
fn a_token_without_the_ids_of_one_issuer_is_no_jobs() {
    let tokens: [&[(&str, &str)]; 6] = [
        &[],
        &[("repository_id", "990134")],
        &[("repository_owner_id", "8472"), ("repository_id", "shop")],
        &[("repository_owner_id", "8472"), ("repository_id", "")],
        &[("namespace_id", "72"), ("project_path", "octo/shop")],
        &[("namespace_id", "72"), ("project_id", "20"), ("repository_owner_id", "8472"), ("repository_id", "990134")],
    ];
    for token in tokens {
        assert_eq!(of(token), None, "{token:?}");
    }
}

#[test]
fn a_ref_of_gitlab_counts_with_its_sort() {
    for (sort, wanted) in [
        (Some("branch"), Some("refs/heads/v1.4.0")),
        (Some("tag"), Some("refs/tags/v1.4.0")),
        (Some("merge_request"), None),
        (None, None),
    ] {
        let sorted: Vec<(&str, &str)> = GITLAB.into_iter().chain(sort.map(|sort| ("ref_type", sort))).collect();
        assert_eq!(of(&sorted).unwrap().get("ref"), wanted, "{sort:?}");
    }
}

#[test]
fn what_cannot_be_shown_as_it_is_is_left_out_wherever_it_comes_from() {
    for value in ["", "a\nnext: b", "a\u{200b}", " a", &"x".repeat(LONGEST + 1)] {
        let token = [GITHUB.as_slice(), &[("environment", value)]].concat();
        assert_eq!(of(&token).unwrap().get("environment"), None, "{value:?}");
        let written = json!({"issuer": "github", "kept": {"environment": value, "actor": "ann"}});
        let read: Claims = serde_json::from_value(written).unwrap();
        assert_eq!(read.kept, BTreeMap::from([("actor".to_owned(), "ann".to_owned())]), "{value:?}");
    }
}

#[test]
fn an_event_bounds_what_a_rule_can_give() {
    use EventReach::{All, Nothing, Read};
    for (ids, name, event, reach) in [
        (&GITHUB[..2], "event_name", "push", All),
        (&GITHUB[..2], "event_name", "schedule", All),
        (&GITHUB[..2], "event_name", "pull_request", Read),
        (&GITHUB[..2], "event_name", "pull_request_target", Nothing),
        (&GITHUB[..2], "event_name", "workflow_run", Nothing),
        (&GITHUB[..2], "pipeline_source", "push", Nothing),
        (&GITLAB[..2], "pipeline_source", "push", All),
        (&GITLAB[..2], "pipeline_source", "merge_request_event", Read),
        (&GITLAB[..2], "pipeline_source", "external_pull_request_event", Read),
        (&GITLAB[..2], "event_name", "push", Nothing),
    ] {
        let claims = of(&[ids, &[(name, event)]].concat()).unwrap();
        assert_eq!(claims.reach(), reach, "{name} {event}");
    }
}
