// The pages work without this script. With it, a new password is typed once, and
// passwords can be shown.
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
