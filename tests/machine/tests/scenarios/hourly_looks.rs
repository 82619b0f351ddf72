//! The hourly looks at targets between deployments.

use crate::scenarios::scene::{BOTH, live, pass_minutes, program};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::deployment::hourly_look::{CALLS_A_LOOK, HourlyLook};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::Clock;
use windlass_engine::recovery;
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_machine::program::Program;
use windlass_machine::shop::{ALL_KINDS, Shop};
use windlass_world::cloudtrail::Event;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

const ALL: [&str; 3] = ["agent", "api", "web"];

/// Runs the schedule every five minutes for so many minutes.
fn schedule_for(shop: &mut Shop<'_>, minutes: u64) {
    for _ in 0..minutes / 5 {
        pass_minutes(shop, 5);
        shop.region.scheduled();
        shop.region.run();
    }
}

fn look(shop: &Shop<'_>) -> Option<Stored<HourlyLook>> {
    let record = shop.world().dynamodb();
    let item = record.items.keys().find(|key| key.sk == "hourly_look");
    let key = item.cloned()?;
    drop(record);
    run(ledger::load(shop.world(), &ledger::ItemKey::new(key.pk, key.sk))).unwrap()
}

/// Returns how many minutes ago the last look came to its end.
fn ago(shop: &Shop<'_>) -> Option<u64> {
    let looked = look(shop)?.value.looked?;
    Some(shop.world().now().ms_since(looked) / 60_000)
}

/// Makes the shop with three kinds live, an hour after its deployment.
fn three(program: &Program) -> Shop<'_> {
    let mut shop = Shop::new(program, ALL_KINDS);
    shop.deploy("1.0.0", &ALL);
    shop.region.run();
    schedule_for(&mut shop, 65);
    shop
}

fn moves_alias(shop: &Shop<'_>, version: &str) {
    let mut functions = shop.world().lambda();
    let api = functions.functions.get_mut("shop-api").unwrap();
    api.aliases.get_mut("live").unwrap().version = version.into();
}

/// Returns the notifications of drift: the subject and the message of each.
fn notifications(shop: &Shop<'_>) -> Vec<(String, String)> {
    let published = shop.world().sns().published.clone();
    let drift = published.into_iter();
    drift.filter(|(subject, _)| subject.contains("Drift")).collect()
}

/// Returns the events of drift, by name.
fn events(shop: &Shop<'_>) -> Vec<String> {
    let put = shop.world().eventbridge().put.clone();
    let names = put.into_iter().map(|(name, _)| name);
    names.filter(|name| name.starts_with("Drift")).collect()
}

fn get(shop: &Shop<'_>, path: &str) -> Value {
    let call = ApiCall { method: "GET".into(), path: path.into(), query: BTreeMap::new(), ..ApiCall::default() };
    run(handle(shop.world(), call)).body
}

/// Returns what the API shows of a component without looking at its target.
fn shown(shop: &Shop<'_>, component: &str) -> Value {
    get(shop, "/apps/shop/environments/prod")["drift"]["components"][component].clone()
}

#[test]
fn every_hour_all_targets_are_looked_at_and_nobody_is_notified_where_all_is_as_recorded() {
    let program = program();
    let mut shop = Shop::new(&program, ALL_KINDS);
    shop.deploy("1.0.0", &ALL);
    shop.region.run();
    assert!(look(&shop).is_none());
    schedule_for(&mut shop, 5);
    assert_eq!(ago(&shop), None, "it is due within the hour");
    schedule_for(&mut shop, 60);
    let mut longest = 0;
    for _ in 0..36 {
        longest = longest.max(ago(&shop).unwrap());
        schedule_for(&mut shop, 5);
    }
    assert!(longest < 60, "{longest}");
    for component in ALL {
        assert_eq!(shown(&shop, component)["drift"], "none", "{component}");
    }
    assert_eq!((events(&shop), notifications(&shop)), (vec![], vec![]));
}

/// Safety: drift: What differs is reported once, by field, and is gone when it is gone.
#[test]
fn what_somebody_changed_is_reported_once_by_field_and_is_gone_when_it_is_gone() {
    let program = program();
    let mut shop = three(&program);
    let changed = shop.world().now();
    moves_alias(&shop, "1");
    schedule_for(&mut shop, 60);
    assert_eq!(events(&shop), ["DriftFound"]);
    let [(subject, message)] = notifications(&shop).try_into().unwrap();
    assert_eq!(subject, "[windlass] shop prod DriftFound");
    let field = "api: version of the alias: recorded 2, seen 1; it began between";
    assert!(message.contains(field), "{message}");
    let api = shown(&shop, "api");
    assert_eq!(api["drift"], "changed");
    assert_eq!(api["fields"][0]["recorded"], "2");
    let began = |when: &str| api["began"][when].as_u64().unwrap();
    assert!(began("not_before") <= changed.0 && changed.0 <= began("seen_at"));
    assert_eq!(shown(&shop, "web")["drift"], "none");

    // It is reported only once, even if nobody ever reports that it is gone.
    schedule_for(&mut shop, 180);
    assert_eq!(events(&shop), ["DriftFound"]);
    moves_alias(&shop, "2");
    schedule_for(&mut shop, 60);
    assert_eq!(events(&shop), ["DriftFound", "DriftGone"]);
    assert_eq!(notifications(&shop).len(), 1, "nobody is called for good news");
    assert_eq!(shown(&shop, "api")["drift"], "none");
}

