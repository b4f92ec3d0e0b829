/** What is kept in the browser: the conversation, and what the server must still be told. */
import { base } from "./page.js";

const KEY = "embassy-chat:" + base;
const MOST_TURNS = 60;

/** @type {State} */
export let state = { turns: [], jobs: [] };

/** What was kept, if it is ours. Storage may be forbidden, full or hold anything: then the conversation lasts as long as
 * the page. @returns {State | undefined} */
const kept = () => {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) || "");
    if (found.turns.every(Boolean) && found.jobs.every((/** @type {Job} */ job) => job.path)) return found;
  } catch {}
};

export const load = () => {
  state = kept() || state;
};

/** The conversation's name, also where another tab has just been given it. */
export const named = () => (state.sender ||= kept()?.sender);

export const save = () => {
  state.turns = state.turns.slice(-MOST_TURNS);
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch {}
};

/** Whether another tab has just changed what is kept; it is read then.
 * @param {StorageEvent} event */
export const changedElsewhere = (event) => event.key === KEY && (load(), true);

/** Begins anew, in the same language. */
export const erase = () => {
  const { sender, language, open, jobs } = state;
  state = { language, open, turns: [], jobs: jobs.filter((job) => job.path === FORGET) };
  if (sender) state.jobs.push({ id: unique(), path: FORGET, body: { sender } });
  save();
};

export const FORGET = "conversations/forget";

/** A random name that nobody can guess. `crypto.randomUUID` is missing on plain http. */
export const unique = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("");
