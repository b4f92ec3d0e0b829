/** The launcher and the panel: a custom element that no style or script of the page reaches by accident. */
import { abandon, deliver, retry, tell, view } from "./delivery.js";
import { briefly, button, CHAT, CLOSE, el, ERASE, MIC, name, onEnter, SEND } from "./dom.js";
import { changedElsewhere, erase, FORGET, load, save, state, unique } from "./memory.js";
import { answer, LANGUAGES, question, wordsIn } from "./messages.js";
import { options } from "./page.js";
import { deafen, dictate, quieten, Recognition } from "./speech.js";

const MESSAGE = "webhooks/rest/webhook";
const ANNOUNCED = 1000;

/** A spoken language by its code or a longer one, as `fr-ML`. @param {any} code */
const known = (code) => LANGUAGES.find((language) => RegExp("^" + language, "i").test(code));

/** Fills the shadow root. @param {ShadowRoot} root @returns {() => void} opens the chat */
const build = (root) => {
  load();
  const narrow = matchMedia("(max-width:480px),(max-height:480px)");
  let language = /** @type {Language} */ ([state.language, options.language, document.documentElement.lang,
    ...navigator.languages, ...LANGUAGES].map(known).find(Boolean));
  /** @type {Map<string, HTMLElement>} */
  const shown = new Map();
  /** Turns that change no more: what somebody does in them stays as it is. @type {Set<string>} */
  const complete = new Set();

  const [inside, outside] = [1, 2].map(() => el("div", { className: "sr", role: "status", "aria-live": "polite" }));
  /** Said once and taken away, so that nobody meets it again while reading. @param {string} text */
  const announce = (text, lang = language) => {
    briefly(panel.open ? inside : outside, el("p", { lang }, text), ANNOUNCED);
  };

  // --- The frame ---
  const badge = el("span", { part: "badge" });
  const launcher = button("", () => open(), CHAT, { part: "launcher", "aria-haspopup": "dialog" });
  const launcherText = el("span");
  launcher.append(launcherText, badge);
  const title = el("h2", { id: "t" });
  const tongues = LANGUAGES.map((lang) => button(wordsIn(lang).name, () => speakIn(lang), "", { lang }));
  const eraser = button("", () => confirm(true), ERASE);
  const closer = button("", () => close(), CLOSE);
  const log = el("div", { part: "log", role: "log", "aria-live": "off", tabIndex: 0 });
  const greeting = el("div");
  const typing = el("p", { className: "typing", "aria-hidden": "true" }, "•••");
  const sure = el("p", { id: "q" });
  const yes = button("", () => forget());
  const no = button("", () => confirm(false));
  const asked = el("div", { className: "sure", role: "alertdialog", "aria-labelledby": "q", hidden: true }, sure, yes, no);
  const [long, gone, offline] = [1, 2, 3].map(() => el("p", { className: "sure", role: "alert", hidden: true }));
  const field = el("textarea", { rows: 1, enterKeyHint: "send", part: "input" });
  const mic = button("", () => dictate(field, language, mic, fits, offline), MIC, { hidden: !Recognition, "aria-pressed": "false" });
  const sender = button("", () => send(), SEND, { part: "send" });
  const note = el("p", { className: "note" });
  const panel = el("dialog", { part: "panel", "aria-labelledby": "t" },
    el("div", { className: "head", part: "header" }, title, ...tongues, eraser, closer), log, asked, gone, long, offline,
    el("div", { className: "form", part: "form" }, field, mic, sender), inside);
  log.append(note, greeting, typing);
  root.append(launcher, panel, outside);

  const label = () => {
    const words = wordsIn(language);
    title.textContent = options.title || words.post;
    panel.lang = launcher.lang = language;
    launcherText.textContent = words.open;
    const { unread } = state;
    badge.textContent = /** @type {any} */ (unread || "");
    badge.hidden = !unread;
    name(launcher, words.open + (unread ? ` (${words.unread} ${unread})` : ""));
    name(eraser, words.erase);
    name(closer, words.close);
    name(mic, words.dictate);
    name(sender, words.send);
    name(field, (field.placeholder = words.input));
    log.setAttribute("aria-label", words.log);
    sure.textContent = words.sure;
    yes.textContent = words.yes;
    no.textContent = words.no;
    note.textContent = words.note;
    long.textContent = words.long;
    gone.textContent = words.gone;
    offline.textContent = words.offline;
    gone.hidden = !owed();
    const focused = /** @type {HTMLElement | null} */ (root.activeElement);
    for (const tongue of tongues) tongue.hidden = tongue.lang === language;
    if (focused?.hidden) tongues.find((tongue) => !tongue.hidden)?.focus();
    // Not before it is seen: the browser's first look at clocks and voices takes a slow phone a tenth of a second.
    if (panel.open && greeting.lang !== language && !greeting.contains(focused)) {
      greeting.lang = language;
      greeting.replaceChildren(answer({ text: words.greeting, custom: { kind: "", language } }, Date.now(), choose, announce));
    }
  };

  /** @param {Language} other */
  const speakIn = (other) => {
    if (other !== language && known(other)) {
      state.language = language = other;
      save();
      label();
    }
  };

  // --- Opening and closing ---
  const show = () => {
    launcher.hidden = true;
    panel[narrow.matches ? "showModal" : "show"]();
  };
  /** What had the focus before. @type {any} */
  let before;
  const open = () => {
    before = document.activeElement;
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
    before?.focus(); // it may be gone: then the launcher keeps it
    state.open = false;
    save();
  };
  panel.onclose = closed; // where the browser closes it itself
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
  panel.oncancel = panel.onkeydown = (/** @type {Event & { key?: string }} */ event) => {
    if (event.key && event.key !== "Escape") return; // a phone's "back" has no key
    event.preventDefault();
    if (asked.hidden) close();
    else confirm(false);
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
    replies?.forEach((reply, item) => place.append(answer(reply, turn.told ||= Date.now(), choose, announce, (helpful, reason) => {
      turn.thumbs = { ...turn.thumbs, [item]: reason == null ? helpful : 0 };
      tell("feedback", { message_id: id, item, helpful, reason });
    }, turn.thumbs?.[item])));
    if (error) place.append(el("p", { className: "hint error", lang: turn.language }, error));
    complete.add(id);
  };

  /** @param {string} message @param {string} text what is shown of it */
  const say = (message, text) => {
    const turn = { id: unique(), text, at: Date.now(), language };
    state.turns.push(turn);
    draw(turn);
    toEnd();
    tell(MESSAGE, { message, metadata: { message_id: turn.id, language } }, turn.id);
  };
  /** Tapped twice, it is chosen once. @param {string} payload @param {string} title */
  const choose = (payload, title) => {
    if (!state.turns.some(({ id, text, at }) => text === title && (at > Date.now() - 1000 || !complete.has(id)))) say(payload, title);
  };
  const fits = () => {
    offline.hidden = true;
    return (long.hidden = field.value.trim().length <= POST.longest);
  };
  field.oninput = fits;
  const send = () => {
    deafen();
    field.focus();
    if (!fits()) return;
    const text = field.value.trim();
    field.value = "";
    if (text) say(text, text);
  };
  onEnter(field, send);

  /** @param {boolean} on */
  const confirm = (on) => {
    asked.hidden = !on;
    (on ? no : eraser).focus();
  };
  /** Whether the server has still to hear of an erasure. */
  const owed = () => state.jobs.some(({ path }) => path === FORGET);
  const erased = () => owed() || announce(wordsIn(language).erased);
  const forget = () => {
    quieten();
    erase();
    abandon();
    redraw();
    confirm(false);
    field.focus();
    erased(); // where the server never knew of it
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
    const waiting = state.turns.filter(({ id }) => !complete.has(id));
    typing.hidden = !busy || !waiting.length;
    if (!busy) for (const { id, language } of waiting) {
      // A notice is in the language of the message that it was the answer to.
      const text = (language === waiting[0].language && notice) || wordsIn(language).waiting;
      const place = /** @type {HTMLElement} */ (shown.get(id));
      const line = place.querySelector(".hint") || el("p", { className: "hint", lang: language });
      if (line.textContent === text) continue;
      place.append(line);
      announce((line.textContent = text), language);
      toEnd();
    }
  };
  view.settled = ({ id, path }, { data, refused }) => {
    if (path === FORGET) {
      label();
      if (data) erased();
    }
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
  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
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

// Beside the body: a page may move, filter or replace that.
const place = () => document.documentElement.append(el("embassy-chat", { position: options.position }));

if (!customElements.get("embassy-chat")) {
  customElements.define("embassy-chat", EmbassyChat);
  if (document.body) place();
  else addEventListener("DOMContentLoaded", place);
}
