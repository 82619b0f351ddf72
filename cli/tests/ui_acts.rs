//! Acts from the pages of `windlass ui`, and the callers that may do them: the real program, with a plain client in
//! place of a browser.

#![allow(clippy::unwrap_used)]

use crate::pages::{GOING, Ui, api};
use crate::records::ID;
use crate::standin::{Call, Reply, StandIn, code, err, folder, out, reply};
use crate::{approving, pages};
use serde_json::{Value, json};

/// Each act with the fields of its form beside the reason, and what one would have typed.
const ACTS: [(&str, &str, &str); 9] = [
    ("deploy", "app=shop&environment=prod&version=1.5.0", "windlass deploy shop prod 1.5.0 --reason 'as planned'"),
    // Promotion is a deployment of what runs elsewhere; a wish is typed as well.
    (
        "deploy",
        "app=shop&environment=prod&version=1.4.2&through-hold=on",
        "windlass deploy shop prod 1.4.2 --reason 'as planned' --through-hold",
    ),
    (
        "rollback",
        "app=shop&environment=prod&snapshot=5&across=web",
        "windlass rollback shop prod --snapshot=5 --across=web --reason 'as planned'",
    ),
    (
        "approve",
        "app=shop&environment=prod&deployment=aa1c0d9a4b5e6f71\
         &hash=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "windlass approve shop prod --deployment=aa1c0d9a4b5e6f71 \
         --hash=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad --reason 'as planned'",
    ),
    ("hold", "app=shop&environment=prod", "windlass hold shop prod --reason 'as planned'"),
    ("release-hold", "app=shop&environment=prod", "windlass release-hold shop prod --reason 'as planned'"),
    (
        "cancel",
        "app=shop&environment=prod&id=3b1c0d9a4b5e6f72",
        "windlass cancel shop 3b1c0d9a4b5e6f72 --reason 'as planned'",
    ),
    (
        "recover",
        "app=shop&environment=prod&deployment=3b1c0d9a4b5e6f72",
        "windlass recover shop prod --deployment=3b1c0d9a4b5e6f72 --reason 'as planned'",
    ),
    ("accept", "app=shop&environment=prod", "windlass accept shop prod --reason 'as planned'"),
];

/// Returns the command that each act shows to be typed in its place, once it was done.
fn typed(ui: &Ui) -> Vec<String> {
    let each = ACTS.iter().map(|(act, fields, _)| {
        let token = ui.get(&format!("acts/{act}?{fields}")).token();
        // A form is done once: two of one act are two forms.
        let form = format!("token={token}&once={act}{}&{fields}&reason=as+planned", fields.len());
        let done = ui.post(&format!("acts/{act}/do"), &form);
        assert_eq!(done.status, 303, "{act}: {}", done.body);
        command(&ui.get_path(&done.location).body)
    });
    each.collect()
}

/// Returns the command that a page shows.
fn command(page: &str) -> String {
    let (_, rest) = page.split_once("<pre class=\"typed\"><code>").unwrap();
    rest.split("</code>").next().unwrap().replace("&#39;", "'")
}

#[test]
fn every_act_is_shown_as_it_would_have_been_typed() {
    let ui = Ui::start(&api());
    let wanted: Vec<&str> = ACTS.iter().map(|(_, _, typed)| *typed).collect();
    assert_eq!(typed(&ui), wanted, "a variable is there for what is typed, too");
}

#[test]
fn what_is_typed_reaches_the_installation_that_the_pages_are_of() {
    let api = api();
    let endpoint = format!("--endpoint={}/stage", api.url);
    let by_address = Ui::started(&api, &[&endpoint], &[]);
    let wanted = |more: &str| -> Vec<String> {
        let all = ACTS.iter();
        all.map(|(_, _, typed)| format!("{typed} {more}")).collect()
    };
    assert_eq!(typed(&by_address), wanted(&endpoint));
    let plan = "token=&app=shop&environment=prod&snapshot=5";
    let token = by_address.get("acts/rollback").token();
    let plan = plan.replace("token=", &format!("token={token}"));
    let plan = by_address.post("acts/rollback/plan", &plan).body;
    let command_line = format!("windlass plan rollback shop prod --snapshot=5 {endpoint}");
    assert_eq!(command(&plan), command_line);

    let stack = stack_beside(pages::answers());
    let by_stack = Ui::started(&stack, &["--stack", "deployer"], &[]);
    assert_eq!(typed(&by_stack), wanted("--stack=deployer"));
    let by_variable = Ui::started(&stack, &[], &[("WINDLASS_STACK", "deployer")]);
    assert_eq!(typed(&by_variable), wanted("").iter().map(|it| it.trim()).collect::<Vec<_>>());
}

