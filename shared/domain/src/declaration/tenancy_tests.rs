use crate::declaration::tenancy::*;

/// `web/docs/`, with an asterisk in front where it is shared.
fn claim(text: &str) -> Claim {
    let (bucket, folder) = text.trim_start_matches('*').split_once('/').unwrap();
    let claim = Claim::folder(format!("s3://{bucket}/"), folder);
    if text.starts_with('*') { claim.shared() } else { claim }
}

fn owner(text: &str) -> Owner {
    let [app, environment, component] = text.split('/').collect::<Vec<_>>()[..] else {
        panic!("{text}");
    };
    Owner {
        app: AppName::new(app).unwrap(),
        environment: EnvironmentName::new(environment).unwrap(),
        component: ComponentName::new(component).unwrap(),
    }
}

#[test]
fn which_claims_clash() {
    let table = [
        ("web/", "web/", true),
        ("web/", "web/docs/", true),
        ("web/a/", "web/a/b/c/", true),
        ("web/a/", "web/ab/", false),
        ("web/a/b/", "web/b/", false),
        ("web/", "web-dev/", false),
        // Many may use a resource that nobody changes.
        ("*web/", "*web/", false),
        ("*web/a/", "*web/", false),
        ("*web/a/", "web/a/", true),
        ("*web/a/", "web/", true),
        // A resource that is used may hold one that somebody else changes.
        ("*web/", "web/a/", false),
    ];
    for (one, other, clash) in table {
        let (a, b) = (claim(one), claim(other));
        assert_eq!(a.clashes(&b), clash, "{one} and {other}");
        assert_eq!(b.clashes(&a), clash, "{other} and {one}");
    }
}

#[test]
fn what_a_component_has_left() {
    let table = [
        ("web/a/", "web/a/", ""),
        ("web/a/", "web/b/", "s3://web/a/"),
        ("web/a/", "docs/a/", "s3://web/a/"),
        ("web/a/", "web/", "s3://web/a/"),
        ("web/a/ arn/", "web/a/", "s3://arn/"),
        ("web/a/ arn/", "web/a/ *arn/", ""),
        ("web/a/ *arn/", "web/a/", ""),
        ("web/a/ arn:aws:codedeploy:g/", "web/a/", ""),
        ("", "web/a/", ""),
    ];
    let all = |text: &str| text.split_whitespace().map(claim).collect::<Vec<_>>();
    for (then, now, left) in table {
        let (then, now) = (all(then), all(now));
        let claims: Vec<String> = Claim::left(&then, &now).into_iter().map(ToString::to_string).collect();
        assert_eq!(claims.join(" "), left, "{then:?} {now:?}");
    }
}

