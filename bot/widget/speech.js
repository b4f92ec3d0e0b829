/** Reading aloud and dictation, by the browser's own Web Speech. */

const synthesis = window.speechSynthesis;
const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;

/** A voice that speaks the language, rather one on the device.
 * @param {Language} language */
export const voice = (language) => {
  const voices = synthesis?.getVoices().filter(({ lang }) => lang.startsWith(language));
  return voices?.find(({ localService }) => localService) || voices?.[0];
};

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

export const canDictate = !!Recognition;

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
 * @param {HTMLTextAreaElement} field @param {Language} language @param {HTMLElement} button */
export const dictate = (field, language, button) => {
  if (listening) return listening.stop();
  if (!Recognition) return;
  listening = new Recognition();
  const before = field.value && field.value + " ";
  listening.lang = language;
  listening.interimResults = true;
  listening.onresult = ({ results }) => {
    field.value = before + Array.from(results, (result) => result[0].transcript).join(" ");
  };
  listening.onerror = ({ error }) => {
    // Refused, by the person or the browser: a button that does nothing only misleads.
    if (/allowed/.test(error)) field.focus(), (button.hidden = true);
  };
  listening.onend = () => {
    listening = undefined;
    button.ariaPressed = "false";
  };
  button.ariaPressed = "true";
  listening.start();
};
