/** The launcher and the panel: a custom element that no style or script of the page reaches by accident. */
import { deliver, retry, tell, view } from "./delivery.js";
import { briefly, button, el, ICONS } from "./dom.js";
import { changedElsewhere, erase, load, save, state, unique } from "./memory.js";
import { answer, question, wordsIn } from "./messages.js";
import { options } from "./page.js";
import { canDictate, deafen, dictate, quieten } from "./speech.js";

const MESSAGE = "webhooks/rest/webhook";
const ANNOUNCED = 1000;

/** @param {string | undefined} code */
const known = (code) => POST.languages.find((language) => language === String(code).slice(0, 2).toLowerCase());

/** Fills the shadow root. @param {ShadowRoot} root @returns {() => void} opens the chat */
const build = (root) => {
  load();
  const narrow = matchMedia("(max-width:480px),(max-height:480px)");
  let language =
    known(state.language) || known(options.language) || known(document.documentElement.lang) ||
    navigator.languages.map(known).find(Boolean) || POST.languages[0];
  /** @type {Map<string, HTMLElement>} */
  const shown = new Map();
  /** Turns that change no more: what somebody does in them stays as it is. @type {Set<string>} */
  const complete = new Set();

  const region = () => el("div", { className: "sr", role: "status", "aria-live": "polite" });
  const [inside, outside] = [region(), region()];
  /** Said once and taken away, so that nobody meets it again while reading. @param {string} text */
  const announce = (text, lang = language) => {
    briefly(panel.open ? inside : outside, el("p", { lang }, text), ANNOUNCED);
  };

  // --- The frame ---
  const badge = el("span", { part: "badge" });
  const launcher = button("", () => open(), ICONS.chat, { part: "launcher", "aria-haspopup": "dialog" });
  const launcherText = el("span");
  launcher.append(launcherText, badge);
  const title = el("h2", { id: "t" });
  const tongues = el("span");
  const eraser = button(" ", () => confirm(true), ICONS.erase);
  const closer = button(" ", () => close(), ICONS.close);
  const log = el("div", { part: "log", role: "log", "aria-live": "off", tabIndex: 0 });
  const greeting = el("div");
  const typing = el("p", { className: "typing", "aria-hidden": "true" }, "•••");
  const sure = el("p", { id: "q" });
  const yes = button("", () => forget());
  const no = button("", () => confirm(false));
  const asked = el("div", { className: "sure", role: "alertdialog", "aria-labelledby": "q", hidden: true }, sure, yes, no);
  const field = el("textarea", { rows: 1, maxLength: POST.longest, enterKeyHint: "send", part: "input" });
  const mic = button(" ", () => dictate(field, language, mic), ICONS.mic, { hidden: !canDictate, "aria-pressed": "false" });
  const sender = button(" ", () => form.requestSubmit(), ICONS.send, { part: "send" });
  const form = el("form", { part: "form" }, field, mic, sender);
  const note = el("p", { className: "note" });
  const panel = el("dialog", { part: "panel", "aria-labelledby": "t" },
    el("div", { className: "head", part: "header" }, title, tongues, eraser, closer), log, asked, form, inside);
  log.append(note, greeting, typing);
  root.append(launcher, panel, outside);

  const label = () => {
    const words = wordsIn(language);
    title.textContent = options.title || POST.names[language];
    panel.lang = launcher.lang = language;
    launcherText.textContent = words.open;
    const { unread } = state;
    badge.textContent = String(unread || "");
    badge.hidden = !unread;
    launcher.setAttribute("aria-label", words.open + (unread ? ` (${words.unread} ${unread})` : ""));
    for (const [node, text] of /** @type {[HTMLElement, string][]} */ ([
      [eraser, words.erase], [closer, words.close], [mic, words.dictate], [sender, words.send], [field, words.input], [log, words.log],
    ])) {
      node.setAttribute("aria-label", text);
      if (node !== log) node.title = text;
    }
    field.placeholder = words.input;
    [sure.textContent, yes.textContent, no.textContent, note.textContent] = [words.sure, words.yes, words.no, words.note];
    const focused = root.activeElement;
    if (tongues.lang !== language) {
      const held = tongues.contains(focused);
      tongues.lang = language;
      tongues.replaceChildren(...POST.languages.filter((other) => other !== language).map((other) =>
        button(wordsIn(other).name, () => speakIn(other), undefined, { lang: other })));
      if (held) /** @type {HTMLElement} */ (tongues.firstChild).focus();
    }
    // Not before it is seen: the browser's first look at clocks and voices takes a slow phone a tenth of a second.
    if (panel.open && greeting.lang !== language && !greeting.contains(focused)) {
      greeting.lang = language;
      greeting.replaceChildren(answer({ text: POST.greetings[language], custom: { kind: "", language } }, Date.now(), say, announce));
    }
  };

  /** @param {Language} other */
  const speakIn = (other) => {
    if (other === language || !known(other)) return;
    state.language = language = other;
    save();
    label();
  };

  // --- Opening and closing ---
  const show = () => {
    launcher.hidden = true;
    if (narrow.matches) panel.showModal();
    else panel.show();
  };
  const open = () => {
    if (!panel.open) show();
    field.focus();
    state.unread = 0;
    state.open = true;
    save();
    label();
    toEnd();
  };
  const toEnd = () => {
    log.scrollTop = log.scrollHeight;
  };
  const close = () => {
    panel.close();
    closed();
  };
  const closed = () => {
    if (panel.open || !launcher.hidden) return;
    quieten();
    launcher.hidden = false;
    launcher.focus();
    state.open = false;
    save();
  };
  panel.onclose = closed; // where the browser closes it itself
  panel.oncancel = (event) => {
    event.preventDefault();
    escape();
  };
  const escape = () => (asked.hidden ? close() : confirm(false));
  narrow.onchange = () => {
    if (!panel.open) return;
    const focused = /** @type {HTMLElement | null} */ (root.activeElement);
    panel.close();
    show();
    focused?.focus();
  };
  for (const type of /** @type {const} */ (["keydown", "keyup", "keypress"])) {
    // A page's own short cuts must not take what is typed here.
    root.addEventListener(type, (event) => event.stopPropagation());
  }
  panel.onkeydown = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    escape();
  };
  const seen = window.visualViewport;
  seen?.addEventListener("resize", () => {
    // With a keyboard there is less to see; enlarged by two fingers the panel stays as large as it was.
    if (seen.scale === 1) panel.style.setProperty("--h", seen.height + "px");
  });

  // --- The conversation ---
  /** @param {Turn} turn */
  const draw = (turn) => {
    const { id, replies, error } = turn;
    let place = shown.get(id);
    if (!place) {
      place = el("div", { className: "turn" }, question(turn));
      shown.set(id, place);
      typing.before(place);
    }
    if (complete.has(id) || !(replies || error)) return;
    place.replaceChildren(question(turn));
    replies?.forEach((reply, item) => place.append(answer(reply, turn.at, say, announce, (helpful, reason) => {
      turn.thumbs = { ...turn.thumbs, [item]: helpful };
      tell("feedback", { message_id: id, item, helpful, reason });
    }, turn.thumbs?.[item])));
    if (error) place.append(el("p", { className: "hint error", lang: turn.language }, error));
    complete.add(id);
  };

  /** A line under a message that has not arrived. @param {Turn} turn @param {string} text */
  const hint = ({ id, language }, text) => {
    const place = /** @type {HTMLElement} */ (shown.get(id));
    let line = place.querySelector(".hint");
    if (!line) place.append((line = el("p", { className: "hint", lang: language })));
    if (line.textContent === text) return;
    announce((line.textContent = text), language);
    toEnd();
  };

  /** @param {string} message @param {string} text what is shown of it */
  const say = (message, text) => {
    const turn = { id: unique(), text, at: Date.now(), language };
    state.turns.push(turn);
    draw(turn);
    toEnd();
    tell(MESSAGE, { message, metadata: { message_id: turn.id, language } }, turn.id);
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    deafen();
    const text = field.value.trim();
    field.value = "";
    if (text) say(text, text);
    field.focus();
  };
  field.onkeydown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  };

  /** @param {boolean} on */
  const confirm = (on) => {
    asked.hidden = !on;
    (on ? no : eraser).focus();
  };
  const forget = () => {
    quieten();
    erase();
    redraw();
    confirm(false);
    field.focus();
    announce(wordsIn(language).erased);
    deliver();
  };
  const redraw = () => {
    shown.forEach((place, id) => {
      if (state.turns.some((turn) => turn.id === id)) return;
      place.remove();
      shown.delete(id);
    });
    state.turns.forEach(draw);
    toEnd();
    label();
  };

  view.progress = (busy, notice) => {
    const waiting = state.turns.filter((turn) => !turn.replies && !turn.error);
    typing.hidden = !busy || !waiting.length;
    if (!busy) for (const turn of waiting) {
      // A notice is in the language of the message that it was the answer to.
      hint(turn, (turn.language === waiting[0].language && notice) || wordsIn(turn.language).waiting);
    }
  };
  view.settled = ({ id }, { data, refused }) => {
    const turn = state.turns.find((candidate) => candidate.id === id);
    if (!turn) return;
    try {
      turn.language = known(data[0].custom.language) || turn.language;
      turn.replies = /** @type {Reply[]} */ (data);
      draw(turn);
      speakIn(turn.language);
      for (const { text, custom } of turn.replies) announce(text, custom.language);
      if (!panel.open) state.unread = (state.unread || 0) + data.length;
      label();
    } catch {
      delete turn.replies; // refused, or no replies that can be shown
      turn.error = refused || wordsIn(language).failed;
      draw(turn);
      announce(turn.error);
    }
    log.scrollTop = /** @type {HTMLElement} */ (shown.get(id)).offsetTop - 12;
  };

  try {
    redraw();
  } catch {
    erase(); // what was kept is not ours
    redraw();
  }
  if (!narrow.matches && (state.open ?? "open" in options)) {
    launcher.hidden = true;
    panel.open = true; // not show(): that would take the focus
    state.unread = 0;
  }
  label();
  addEventListener("online", retry);
  addEventListener("storage", (event) => changedElsewhere(event) && redraw());
  deliver();
  return open;
};

class EmbassyChat extends HTMLElement {
  /** For a page's own buttons and links: `document.querySelector("embassy-chat").open()`. */
  open() {}
  connectedCallback() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    if (options.position) this.setAttribute("position", options.position);
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS_TEXT);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(el("style", { textContent: CSS_TEXT })); // browsers before 2023
    }
    this.open = build(root);
  }
}

const place = () => document.body.append(document.createElement("embassy-chat"));

if (!customElements.get("embassy-chat")) {
  customElements.define("embassy-chat", EmbassyChat);
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
}