/// The API, and a CloudFormation that answers its address.
fn stack_beside(answers: Value) -> StandIn {
    let mut answer = pages::answering(answers);
    StandIn::new(move |call: &Call| {
        if !call.path.contains("Action=DescribeStacks") {
            return answer(call);
        }
        let url = format!("http://{}/stage", call.headers["host"]);
        let output = format!("<member><OutputKey>ApiUrl</OutputKey><OutputValue>{url}</OutputValue></member>");
        Reply {
            status: 200,
            headers: vec![("content-type", "text/xml".into())],
            body: format!(
                "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs>{output}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
            ),
        }
    })
}

#[test]
fn an_act_without_a_plan_says_what_it_would_do() {
    let ui = Ui::start(&api());
    let going = "acts/cancel?app=shop&environment=prod&id=3b1c0d9a4b5e6f72";
    let stuck = "app=bank&environment=prod";
    let table = [
        (
            going.to_owned(),
            vec!["It would be stopped.", "41 with 42 at 10 % → 41 at 100 %", "task definition 18 → task definition 17"],
        ),
        (
            format!("acts/recover?{stuck}"),
            vec![
                "It would be undone again",
                "42 at 100 % → 41 at 100 %",
                "UpdateAlias: AWS answered AccessDenied",
                "As before already, or not begun: teller.",
                "Then the next of those that wait has its turn: 5d2e0c2d9a4b5e6f.",
            ],
        ),
        (
            format!("acts/accept?{stuck}"),
            vec![
                "noted\">42 at 100 %</span>",
                "stays as recorded",
                "A snapshot accepted is made of it",
                "and who waits has a turn",
            ],
        ),
        (
            "acts/accept?app=shop&environment=prod".to_owned(),
            vec!["It does not need an operator, so that this is refused."],
        ),
        (
            "acts/hold?app=shop&environment=prod".to_owned(),
            vec!["under way</span> 3b1c0d9a4b5e6f72", "it goes on, and a hold does not stop it"],
        ),
        (
            format!("acts/release-hold?{stuck}"),
            vec!["a sale runs until Monday", "5d2e0c2d9a4b5e6f: it has its turn when the lock is free"],
        ),
        ("acts/hold?app=nobody&environment=prod".to_owned(), vec!["not known</span>", "name=\"reason\""]),
    ];
    for (path, wanted) in table {
        let page = ui.get(&path);
        assert_eq!(page.status, 200, "{path}");
        for part in ["What this would do"].iter().chain(&wanted) {
            assert!(page.body.contains(part), "{path}: {part}: {}", page.body);
        }
    }
    assert!(!ui.get("acts/rollback?app=shop&environment=prod").body.contains("What this would do"));
}

#[test]
fn a_terminal_shows_the_same_of_an_act_without_a_plan() {
    let api = api();
    let run = |arguments: &[&str]| {
        let output = api.windlass(&folder("effects"), &[&["plan"], arguments].concat());
        assert_eq!(code(&output), 0, "{}", err(&output));
        out(&output)
    };
    let table: [(&[&str], &[&str]); 5] = [
        (&["cancel", "shop", "prod"], &["It would be stopped.\n", "  api: wave 2: 41 with 42 at 10 % → 41 at 100 %\n"]),
        (
            &["recover", "bank", "prod"],
            &["It would be undone again", "not begun: teller.", "has its turn: 5d2e0c2d9a4b"],
        ),
        (
            &["accept", "bank", "prod"],
            &["  ledger: 42 at 100 %; there now 42 at 100 %, recorded ", "A snapshot accepted"],
        ),
        (&["hold", "shop", "prod"], &["under way: 3b1c0d9a4b5e6f72", "it goes on, and a hold does not stop it"]),
        (&["release-hold", "bank", "prod"], &["a sale runs until Monday", "waits: 5d2e0c2d9a4b5e6f: it has its turn"]),
    ];
    for (arguments, wanted) in table {
        let said = run(arguments);
        for part in wanted {
            assert!(said.contains(part), "{arguments:?}: {part}: {said}");
        }
    }
    let document: Value = serde_json::from_str(&run(&["accept", "bank", "prod", "--json"])).unwrap();
    let ledger = document["accepted"].as_array().unwrap().iter().find(|one| one["component"] == "ledger").unwrap();
    assert_eq!(ledger["becomes"], json!({"runs": "42 at 100 %"}));
    let document: Value = serde_json::from_str(&run(&["hold", "shop", "prod", "--json"])).unwrap();
    assert_eq!(document["lines"][0]["state"], json!({"tone": "moving", "words": "under way"}));
}

