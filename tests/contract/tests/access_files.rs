//! Whoever may change access files, by the policy of the artifacts bucket: nobody but the writers whom the installation
//! names. It is read by the rules of IAM, by which an explicit deny goes before every allow (AWS IAM User Guide,
//! "Policy evaluation logic").

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic, and reads better")]

use serde_json::Value;
use windlass_contract::template;

const BUCKET: &str = "arn:aws:s3:::artifacts";
const INTAKE: &str = "arn:aws:iam::111111111111:role/windlass-IntakeRole-1x2y";
const OPERATORS: &str = "arn:aws:iam::111111111111:role/operators";
const LEADS: &str = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_leads_0a1b";

/// What whoever may do everything by IAM could change of an object.
const CHANGES: [&str; 8] = [
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:DeleteObjectTagging",
    "s3:ReplicateObject",
];

/// Returns a text of the template, which is read without its tags, with what it refers to.
fn filled(text: &str, writers: &str) -> String {
    match text {
        "IntakeRole.Arn" => INTAKE.to_owned(),
        "AccessWriters" => writers.to_owned(),
        "Artifacts.Arn" => BUCKET.to_owned(),
        text => {
            let text = text.replace("${Artifacts.Arn}", BUCKET).replace("${IntakeRole.Arn}", INTAKE);
            text.replace("${AccessWriters}", writers)
        }
    }
}

/// Returns a part of the template as `CloudFormation` makes it for these `AccessWriters`.
fn made(value: &Value, writers: &str) -> Value {
    match value {
        Value::Array(all) => match all.as_slice() {
            [condition, then, otherwise] if condition == "HasAccessWriters" => {
                made(if writers.is_empty() { otherwise } else { then }, writers)
            }
            [by, joined] if by == "," => {
                let joined = filled(joined.as_str().expect("a text"), writers);
                joined.split(',').map(Value::from).collect()
            }
            all => all.iter().map(|one| made(one, writers)).collect(),
        },
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), made(value, writers))).collect(),
        Value::String(text) if text == "AWS::NoValue" => Value::Null,
        Value::String(text) => filled(text, writers).into(),
        other => other.clone(),
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// Returns whether a pattern takes a text: `*` stands for any text and `?` for one letter.
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([b'*', behind @ ..], _) => {
            is_like(behind, text) || text.split_first().is_some_and(|(_, rest)| is_like(pattern, rest))
        }
        ([b'?', behind @ ..], [_, rest @ ..]) => is_like(behind, rest),
        ([one, behind @ ..], [other, rest @ ..]) => one == other && is_like(behind, rest),
        (pattern, text) => pattern.is_empty() && text.is_empty(),
    }
}

/// Returns whether a pattern takes an ARN: each part between colons by itself.
fn is_arn_like(pattern: &str, arn: &str) -> bool {
    let parts = |of: &str| of.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, arn) = (parts(pattern), parts(arn));
    assert!(pattern.len() == 6 && arn.len() == 6, "S3 refuses a policy in which {pattern:?} is to be an ARN");
    pattern.iter().zip(&arn).all(|(pattern, part)| is_like(pattern.as_bytes(), part.as_bytes()))
}

fn is_any(patterns: &Value, text: &str) -> bool {
    texts(patterns).into_iter().any(|pattern| is_like(pattern.as_bytes(), text.as_bytes()))
}

/// Returns whether a condition holds for a caller with this ARN, over TLS. A caller without one matches nothing, so
/// that a negated comparison holds.
fn holds(condition: &Value, arn: Option<&str>) -> bool {
    let mut operators = condition.as_object().into_iter().flatten();
    operators.all(|(operator, keys)| match operator.as_str() {
        "Bool" => keys["aws:SecureTransport"] == "true",
        "ArnNotLike" => {
            let patterns = texts(&keys["aws:PrincipalArn"]);
            assert!(!patterns.is_empty(), "{keys}");
            arn.is_none_or(|arn| !patterns.into_iter().any(|pattern| is_arn_like(pattern, arn)))
        }
        other => panic!("the test does not know {other}"),
    })
}

/// Returns the policy's statements that deny, for these `AccessWriters`.
fn denials(writers: &str) -> Vec<Value> {
    let template = template();
    let policy = &template["Resources"]["ArtifactsPolicy"]["Properties"]["PolicyDocument"]["Statement"];
    let statements = policy.as_array().expect("statements").iter().map(|one| made(one, writers));
    let denials: Vec<Value> = statements.filter(|one| one["Effect"] == "Deny").collect();
    assert!(denials.len() == 3 && denials.iter().all(|one| one["Principal"] == "*"), "{denials:?}");
    denials
}

