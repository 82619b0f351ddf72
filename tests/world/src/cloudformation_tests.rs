use super::*;
use crate::run::run;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_engine::ports::{ParameterValue, ResourceChange};

const TOKEN: &str = "windlass-7";

/// A template with a bucket and a queue, and a function whose code is that text.
fn template(code: &str, bucket: &str) -> Value {
    json!({
        "Resources": {
            "Api": {"Type": "AWS::Lambda::Function", "Properties": {
                "FunctionName": "chat-api", "Code": {"ZipFile": code}, "Bucket": {"Ref": "Web"},
            }},
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Web": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}},
        },
        "Outputs": {"Web": {"Value": {"Ref": "Web"}}},
    })
}

fn wanted(template: &Value) -> Wanted {
    let tags = BTreeMap::from([("windlass:app".to_owned(), "chat".to_owned())]);
    Wanted { template: template.to_string(), tags, role: Some("role".into()), ..Wanted::default() }
}

/// A world with the stack `chat`, made by somebody.
fn world() -> World {
    let world = World::default();
    world.put_stack("chat", wanted(&template("one", "chat-web"))).unwrap();
    assert_eq!(status(&world), "CREATE_COMPLETE");
    world
}

fn status(world: &World) -> String {
    world.cloudformation().named("chat").unwrap().status.clone()
}

/// Asks for a change set, and returns its id.
fn ask(world: &World, name: &str, creates: bool, template: &Value) -> Result<String> {
    let (text, tags) = (TemplateFrom::Body(template.to_string()), wanted(template).tags);
    let new = NewChangeSet {
        stack: "chat",
        name,
        creates,
        template: &text,
        parameters: &BTreeMap::<String, ParameterValue>::new(),
        tags: &tags,
        capabilities: &[],
        role: "role",
        description: "",
    };
    run(world.create_change_set(&new))
}

/// Looks at a change set until it is made, and returns all its pages.
fn read(world: &World, id: &str) -> ChangeSet {
    let page = |next: Option<&str>| run(world.change_set(None, id, next)).unwrap();
    let mut read = page(None);
    while ["CREATE_PENDING", "CREATE_IN_PROGRESS"].contains(&read.status.as_str()) {
        read = page(None);
    }
    while let Some(next) = read.next.take() {
        let more = page(Some(&next));
        read.changes.extend(more.changes);
        read.next = more.next;
    }
    read
}

/// Makes a change set and executes it, until the stack rests. Returns its status.
fn update(world: &World, name: &str, template: &Value) -> String {
    let id = ask(world, name, false, template).unwrap();
    assert_eq!(read(world, &id).execution, "AVAILABLE");
    run(world.execute_change_set(&id, TOKEN)).unwrap();
    world.settle_stack("chat");
    status(world)
}

fn code(world: &World) -> Option<String> {
    let function = world.lambda().functions.get("chat-api").cloned()?;
    Some(function.package.code_sha256())
}

fn name<T>(answer: Result<T>) -> Option<FaultName> {
    answer.err().map(|fault| fault.name)
}

#[test]
fn a_change_set_says_what_changes_what_is_replaced_and_what_may_be() {
    let world = world();
    let mut next = template("two", "chat-web-2");
    next["Resources"]["Api"]["Properties"]["FunctionName"] = json!({"Fn::Sub": "${Web}-api"});
    next["Resources"]["Topic"] = json!({"Type": "AWS::SNS::Topic"});
    if let Some(resources) = next["Resources"].as_object_mut() {
        resources.remove("Queue");
    }
    let id = ask(&world, "update", false, &next).unwrap();
    assert_eq!(run(world.change_set(None, &id, None)).unwrap().status, "CREATE_IN_PROGRESS");
    let read = read(&world, &id);
    let seen = read.changes.iter().map(|it| [&it.logical, &it.action, &it.replacement, &it.policy].map(String::as_str));
    let expected = [
        ["Topic", "Add", "", ""],
        ["Web", "Modify", "True", "ReplaceAndDelete"],
        ["Api", "Modify", "True", "ReplaceAndDelete"],
        ["Queue", "Remove", "", "Delete"],
    ];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    assert_eq!(read.changes[2].properties, ["Bucket", "Code", "FunctionName"].map(str::to_owned).into());
    // Nothing has happened yet.
    assert!(world.s3().buckets.contains_key("chat-web"));
    assert_eq!(name(run(world.change_set(None, "other", None))), Some(FaultName::NotFound));
}

