// The schedule under examination: {name, betas, config, T, steps, findings}, betas packed as the server takes them. The
// lab announces it, and what shows its consequences listens.
const floats = (packed) => new Float64Array(bytes(packed).buffer);
const packedFloats = (values) => {
  const raw = new Uint8Array(values.buffer);
  let out = "";
  for (let i = 0; i < raw.length; i += 8192) out += String.fromCharCode(...raw.subarray(i, i + 8192));
  return btoa(out);
};
const announceLab = (state) => {
  window.ddpmLab = state;
  window.dispatchEvent(new Event("ddpm:lab"));
};
const onLab = (redraw) => {
  const heard = () => (element.isConnected ? redraw(window.ddpmLab) : window.removeEventListener("ddpm:lab", heard));
  window.addEventListener("ddpm:lab", heard);
  if (window.ddpmLab) redraw(window.ddpmLab);
};