/// Returns whether the policy of the bucket denies an action on a key.
fn is_denied(denials: &[Value], arn: Option<&str>, action: &str, key: &str) -> bool {
    let object = format!("{BUCKET}/{key}");
    denials
        .iter()
        .any(|one| is_any(&one["Action"], action) && is_any(&one["Resource"], &object) && holds(&one["Condition"], arn))
}

const FILES: [&str; 2] = ["access/apps/shop.yaml", "access/all.yaml"];
const BESIDE: [&str; 3] = ["access/apps/shop.yaml.findings.json", "access/shop.yml", "access/"];

/// Safety: tenancy: Nobody changes an access file but the writers whom the installation names.
#[test]
fn nobody_changes_an_access_file_but_the_writers_who_are_named() {
    let leads = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_leads_*";
    let both = format!("{OPERATORS},{leads}");
    for (writers, named) in [("", &[][..]), (OPERATORS, &[OPERATORS][..]), (both.as_str(), &[OPERATORS, LEADS][..])] {
        let denials = denials(writers);
        for arn in [
            Some(OPERATORS),
            Some(LEADS),
            Some("arn:aws:iam::111111111111:role/operators-2"),
            Some("arn:aws:iam::111111111111:user/operators"),
            Some("arn:aws:iam::222222222222:role/operators"),
            Some("arn:aws:iam::111111111111:role/windlass-ConductorRole-1x2y"),
            Some("arn:aws:iam::111111111111:root"),
            None,
        ] {
            let is_named = arn.is_some_and(|arn| named.contains(&arn));
            for action in CHANGES {
                for key in FILES.iter().chain(&BESIDE) {
                    let is_denied = is_denied(&denials, arn, action, key);
                    assert_eq!(is_denied, !is_named, "`{writers}`: {arn:?} {action} {key}");
                }
                for key in ["apps/shop/app.yaml", "artifacts/shop/prod/api/access.yaml"] {
                    assert!(!is_denied(&denials, arn, action, key), "{arn:?} {action} {key}");
                }
            }
            assert!(!is_denied(&denials, arn, "s3:GetObject", FILES[0]), "{arn:?} reads");
        }
    }
}

/// Returns the resources in the bucket on which a role or a managed policy allows or denies a change.
fn changed<'a>(resource: &'a Value, effect: &str) -> Vec<&'a str> {
    let properties = &resource["Properties"];
    let own = properties["Policies"].as_array().into_iter().flatten();
    let documents = own.chain([properties]).filter_map(|policy| policy["PolicyDocument"]["Statement"].as_array());
    let statements = documents.flatten().filter(|one| one["Effect"] == effect);
    let changing = statements.filter(|one| texts(&one["Action"]).into_iter().any(|action| CHANGES.contains(&action)));
    let changed = changing.flat_map(|one| texts(&one["Resource"]));
    changed.filter_map(|resource| resource.strip_prefix("${Artifacts.Arn}/")).collect()
}

#[test]
fn intake_writes_its_findings_and_no_other_policy_reaches_below_access() {
    let template = template();
    let resources = template["Resources"].as_object().expect("resources");
    let mut writing = 0;
    for (name, resource) in resources {
        for keys in changed(resource, "Allow") {
            writing += 1;
            let folder = keys.split('/').next().unwrap_or_default();
            assert!(!folder.contains(['*', '$']), "{name}: {keys}");
            assert!(folder != "access" || (name == "IntakeRole" && keys == "access/*.findings.json"), "{name}: {keys}");
        }
    }
    assert!(writing > 10, "{writing}");
    assert!(changed(&resources["IntakeRole"], "Allow").contains(&"access/*.findings.json"));
    // By parameters the roles that change sites could be given this bucket.
    assert!(changed(&resources["SpareInstallations"], "Deny").contains(&"access/*"));
    for writers in ["", OPERATORS] {
        let denials = denials(writers);
        for key in FILES {
            let beside = format!("{key}.findings.json");
            assert!(is_denied(&denials, Some(INTAKE), "s3:PutObject", key), "`{writers}`: {key}");
            assert!(!is_denied(&denials, Some(INTAKE), "s3:PutObject", &beside), "`{writers}`: {beside}");
        }
    }
}
