"""Every act in a real browser: what it would do, its form, what came of it, and what is refused."""

import pytest
from standin import GOING, PLAN, STUCK

PROD = "apps/shop/environments/prod"
BANK = "app=bank&environment=prod"
SHOP = "app=shop&environment=prod"


def typed_command(page):
    return page.locator("pre.typed").inner_text().strip()


def does(page, title):
    page.get_by_label("reason").fill("as planned")
    page.get_by_role("button", name=title, exact=True).click()
    page.get_by_role("heading", name="Handed in").wait_for()


def test_a_rollback_is_planned_done_and_shown_as_it_is_typed(look, api):
    acting = look()
    page = acting.open(PROD)
    page.locator("table.snapshots").get_by_text("Plan it").first.click()
    page.get_by_role("button", name="Show the plan").click()
    assert page.get_by_text("origin path /1.4.0 → /1.3.2").is_visible()
    page.get_by_role("button", name="Roll back").click()
    assert api.posted()[-1][1].endswith("/plans"), "without a reason nothing is done"
    page.get_by_label("reason").fill("it's broken")
    acting.picture("plan", 1010)
    page.get_by_role("button", name="Roll back").click()
    page.get_by_text("it is deployment").wait_for()
    assert typed_command(page) == r"windlass rollback shop prod --snapshot=5 --reason 'it'\''s broken'"
    page.reload()
    assert [path for _, path, _ in api.posted()] == ["/apps/shop/environments/prod/plans", "/apps/shop/environments/prod/rollbacks"]
    assert api.posted()[-1][2] == {"reason": "it's broken", "snapshot": 5}


def test_a_promotion_is_planned_from_the_board(look, api):
    page = look().open()
    row = page.locator("tr[data-row]").filter(has=page.locator("a[href='apps/shop/environments/prod']"))
    row.get_by_role("link", name="promote").click()
    assert page.get_by_label("version").input_value() == "1.5.0"
    page.get_by_role("button", name="Show the plan").click()
    does(page, "Deploy a recorded version")
    assert typed_command(page) == "windlass deploy shop prod 1.5.0 --reason 'as planned'"
    assert api.posted()[-1][1] == "/apps/shop/environments/prod/starts"


def test_a_plan_that_waits_for_people_is_shown_and_approved_by_its_hash(look, api):
    plan = api.answers[f"/apps/shop/plans/{PLAN}"]
    plan["drawn"]["hash"] = seen = "5b1e" * 16
    since = plan["deployment"]["accepted"]
    given = {"person": "lead-2", "by": {"route": "api"}, "hash": seen, "reason": "I have read it", "at": since}
    approval = {"hash": seen, "since": since, "until": since + 86_400_000, "count": 2, "missing": 1, "given": [given]}
    record = {**plan["deployment"], "action": "deploy", "approval": approval}
    api.answers[f"/apps/shop/deployments/{PLAN}"] = {"deployment": record, "plan": None, "steps": [], "judgements": [], "needs": 2}
    acting = look()
    page = acting.open(f"acts/approve?{SHOP}&deployment={PLAN}")
    assert page.get_by_text("it waits for people").is_visible() and page.get_by_text("lead-2").is_visible()
    assert page.get_by_text("alias live 41 → 39 at 100 %").is_visible()
    acting.picture("approve", 1010)
    assert api.posted() == [], "it was only looked at"
    does(page, "Approve the plan")
    assert typed_command(page) == f"windlass approve shop prod --deployment={PLAN} --hash={seen} --reason 'as planned'"
    body = {"deployment": PLAN, "hash": seen, "reason": "as planned"}
    assert api.posted() == [("POST", "/apps/shop/environments/prod/approve", body)]