/// Makes an event that CloudTrail has of a resource.
fn event(shop: &Shop<'_>, resource: &str, by: &str) -> Event {
    Event { resource: resource.into(), name: "UpdateAlias20150331".into(), by: by.into(), at: shop.world().now() }
}

#[test]
fn who_changed_it_is_named_where_cloudtrail_names_it() {
    type Scene = fn(&Shop<'_>, &str);
    let program = program();
    let ann = "arn:aws:iam::111111111111:user/ann";
    let nobody = "CloudTrail names nobody: ";
    let none = format!("{nobody}it has no call on that resource in this time");
    let denied = format!("{nobody}the role is not authorized");
    let table: [(Scene, String); 4] = [
        (
            |shop, ann| {
                let event = event(shop, "shop-api", ann);
                shop.world().cloudtrail().events.push(event);
            },
            format!("CloudTrail names UpdateAlias20150331 by {ann} at "),
        ),
        (|_, _| {}, none.clone()),
        (
            |shop, ann| {
                let event = event(shop, "shop-jobs", ann);
                shop.world().cloudtrail().events.push(event);
            },
            none,
        ),
        (|shop, _| shop.world().cloudtrail().denied = true, denied),
    ];
    for (scene, wanted) in table {
        let mut shop = three(&program);
        moves_alias(&shop, "1");
        scene(&shop, ann);
        schedule_for(&mut shop, 180);
        let message = notifications(&shop)[0].1.clone();
        assert!(message.contains(&wanted), "{wanted}: {message}");
        let calls = shop.world().mishaps().calls.clone();
        let asked = calls.iter().filter(|call| call.ends_with("LookupEvents"));
        assert_eq!(asked.count(), 1, "once for each difference");
        assert!(shown(&shop, "api")["who"].is_object());
    }
}

#[test]
fn what_has_no_events_is_asked_for_nowhere() {
    let program = program();
    let mut shop = three(&program);
    let page = "<h1>hello from somebody else</h1>";
    shop.world().s3().upload("shop-web", "index.html", page);
    schedule_for(&mut shop, 60);
    let message = notifications(&shop)[0].1.clone();
    assert!(message.contains("it keeps no events of such a target"), "{message}");
}

#[test]
fn another_difference_is_reported_again() {
    let program = program();
    let mut shop = three(&program);
    moves_alias(&shop, "1");
    schedule_for(&mut shop, 60);
    shop.world().lambda().functions.remove("shop-api");
    schedule_for(&mut shop, 60);
    assert_eq!(events(&shop), ["DriftFound", "DriftFound"]);
    assert!(notifications(&shop)[1].1.contains("recorded 2"), "{:?}", notifications(&shop));
    assert_eq!(shown(&shop, "api")["drift"], "changed");
    assert!(shown(&shop, "api").get("seen").is_none());
}

#[test]
fn each_kind_is_reported_by_its_fields() {
    let program = program();
    let mut shop = three(&program);
    let now = shop.world().now();
    let other = json!({"family": "agent", "containerDefinitions": [{"name": "agent", "image": "other"}]});
    let other = shop.world().ecs().put_task_definition(&other, &BTreeMap::new());
    let mut services = shop.world().ecs();
    services.update("shop", "agent", &other.arn, now).unwrap();
    drop(services);
    let page = "<h1>hello from somebody else</h1>";
    shop.world().s3().upload("shop-web", "index.html", page);
    schedule_for(&mut shop, 60);
    let names = |component: &str| {
        let fields = shown(&shop, component)["fields"].clone();
        let fields = fields.as_array().unwrap().clone();
        let names = fields.iter().map(|field| field["name"].as_str().unwrap());
        names.map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(names("agent"), ["image of container agent", "task definition"]);
    assert_eq!(names("web"), ["`index.html`"]);
    let message = notifications(&shop)[0].1.clone();
    assert!(message.contains("image of container agent: recorded "), "{message}");
    assert!(!message.contains(page), "no content is shown: {message}");
}

/// Safety: drift: What cannot be read is unknown, and what had drifted is not gone by it.
#[test]
fn what_cannot_be_read_is_unknown_and_what_had_drifted_is_not_gone_by_it() {
    let program = program();
    let mut shop = three(&program);
    moves_alias(&shop, "1");
    schedule_for(&mut shop, 60);
    let refused = Fault::new(FaultName::AccessDenied, "lambda:GetAlias was refused");
    let mut mishaps = shop.world().mishaps();
    mishaps.refused.insert("lambda.alias", refused);
    drop(mishaps);
    schedule_for(&mut shop, 120);
    assert_eq!(events(&shop), ["DriftFound"]);
    let api = shown(&shop, "api");
    assert_eq!(api["drift"], "unknown");
    let reason = api["reason"].as_str().unwrap();
    assert!(reason.contains("lambda:GetAlias was refused"), "{reason}");
    assert_eq!(shown(&shop, "agent")["drift"], "none");
    shop.world().mishaps().refused.clear();
    schedule_for(&mut shop, 60);
    assert_eq!(events(&shop), ["DriftFound"], "it is the same difference");
}

/// Safety: drift: A look is not made while somebody has the lock, and is in nobody's way.
#[test]
fn a_look_is_not_made_while_a_deployment_works_and_is_not_in_its_way() {
    let program = program();
    let mut shop = three(&program);
    let before = look(&shop).unwrap();
    let arn = shop.deploy("1.1.0", &ALL);
    assert!(shop.region.run_until(&arn, "Bake"));
    pass_minutes(&shop, 70);
    shop.region.scheduled();
    assert_eq!(look(&shop).unwrap(), before, "nothing is written meanwhile");
    let drift = shown(&shop, "api");
    assert_eq!(drift["drift"], "unknown", "{drift}");
    shop.region.run();
    schedule_for(&mut shop, 5);
    assert_eq!((ago(&shop), events(&shop)), (Some(0), vec![]));
    assert_eq!(shown(&shop, "api")["drift"], "none");
}

/// Safety: drift: What a deployment does in the middle of a look is never reported as drift.
#[test]
fn a_deployment_that_comes_in_between_is_never_reported_as_drift() {
    let program = program();
    let mut came_between = 0;
    for at in 1..200 {
        let mut shop = live(&program);
        schedule_for(&mut shop, 65);
        pass_minutes(&shop, 60);
        // A whole deployment of other versions happens at this call of the schedule's run.
        let world = shop.world().clone();
        let event = json!({"detail-type": "Scheduled Event"});
        let mut looks = Box::pin(recovery::handle(&world, event));
        let call = world.mishaps().count() + at;
        world.plan_mishap(call, When::Before, Mishap::Pause);
        if until_pause(looks.as_mut()).is_some() {
            break;
        }
        shop.deploy("1.1.0", &BOTH);
        shop.region.run();
        run(looks).unwrap();
        schedule_for(&mut shop, 10);
        assert_eq!(events(&shop), Vec::<String>::new(), "call {at}");
        came_between += 1;
    }
    assert!((12..190).contains(&came_between), "{came_between}");
}

#[test]
fn a_deployment_that_puts_it_right_is_seen_at_the_next_run_of_the_schedule() {
    let program = program();
    let mut shop = three(&program);
    moves_alias(&shop, "1");
    schedule_for(&mut shop, 60);
    assert_eq!(shown(&shop, "api")["drift"], "changed");
    shop.deploy("1.1.0", &ALL);
    shop.region.run();
    let behind = shown(&shop, "api");
    assert_eq!(behind["drift"], "unknown");
    let reason = behind["reason"].as_str().unwrap();
    assert!(reason.contains("a deployment had its turn"), "{reason}");
    schedule_for(&mut shop, 5);
    assert_eq!(events(&shop), ["DriftFound", "DriftGone"]);
}

/// Safety: drift: A look takes no more calls than are counted for it.
#[test]
fn a_look_at_each_kind_takes_no_more_calls_than_are_counted_for_it() {
    let program = program();
    let mut shop = three(&program);
    schedule_for(&mut shop, 30);
    let count = |shop: &Shop<'_>| {
        let mishaps = shop.world().mishaps();
        let to_targets = mishaps.calls.iter().filter(|call| {
            let service = call.split('.').next().unwrap_or_default();
            !["dynamodb", "stepfunctions", "eventbridge", "sns", "CloudTrail_20131101"].contains(&service)
        });
        to_targets.count()
    };
    let mut most = 0;
    for _ in 0..14 {
        let (before, looked) = (count(&shop), look(&shop).unwrap().value.looked);
        schedule_for(&mut shop, 5);
        let took = count(&shop) - before;
        let spent = look(&shop).unwrap().value;
        if spent.looked == looked {
            assert_eq!(took, 0, "a run in which nothing is due looks at no target");
            continue;
        }
        most = most.max(took);
        let counted: u32 = spent.components.values().map(|one| one.calls).sum();
        assert!(took <= counted as usize, "{took} calls, {counted} counted");
    }
    assert!(most > 3, "{most}");
    assert!(most <= 3 * CALLS_A_LOOK as usize + 2, "{most}");
}

#[test]
fn what_the_declaration_has_no_more_is_not_looked_at() {
    let program = program();
    let mut shop = live(&program);
    schedule_for(&mut shop, 65);
    moves_alias(&shop, "1");
    schedule_for(&mut shop, 60);
    assert_eq!(events(&shop), ["DriftFound"]);
    let lines = windlass_machine::shop::FUNCTIONS.lines();
    let lines = lines.filter(|line| !line.contains("shop-api"));
    let text = lines.collect::<Vec<_>>().join("\n");
    crate::scenarios::scene::declare(&shop, &text.replace("version: 1.0.0", "version: 1.1.0"));
    assert!(shown(&shop, BOTH[0]).is_null());
    schedule_for(&mut shop, 60);
    assert_eq!(events(&shop), ["DriftFound", "DriftGone"]);
}