#[test]
fn an_act_is_planned_then_done_once_and_shown_as_it_would_have_been_typed() {
    let api = api();
    let ui = Ui::start(&api);
    let form = ui.get("acts/rollback?app=shop&environment=prod&snapshot=5");
    let token = form.token();
    let fields = format!("token={token}&app=shop&environment=prod&snapshot=5");
    let plan = ui.post("acts/rollback/plan", &fields);
    assert!(plan.body.contains("1.4.0 → 1.3.2"), "{}", plan.body);
    assert!(plan.body.contains("origin path /1.4.0 → /1.3.2") && plan.body.contains("It would begin at once."));
    let done = ui.post("acts/rollback/do", &format!("{fields}&reason=it%27s+broken"));
    assert_eq!(done.status, 303, "{}", done.body);
    let page = ui.get_path(&done.location);
    assert!(
        page.body.contains(r"windlass rollback shop prod --snapshot=5 --reason &#39;it&#39;\&#39;&#39;s broken&#39;")
            || page.body.contains(r"windlass rollback shop prod --snapshot=5 --reason 'it'\''s broken'"),
        "{}",
        page.body
    );
    ui.get_path(&done.location);
    let posted: Vec<Call> = api.calls().into_iter().filter(|call| call.method == "POST").collect();
    let paths: Vec<&str> = posted.iter().map(|call| call.path.as_str()).collect();
    assert_eq!(paths, ["/stage/apps/shop/environments/prod/plans", "/stage/apps/shop/environments/prod/rollbacks"]);
    assert_eq!(posted[1].json(), json!({"reason": "it's broken", "snapshot": 5}));
    assert!(posted[1].headers.contains_key("idempotency-key"), "sent again it is the same");
}

/// The pages' answers, in which a deployment waits for two people, of whom ann has approved.
fn asking() -> (Value, String) {
    let mut answers = pages::answers();
    let record = approving::asking(&["ann"]);
    let (here, waits) =
        ("/apps/shop/environments/prod", json!({"deployment": ID, "since": 1, "asks": true, "needs": 2}));
    answers[here]["waiting"] = json!([waits]);
    answers[here]["deployments"][ID] = json!({"action": "deploy", "version": "1.4.0", "accepted": 0,
        "requester": {"route": "api"}, "approval": record["deployment"]["approval"]});
    answers[format!("/apps/shop/deployments/{ID}")] = record;
    let mut plan = answers["/apps/shop/plans/aa1c0d9a4b5e6f71"].clone();
    plan["before"] = json!({"changes": {}});
    let hash = plan["drawn"]["hash"].as_str().unwrap().to_owned();
    answers[format!("/apps/shop/plans/{ID}")] = plan;
    (answers, hash)
}

#[test]
fn what_waits_for_people_is_approved_by_the_hash_of_the_plan_that_the_page_has_shown() {
    let (answers, hash) = asking();
    let api = pages::api_with(answers);
    let ui = Ui::start(&api);
    let standing = "1 of 2 approvals (ann) until ";
    let act = format!("acts/approve?app=shop&environment=prod&deployment={ID}");
    let link = format!("{}{}", ui.base, act.replace('&', "&amp;"));
    for path in ["apps/shop/environments/prod".to_owned(), format!("apps/shop/deployments/{ID}")] {
        let page = ui.get(&path).body;
        assert!(page.contains(standing) && page.contains(&link), "{path}: {page}");
    }
    let form = ui.get(&act);
    assert_eq!(form.status, 200, "{}", form.body);
    let field = format!("name=\"hash\" value=\"{hash}\" readonly");
    for part in [standing, "new since the plan before: api: 1.4.0 → 1.3.2", &field, "Approve the plan"] {
        assert!(form.body.contains(part), "{part}: {}", form.body);
    }
    let token = form.token();
    let fields = format!("token={token}&app=shop&environment=prod&deployment={ID}&hash={hash}&reason=read");
    assert_eq!(ui.post("acts/approve/do", &fields).status, 303);
    let posted: Vec<Call> = api.calls().into_iter().filter(|call| call.method == "POST").collect();
    assert_eq!(posted.len(), 1);
    assert_eq!(posted[0].path, "/stage/apps/shop/environments/prod/approve");
    assert_eq!(posted[0].json(), json!({"deployment": ID, "hash": hash, "reason": "read"}));
}

