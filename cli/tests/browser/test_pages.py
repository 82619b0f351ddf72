"""Every page in a real browser: what it shows, how it is reached by keyboard, in the dark, on a phone, and without scripts."""

import os
import re
from pathlib import Path

import pytest
from standin import FAILED, GOING, STACK, many

PROD = "apps/shop/environments/prod"
PAGES = [
    f"apps/shop/deployments/{GOING}/logs",
    "?observe=true",
    f"{PROD}?observe=true",
    "acts/rollback?app=shop&environment=prod",
    "acts/deploy?app=shop&environment=prod",
    f"acts/cancel?app=shop&environment=prod&id={GOING}",
    "acts/accept?app=bank&environment=prod",
    "acts/hold?app=shop&environment=prod",
]

# The Web Content Accessibility Guidelines ask for this contrast of text.
CONTRAST = """() => {
  const light = (rgb) => { const [r, g, b] = rgb.match(/[\\d.]+/g).map(Number).map((v) => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (one) => { for (; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor; if (!/, 0\\)$|transparent/.test(colour)) return colour; } return "rgb(255, 255, 255)"; };
  const faint = [];
  for (const one of document.querySelectorAll("main *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const style = getComputedStyle(one);
    if (!own || one.closest("svg") || !one.offsetParent || /, 0\\)$/.test(style.color)) continue;
    const [a, b] = [light(style.color), light(behind(one))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(`${one.tagName} ${one.className} ${style.color} on ${behind(one)}`);
  }
  return faint;
}"""


def test_the_board_shows_every_environment_and_filters_while_one_types(look, api):
    board = look()
    page = board.open()
    rows = page.locator("tr[data-row]:visible")
    assert rows.count() == 5
    assert page.locator("thead th").nth(6).inner_text() == "Way back"
    ways_back = page.locator("table.board td:nth-child(7)").all_inner_texts()
    assert sum("proved" in cell and "never" not in cell for cell in ways_back) == 1
    staging = rows.nth(3).inner_text()
    assert "api drifted" in staging and "agent: drift unknown: its turn comes in a later look" in staging
    assert "as recorded at" in rows.nth(1).inner_text()
    shapes = page.locator(".mark").evaluate_all("(all) => all.map((one) => getComputedStyle(one, '::before').content[1])")
    assert set(shapes) == set("✓✕◐▲○"), "each sort of state has a shape of its own"
    board.picture("board", 520)
    page.keyboard.press("/")
    page.keyboard.type("held bank")
    assert rows.count() == 1 and "1 of 5 environments" in page.locator("[data-count]").inner_text()
    assert "NEEDS AN OPERATOR after 7.3.0" in rows.inner_text()
    page.keyboard.type(" nowhere")
    assert rows.count() == 0 and page.get_by_text("Nothing matches.").is_visible()
    page.locator("[data-filter]").fill("shop locked")
    name = rows.last.locator("th")
    assert name.inner_text() == "shop" and name.evaluate("(one) => getComputedStyle(one).color") != "rgba(0, 0, 0, 0)", "the first row that is left has the name"
    page.locator("[data-filter]").fill(str(2026))
    assert rows.count() == 1, "a version is found, and no time is"
    assert [path for _, path, _, _ in api.calls] == ["/apps"]


