/** Tells the server, one thing after the other and each until it has arrived. */
import { base, json } from "./page.js";
import { named, own, save, state, unique } from "./memory.js";

const PATIENCE = 30000;
const MOST_TRIES = 4;
const LONGEST_PAUSE = 30000;

let busy = false;
let tries = 0;
let notBefore = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** What the view does: `progress` when a job is under way or waits, `settled` when one is done.
 * @typedef {{ progress: (busy: boolean, notice?: string) => void, settled: (job: Job, outcome: Outcome) => void }} View */
export const view = /** @type {View} */ ({});

/** Breaks off what is under way. */
export let abandon = () => {};

/** @param {string} path @param {Job["body"]} body @returns {Promise<Outcome>} */
const call = async (path, body) => {
  const line = new AbortController();
  abandon = () => line.abort();
  setTimeout(abandon, PATIENCE);
  try {
    // A plain string goes as text/plain, which spares a slow line the question whether JSON may come. So does a language
    // of mere letters, whatever was kept.
    const response = await fetch(base + path, {
      method: "POST", body: json(body), credentials: "omit", signal: line.signal,
      headers: { "Accept-Language": /** @type {any} */ (/^\w*/.exec(body.metadata?.language || "")) },
    });
    const { ok, status, headers } = response;
    // False where a hotspot or a proxy answers with a page of its own.
    const data = await response.json().catch(() => status === 204 && {});
    if (ok && data !== false) return { data };
    const notice = data?.error?.message;
    // Our own refusal is for good. Another's may pass, but must not hold up what comes after it for ever.
    if (/^4(?!08|29)/.test(/** @type {any} */ (status)) && (notice || tries >= MOST_TRIES)) return { refused: notice };
    return { later: 1000 * /** @type {any} */ (headers.get("Retry-After")) || 0, notice };
  } catch (error) {
    // No line, a time-out, or broken off.
    if (!tries) console.error(base, error, "Not in ALLOWED_ORIGINS?");
    return { later: 0 };
  }
};

/** The conversation's name comes from the server, with the first message; the tabs of a browser share one.
 * @param {Job} job @returns {Promise<Outcome>} */
const begin = async ({ body: { metadata } }) => {
  const ask = async () => {
    const outcome = named() ? { data: {} } : await call("conversations", { metadata });
    if (outcome.data && !named()) {
      state.sender = outcome.data.sender;
      save();
    }
    return outcome;
  };
  // One tab after the other. What another tab has kept may show only a moment later, hence the look after the call too;
  // on plain http, which has no locks, and where storage is forbidden, which forbids them too, it is all there is.
  return navigator.locks?.request(base, ask).catch(ask) ?? ask();
};

/** Works through what is to be told, and comes back later where that fails. */
export const deliver = async () => {
  if (busy) return;
  busy = true;
  clearTimeout(timer);
  /** @type {string | undefined} */
  let notice;
  for (let job; (job = state.jobs[0]); ) {
    let pause = notBefore - Date.now();
    if (pause <= 0) {
      view.progress(true);
      const { id, path, body } = job;
      const sender = body.sender || state.sender;
      const outcome = await (sender ? call(path, { sender, ...body }) : begin(job));
      if (!sender && outcome.data) continue;
      const others = state.jobs.filter((other) => other.id !== id);
      if (outcome.later == null) {
        tries = 0;
        state.jobs = others;
        view.settled(job, outcome);
        save();
        continue;
      }
      if (others.length === state.jobs.length) continue; // erased meanwhile, or told by another tab
      notice = outcome.notice;
      notBefore = Date.now() + outcome.later;
      pause = Math.max(outcome.later, Math.min(1000 * 2 ** tries++, LONGEST_PAUSE) * (1 + Math.random()) / 2);
    }
    timer = setTimeout(deliver, pause);
    break;
  }
  busy = false;
  view.progress(false, notice);
};

/** @param {string} path @param {Job["body"]} body */
export const tell = (path, body, id = unique()) => {
  own.add(id);
  state.jobs.push({ id, at: Date.now(), path, body });
  save();
  deliver();
};

/** The line is back: at once, unless the server has asked for a pause. */
export const retry = () => {
  tries = 0;
  deliver();
};
