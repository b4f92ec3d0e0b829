/** What is kept in the browser: the conversation, and what the server must still be told. */
import { base, json } from "./page.js";

const KEY = "embassy-chat:" + base;
const MOST_TURNS = 60;

/** @type {State} */
export let state = { turns: [], jobs: [] };

/** Ids of what was said in this tab. @type {Set<string>} */
export const own = new Set();

/** Whether it was said here a moment ago: a tab that wrote at the same time did not know of it.
 * @param {{ id: string, at: number }} item */
const late = ({ id, at }) => own.has(id) && at > Date.now() - 1000;

/** What was kept, if it is ours. Storage may be forbidden, full or hold anything: then the conversation lasts as long as
 * the page. @returns {State | undefined} */
const kept = () => {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) || "");
    if (found.turns.every(Boolean) && /^w_/.test(found.sender ?? "w_") &&
      found.jobs.every((/** @type {Job} */ { path, body }) => body && /^(web|conv|fee)/.test(path))) return found;
  } catch {}
};

/** What another tab has kept, as the objects that are known here, and what was said here meanwhile.
 * @template {{ id: string, at: number }} T @param {T[]} mine @param {T[]} theirs */
const merged = (mine, theirs) => {
  const all = theirs.map((item) => Object.assign(mine.find(({ id }) => id === item.id) || {}, item));
  return all.concat(mine.filter((item) => late(item) && !all.includes(item)));
};

export const load = () => {
  const found = kept();
  if (found) state = { ...found, turns: merged(state.turns, found.turns), jobs: merged(state.jobs, found.jobs) };
};

/** The conversation's name, also where another tab has just been given it. */
export const named = () => (state.sender ||= kept()?.sender);

export const save = () => {
  state.turns = state.turns.slice(-MOST_TURNS);
  try {
    localStorage.setItem(KEY, json(state));
  } catch {}
};

/** Whether another tab has just changed what is kept; it is read then.
 * @param {StorageEvent} event */
export const changedElsewhere = ({ key }) => {
  if (key !== KEY) return false;
  load();
  if (state.jobs.some(late)) save();
  return true;
};

/** Begins anew, in the same language. */
export const erase = () => {
  const { sender, language, open, jobs } = state;
  state = { language, open, turns: [], jobs: jobs.filter((job) => job.path === FORGET) };
  if (sender) state.jobs.push({ id: unique(), at: 0, path: FORGET, body: { sender } });
  save();
};

export const FORGET = "conversations/forget";

/** A random name that nobody can guess. `crypto.randomUUID` is missing on plain http. */
export const unique = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
