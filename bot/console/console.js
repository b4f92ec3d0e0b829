/** What forms alone cannot: unsaved changes are not lost by a slip, progress moves, the inbox has keys. */

for (const form of document.querySelectorAll("form[data-guard]")) {
  let changed = false;
  form.addEventListener("input", () => (changed = true));
  form.addEventListener("submit", () => (changed = false));
  addEventListener("beforeunload", (event) => changed && event.preventDefault());
}

for (const form of document.querySelectorAll("form")) {
  // A second press on a slow line must not send a second time.
  form.addEventListener("submit", () => setTimeout(() => form.querySelectorAll("button").forEach((b) => (b.disabled = true))));
}
addEventListener("pageshow", () => document.querySelectorAll("button:disabled").forEach((b) => (b.disabled = false)));

const progress = document.querySelector("[data-progress]");
if (progress) {
  const look = async () => {
    try {
      const response = await fetch(progress.dataset.progress);
      const { state, step, done, total } = await response.json();
      if (state !== "running") return location.reload();
      progress.querySelector("progress").value = done / total;
      const line = progress.querySelector("[role=status]");
      if (line.textContent !== step) line.textContent = step;
    } catch {}
    setTimeout(look, 1000);
  };
  setTimeout(look, 500);
}

const groups = [...document.querySelectorAll("[data-group]")];
if (groups.length) {
  let here = -1;
  const go = (to) => {
    here = Math.max(0, Math.min(groups.length - 1, to));
    groups.forEach((group, i) => group.toggleAttribute("data-here", i === here));
    groups[here].querySelector("h2").focus();
    groups[here].scrollIntoView({ block: "nearest" });
  };
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input,textarea,select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") go(here + 1);
    else if (event.key === "k") go(here - 1);
    else if (here >= 0) press(groups[here].querySelector(`[data-key="${CSS.escape(event.key)}"]`), event);
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
