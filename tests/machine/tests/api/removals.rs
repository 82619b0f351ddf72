//! Letting go, and asking beforehand.

use crate::call::{PROD, call, declare, get, post, program, refused};
use serde_json::json;
use windlass_machine::shop::{FUNCTIONS, Shop};

#[test]
fn what_is_not_declared_any_more_is_told_and_let_go_of() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let of_jobs = format!("{PROD}/removable?component=jobs");
    let kept = call(&shop, "GET", &of_jobs, None);
    assert_eq!(refused(&kept), (409, vec!["StillDeclared"]));
    let all = call(&shop, "GET", &format!("{PROD}/removable"), None);
    assert_eq!(refused(&all), (409, vec!["StillDeclared"]));
    let bad = call(
        &shop,
        "GET",
        &format!("{PROD}/removable?component=A%20B"),
        None,
    );
    assert_eq!(refused(&bad), (400, vec!["BadValue"]));

    let line = |line: &&str| !line.trim_start().starts_with("jobs:");
    let without: Vec<&str> = FUNCTIONS.lines().filter(line).collect();
    let without = without
        .join("\n")
        .replace("version: 1.0.0", "version: 1.1.0");
    declare(&shop, &without.replace(", after: [jobs]", ""));
    let removable = get(&shop, &of_jobs);
    assert_eq!(removable["components"], json!(["jobs"]));
    assert_eq!(
        removable["frees"].as_array().unwrap().len(),
        1,
        "{removable}"
    );
    assert!(
        removable["leaves"]
            .as_str()
            .unwrap()
            .contains("stays as it is")
    );

    let body = json!({"component": "jobs", "reason": "nobody needs it"});
    let reply = call(&shop, "POST", &format!("{PROD}/remove"), Some(body));
    assert_eq!(reply.status, 202, "{}", reply.body);
    shop.region.step();
    shop.region.run();
    let environment = get(&shop, PROD);
    assert_eq!(environment["no_longer_declared"], json!({}));
    let gone = call(&shop, "GET", &of_jobs, None);
    assert_eq!(refused(&gone), (409, vec!["UnknownName"]));
}
