"use strict";
// Times in the reader's own zone with UTC beside them, a filter while one types, and pages that move. Without this
// script all of it can be read: times in UTC, the filter by Enter, and a reload every few seconds.
(() => {
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  const times = (root) => {
    for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
      const at = new Date(time.dateTime);
      time.dataset.local = "";
      if (time.classList.contains("clock")) {
        time.textContent = `${clock.format(at)} (${time.textContent})`;
        continue;
      }
      if (time.classList.contains("age")) {
        time.title = `${local.format(at)} (${time.dateTime.replace("T", " ").replace("Z", " UTC")})`;
        continue;
      }
      const utc = document.createElement("small");
      utc.textContent = ` ${time.textContent}`;
      time.replaceChildren(local.format(at), utc);
    }
  };

  // What a row says, but for times: nobody looks for these.
  const words = (row) => {
    const said = row.cloneNode(true);
    for (const time of said.querySelectorAll("time")) time.remove();
    return said.textContent.toLowerCase();
  };

  const filter = () => {
    const input = document.querySelector("[data-filter]");
    if (!input) return;
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of document.querySelectorAll("tr[data-row]")) {
      const said = wanted.length ? words(row) : "";
      row.hidden = !wanted.every((word) => said.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    const count = document.querySelector("[data-count]");
    const all = document.querySelectorAll("tr[data-row]").length;
    const named = `${all} environment${all === 1 ? "" : "s"}`;
    count.textContent = shown === all ? named : `${shown} of ${named}`;
    const none = document.querySelector("[data-none]");
    if (none) none.hidden = shown > 0 || all === 0;
  };

  // What was typed, what is unfolded and what has the focus stays as it is.
  const renew = (from, to) => {
    const typed = document.querySelector("[data-filter]")?.value;
    const focus = document.activeElement;
    const place = focus && to.contains(focus) ? focus.getAttribute("href") ?? focus.id : null;
    const attribute = focus?.hasAttribute?.("href") ? "href" : "id";
    const fresh = from.cloneNode(true);
    times(fresh);
    const unfolded = [...to.querySelectorAll("details[open]")].map((one) => one.id);
    for (const one of fresh.querySelectorAll("details")) one.open = unfolded.includes(one.id);
    if (fresh.innerHTML === to.innerHTML) return;
    const input = fresh.querySelector("[data-filter]");
    if (input && typed !== undefined) input.value = typed;
    to.replaceChildren(...fresh.childNodes);
    filter();
    if (place) {
      const again = [...to.querySelectorAll(`[${attribute}]`)].find((one) => one.getAttribute(attribute) === place);
      again?.focus({ preventScroll: true });
    }
  };

  const look = async () => {
    const main = document.querySelector("main");
    const seconds = Number(main.dataset.again);
    if (!seconds) return;
    const input = document.querySelector("[data-filter]");
    if (!document.hidden && document.activeElement !== input) {
      try {
        const answer = await fetch(location.href, { cache: "no-store" });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("main");
        if (!answer.ok) throw new Error(String(answer.status));
        renew(fresh, main);
        document.querySelector(".stale")?.remove();
        if (!fresh.dataset.again) {
          delete main.dataset.again;
          return;
        }
      } catch {
        if (!document.querySelector(".stale")) {
          const stale = document.createElement("p");
          stale.className = "stale";
          stale.setAttribute("role", "alert");
          stale.textContent = "No answer came to the last look; what is shown may be old.";
          main.before(stale);
        }
      }
    }
    setTimeout(look, seconds * 1000);
  };

  times(document);
  filter();
  document.addEventListener("input", (event) => event.target.matches?.("[data-filter]") && filter());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches?.("input, textarea")) {
      const input = document.querySelector("[data-filter]");
      if (input) {
        event.preventDefault();
        input.focus();
      }
    }
  });
  const seconds = Number(document.querySelector("main")?.dataset.again);
  if (seconds) setTimeout(look, seconds * 1000);
})();
