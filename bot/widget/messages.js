/** How a turn of the conversation looks. */
import { briefly, button, COPY, DOWN, el, link, name, onEnter, SPEAK, UP } from "./dom.js";
import { onVoices, speak, voice } from "./speech.js";

/** The post's own first. @type {Language[]} */
export const LANGUAGES = Object.keys(POST.words);

/** @param {Language} language @returns {Words} */
export const wordsIn = (language) => POST.words[language] || POST.words[LANGUAGES[0]];

/** Who spoke and when, for those who hear the conversation. @param {string} who @param {number} at @param {Language} language */
const heading = (who, at, language) =>
  el("span", { className: "sr" }, who + ", ", el("time", { dateTime: new Date(at).toJSON() },
    new Date(at).toLocaleString(language, { dateStyle: "short", timeStyle: "short" })), ": ");

/** @param {Turn} turn */
export const question = ({ text, at, language }) =>
  el("div", { className: "mine", part: "message mine", lang: language }, heading(wordsIn(language).you, at, language),
    el("p", {}, text));

/** @param {Contact[]} contacts @param {Words} words @param {(text: string) => void} announce */
const card = (contacts, words, announce) =>
  el("ul", { part: "card" }, ...contacts.map(({ kind, value }) => {
    const address = { phone: "tel:" + value.replace(/[^+\d]/g, ""), email: "mailto:" + value, link: value }[kind];
    return el("li", {}, link(address, value),
      navigator.clipboard && button(words.copy + " " + value, ({ currentTarget }) =>
        navigator.clipboard.writeText(value).then(() => {
          announce(words.copied);
          briefly(/** @type {Element} */ (currentTarget), el("b", {}, words.copied), SHOWN);
        }, () => {}), COPY));
  }));

const SHOWN = 2000;

/** @param {NonNullable<Reply["custom"]["source"]>} source @param {Words} words @param {Language} language */
const origin = ({ title, url, checked, language: lang }, words, language) => {
  const day = new Date(checked + "T00:00");
  return el("p", { className: "source" }, words.source + " ", link(url, title, lang),
    +day ? `, ${words.checked} ${day.toLocaleDateString(language, { dateStyle: "long" })}` : "");
};

/** @typedef {(helpful: boolean | null, reason?: string) => void} Rate */

/** Thumbs; a thumb down asks what was missing, until that was said. @param {Words} words @param {Thumb} given @param {Rate} rate */
const thumbs = (words, given, rate) => {
  const reason = el("input", { maxLength: 500 });
  name(reason, (reason.placeholder = words.why));
  const send = () => {
    rate(false, reason.value);
    form.replaceChildren(el("p", { role: "status", tabIndex: -1 }, words.thanks));
    /** @type {HTMLElement} */ (form.firstChild).focus();
  };
  onEnter(reason, send);
  const form = el("div", { className: "form" }, reason, button(words.send, send));
  const pair = [true, false].map((helpful) => button(helpful ? words.up : words.down, () => {
    given = given == helpful ? null : helpful;
    mark();
    rate(given);
    form.scrollIntoView({ block: "nearest" });
  }, helpful ? UP : DOWN));
  const mark = () => {
    pair.forEach((thumb, i) => thumb.setAttribute("aria-pressed", /** @type {any} */ (given == !i)));
    form.hidden = given !== false;
  };
  mark();
  return [...pair, form];
};

/**
 * @param {Reply} reply @param {number} at @param {(payload: string, title: string) => void} choose
 * @param {(text: string) => void} announce @param {Rate} [rate] @param {Thumb} [given]
 */
export const answer = ({ text, buttons, custom }, at, choose, announce, rate, given) => {
  const { language, kind, contacts, source } = custom;
  const words = wordsIn(language);
  /** @type {HTMLButtonElement} */
  const aloud = button(words.speak, () => speak(text, language, aloud), SPEAK, { "aria-pressed": "false" });
  const look = () => (aloud.hidden = !voice(language));
  look();
  onVoices(look);
  return el("div", { className: "theirs " + kind, part: "message theirs", lang: language }, heading(words.bot, at, language),
    el("p", {}, text), contacts?.length && card(contacts, words, announce),
    buttons && el("div", { part: "choices" },
      ...buttons.map(({ title, payload }) => button(title, () => choose(payload, title)))),
    source && origin(source, words, language),
    el("div", { className: "tools" }, aloud, ...(rate && /answer|unknown|fallback/.test(kind) ? thumbs(words, given, rate) : [])));
};