#[test]
fn an_update_takes_looks_and_its_resources_are_those_of_this_world() {
    let world = world();
    let former = code(&world);
    let id = ask(&world, "update", false, &template("two", "chat-web-2")).unwrap();
    read(&world, &id);
    run(world.execute_change_set(&id, TOKEN)).unwrap();
    let mut seen = vec![];
    while seen.last().is_none_or(|status: &String| status.ends_with("_IN_PROGRESS")) {
        seen.push(run(world.stack("chat")).unwrap().status);
        assert!(seen.len() < 100, "{seen:?}");
    }
    seen.dedup();
    assert_eq!(seen, ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"]);
    assert_ne!(code(&world), former);
    let buckets: Vec<String> = world.s3().buckets.keys().cloned().collect();
    assert_eq!(buckets, ["chat-web-2"]);
    let stack = run(world.stack("chat")).unwrap();
    assert_eq!((stack.outputs["Web"].as_str(), stack.change_set), ("chat-web-2", Some(id.clone())));
    let (mut events, mut next) = run(world.stack_events("chat", None)).unwrap();
    while let Some(from) = next {
        let (more, then) = run(world.stack_events("chat", Some(&from))).unwrap();
        events.extend(more);
        next = then;
    }
    assert_eq!(events[0].resource.status, "UPDATE_COMPLETE");
    assert!(events.iter().any(|event| event.token.as_deref() == Some(TOKEN)));
    assert_eq!(events.last().unwrap().token, None);
    // It is executed once.
    assert_eq!(name(run(world.execute_change_set(&id, TOKEN))), Some(FaultName::Conflict));
}

#[test]
fn what_changes_nothing_fails_and_what_is_obsolete_or_dropped_is_not_executed() {
    let world = world();
    let same = ask(&world, "same", false, &template("one", "chat-web")).unwrap();
    let same = read(&world, &same);
    assert_eq!([same.status.as_str(), same.execution.as_str()], ["FAILED", "UNAVAILABLE"]);
    let [first, second] = ["first", "second"].map(|it| ask(&world, it, false, &template(it, "chat-web")).unwrap());
    assert_eq!(name(ask(&world, "first", false, &template("x", "chat-web"))), Some(FaultName::Conflict));
    assert_eq!([&first, &second].map(|id| read(&world, id).execution), ["AVAILABLE"; 2]);
    run(world.execute_change_set(&first, TOKEN)).unwrap();
    world.settle_stack("chat");
    assert_eq!(name(run(world.change_set(None, &second, None))), Some(FaultName::NotFound));
    // What was executed is found by its id alone.
    assert_eq!(read(&world, &first).execution, "EXECUTE_COMPLETE");
    assert_eq!(name(run(world.change_set(Some("chat"), "first", None))), Some(FaultName::NotFound));
    let third = ask(&world, "third", false, &template("three", "chat-web")).unwrap();
    read(&world, &third);
    world.put_stack("chat", wanted(&template("by hand", "chat-web"))).unwrap();
    assert_eq!(read(&world, &third).execution, "OBSOLETE");
    assert_eq!(name(run(world.execute_change_set(&third, TOKEN))), Some(FaultName::Conflict));
    let sets = run(world.change_sets("chat")).unwrap();
    assert_eq!(sets.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["third"]);
    run(world.delete_change_set(&third)).unwrap();
    run(world.delete_change_set(&third)).unwrap();
}

#[test]
fn what_fails_is_taken_back_and_what_cannot_be_taken_back_waits() {
    let world = world();
    let former = code(&world);
    let failing = Failing { forward: Some("no capacity".into()), ..Failing::default() };
    world.cloudformation().named("chat").unwrap().fails.insert("Api".into(), failing);
    assert_eq!(update(&world, "first", &template("two", "chat-web-2")), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(code(&world), former);
    assert_eq!(world.s3().buckets.keys().cloned().collect::<Vec<_>>(), ["chat-web"]);
    assert_eq!(world.cloudformation().named("chat").unwrap().wanted, wanted(&template("one", "chat-web")));
    let back = Failing { forward: Some("no capacity".into()), back: Some("still none".into()), deletion: None };
    world.cloudformation().named("chat").unwrap().fails.insert("Api".into(), back);
    assert_eq!(update(&world, "second", &template("three", "chat-web")), "UPDATE_ROLLBACK_FAILED");
    let again = || run(world.continue_rollback("chat", "role", TOKEN));
    again().unwrap();
    world.settle_stack("chat");
    assert_eq!(status(&world), "UPDATE_ROLLBACK_FAILED");
    world.cloudformation().named("chat").unwrap().fails.clear();
    again().unwrap();
    world.settle_stack("chat");
    assert_eq!((status(&world).as_str(), code(&world)), ("UPDATE_ROLLBACK_COMPLETE", former));
    assert_eq!(name(again()), Some(FaultName::Conflict));
}

#[test]
fn an_update_is_cancelled_while_it_is_in_progress_alone() {
    let world = world();
    let former = code(&world);
    assert_eq!(name(run(world.cancel_update("chat", TOKEN))), Some(FaultName::Conflict));
    let id = ask(&world, "update", false, &template("two", "chat-web")).unwrap();
    read(&world, &id);
    run(world.execute_change_set(&id, TOKEN)).unwrap();
    assert_eq!(name(ask(&world, "other", false, &template("x", "chat-web"))), Some(FaultName::Conflict));
    assert_eq!(name(run(world.delete_stack("chat", &[], "role", TOKEN))), Some(FaultName::Conflict));
    run(world.cancel_update("chat", TOKEN)).unwrap();
    world.settle_stack("chat");
    assert_eq!((status(&world).as_str(), code(&world)), ("UPDATE_ROLLBACK_COMPLETE", former));
}

#[test]
fn a_stack_that_was_never_made_is_rolled_back_and_deleted() {
    let world = World::default();
    assert_eq!(name(ask(&world, "d1", false, &template("one", "chat-web"))), Some(FaultName::NotFound));
    let failing = Failing { forward: Some("no capacity".into()), ..Failing::default() };
    world.cloudformation().fails.insert("Api".into(), failing);
    let mut kept = template("one", "chat-web");
    kept["Resources"]["Web"]["DeletionPolicy"] = json!("Retain");
    let id = ask(&world, "d1", true, &kept).unwrap();
    assert_eq!(status(&world), "REVIEW_IN_PROGRESS");
    assert_eq!(read(&world, &id).changes.len(), 3);
    run(world.execute_change_set(&id, TOKEN)).unwrap();
    world.settle_stack("chat");
    assert_eq!(status(&world), "ROLLBACK_COMPLETE");
    assert!(world.s3().buckets.contains_key("chat-web"));
    let stack = world.cloudformation().named("chat").unwrap().id.clone();
    run(world.delete_stack(&stack, &[], "role", TOKEN)).unwrap();
    world.settle_stack(&stack);
    assert_eq!(run(world.stack(&stack)).unwrap().status, "DELETE_COMPLETE");
    assert_eq!(name(run(world.stack("chat"))), Some(FaultName::NotFound));
    assert_eq!(run(world.change_sets("chat")), Ok(vec![]));
}

#[test]
fn a_bucket_with_objects_is_left_behind_at_the_second_try() {
    let world = world();
    world.s3().upload("chat-web", "index.html", "page");
    let delete = |retain: &[String]| {
        let answer = run(world.delete_stack("chat", retain, "role", TOKEN));
        world.settle_stack("chat");
        answer
    };
    let web = ["Web".to_owned()];
    assert_eq!(name(delete(&web)), Some(FaultName::Refused));
    world.cloudformation().named("chat").unwrap().is_protected = true;
    assert_eq!(name(delete(&[])), Some(FaultName::Refused));
    world.cloudformation().named("chat").unwrap().is_protected = false;
    delete(&[]).unwrap();
    assert_eq!(status(&world), "DELETE_FAILED");
    let left = run(world.stack_resources("chat")).unwrap();
    assert_eq!(left.iter().map(|it| [&it.logical, &it.status]).collect::<Vec<_>>(), [["Web", "DELETE_FAILED"]]);
    delete(&web).unwrap();
    assert_eq!(world.cloudformation().stacks[0].status, "DELETE_COMPLETE");
    assert_eq!(world.cloudformation().stacks[0].left_behind.len(), 1);
    assert!(world.s3().buckets.contains_key("chat-web") && code(&world).is_none());
}

/// What is in a stack needs a right to be deleted, and the empty place of a change set needs none.
#[test]
fn a_role_without_rights_deletes_the_place_of_a_change_set_alone() {
    let world = world();
    run(world.delete_place("chat", "role")).unwrap();
    assert_eq!((status(&world).as_str(), code(&world).is_some()), ("DELETE_FAILED", true));
    let world = World::default();
    ask(&world, "d1", true, &template("one", "chat-web")).unwrap();
    let place = world.cloudformation().named("chat").unwrap().id.clone();
    for _ in 0..2 {
        run(world.delete_place(&place, "role")).unwrap();
        assert_eq!(run(world.stack(&place)).unwrap().status, "DELETE_COMPLETE");
    }
}

#[test]
fn a_template_at_an_address_is_read_and_says_what_it_needs() {
    let world = World::default();
    let mut template = template("one", "chat-web");
    template["Transform"] = json!("AWS::Serverless-2016-10-31");
    template["Parameters"] = json!({"Password": {"Type": "String", "NoEcho": true}});
    world.s3().upload("assets", "chat.json", template.to_string());
    for url in ["https://assets.s3.eu-west-1.amazonaws.com/chat.json", "https://s3.amazonaws.com/assets/chat.json"] {
        let summary = run(world.template_summary(&TemplateFrom::Url(url.into()))).unwrap();
        assert_eq!(summary.transforms, ["AWS::Serverless-2016-10-31"]);
        assert!(summary.parameters["Password"].is_secret);
    }
    let none = TemplateFrom::Url("https://s3.amazonaws.com/assets/other.json".into());
    assert_eq!(name(run(world.template_summary(&none))), Some(FaultName::Refused));
    let large = TemplateFrom::Body(format!("{template}{}", " ".repeat(LARGEST.0)));
    assert_eq!(name(run(world.template_summary(&large))), Some(FaultName::Refused));
    assert_eq!(name(ask(&world, "d1", true, &template)), Some(FaultName::Refused));
}

#[test]
fn what_validations_say_and_what_is_nested_is_shown_as_a_test_gives_it() {
    let world = world();
    let inner = ["A", "B", "C", "D"].map(|it| ResourceChange { logical: it.into(), ..ResourceChange::default() });
    world.cloudformation().nested.insert("Api".into(), inner.into());
    let id = ask(&world, "first", false, &template("two", "chat-web")).unwrap();
    let [api] = <[ResourceChange; 1]>::try_from(read(&world, &id).changes).unwrap();
    let nested = read(&world, &api.nested.unwrap());
    assert_eq!(nested.changes.iter().map(|it| it.logical.as_str()).collect::<String>(), "ABCD");
    let taken = ValidationError { logical: "Web".into(), fails: true, ..ValidationError::default() };
    world.cloudformation().validations = vec![taken.clone()];
    let id = ask(&world, "second", false, &template("two", "chat-web")).unwrap();
    assert_eq!(read(&world, &id).status, "FAILED");
    assert_eq!(run(world.validation_errors(&id)), Ok(vec![taken]));
}

#[test]
fn an_alias_goes_to_the_version_of_the_template_whatever_changes_of_it() {
    let template = |description: &str| {
        json!({"Resources": {
            "Api": {"Type": "AWS::Lambda::Function",
                    "Properties": {"FunctionName": "chat-api", "Code": {"ZipFile": "one"}}},
            "Live": {"Type": "AWS::Lambda::Alias", "Properties": {
                "FunctionName": {"Ref": "Api"}, "Name": "live", "Description": description,
                "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
            }},
            "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Api"}}},
        }})
    };
    let world = World::default();
    world.put_stack("chat", wanted(&template("as made"))).unwrap();
    let serves = || world.lambda().functions["chat-api"].aliases["live"].version.clone();
    assert_eq!(serves(), "1");
    // A release fills what the stack has made.
    world.lambda().named("chat-api").unwrap().publish_as("live", "by a release");
    assert_eq!(serves(), "2");
    assert_eq!(update(&world, "same", &template("other words")), "UPDATE_COMPLETE");
    assert_eq!(serves(), "1");
}
