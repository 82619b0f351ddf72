//! Tests of the parameters of a stack: what is missing or wrong, what nobody is shown, and what does not come back.

use super::plans::names;
use super::scene::{Infra, template};
use serde_json::json;
use windlass_domain::declaration::output::{Output, PlannedOutput};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};

#[test]
fn parameters_that_are_wrong_are_all_found_at_once() {
    let infra = Infra::with(&template("one", &[]));
    let mut next = template("two", &[]);
    next["Parameters"]["Needed"] = json!({"Type": "String"});
    next["Parameters"]["Secret"] = json!({"Type": "String", "NoEcho": true, "Default": "x"});
    next["Parameters"]["Token"] = json!({"Type": "String", "NoEcho": true});
    let values = [("Sise", "2"), ("Secret", "hush")];
    infra.spec.borrow_mut().parameters =
        values.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let planned = infra.plan("d1", &next);
    let secret = FindingName::ParameterSecret;
    let expected = [FindingName::UnknownName, FindingName::MissingField, secret, secret];
    assert_eq!(names(&planned.findings), expected);
    let written: String = planned.findings.iter().map(Finding::written).collect();
    assert!(!written.contains("hush"), "{written}");
}

/// A default that CloudFormation does not take, such as an empty one, is only refused by that.
#[test]
fn a_parameter_without_a_value_is_refused_with_where_it_is_written() {
    let mut next = template("two", &[]);
    next["Parameters"]["Needed"] = json!({"Type": "String"});
    for (said, name) in [(None, FindingName::MissingField), (Some("[Needed] must have values"), FindingName::BadValue)]
    {
        let infra = Infra::with(&template("one", &[]));
        if let Some(said) = said {
            next["Parameters"]["Needed"]["Default"] = json!("");
            let refused = Fault::new(FaultName::Refused, said);
            infra.world.mishaps().refused.insert("cloudformation.create_change_set", refused);
        }
        let findings = infra.plan("d1", &next).findings;
        assert_eq!(names(&findings), [name]);
        assert!(findings[0].remedy.written().contains("`parameters:`"), "{findings:?}");
    }
}

/// What nobody was shown would be shown from then on, and the other way round nobody knows what to go back to.
#[test]
fn a_parameter_that_begins_or_ends_to_be_hidden_is_refused() {
    let with = |description: &str, is_hidden: bool| {
        let mut template = template(description, &[]);
        template["Parameters"]["Size"]["NoEcho"] = json!(is_hidden);
        template
    };
    for (was_hidden, is_hidden, declared, is_refused) in [
        (false, false, true, false),
        (true, true, false, false),
        (true, true, true, true),
        (true, false, false, true),
        (true, false, true, true),
        (false, true, false, true),
        (false, true, true, true),
    ] {
        let infra = Infra::with(&with("one", was_hidden));
        let values = declared.then(|| ("Size".to_owned(), "2".to_owned()));
        infra.spec.borrow_mut().parameters = values.into_iter().collect();
        let found = names(&infra.plan("d1", &with("two", is_hidden)).findings);
        let expected: &[FindingName] = if is_refused { &[FindingName::ParameterSecret] } else { &[] };
        assert_eq!(found, expected, "{was_hidden} {is_hidden} {declared}");
    }
}

/// The state before and the goal have each parameter that is shown.
#[test]
fn a_secret_among_the_parameters_of_a_stack_is_not_recorded() {
    let infra = Infra::with(&template("one", &[]));
    let mut one = template("one", &[]);
    one["Parameters"]["DbPassword"] = json!({"Type": "String"});
    infra.put_with(&one, ("DbPassword", "hunter2-5f4dcc3b"));
    let planned = infra.plan("d1", &one);
    assert_eq!(names(&planned.findings), [FindingName::ParameterSecret]);
    assert!(!format!("{planned:?}").contains("hunter2"), "{planned:?}");
    let mut next = template("two", &[]);
    next["Parameters"]["DbPassword"] = json!({"Type": "String", "Default": "hunter2-5f4dcc3b"});
    for infra in [Infra::without(), Infra::with(&template("one", &[]))] {
        let planned = infra.plan("d1", &next);
        assert_eq!(names(&planned.findings), [FindingName::ParameterSecret]);
        assert!(!format!("{planned:?}").contains("hunter2"), "{planned:?}");
    }
}

#[test]
fn a_secret_that_another_component_gives_is_no_parameter() {
    let infra = Infra::with(&template("one", &[]));
    infra.spec.borrow_mut().parameters = [("Size".to_owned(), "${network.url}".to_owned())].into();
    let output = Output::try_from("network.url".to_owned()).unwrap();
    for (given, expected) in [
        ("https://db.example/shop", &[][..]),
        ("postgres://admin:hunter2@db.example/shop", &[FindingName::SecretInInput]),
    ] {
        infra.inputs.borrow_mut().insert(output.clone(), PlannedOutput::Known(given.into()));
        let found = infra.plan("d1", &template("two", &[])).findings;
        assert_eq!(names(&found), expected, "{given}");
        assert!(found.iter().all(|one| one.path == "components.infra.parameters.Size"), "{found:?}");
    }
}

/// The plan has it in what its hash is made of, and no list of changes shows it.
#[test]
fn a_plan_with_another_value_of_a_parameter_is_another_plan() {
    let infra = Infra::with(&template("one", &[]));
    let brings = |id: &str, size: &str| {
        infra.spec.borrow_mut().parameters = [("Size".to_owned(), size.to_owned())].into();
        infra.plan(id, &template("two", &[])).target["brings"].clone()
    };
    let first = brings("d1", "2");
    assert!(first.is_string());
    assert_eq!(brings("d2", "2"), first);
    assert_ne!(brings("d3", "3"), first);
}

/// CloudFormation reads it again with each update, so that an undo would get the new one.
#[test]
fn a_parameter_of_the_parameter_store_that_moves_has_no_way_back() {
    let with = |description: &str| {
        let mut template = template(description, &[]);
        template["Parameters"]["Image"] = json!({"Type": "AWS::SSM::Parameter::Value<String>"});
        template
    };
    for (named, expected) in [("/image", &[FindingName::NoWayBack][..]), ("/image:1", &[])] {
        let infra = Infra::with(&template("one", &[]));
        let store = |value: &str| infra.world.cloudformation().store.insert(named.to_owned(), value.to_owned());
        store("ami-1");
        infra.put_with(&with("one"), ("Image", named));
        assert_eq!(infra.plan("d1", &with("two")).findings, []);
        store("ami-2");
        assert_eq!(names(&infra.plan("d2", &with("two")).findings), expected, "{named}");
    }
}