/// Claims one after the other. Of `shop/prod` the components whose names begin with `old` are gone since.
/// Each has a part of the refusal where it is refused, and else who has what then, where that is said.
///
/// Safety: tenancy: No component is given what is another one's, is in it or is around it, whatever their kinds are.
#[test]
fn who_has_what_and_who_is_refused() {
    let stories: [&[(&str, &str, &str)]; 9] = [
        &[
            ("shop/prod/web", "web/", "= shop/prod/web web/"),
            (
                "bank/prod/site",
                "web/docs/",
                "The component site of bank/prod cannot have s3://web/docs/: it is in s3://web/, which the component web of shop/prod has.",
            ),
            ("shop/dev/web", "web/docs/", "it is in s3://web/"),
            (
                "shop/prod/docs",
                "web/docs/",
                "The component docs of shop/prod cannot have s3://web/docs/: it is in s3://web/, which the component web of shop/prod has.",
            ),
            ("shop/prod/web", "web/", "= shop/prod/web web/"),
        ],
        &[
            ("shop/prod/web", "web/docs/", ""),
            (
                "bank/prod/web",
                "web/",
                "The component web of bank/prod cannot have s3://web/: s3://web/docs/, which the component web of shop/prod has, is in it.",
            ),
            (
                "bank/prod/web",
                "web/docs/",
                "The component web of bank/prod cannot have s3://web/docs/: the component web of shop/prod has it.",
            ),
            ("bank/prod/web", "web/more/", "= shop/prod/web web/docs/, bank/prod/web web/more/"),
        ],
        // A claim stays, also where its component goes elsewhere.
        &[
            ("shop/prod/web", "web/", ""),
            ("shop/prod/web", "web/shop/", "= shop/prod/web web/, shop/prod/web web/shop/"),
            ("bank/prod/web", "web/bank/", "it is in s3://web/,"),
            ("shop/prod/docs", "web/docs/", "it is in s3://web/,"),
        ],
        // One with another name has the same.
        &[
            ("shop/prod/old-web", "web/", ""),
            ("bank/prod/web", "web/bank/", "it is in s3://web/,"),
            ("shop/prod/web", "web/", "= shop/prod/web web/"),
        ],
        // The claim of a component that is gone is in no neighbour's way, and stays the environment's.
        &[
            ("shop/prod/old-web", "web/", ""),
            ("shop/prod/docs", "web/docs/", ""),
            ("shop/prod/web", "web/web/", "= shop/prod/old-web web/, shop/prod/docs web/docs/, shop/prod/web web/web/"),
            ("bank/prod/web", "web/bank/", "it is in s3://web/,"),
            ("shop/prod/more", "web/docs/more/", "it is in s3://web/docs/"),
        ],
        // No component of another environment is known to be gone.
        &[("shop/dev/old-web", "web/", ""), ("shop/prod/web", "web/", "the component old-web of shop/dev has it")],
        &[
            ("shop/prod/web", "*e1/", ""),
            ("shop/dev/web", "*e1/", ""),
            (
                "bank/prod/web",
                "e1/",
                "The component web of bank/prod cannot have s3://e1/: the component web of shop/prod uses it.",
            ),
        ],
        &[
            ("bank/prod/web", "e1/", ""),
            (
                "shop/prod/web",
                "*e1/",
                "The component web of shop/prod cannot use s3://e1/: the component web of bank/prod has it.",
            ),
            ("bank/prod/web", "*e1/", "= bank/prod/web *e1/"),
            ("shop/prod/web", "*e1/", ""),
        ],
        // A use stands beside that of a component that is gone, and nobody may change what is used.
        &[
            ("shop/prod/old-web", "*e1/", ""),
            ("shop/prod/web", "*e1/", "= shop/prod/old-web *e1/, shop/prod/web *e1/"),
            ("shop/prod/old-more", "e1/", "the component web of shop/prod uses it"),
        ],
    ];
    let by = DeploymentId("1f0c2d9a4b5e6f70".into());
    for story in stories {
        let mut claims = ResourceClaims::default();
        for (who, what, expected) in story {
            let is_gone = |it: &Owner| {
                it.app.as_str() == "shop"
                    && it.environment.as_str() == "prod"
                    && it.component.as_str().starts_with("old")
                    && who.starts_with("shop/prod/")
            };
            let before = claims.clone();
            let outcome = match claims.take((&owner(who), &by), &claim(what), is_gone) {
                Err(finding) => finding.reason.written(),
                Ok(is_new) => {
                    assert_eq!(is_new, claims != before, "{story:?} {who}");
                    format!("= {}", in_words(&claims))
                }
            };
            let is_refused = !outcome.starts_with('=');
            assert!(!is_refused || claims == before, "{story:?} {who}");
            assert_eq!(is_refused, !expected.is_empty() && !expected.starts_with('='), "{story:?} {who}: {outcome}");
            assert!(outcome.contains(expected), "{story:?} {who}: {outcome}");
        }
    }
}

#[test]
fn a_deployment_lets_go_of_what_it_has_claimed_itself() {
    let (first, second) = (DeploymentId("first".into()), DeploymentId("second".into()));
    let mut claims = ResourceClaims::default();
    let nobody = |_: &Owner| false;
    claims.take((&owner("shop/prod/web"), &first), &claim("site/"), nobody).unwrap();
    claims.take((&owner("shop/prod/web"), &second), &claim("site/"), nobody).unwrap();
    claims.take((&owner("shop/prod/docs"), &second), &claim("docs/"), nobody).unwrap();
    assert!(claims.let_go(&second));
    assert!(!claims.let_go(&second));
    let left: Vec<&str> = claims.held.iter().map(|held| held.owner.component.as_str()).collect();
    assert_eq!(left, ["web"], "it had that before");
}

fn in_words(claims: &ResourceClaims) -> String {
    let held = claims.held.iter().map(|HeldClaim { owner, claim, .. }| {
        let shared = if claim.shared { "*" } else { "" };
        let place = claim.to_string();
        format!("{}/{}/{} {shared}{}", owner.app, owner.environment, owner.component, place.trim_start_matches("s3://"))
    });
    held.collect::<Vec<_>>().join(", ")
}
