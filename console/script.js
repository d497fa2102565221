// The pages work without this script. With it, they follow what happens.
"use strict";

const { events, page: shown } = document.currentScript.dataset; // the answer to a form is not shown again
const live = document.getElementById("live");
let stream, asking = false;

// look puts the new state of the page's live parts in the place of the old one, unless somebody
// is using them. A page that is not there any more is one that its viewer may not see any more.
async function look() {
  if (asking || shown === undefined) return;
  asking = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" }, redirect: "manual" });
    if (answer.status === 404 || answer.type === "opaqueredirect") return leave();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = page.getElementById(part.id);
      const used = part.contains(document.activeElement) || part.querySelector("details[open]");
      const state = p => p.querySelector("form, a") ? p.textContent : p.innerHTML; // tokens are new each time
      if (next && !used && state(next) !== state(part)) part.replaceWith(next);
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

// leave shows what somebody sees who is not let in any more.
function leave() {
  rest();
  location.reload();
}

// follow listens while the page is seen: a browser has few connections for all pages of a site.
function follow() {
  if (document.hidden || shown === undefined) return rest();
  stream ??= new EventSource(events);
  stream.onopen = () => say(true);
  stream.addEventListener("change", look);
  stream.addEventListener("ended", leave);
  stream.onerror = () => {
    if (stream?.readyState !== EventSource.CLOSED) return;
    rest();
    look().then(() => say(false));
  };
}

function rest() {
  stream?.close();
  stream = undefined;
}

document.addEventListener("visibilitychange", follow);
addEventListener("pagehide", rest);
addEventListener("pageshow", follow);
