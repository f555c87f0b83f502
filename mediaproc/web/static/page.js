// What scripts add to every page: local times, copying, keys, films that go on. All of it works without them.
"use strict";
(() => {
  const prefix = document.body.dataset.prefix;
  // The page's language, in the reader's own variety of it.
  const language = navigator.languages.find((each) => each.slice(0, 2) === document.documentElement.lang.slice(0, 2))
    ?? document.documentElement.lang;
  const full = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
  const ofThisYear = new Intl.DateTimeFormat(language,
    { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const year = new Date().getFullYear();

  // Times are sent in UTC; the title keeps it.
  function makeTimesLocal() {
    // Those that came since the last time: a list that changes has many more that did not.
    for (const time of document.querySelectorAll("time[data-local]:not([data-is-local])")) {
      const moment = new Date(time.dateTime);
      if (!Number.isNaN(moment.getTime())) {
        time.textContent = (moment.getFullYear() === year ? ofThisYear : full).format(moment);
      }
      time.dataset.isLocal = "";
    }
  }

  // The clipboard is to be had only over https and on this machine; elsewhere the old way works.
  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const field = document.createElement("textarea");
      field.value = button.dataset.copy;
      button.after(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    const label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 1500);
  }

  const ledOn = new WeakMap();  // films, and when

  // A browser stays with the link of the store that it was led to, which ends after minutes: there is a new one.
  function goOn(film) {
    if (performance.now() - (ledOn.get(film) ?? -Infinity) < 60000) return;
    ledOn.set(film, performance.now());
    const { currentTime, paused } = film;
    film.load();
    film.currentTime = currentTime;
    if (!paused) film.play().catch(() => {});
  }

  function keysAreOff() {
    try { return localStorage.getItem("keys") === "off"; } catch { return false; }
  }

  function currentRow() {
    return document.activeElement?.closest(".rows tbody tr");
  }

  function move(step) {
    const rows = [...document.querySelectorAll(".rows tbody tr")];
    const next = rows[rows.indexOf(currentRow()) + step] ?? (step > 0 ? rows.at(-1) : rows[0]);
    const link = next?.querySelector("a.name, a, button");
    link?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  const places = { o: "/", t: "/tasks", e: "/executors", s: "/schedules", u: "/upload", w: "/webhooks", a: "/audit" };
  const acts = {
    "?": () => document.getElementById("keys")?.showModal(),
    "/": () => document.querySelector("[data-search]")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    x: () => currentRow()?.querySelector("input[type=checkbox]")?.click(),
  };
  let going = 0;  // when `g` was pressed, after which a letter names a screen

  function press(event) {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog, video");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || keysAreOff()) return;
    const goes = event.timeStamp - going < 1500 && Object.hasOwn(places, event.key);
    going = event.key === "g" ? event.timeStamp : 0;
    if (goes) {
      const link = document.querySelector(`.nav a[href="${prefix}${places[event.key]}"]`);
      if (link) location.assign(link.href);
    } else if (Object.hasOwn(acts, event.key)) {
      event.preventDefault();
      acts[event.key]();
    }
  }

  document.addEventListener("keydown", press);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    if (event.target.matches("[data-open-keys]")) acts["?"]();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const box of event.target.form.querySelectorAll(".rows td input[type=checkbox]")) box.checked = event.target.checked;
    }
    const ticked = event.target.form?.querySelector("[data-ticked]");
    if (ticked) ticked.textContent = event.target.form.querySelectorAll(".rows td input:checked").length || "";
    if (event.target.matches("[data-keys-switch]")) {
      try { localStorage.setItem("keys", event.target.checked ? "on" : "off"); } catch { /* it holds for this page */ }
    }
  });
  document.addEventListener("mediaproc:changed", makeTimesLocal);
  document.addEventListener("error", ({ target }) => { if (target instanceof HTMLMediaElement) goOn(target); }, true);

  for (const hidden of document.querySelectorAll("[data-copy], [data-open-keys], [data-tick-all]")) hidden.hidden = false;
  const keysSwitch = document.querySelector("[data-keys-switch]");
  if (keysSwitch) keysSwitch.checked = !keysAreOff();
  makeTimesLocal();
})();