#[test]
fn what_windlass_refuses_is_shown_with_its_remedy_and_so_is_a_mistake() {
    let api = StandIn::new(|call: &Call| {
        let finding = json!({"name": "Held", "path": "environments.prod", "reason": "It is held.", "remedy": "Wait."});
        if call.method == "GET" {
            reply(404, &json!({"message": "x"}))
        } else {
            reply(409, &json!({"detail": "d", "findings": [finding]}))
        }
    });
    let ui = Ui::start(&api);
    let token = ui.get("acts/deploy?app=shop&environment=prod").token();
    let fields = format!("token={token}&app=shop&environment=prod&version=1.5.0&reason=go");
    let refused = ui.post("acts/deploy/do", &fields);
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("It is held.") && refused.body.contains("Wait."), "{}", refused.body);
    assert!(refused.body.contains("value=\"1.5.0\""), "the form is there again");
    let mistaken = ui.post("acts/deploy/do", &fields.replace("version=1.5.0", "version=--again"));
    assert_eq!(mistaken.status, 400, "{}", mistaken.body);
    assert_eq!(api.calls().len(), 1, "a mistake is not sent");
}

#[test]
fn what_was_started_a_moment_ago_is_looked_at_until_it_is_known() {
    let api = StandIn::new(|call: &Call| {
        let finding = json!({"name": "UnknownName", "path": "id", "reason": "It is not known.", "remedy": "m"});
        if call.method == "GET" {
            reply(404, &json!({"detail": "d", "findings": [finding]}))
        } else {
            reply(202, &json!({"id": GOING, "version": "1.5.0", "execution": "arn:one", "status": "https://api"}))
        }
    });
    let ui = Ui::start(&api);
    let path = format!("apps/shop/deployments/{GOING}");
    assert_eq!(ui.get(&path).status, 400, "nobody started it");
    let token = ui.get("acts/deploy?app=shop&environment=prod").token();
    let fields = format!("token={token}&app=shop&environment=prod&version=1.5.0&reason=go");
    assert_eq!(ui.post("acts/deploy/do", &fields).status, 303);
    let page = ui.get(&path);
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("not recorded yet") && page.body.contains("data-again"));
}

#[test]
fn other_pages_and_names_get_nothing() {
    let api = api();
    let ui = Ui::start(&api);
    let token = ui.get("acts/hold?app=shop&environment=prod").token();
    let before = api.calls().len();
    let page = ui.base.clone();
    let own = format!("Host: {}\r\n", ui.host);
    let origin = format!("Origin: http://{}\r\n", ui.host);
    let form = format!("token={token}&app=shop&environment=prod&reason=x");
    let post = |headers: &str, form: &str| {
        let text = format!("POST {page}acts/hold/do HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n{form}", form.len());
        ui.raw(&text).status
    };
    let get = |path: &str, headers: &str| ui.raw(&format!("GET {path} HTTP/1.1\r\n{headers}\r\n")).status;
    assert_eq!(get(&page, "Host: evil.example\r\n"), 403, "a name of somebody else's leads here");
    assert_eq!(get("/", &own), 404, "the path is not known");
    assert_eq!(get(&page, &format!("{own}Origin: https://evil.example\r\n")), 403);
    assert_eq!(get(&page, &format!("{own}Sec-Fetch-Site: cross-site\r\n")), 403);
    assert_eq!(post(&own, &form), 403, "no origin");
    assert_eq!(post(&format!("{own}Origin: null\r\n"), &form), 403);
    assert_eq!(post(&format!("{own}{origin}Sec-Fetch-Site: cross-site\r\n"), &form), 403);
    assert_eq!(post(&format!("{own}{origin}"), "token=guessed&app=shop&environment=prod&reason=x"), 403);
    assert_eq!(ui.raw(&format!("PUT {page} HTTP/1.1\r\n{own}\r\n")).status, 405);
    assert_eq!(ui.raw(&format!("POST {page} HTTP/1.1\r\n{own}Transfer-Encoding: chunked\r\n\r\n")).status, 501);
    assert_eq!(ui.raw("hello\r\n\r\n").status, 400);
    assert_eq!(api.calls().len(), before, "nothing of it was asked of Windlass");
}