def processor_s(process):
    """The seconds for which a process has run on a processor (`proc_pid_stat(5)`: utime and stime)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_two_hundred_environments_are_there_within_a_second(look, api, process):
    """A second is asserted of the work, of the program and of the page together: other processes do not lengthen that. What only counting
    shows is that the program calls the API once for each of its pages, which end at forty environments."""
    api.pages = many(200)
    board = look()
    page_s, before_s = board.counts_work(), processor_s(process)
    page = board.open()
    assert page.locator("tr[data-row]").count() == 200
    assert len(api.calls) == 5
    worked_s = processor_s(process) - before_s, page_s()
    assert worked_s[1] > 0 and sum(worked_s) < 1, worked_s
    page.locator("[data-filter]").fill("service-07 prod")
    assert page.locator("tr[data-row]:visible").count() == 1


def test_the_targets_are_looked_at_when_one_asks_for_it(look, api):
    page = look().open()
    page.get_by_role("link", name="Look for drift").click()
    page.wait_for_url("**?observe=true")
    rows = page.locator("tr[data-row]")
    prod = rows.filter(has=page.locator("a[href='apps/shop/environments/prod']"))
    assert "api drifted" in prod.inner_text()
    assert "web: drift unknown: GetDistribution E1: AWS answered AccessDenied" in prod.inner_text()
    assert page.locator("main").get_attribute("data-again") is None, "it takes a while, and is not done again unasked"
    page.get_by_role("link", name="Without targets").click()
    page.goto(page.url + PROD + "?observe=true")
    drift = page.locator("td[data-name='Drift']").all_inner_texts()
    assert "as recorded" in drift[0] and "drifted shows 40 at 100 %, recorded is 41 at 100 %" in drift[1]
    assert "unknown GetDistribution E1" in drift[2]


def test_older_deployments_are_a_page_further(look, api):
    newest = api.answers["/apps/shop/deployments?environment=prod"]
    api.answers["/apps/shop/deployments?environment=prod"] = newest | {"next": "page-2"}
    api.answers["/apps/shop/deployments?environment=prod&after=page-2"] = {"deployments": newest["deployments"][-1:], "next": None}
    page = look().open(PROD)
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**?after=page-2")
    assert page.locator("table.history tbody tr").count() == 1
    assert page.get_by_role("link", name="Older").count() == 0


def test_what_the_last_drill_did_is_unfolded_and_stays_so(look, api):
    page = look().open(PROD)
    there = page.get_by_text("The last way there ended Succeeded after 41 s: 2 steps")
    step = page.get_by_text("api alias live 41 → 40")
    assert not step.is_visible()
    there.click()
    assert step.is_visible() and page.locator("details[open] .mark", has_text="pass").count() == 1
    assert not page.get_by_text("and 3 steps more").is_visible(), "the other way is folded"
    there.focus()
    calls = len(api.calls)
    page.evaluate("() => { document.querySelector('main h2').textContent = 'old'; }")
    page.wait_for_function("() => document.querySelector('main h2').textContent !== 'old'", timeout=15_000)
    assert len(api.calls) > calls and step.is_visible(), "a page that was looked at again has it unfolded"
    assert page.evaluate("() => document.activeElement.tagName") == "SUMMARY"
    assert sum(path.endswith("/drills") for _, path, _, _ in api.calls) == 1, "what has ended is read once"


def test_an_environment_has_its_history_as_a_strip_and_its_snapshots(look):
    environment = look()
    page = environment.open(PROD)
    bars = page.locator("ol.strip a")
    assert bars.count() == 8
    assert bars.nth(6).get_attribute("aria-label") == "1.4.1: RolledBack (GateFailed), 4m 18s"
    heights = [int(bars.nth(at).locator("rect").get_attribute("height")) for at in range(8)]
    assert max(heights) == heights[1] and min(heights) < 10, "the longest is the highest"
    assert page.get_by_role("heading", name="Way back").is_visible()
    assert page.get_by_text("from 1.4.0 (snapshot 6) to 1.3.0 (snapshot 5): there 41 s, back 38 s").is_visible()
    assert page.get_by_text("Drills by the schedule: every 7d, due ").is_visible()
    snapshot = page.locator("table.snapshots tbody tr").nth(1)
    assert "agent 1.4.0 → 1.3.0" in snapshot.inner_text()
    environment.picture("history", 900)
    bars.nth(6).click()
    assert page.url.endswith(FAILED)


def test_a_deployment_moves_until_it_has_ended(look, api):
    api.move = 0
    going = look()
    page = going.open(f"apps/shop/deployments/{GOING}")
    assert page.get_by_text("It is not planned yet.").is_visible()
    stands = page.get_by_role("status")
    strip, widths = page.locator("figure.timeline"), {}
    for move, words in [
        (1, "412 of 1204 files"),
        (2, "1 of 3 tasks of task definition 18 is healthy"),
        (3, "0.4 errors/min"),
        (4, "1.9 errors/min"),
    ]:
        api.move = move
        page.get_by_text(re.compile(re.escape(words))).first.wait_for()
        names = [caption.split()[:2] for caption in strip.locator("svg").get_attribute("aria-label").split(", ")]
        widths[move] = [float(bar.get_attribute("width")) for bar in strip.locator("rect").all()]
        assert len(names) == len(widths[move]), "a bar for each that is shown"
    assert [len(widths[move]) for move in (1, 2, 3, 4)] == [2, 4, 5, 5], widths
    assert widths[4][-1] > widths[3][-1] and widths[4][1] < widths[3][1], "what goes on grows beside what is over"
    assert "wave 2 of 3 is watched" in stands.inner_text()
    line = page.locator("li.wave").nth(1).locator("svg.line").first
    values = re.findall(r"\d\d:\d\d ([\d.]+)", line.get_attribute("aria-label"))
    assert values == ["0.2", "0.4", "1.9"], "each look is a point of the line, also those before the page was opened"
    agent = page.locator("table.components tbody tr").nth(1)
    cells = {cell.get_attribute("data-name"): cell.inner_text().strip() for cell in agent.locator("td").all()}
    wanted = {"From": "41 at 100 %", "To": "1.5.0", "Callers get": "41 with 42 at 10 %", "Weight": "10 %"}
    assert {name: cells[name] for name in wanted} == wanted
    groups = page.locator("dl.facts div", has_text="Log groups").get_by_role("link")
    assert groups.all_inner_texts() == ["/shop/agent", "/shop/api"]
    assert groups.first.get_attribute("href").endswith("#logsV2:log-groups/log-group/$252Fshop$252Fagent")
    assert api.of_aws.count("/2015-03-31/functions/shop-api-prod/configuration") == 1, "a page that moves asks once"
    weights = page.locator("table.components td[data-name=Weight]").all_inner_texts()
    assert [weight.strip() for weight in weights] == ["0 %", "10 %", "100 %"], "a service that has all of its new tasks is there wholly"
    going.picture("deployment", 1180)
    api.move = 5
    page.get_by_text("shop prod 1.5.0 is live").wait_for()
    assert page.locator("main").get_attribute("data-again") is None
    calls = len(api.calls)
    page.wait_for_timeout(2500)
    assert len(api.calls) == calls, "what has ended is looked at no more"


def test_a_failed_gate_shows_what_was_measured_beside_its_threshold_and_what_was_undone(look):
    failed = look()
    page = failed.open(f"apps/shop/deployments/{FAILED}")
    assert "RolledBack (GateFailed)" in page.get_by_role("status").inner_text()
    gate = page.locator("li.wave").nth(1).locator("tbody tr").first
    said = gate.inner_text()
    assert all(text in said for text in ["FAIL", "7.3 errors/min", "at most 5 errors/min", "3 of 3 points"]), said
    line = gate.locator("svg.line")
    last, limit = line.locator("circle"), line.locator(".threshold")
    assert float(last.get_attribute("cy")) < float(limit.get_attribute("y1")), "it ends above the threshold"
    assert page.get_by_text("alias live 42 → 41 at 100 %").first.is_visible()
    assert "1.4.1 is vetoed here" in page.locator(".cause").inner_text()
    execution = page.locator("dl.facts div", has_text="Execution").get_by_role("link").last.get_attribute("href")
    assert execution.startswith("https://console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:")
    failed.picture("failed-gate", 1120)


def test_a_release_with_a_stack_shows_what_changes_in_it_and_that_it_came_back(look):
    whole = look()
    page = whole.open(f"apps/chat/deployments/{STACK}")
    assert "RolledBack (GateFailed)" in page.get_by_role("status").inner_text()
    shown = page.locator("main").inner_text()
    for words in ["AWS::SNS::Topic", "infra", "frontend", "chat-dev-messages version 3 ping"]:
        assert words in shown, words
    whole.picture("stack", 1310)


def test_what_is_live_no_more_is_shown_with_its_next_step_once(look, api):
    step = "start `windlass deploy shop prod 1.4.1` to deploy 1.4.1"
    for runs, text in [(False, f"It does not run any more:\n  {step}"), (True, "It runs, as far as Windlass knows:")]:
        api.answers[f"/apps/shop/deployments/{FAILED}"]["now"] = {"runs": runs, "text": text, "next": step}
        now = look().open(f"apps/shop/deployments/{FAILED}").locator("p.now").inner_text()
        assert now.count("1.4.1") == (0 if runs else 2), now


def test_the_log_groups_and_their_lines_are_a_page(look, api):
    api.move = 3
    page = look().open(f"apps/shop/deployments/{GOING}")
    page.get_by_role("link", name="Logs").click()
    groups = page.locator("main ul.plain li")
    assert groups.all_inner_texts() == ["agent writes into /shop/agent", "api writes into /shop/api"], "also where no line was found"
    assert page.locator("pre.log").inner_text().strip().endswith("api KeyError: 'total'")
    assert page.locator("pre.typed").inner_text().strip() == f"windlass logs shop {GOING}"
    assert page.get_by_text("web has no log lines: a site has files").is_visible()


def test_a_report_is_read_as_a_file_and_leads_only_to_itself(look, report):
    page = look(at=report).open()
    assert page.get_by_role("heading", name="shop prod", exact=True).is_visible()
    assert page.locator("article").count() > 1 and page.locator("form, [href*='acts/']").count() == 0
    assert page.locator("time").first.locator("small").inner_text().endswith(" UTC"), "its script runs"
    assert page.locator("details").count() == 2
    dead = page.evaluate("() => [...document.querySelectorAll('a[href^=\"#\"]')].map((one) => one.hash.slice(1)).filter((id) => !document.getElementById(id))")
    assert dead == []
    page.locator("ol.strip a").nth(6).click()
    assert page.url.endswith(f"#{FAILED}") and page.locator(f"article[id='{FAILED}']").is_visible()
    assert page.evaluate(CONTRAST) == []


def test_a_line_says_all_that_it_shows_to_who_does_not_see_it(look):
    page = look().open(f"apps/shop/deployments/{FAILED}")
    gates = page.locator("li.wave").nth(1).locator("tbody tr")
    label = gates.first.locator("svg.line").get_attribute("aria-label")
    assert re.fullmatch(
        r"3 looks from \d\d:\d\d to \d\d:\d\d UTC; measured 0.3 to 7.3; 1 failed; the last ones \d\d:\d\d 0.3, \d\d:\d\d 2.1, \d\d:\d\d 7.3; "
        r"threshold at most 5 errors/min",
        label,
    ), label
    probe = gates.nth(2).locator("svg.line")
    assert probe.locator("circle").count() == 3 and probe.locator("polyline").count() == 0, "a mark for each look that has no number"
    assert probe.get_attribute("aria-label").startswith("3 looks from ")


def test_the_figures_of_every_environment_are_a_page(look, api):
    page = look().open("stats?days=90")
    row = page.locator("main table tbody tr").first.inner_text()
    assert all(text in row for text in ["prod", "32 (1.1 a day)", "1h 2m, p90 1d 1h", "5 of 36 (14 %)", "$0.0405"]), row
    assert ("GET", "/stats", "90") in [(method, path, query.get("days")) for method, path, query, _ in api.calls]


@pytest.mark.parametrize("path", ["", PROD, f"apps/shop/deployments/{FAILED}"])
def test_without_scripts_it_is_all_there(look, path):
    plain = look(java_script_enabled=False)
    page = plain.open(path)
    text = page.locator("main").inner_text()
    assert "1.4.0" in text and len(text) > 300
    assert " UTC" in page.content()
    if path == "":
        page.locator("[data-filter]").fill("bank")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=bank")
        assert page.locator("tr[data-row]:visible").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "stats", PROD, f"apps/shop/deployments/{FAILED}", *PAGES])
def test_text_can_be_read_and_everything_has_a_name(look, scheme, path):
    seen = look(color_scheme=scheme)
    page = seen.open(path)
    assert page.evaluate(CONTRAST) == []
    assert page.locator("h1").count() == 1 and page.locator("main").count() == 1
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('a, button, input:not([type=hidden]), svg[role=img], progress')]"
        ".filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length)).map((one) => one.outerHTML)"
    )
    assert unnamed == []
    if scheme == "dark" and FAILED in path:
        seen.picture("dark", 1120)


@pytest.mark.parametrize("path", ["", "stats", PROD, f"apps/shop/deployments/{GOING}", *PAGES])
def test_a_phone_shows_it_without_scrolling_sideways(look, path):
    phone = look(viewport={"width": 375, "height": 760}, has_touch=True)
    page = phone.open(path)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 375
    if path == "":
        beside = page.locator("tr[data-row]").first.locator("td").evaluate_all("(all) => all.map((one) => getComputedStyle(one, '::before').content)")
        titles = page.locator("thead th").evaluate_all("(all) => all.map((one) => one.textContent)")
        assert [value.strip('"') for value in beside] == titles[1:], "the style names each value as the head does"
        phone.picture("phone", 760)


def test_the_keyboard_reaches_everything_and_a_refresh_keeps_the_focus(look, api):
    api.move = 3
    keys = look()
    page = keys.open(f"apps/shop/deployments/{GOING}")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "To the content"
    page.get_by_role("link", name="Logs").focus()
    api.move = 4
    page.get_by_text("1.9 errors/min").wait_for()
    assert page.evaluate("() => document.activeElement.textContent") == "Logs"


def test_times_are_local_with_utc_beside_them(look):
    page = look().open(f"apps/shop/deployments/{FAILED}")
    shown = page.locator("time").first.inner_text()
    assert re.search(r"\d\d:\d\d:\d\d.*\d{4}-\d\d-\d\d (\d\d):\d\d:\d\d UTC", shown, re.S), shown
    local, utc = re.findall(r"(\d\d):\d\d:\d\d", shown)
    assert (int(local) - int(utc)) % 24 in (1, 2), "Berlin"
    caption = page.locator("li.wave").nth(1).locator("td[data-name='Over time'] small").first.inner_text()
    both = re.findall(r"(\d\d):\d\d \((\d\d):\d\d UTC\)", caption)
    assert len(both) == 2 and all((int(local) - int(utc)) % 24 in (1, 2) for local, utc in both), caption


def test_times_in_sentences_are_local_as_well(look):
    page = look().open()
    plain = page.evaluate(
        "() => { const all = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT); const found = [];"
        "while (all.nextNode()) { const text = all.currentNode.data; if (/\\d{4}-\\d\\d-\\d\\d[T ]/.test(text) && !all.currentNode.parentElement.closest('time')) found.push(text); } return found; }"
    )
    assert plain == [], "no time is shown in UTC alone"
    recorded = page.locator(".mark", has_text="as recorded at").inner_text()
    local, utc = re.findall(r"(\d\d):\d\d:\d\d", recorded)
    assert (int(local) - int(utc)) % 24 in (1, 2), recorded
    page.goto(page.url + "apps/bank/environments/prod")
    held = page.locator(".mark", has_text="held since").inner_text()
    assert re.search(r"held since .* \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC by assumed-role/oncall/ann", held), held
