"use strict";
// The plain start page: one conversation over the REST address. All text goes in as text, never as markup.
const log = document.getElementById("log");
const form = document.getElementById("form");
const input = document.getElementById("text");
const sender = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
let language = "fr";

function add(parent, tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  parent.append(element);
  return element;
}

function show(item) {
  const bubble = add(log, "div", "bubble theirs", item.text);
  language = item.custom.language;
  bubble.lang = language;
  if (item.custom.source) {
    const link = add(bubble, "a", "source", language === "fr" ? "Source" : "Source");
    link.href = item.custom.source.url;
    link.textContent += ` (${item.custom.source.checked})`;
  }
  if (item.buttons) {
    const choices = add(log, "div", "choices");
    choices.lang = language;
    for (const choice of item.buttons) {
      const button = add(choices, "button", "", choice.title);
      button.type = "button";
      button.addEventListener("click", () => send(choice.payload, choice.title));
    }
  }
}

function fail(text) {
  add(log, "div", "bubble theirs error", text);
}

async function send(message, shown) {
  add(log, "div", "bubble mine", shown);
  try {
    const response = await fetch("/webhooks/rest/webhook", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sender, message, metadata: { language } }),
    });
    const data = await response.json();
    if (response.ok) data.forEach(show);
    else fail(data.error.message);
  } catch {
    fail(language === "fr" ? "Pas de connexion. Réessayez dans un instant." : "No connection. Please try again in a moment.");
  }
  log.lastElementChild.scrollIntoView({ block: "end" });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (!text) return;
  input.value = "";
  send(text, text);
});
