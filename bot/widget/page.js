/** What the page says: the attributes of the script's tag, and the server that it came from. */

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);

/** `data-language`, `data-title`, `data-position`, `data-open`. */
export const options = { ...script?.dataset };

/** Every address of the server is relative to this one. */
export const base = new URL(".", script?.src || location.href).href;

/** As JSON, whatever `toJSON` a page has given to every array and text, as old libraries do. @param {unknown} value */
export const json = (value) =>
  JSON.stringify(value, /** @this {any} @param {string} key */ function (key) {
    return this[key];
  });
