"""Acts in a real browser: the form, what came of it, and what is refused."""

import pytest
from standin import STUCK

PROD = "apps/shop/environments/prod"
BANK = "app=bank&environment=prod"
SHOP = "app=shop&environment=prod"


def told(page):
    return page.locator("pre.typed").inner_text().strip()


def does(page, title):
    page.get_by_label("reason").fill("as planned")
    page.get_by_role("button", name=title, exact=True).click()
    page.get_by_role("heading", name="Handed in").wait_for()


def test_a_rollback_is_planned_done_and_told_as_it_is_typed(look, api):
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
    assert told(page) == r"windlass rollback shop prod --snapshot=5 --reason 'it'\''s broken'"
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
    assert told(page) == "windlass deploy shop prod 1.5.0 --reason 'as planned'"
    assert api.posted()[-1][1] == "/apps/shop/environments/prod/releases"


@pytest.mark.parametrize("refused, path, title", [("/releases", f"acts/deploy?{SHOP}&version=1.5.0", "Deploy a recorded version"), ("/accept", f"acts/accept?{BANK}", "Accept")])
def test_what_is_refused_is_told_with_what_to_do_and_asked_for_again(look, api, refused, path, title):
    finding = {"name": "Held", "path": "environments.prod", "reason": "It is refused: a sale.", "remedy": "Release the hold."}
    api.refuses = (refused, finding)
    acting = look()
    page = acting.open(path)
    if refused == "/releases":
        page.get_by_role("button", name="Show the plan").click()
    page.get_by_label("reason").fill("it is good")
    page.get_by_role("button", name=title, exact=True).click()
    told = page.get_by_role("alert").inner_text()
    assert "It is refused: a sale." in told and "Release the hold." in told
    assert page.get_by_label("reason").input_value() == "it is good", "it is asked for again"
    acting.complaints.clear()  # Chromium complains of every answer above 399.


def test_a_deployment_that_is_stuck_is_shown(look):
    page = look().open(f"apps/bank/deployments/{STUCK}")
    assert "NeedsOperator" in page.get_by_role("status").inner_text()
    assert page.get_by_text("could NOT be brought back", exact=True).is_visible()
