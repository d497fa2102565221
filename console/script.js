// The pages work without this script. With it, they follow what happens.
"use strict";

const { events, page: shown } = document.currentScript.dataset; // the answer to a form is not shown again
const live = document.getElementById("live");
const stream = new EventSource(events);
let asking = false;

// look puts the new state of the page's live parts in the place of the old one, unless somebody
// is using them. A page that is not there any more is one that its viewer may not see any more.
async function look() {
  if (asking || document.hidden || shown === undefined) return;
  asking = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" }, redirect: "manual" });
    if (answer.status === 404 || answer.type === "opaqueredirect") return leave();
    if (!answer.headers.get("Content-Type")?.startsWith("text/html")) return say(false);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = page.getElementById(part.id);
      const used = part.contains(document.activeElement) || part.querySelector("details[open]");
      if (next && !used && next.textContent !== part.textContent) part.replaceWith(next);
    }
    say(answer.ok);
  } catch {
    say(false);
  } finally {
    asking = false;
  }
}

function say(well) {
  live.hidden = false;
  live.className = well ? "live" : "live off";
  live.title = live.ariaLabel = well ? "live" : "not live: the site does not answer";
}

function leave() {
  stream.close();
  location.reload();
}

stream.addEventListener("change", look);
stream.addEventListener("ended", leave);
stream.addEventListener("error", () => {
  if (stream.readyState === EventSource.CLOSED) look().then(() => say(false));
});
document.addEventListener("visibilitychange", look);
