/** What forms alone cannot: unsaved changes are not lost by a slip, progress moves, the inbox has keys. */

const KEPT = "kept ";
const words = document.body.dataset;
// A browser may forbid storage: then everything else works all the same.
const storage = (() => {
  try {
    return sessionStorage;
  } catch {}
})();
const forget = () => Object.keys(storage ?? {}).filter((key) => key.startsWith(KEPT)).forEach((key) => storage.removeItem(key));
// The server says that something was done: what was sent arrived.
if (new URLSearchParams(location.search).has("done")) forget();
document.querySelector("form[action$='/sign-out']")?.addEventListener("submit", forget);

const note = (form, text, ...more) => {
  form.querySelector(":scope > [data-note]")?.remove();
  const line = document.createElement("p");
  Object.assign(line, { className: "note warn", role: "alert", textContent: text + " " }).append(...more);
  line.dataset.note = "";
  form.prepend(line);
};
const same = (one, other) => (one ?? "").replace(/\r\n?/g, "\n").trim() === (other ?? "").replace(/\r\n?/g, "\n").trim();
const sent = (form) => Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "csrf"));

for (const form of document.querySelectorAll("form[data-guard]")) {
  let changed = false;
  form.addEventListener("input", () => (changed = true));
  addEventListener("beforeunload", (event) => changed && event.preventDefault());
  // One of several forms on a page is told by what it changes.
  const own = ["name", "section"].map((name) => form.elements.namedItem(name)).find((field) => field?.type === "hidden");
  const key = KEPT + [location.pathname, own?.value ?? ""].join(" ");
  form.addEventListener("submit", (event) => {
    try {
      storage?.setItem(key, JSON.stringify(sent(form)));
    } catch {}
    if (!navigator.onLine) return event.preventDefault(), note(form, words.offline);
    changed = false;
  });
  // A page that answers a form holds what was sent, put together with what others wrote: the copy is out of date.
  if ("answer" in words) storage?.removeItem(key);
  const kept = JSON.parse(storage?.getItem(key) ?? "null"), now = sent(form);
  const seen = [...form.elements].filter((field) => field.name && field.name !== "reason" && !["hidden", "submit"].includes(field.type)).map((field) => field.name);
  if (!kept || seen.every((name) => same(kept[name], now[name]))) {
    storage?.removeItem(key);
    continue;
  }
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: words.restore });
  button.addEventListener("click", () => {
    // Hidden fields too: what was typed goes with the version that it was typed into, so that nobody's later words are
    // overwritten unseen.
    for (const field of form.elements) {
      if (["checkbox", "radio"].includes(field.type)) field.checked = kept[field.name] === field.value;
      else if (field.name && field.name in kept) field.value = kept[field.name];
    }
    form.querySelector(":scope > [data-note]").remove();
    changed = true;
  });
  note(form, words.kept, button);
}

for (const form of document.querySelectorAll("form")) {
  // A second press on a slow line must not send a second time.
  form.addEventListener("submit", (event) => event.defaultPrevented || setTimeout(() => form.querySelectorAll("button").forEach((b) => (b.disabled = true))));
}
addEventListener("pageshow", () => document.querySelectorAll("button:disabled").forEach((b) => (b.disabled = false)));

const progress = document.querySelector("[data-progress]");
if (progress) {
  const line = progress.querySelector("[role=status]");
  const written = (field) => field.type !== "hidden" && field.value !== field.defaultValue;
  // A page that answers a form holds what was sent, too.
  const busy = () => "answer" in words || document.activeElement.closest("main form") || [...document.querySelectorAll("main :is(input, textarea)")].some(written);
  const finish = () => {
    if (!busy()) return location.reload();
    const { finished, show } = progress.dataset;
    // What stays is said, and nothing on which somebody stands is taken away.
    for (const part of [...progress.children]) if (part !== line && !part.contains(document.activeElement)) part.remove();
    line.className = "note good";
    line.replaceChildren(finished + " ", Object.assign(document.createElement("a"), { href: location.pathname, target: "_blank", textContent: show }));
  };
  const look = async () => {
    try {
      const response = await fetch(progress.dataset.progress);
      const { state, step, done, total } = await response.json();
      if (state !== "running") return finish();
      progress.querySelector("progress").value = done / total;
      if (line.textContent !== step) line.textContent = step;
    } catch {}
    setTimeout(look, 1000);
  };
  setTimeout(look, 500);
}

const groups = [...document.querySelectorAll("[data-group]")];
if (groups.length) {
  words.keyed = ""; // the page shows its keys from now on
  let here = -1;
  const go = (to) => {
    here = Math.max(0, Math.min(groups.length - 1, to));
    groups.forEach((group, i) => group.toggleAttribute("data-here", i === here));
    groups[here].querySelector("h2").focus();
    groups[here].scrollIntoView({ block: "nearest" });
  };
  addEventListener("keydown", (event) => {
    const at = document.activeElement;
    // A field takes its own letters, and so does a method of writing that has not finished a word; held down, a key
    // must not do the same to the next group.
    if (event.isComposing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (at.closest("input,textarea,select,[contenteditable]") || event.target.closest?.("input,textarea,select")) return;
    if (event.key === "j") go(here + 1);
    else if (event.key === "k") go(here - 1);
    // Where the focus is elsewhere, on the menu for example, nobody means a group.
    else if (here >= 0 && groups[here].contains(at)) press(groups[here].querySelector(`[data-key="${CSS.escape(event.key)}"]`), event);
  });
  const press = (what, event) => {
    what?.click();
    const field = what?.parentElement.open && what.parentElement.querySelector("input:not([type=hidden]),select");
    if (field) event.preventDefault(), field.focus();
  };
  // After one group is dealt with, the next stands in its place.
  const named = groups.findIndex((group) => `#${group.querySelector("h2").id}` === location.hash);
  if (named >= 0) go(named);
  addEventListener("focusin", (event) => {
    const inside = groups.indexOf(event.target.closest("[data-group]"));
    if (inside >= 0 && inside !== here) groups.forEach((group, i) => group.toggleAttribute("data-here", i === inside)), (here = inside);
  });
}

const details = document.querySelector("[data-details]");
if (details) {
  let shown = "";
  const look = async () => {
    if (!document.hidden) {
      try {
        const text = await (await fetch(details.dataset.details)).text();
        // The server's own page, parsed without running anything in it.
        if (text !== shown && text.trim()) details.replaceChildren(...new DOMParser().parseFromString((shown = text), "text/html").body.childNodes);
      } catch {}
    }
    setTimeout(look, 1500);
  };
  setTimeout(look, 1500);
}

// On a phone the menu is one row: where one is stands in it.
const where = document.querySelector("header nav [aria-current]");
where?.closest("ul").scrollTo({ left: where.offsetLeft - 16 });
