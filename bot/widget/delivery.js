/** Tells the server, one thing after the other and each until it has arrived. */
import { base } from "./page.js";
import { named, own, save, state, unique } from "./memory.js";

const PATIENCE = 30000;
const LONGEST_PAUSE = 30000;

let busy = false;
let tries = 0;
let notBefore = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** What the view does: `progress` when a job is under way or waits, `settled` when one is done.
 * @typedef {{ progress: (busy: boolean, notice?: string) => void, settled: (job: Job, outcome: Outcome) => void }} View */
export const view = /** @type {View} */ ({});

/** @param {string} path @param {Job["body"]} body @returns {Promise<Outcome>} */
const call = async (path, body) => {
  try {
    // A plain string goes as text/plain, which spares a slow line the question whether JSON may come.
    const response = await fetch(base + path, {
      method: "POST", body: JSON.stringify(body), credentials: "omit", signal: AbortSignal.timeout?.(PATIENCE),
      headers: { "Accept-Language": String(body.metadata?.language || "").replace(/\W/g, "") },
    });
    const { status, headers } = response;
    const text = await response.text();
    const data = status === 204 ? {} : JSON.parse(text);
    if (response.ok) return { data };
    const notice = data.error.message;
    if (status < 500 && status !== 429 && status !== 408) return { refused: notice };
    return { later: 1000 * Number(headers.get("Retry-After")) || 0, notice };
  } catch (error) {
    // No line, a time-out, or a hotspot's own page instead of ours.
    if (navigator.onLine && !tries) console.error(base, error, "Is this site in ALLOWED_ORIGINS?");
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
  return navigator.locks ? navigator.locks.request(base, ask).catch(ask) : ask();
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
      if (outcome.later == null) {
        tries = 0;
        state.jobs = state.jobs.filter((other) => other.id !== id);
        view.settled(job, outcome);
        save();
        continue;
      }
      notice = outcome.notice;
      notBefore = Date.now() + outcome.later;
      pause = Math.max(outcome.later, Math.min(1000 * 2 ** tries++, LONGEST_PAUSE) * (0.5 + Math.random() / 2));
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