# Where its page begins, what it is called, what it says that it would do, in this order, what it calls and what is typed.
ACTS = {
    "hold": (
        f"acts/hold?{SHOP}",
        "Hold",
        ["under way", "it goes on, and a hold does not stop it", "A release that arrives would be refused"],
        ("PUT", "/apps/shop/environments/prod/hold"),
        "windlass hold shop prod",
    ),
    "release-hold": (
        f"acts/release-hold?{BANK}",
        "Release the hold",
        ["a sale runs until Monday", "needs an operator", "it has its turn when the lock is free", "A release that arrives would go again"],
        ("DELETE", "/apps/bank/environments/prod/hold"),
        "windlass release-hold bank prod",
    ),
    "cancel": (
        f"acts/cancel?{SHOP}&id={GOING}",
        "Cancel",
        ["It would be stopped.", "41 with 42 at 10 % → 41 at 100 %", "task definition 18 → task definition 17", "web wave 1"],
        ("POST", f"/apps/shop/environments/prod/deployments/{GOING}/cancel"),
        f"windlass cancel shop {GOING}",
    ),
    "recover": (
        f"acts/recover?{BANK}",
        "Recover",
        ["It would be undone again", "42 at 100 % → 41 at 100 %", "AWS answered AccessDenied", "not begun: teller", "those that wait has its turn"],
        ("POST", "/apps/bank/environments/prod/recover"),
        "windlass recover bank prod",
    ),
    "accept": (
        f"acts/accept?{BANK}",
        "Accept",
        ["ledger", "42 at 100 %", "41 at 100 %", "42 at 100 %", "teller", "stays as recorded", "A snapshot accepted", "who waits has a turn"],
        ("POST", "/apps/bank/environments/prod/accept"),
        "windlass accept bank prod",
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_an_act_says_what_it_would_do_and_does_it(look, api, act):
    path, title, would, (method, called), typed = ACTS[act]
    api.move = 3
    acting = look()
    page = acting.open(path)
    said = " ".join(page.locator(".would").inner_text().split())
    for words in would:
        assert words in said, (words, said)
        said = said.split(words, 1)[1]
    assert api.posted() == [], "it was only looked at"
    if act == "accept":
        acting.picture("accept", 640)
    does(page, title)
    assert typed_command(page) == f"{typed} --reason 'as planned'"
    assert [(posted[0], posted[1]) for posted in api.posted()] == [(method, called)]


def test_the_page_of_an_environment_leads_to_the_acts_that_fit(look):
    page = look().open("apps/bank/environments/prod")
    acts = page.locator("p.acts")
    for name in ["Accept", "Recover", "Release the hold"]:
        assert acts.get_by_role("link", name=name, exact=True).is_visible()
    assert acts.get_by_role("link", name="Cancel").count() == 0
    acts.get_by_role("link", name="Accept", exact=True).click()
    assert page.locator(".would tbody tr").count() == 2 and page.url.endswith(f"acts/accept?{BANK}")


@pytest.mark.parametrize("refused, path, title", [("/starts", f"acts/deploy?{SHOP}&version=1.5.0", "Deploy a recorded version"), ("/accept", f"acts/accept?{BANK}", "Accept")])
def test_what_is_refused_is_shown_with_what_to_do_and_asked_for_again(look, api, refused, path, title):
    finding = {"name": "Held", "path": "environments.prod", "reason": "It is refused: a sale.", "remedy": "Release the hold."}
    api.refuses = (refused, finding)
    acting = look()
    page = acting.open(path)
    if refused == "/starts":
        page.get_by_role("button", name="Show the plan").click()
    page.get_by_label("reason").fill("it is good")
    page.get_by_role("button", name=title, exact=True).click()
    alert = page.get_by_role("alert").inner_text()
    assert "It is refused: a sale." in alert and "Release the hold." in alert
    assert page.get_by_label("reason").input_value() == "it is good", "it is asked for again"
    acting.complaints.clear()  # Chromium complains of every answer above 399.


def test_an_act_is_done_by_the_keyboard_alone(look, api):
    """From the top of the page of an environment by Tab to the act, through its form, and done by Enter."""
    page = look().open(PROD)

    def walk(to, most=30):
        """Goes on with Tab until what has the focus is called so."""
        for _ in range(most):
            page.keyboard.press("Tab")
            on = page.evaluate("() => { const one = document.activeElement; return one.labels?.[0]?.textContent ?? one.textContent; }")
            if on.strip().startswith(to):
                return
        raise AssertionError(f"{to} was not reached in {most} steps; the focus is on {on}")

    walk("Hold")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What this would do").wait_for()
    walk("reason")
    page.keyboard.type("by keyboard")
    walk("Hold", 1)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Handed in").wait_for()
    assert api.posted() == [("PUT", "/apps/shop/environments/prod/hold", {"reason": "by keyboard"})]


def test_a_deployment_that_is_stuck_is_shown(look):
    page = look().open(f"apps/bank/deployments/{STUCK}")
    assert "NeedsOperator" in page.get_by_role("status").inner_text()
    assert page.get_by_text("could NOT be brought back", exact=True).is_visible()
