use super::tests::{OLD, goal, is, ready, told};
use super::*;

#[test]
fn an_image_is_known_by_its_digest_or_its_platform_s() {
    let mut observed = is(ready("as Lambda tells it"), &[OLD], Some("1"));
    observed.latest.image = Some("shop/api@sha256:platform".into());
    let mut wanted = goal("index", 100);
    assert!(told(&observed, &wanted).starts_with("code of $LATEST"));
    if let Goal::Release(goal) = &mut wanted {
        goal.code.push("platform".into());
    }
    assert!(told(&observed, &wanted).starts_with("publish"));
}

/// It does not matter what Lambda tells of an image's code. The local cloud tells nothing.
#[test]
fn an_image_that_is_published_is_not_published_again() {
    for code_sha256 in ["platform", "as Lambda tells it", ""] {
        let told_so = |text: &str| text.replace("CODE", code_sha256);
        let old = told_so("1:CODE:c1::");
        let new = told_so("2:CODE:c1:windlass 0123456789abcdef:Active");
        let mut observed = is(ready(code_sha256), &[&old, &new], Some("1"));
        let image = |name: &str| Some(format!("shop/api@sha256:{name}"));
        observed.latest.image = image("platform");
        observed.versions[0].image = image("old");
        observed.versions[1].image = image("platform");
        let mut wanted = goal("index", 100);
        if let Goal::Release(goal) = &mut wanted {
            goal.code.push("platform".into());
        }
        assert_eq!(told(&observed, &wanted), "alias live 1 → 2");
        observed.latest.image = image("brought by someone else since");
        assert_eq!(told(&observed, &wanted), "alias live 1 → 2");
    }
}

#[test]
fn drift_of_an_image_is_told_by_its_digest() {
    let with = |name: &str| {
        let mut observed = is(ready(""), &[], None);
        observed.latest.image = Some(format!("shop/api@sha256:{name}"));
        crate::kinds::lambda::kind::noticed(&observed)
    };
    assert!(with("a").is_same(&with("a")));
    assert!(!with("a").is_same(&with("b")));
}
