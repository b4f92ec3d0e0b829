/** Elements out of plain values; text only ever goes in as text. */
import { base } from "./page.js";

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [properties] properties where the element has them, else attributes
 * @param {...(Node | string | false | 0 | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export const el = (tag, properties = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value == null) continue;
    if (name in node) /** @type {any} */ (node)[name] = value;
    else node.setAttribute(name, /** @type {string} */ (value));
  }
  // Not whatever can replace: old libraries give that to every element of a page.
  for (const child of children) if (child) node.append(typeof child === "string" ? child.replace(/ (?=[?!:;»])/g, "\xa0") : child);
  return node;
};

/** Shows something for a while. @param {Element} place @param {HTMLElement} node @param {number} milliseconds */
export const briefly = (place, node, milliseconds) => {
  place.append(node);
  setTimeout(() => node.remove(), milliseconds);
};

/** @param {string} path */
const icon = (path) => {
  const [svg, line] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
};

// Icons: the server puts each in where it is used.
export const CHAT = "M4 5h16v11H10l-5 4v-4H4z";
export const CLOSE = "M6 6l12 12M18 6L6 18";
export const ERASE = "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13";
export const SEND = "M4 12h15M13 6l6 6-6 6";
export const SPEAK = "M4 10v4h3l5 4V6l-5 4zM16 8q3 4 0 8";
export const MIC = "M9 4h6v9H9zM6 11q0 6 6 6t6-6M12 17v4";
export const UP = "M4 11h3v9H4zM7 11l4-8q3 1 2 6h6l-2 11H7";
export const DOWN = "M4 13h3V4H4zM7 13l4 8q3-1 2-6h6L17 4H7";
export const COPY = "M9 9h11v11H9zM15 9V4H4v11h5";

/** Words for screen readers and as a hint. @param {HTMLElement} node @param {string} words */
export const name = (node, words) => {
  node.title = words;
  node.setAttribute("aria-label", words);
};

/** A button; with an icon its words are its name.
 * @param {string} words @param {(event: Event) => void} onclick @param {string} [path] @param {Record<string, unknown>} [more] */
export const button = (words, onclick, path, more) => {
  const node = el("button", { type: "button", onclick, ...more }, path ? icon(path) : words);
  if (path) name(node, words);
  return node;
};

/** Enter sends. Not a form's work: in a frame that is sandboxed without forms nothing could be sent.
 * @param {HTMLElement} field @param {() => void} send */
export const onEnter = (field, send) => {
  field.onkeydown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
};

/** A link, or mere text where the address may not stand in one.
 * @param {string | undefined} address @param {string} words @param {string} [lang] of the words */
export const link = (address, words, lang) => {
  let href;
  try {
    const url = new URL(address || "none:", base);
    if (/^(https?|mailto|tel):$/.test(url.protocol)) href = url.href;
  } catch {}
  return el("a", { href, target: "_blank", rel: "noreferrer", lang }, words);
};
