/** Reading aloud and dictation, by the browser's own Web Speech. */

const synthesis = window.speechSynthesis;
export const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;

/** A voice that speaks the language, rather one on the device.
 * @param {Language} language */
export const voice = (language) => synthesis?.getVoices().filter(({ lang }) => lang.startsWith(language))
  .sort((one, other) => /** @type {any} */ (other.localService) - /** @type {any} */ (one.localService))[0];

/** @param {() => void} listener called when the browser has found its voices */
export const onVoices = (listener) => synthesis?.addEventListener?.("voiceschanged", listener);

/** Reads aloud, or stops where this is being read. @param {string} text @param {Language} language @param {HTMLElement} button */
export const speak = (text, language, button) => {
  const goingOn = button.ariaPressed === "true";
  synthesis.cancel();
  if (goingOn) return;
  const words = new SpeechSynthesisUtterance(text);
  const found = /** @type {SpeechSynthesisVoice} */ (voice(language)); // without one there is no button
  words.voice = found;
  words.lang = found.lang;
  words.onend = words.onerror = () => (button.ariaPressed = "false");
  button.ariaPressed = "true";
  synthesis.speak(words);
};

/** @type {SpeechRecognition | undefined} */
let listening;

/** Stops listening at once: what was said last is dropped. */
export const deafen = () => {
  if (!listening) return;
  listening.onresult = null;
  listening.abort();
};

/** Neither listens nor reads any longer. */
export const quieten = () => {
  deafen();
  synthesis?.cancel();
};

/** Writes what is said into the field, or stops listening. Nothing is sent before the person sends it.
 * @param {HTMLTextAreaElement} field @param {Language} language @param {HTMLElement} button
 * @param {() => void} changed called when it begins and when it writes
 * @param {HTMLElement} offline shown where there is no line for it */
export const dictate = (field, language, button, changed, offline) => {
  if (listening) return listening.stop();
  listening = new (/** @type {NonNullable<typeof Recognition>} */ (Recognition))(); // without one there is no button
  let before = (field.value &&= field.value + " "), written = before;
  listening.lang = language;
  listening.interimResults = true;
  listening.onresult = ({ results }) => {
    const value = field.value;
    // What is typed meanwhile stays: behind what is written here or, where that was changed, before it.
    let after = value.slice(written.length);
    if (value !== written + after) (before = value + " "), (after = "");
    written = before + [...results].map((result) => result[0].transcript).join(" ");
    field.value = written + after;
    changed();
  };
  listening.onerror = ({ error }) => {
    // Refused, by the person or the browser: a button that does nothing only misleads.
    if (/allowed/.test(error)) field.focus(), (button.hidden = true);
    offline.hidden = error !== "network";
  };
  listening.onend = () => {
    listening = undefined;
    button.ariaPressed = "false";
  };
  button.ariaPressed = "true";
  changed();
  listening.start();
};
