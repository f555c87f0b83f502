// Uploads that go on where they were cut, also after the page was left: several files or a folder, dropped or chosen.
"use strict";
(() => {
  const form = document.getElementById("upload");
  const section = document.getElementById("uploads");
  if (!form || !section || !window.tus?.isSupported) return;
  const list = section.querySelector("ul");
  const row = section.querySelector("template");
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  const AT_ONCE = 2;
  // The server or the network is away, somebody else writes, or too much was asked: that passes, and says nothing of the film.
  const passes = (status) => status === 0 || status >= 500 || [408, 409, 423, 429].includes(status);
  const waiting = [];
  let running = 0;

  function metadataOf(file) {
    const fields = new FormData(form);
    // A draft is no film: where nothing else was ticked, the server takes the profile of drafts.
    const ticked = fields.getAll("profile").join(",");
    const profile = ticked === "mp4" && /\.zip$/i.test(file.name) ? "" : ticked;
    return { filename: file.name, filetype: file.type, profile, priority: fields.get("priority") || "0", tenant: fields.get("tenant") ?? "" };
  }

  function add(file) {
    const item = row.content.firstElementChild.cloneNode(true);
    const bar = item.querySelector("progress");
    item.querySelector("strong").textContent = file.name;
    bar.setAttribute("aria-label", file.name);
    list.append(item);
    section.hidden = false;
    say(item, "waiting");
    waiting.push({ file, item, bar, metadata: metadataOf(file) });
    next();
  }

  // A word of ours, and a sentence of the server's where there is one.
  function say(item, word, sentence = "") {
    item.dataset.status = word;
    item.querySelector("[role=status]").textContent = [list.dataset[word], sentence].filter(Boolean).join(": ");
  }

  function next() {
    if (running >= AT_ONCE || waiting.length === 0) return;
    running += 1;
    const one = waiting.shift();
    send(one).then(() => watch(one)).catch((sentence) => say(one.item, "failed", String(sentence))).finally(() => {
      running -= 1;
      next();
    });
  }

  function send(one) {
    return new Promise((resolve, reject) => {
      const upload = new tus.Upload(one.file, {
        endpoint: form.dataset.endpoint,
        metadata: one.metadata,
        retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000, 60000],
        onShouldRetry: (error) => passes(error.originalResponse?.getStatus() ?? 0),
        removeFingerprintOnSuccess: true,
        onError: (error) => reject(sentenceOf(error)),
        onProgress: (sent, all) => { one.bar.value = all ? sent / all : 0; },
        onSuccess: () => { one.url = upload.url; one.bar.value = 1; say(one.item, "received"); resolve(); },
      });
      upload.findPreviousUploads().then((earlier) => {
        if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]);
        say(one.item, "uploading", earlier.length ? list.dataset.resumed : "");
        upload.start();
      }, reject);
    });
  }

  function sentenceOf(error) {
    try { return JSON.parse(error.originalResponse.getBody()).detail; } catch { return ""; }
  }

  async function watch(one) {
    for (;;) {
      const answer = await fetch(one.url, { headers: { Accept: "application/json" } }).catch(() => null);
      if (answer && !passes(answer.status)) {
        const told = await answer.json();
        const word = answer.ok ? told.status : "refused";
        say(one.item, word, answer.ok ? told.error ?? "" : told.detail);
        if (word !== "received" && word !== "uploading") return link(one, told.tasks ?? []);
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  function link(one, tasks) {
    for (const task of tasks) {
      const place = one.item.querySelector("[data-tasks]");
      const anchor = document.createElement("a");
      anchor.href = form.dataset.task + task.id;
      anchor.textContent = `${task.profile} ${task.id}`;
      place.append(anchor, " ");
    }
  }

  async function filesIn(entry) {
    if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return found;
      for (const each of some) if (!each.name.startsWith(".")) found.push(...await filesIn(each));
    }
  }

  async function dropped(event) {
    event.preventDefault();
    drop.classList.remove("over");
    // The items are to be had only now; what is in folders comes later.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    for (const entry of entries) for (const file of await filesIn(entry)) add(file);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const file of input.files) add(file);
    input.value = "";
  });
  document.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  document.addEventListener("drop", dropped);
  // What has not come yet is lost with the page, but for its beginning.
  addEventListener("beforeunload", (event) => {
    if (list.querySelector("[data-status=waiting], [data-status=uploading]")) event.preventDefault();
  });
  input.multiple = true;
  const lead = form.querySelector("[data-lead]");
  lead.textContent = lead.dataset.lead;
})();
