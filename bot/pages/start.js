"use strict";
// The start page's two buttons, which need JavaScript and are hidden without it.
const ask = document.getElementById("ask");
const copy = document.getElementById("copy");

customElements.whenDefined("embassy-chat").then(() => {
  ask.hidden = false;
  ask.addEventListener("click", () => document.querySelector("embassy-chat").open());
});

if (navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById("snippet").textContent);
    document.getElementById("said").textContent = copy.dataset.done;
  });
}
