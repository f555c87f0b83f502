// The uploader's view catches up by itself, in place: what is focused stays. Without scripts the browser loads it anew.
"use strict";
(() => {
  async function look() {
    const shown = document.getElementById("upload");
    if (!document.hidden) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const now = page.getElementById("upload");
        if (now) renew(shown, now);
        else if (answer.status === 404) location.reload();
      } catch { /* the next look may get through */ }
    }
    wait(shown);
  }

  // The server says after how many seconds it is worth another look.
  function wait(shown) {
    if ("goesOn" in shown.dataset) setTimeout(look, 1000 * shown.dataset.goesOn);
  }

  function renew(shown, now) {
    for (const id of ["headline", "state"]) {
      const [before, after] = [shown.querySelector(`#${id}`), now.querySelector(`#${id}`)];
      if (before.innerHTML !== after.innerHTML) before.replaceChildren(...after.childNodes);
    }
    if ("goesOn" in now.dataset) shown.dataset.goesOn = now.dataset.goesOn;
    else {
      delete shown.dataset.goesOn;
      shown.querySelector("#catches-up")?.remove();
    }
  }

  wait(document.getElementById("upload"));
})();
