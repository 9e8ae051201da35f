// A canvas that is drawn on, as a video that the browser writes.

// The first that this browser can write: H.264 plays everywhere, VP9 and VP8 in every browser.
const KINDS = [
  ["mp4", 'video/mp4;codecs="avc1.42E01F"', "H.264"],
  ["webm", "video/webm;codecs=vp9", "VP9"],
  ["webm", "video/webm;codecs=vp8", "VP8"],
];
const RATE = 24,
  END_MS = 1500;

/** Ending, type and codec; undefined where this browser writes none. */
export const videoKind = () => KINDS.find(([, type]) => window.MediaRecorder?.isTypeSupported(type));

/** @param {number} ms */
export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * The largest letters, up to `most` px, in which a line is no wider than there is room.
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {number} most
 * @param {number} room
 * @param {string} font
 */
export const fitting = (pen, text, most, room, font) => {
  let size = most + 1;
  do pen.font = `${--size}px ${font}`;
  while (size > 12 && pen.measureText(text).width > room);
};

/**
 * A video of `count` pictures, written at the speed at which it plays; the last one is held.
 * @param {HTMLCanvasElement} stage
 * @param {number} count
 * @param {(i: number) => void} show draws picture i on the stage
 * @param {(share: number) => void} onProgress
 * @returns {Promise<Blob>}
 */
export const recorded = async (stage, count, show, onProgress) => {
  const [, type] = /** @type {string[]} */ (videoKind()),
    stream = stage.captureStream(RATE),
    recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 6e6 });
  /** @type {Blob[]} */
  const parts = [];
  recorder.ondataavailable = ({ data }) => data.size && parts.push(data);
  const ended = new Promise((done, fail) => {
    recorder.onstop = done;
    recorder.onerror = () => fail(new Error("MediaRecorder"));
  });
  show(0);
  recorder.start();
  for (let i = 0; i < count; i++) {
    show(i);
    onProgress(i / count);
    await wait(1000 / RATE);
  }
  for (let i = 0; i < 3; i++) {
    show(count - 1);
    await wait(END_MS / 3);
  }
  recorder.stop();
  await ended;
  stream.getTracks().forEach((track) => track.stop());
  return new Blob(parts, { type: type.split(";")[0] });
};
