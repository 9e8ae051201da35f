// Arrays as text: base64 of their little-endian numbers, as Python packs and unpacks them.

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export const bytes = (text) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text),
    out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
};
/** @param {string} text */
export const float32 = (text) => new Float32Array(bytes(text).buffer);
/** @param {string} text */
export const float64 = (text) => new Float64Array(bytes(text).buffer);
/** @param {string} text */
export const halves = (text) => new Uint16Array(bytes(text).buffer);

/**
 * Any typed array as base64.
 * @param {Float32Array | Float64Array | Uint8Array} array
 */
export const base64 = (array) => {
  const raw = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (raw.toBase64) return raw.toBase64();
  let text = "";
  for (let i = 0; i < raw.length; i += 32768) text += String.fromCharCode(...raw.subarray(i, i + 32768));
  return btoa(text);
};

/** Bytes as letters that an address has as they are (RFC 4648, section 5). @param {Uint8Array} array */
export const urlText = (array) => base64(array).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** Those bytes, or null where the text is none of these. @param {string} text */
export const urlBytes = (text) => {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return null;
  return bytes(
    text
      .replaceAll("-", "+")
      .replaceAll("_", "/")
      .padEnd(Math.ceil(text.length / 4) * 4, "="),
  );
};
