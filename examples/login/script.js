// The pages work without this script. With it, a new password is typed once, passwords can
// be shown, and a page that is open says so when its login has ended.
"use strict";

for (const again of document.querySelectorAll("[data-again]")) again.remove();

for (const input of document.querySelectorAll("input[data-show]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show";
  button.setAttribute("aria-controls", input.id);
  const show = shown => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", button.textContent + " password");
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // Browsers remember what was typed into fields of text.
  input.form.addEventListener("submit", () => show(false));
  const frame = document.createElement("span");
  frame.className = "with-show";
  input.replaceWith(frame);
  frame.append(input, button);
  show(false);
}
document.querySelector("[autofocus]")?.focus(); // one that was moved has lost it

// A page that nobody sees keeps no connection: browsers open only a few to one site.
let events;
const watch = () => {
  events?.close();
  const live = document.body.dataset.live;
  if (!live || document.hidden) return;
  events = new EventSource(live);
  events.addEventListener("ended", showEnd);
  events.addEventListener("error", () => { // after other errors the browser connects again by itself
    if (events.readyState === EventSource.CLOSED) setTimeout(watch, 10000);
  });
};
// What the user saw is not for others who may sit there.
const showEnd = () => {
  events.close();
  delete document.body.dataset.live;
  const notice = document.getElementById("ended").content;
  notice.querySelector("input").value = location.pathname;
  document.title = notice.querySelector("h1").textContent;
  document.querySelector("nav").replaceChildren();
  document.querySelector("main").replaceChildren(notice);
  document.querySelector("main h1").focus();
};
document.addEventListener("visibilitychange", watch);
watch();
