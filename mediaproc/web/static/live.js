// Keeps what a page shows as it is in the database, over one stream of events while somebody looks at the page.
//
// An element with `data-live-task="ID"` gets its children anew when the task changes, except those in `.tickbox`. One
// with `data-live-part="counts"`, `"executors"` or `"task"` and an id is taken from the page itself, asked for again when
// one of these changes, or a task that it shows as `data-live-seen="ID"`.
"use strict";
(() => {
  const prefix = document.body.dataset.prefix;
  const button = document.querySelector("[data-live-switch]");
  const banner = document.querySelector("[data-live-banner]");
  const hasTasks = document.querySelector("[data-live-task]") !== null;
  const hasParts = document.querySelector("[data-live-part]") !== null;
  const list = document.querySelector("[data-live-newest]");
  if (!button || !banner || (!hasTasks && !hasParts && !list)) return;

  const waiting = new Map();  // what is held, and what it is to become
  const asSent = new WeakMap();  // parts, as the server wrote them
  const states = new Map();  // of tasks, as far as the parts of the page depend on them
  let source = null, again = 0, lost = 0, refreshing = 0, refreshedAt = 0;

  function isOff() {
    try { return localStorage.getItem("live") === "off"; } catch { return false; }
  }

  function address() {
    const query = new URLSearchParams();
    const shown = [...document.querySelectorAll("[data-live-task], [data-live-seen]")];
    for (const id of new Set(shown.map(({ dataset }) => dataset.liveTask ?? dataset.liveSeen))) query.append("task", id);
    if (list) { query.set("q", list.dataset.liveList); query.set("newest", list.dataset.liveNewest); query.set("all", list.dataset.liveAll ?? "false"); }
    for (const part of document.querySelectorAll("[data-live-part]")) {
      if (part.dataset.livePart !== "task") query.set(part.dataset.livePart, "true");
    }
    return `${prefix}/live?${query}`;
  }

  function show(state, said = "") {
    button.dataset.state = state;
    button.setAttribute("aria-pressed", String(!isOff()));
    banner.hidden = said === "";
    banner.firstElementChild.textContent = said;
  }

  // What somebody uses is left alone: a button under a finger, a ticked row, what was opened, a film, marked text.
  function isHeld(element) {
    const marked = getSelection();
    return element.contains(document.activeElement) || element.matches(":active") || element.closest("dialog[open]")
      || element.querySelector("input:checked, dialog[open], details[open], :popover-open")
      || [...element.querySelectorAll("video")].some((each) => !each.paused)
      || (marked && !marked.isCollapsed && marked.containsNode(element, true));
  }

  function whenFree(element, change) {
    if (!element.isConnected) return;
    if (isHeld(element)) { waiting.set(element, change); return; }
    waiting.delete(element);
    change();
    document.dispatchEvent(new CustomEvent("mediaproc:changed"));
  }

  // The one place where text of the server becomes elements; it escaped what is not its own, and the policy runs nothing.
  function renew(element, html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    element.replaceChildren(...[...element.children].filter((each) => each.matches(".tickbox")), fresh.content);
  }

  // Whoever reads a log reads on where they are.
  function exchange(part, fresh) {
    const read = [...part.querySelectorAll(".log")].map(({ scrollTop }) => scrollTop);
    part.replaceWith(fresh);
    fresh.querySelectorAll(".log").forEach((log, at) => { log.scrollTop = read[at] ?? 0; });
  }

  async function refresh() {
    refreshing = 0;
    refreshedAt = Date.now();
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live-part][id]")) {
      const fresh = page.getElementById(part.id);
      if (!fresh || asSent.get(part) === fresh.innerHTML) continue;
      asSent.set(fresh, fresh.innerHTML);
      whenFree(part, () => exchange(part, document.adoptNode(fresh)));
    }
    // Other tasks may be in them now.
    if (source && source.url !== new URL(address(), location.href).href) { close(); open(); }
  }

  // However much changes, the page is asked for once in a while.
  function refreshSoon() {
    if (hasParts && !refreshing) refreshing = setTimeout(refresh, Math.max(300, refreshedAt + 3000 - Date.now()));
  }

  function open() {
    clearTimeout(again);
    if (source || isOff() || document.hidden) return;
    source = new EventSource(address());
    source.onopen = () => { clearTimeout(lost); lost = 0; show("on"); };
    source.onerror = () => {
      // A stream ends every few minutes, and the browser comes again: only what lasts is told.
      lost ||= setTimeout(() => show("off", banner.dataset.lost), 4000);
      if (source.readyState === EventSource.CLOSED) { close(); again = setTimeout(open, 5000); }
    };
    source.addEventListener("task", (event) => {
      const { id, state, html } = JSON.parse(event.data);
      if (states.get(id) !== state || document.querySelector(`[data-live-seen="${id}"]`)) refreshSoon();
      states.set(id, state);
      for (const element of document.querySelectorAll(`[data-live-task="${id}"]`)) whenFree(element, () => renew(element, html));
    });
    for (const name of ["counts", "executor"]) source.addEventListener(name, refreshSoon);
    source.addEventListener("newer", (event) => {
      const { tasks: count, more } = JSON.parse(event.data), newer = document.querySelector("[data-live-newer]");
      newer.hidden = count === 0;
      newer.firstElementChild.textContent = newer.dataset.text.replace("{}", more ? `${count}+` : count);
    });
    source.addEventListener("away", () => show("off", banner.dataset.away));
    source.addEventListener("reset", () => { show("on"); refreshSoon(); });
  }

  function close() {
    source?.close();
    source = null;
  }

  function freed() {
    setTimeout(() => { for (const [element, change] of [...waiting]) whenFree(element, change); });
  }

  for (const name of ["focusout", "change", "close", "toggle", "pointerup", "selectionchange"]) document.addEventListener(name, freed, true);
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  button.addEventListener("click", () => {
    try { localStorage.setItem("live", isOff() ? "on" : "off"); } catch { /* then it is always on */ }
    close();
    show("");
    open();
  });
  button.hidden = false;
  show("");
  open();
})();
