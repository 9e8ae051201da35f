// The line of the player that saves its run; what makes the files comes when the first one is asked for.
import { number } from "../core/number.js";
import { videoKind, wait } from "../draw/video.js";
import { make, makeButton, typeset } from "../page/dom.js";
import { say } from "../page/words.js";

const PATIENCE_MS = 20_000;
/** Once the frames of a recorded run have come, which do so while it plays. @param {import("./frames.js").Film} film */
const whole = async (film) => {
  const end = performance.now() + PATIENCE_MS;
  while (film.total && film.length < film.total) {
    if (performance.now() > end) throw new Error(say("turns.gone"));
    await wait(100);
  }
};

/**
 * The line of the player that saves the run on screen.
 * @param {HTMLElement} player
 * @param {() => { film: any, about: any } | null} current
 */
export const saveRunLine = (player, current) => {
  const said = make("span", "said"),
    kind = videoKind(),
    count = Object.assign(make("input"), { type: "number", min: 2, max: 20, value: 8 }),
    spacing = make(
      "select",
      "",
      new Option(say("player.strip_t"), "t"),
      new Option(say("player.strip_log_snr"), "log_snr"),
    );
  said.setAttribute("role", "status");
  const deed = (key, act) => {
    const button = makeButton("chip", say(`player.save_${key}`));
    button.dataset.save = key;
    button.addEventListener("click", async () => {
      const run = current();
      if (!run) return void (said.textContent = say("player.save_none"));
      button.disabled = true;
      try {
        const [files] = await Promise.all([import("./run_files.js"), whole(run.film)]);
        const told = await act(run, files);
        const part = run.about.stopped || run.about.problem || !run.about.done;
        const t = run.film.tOf(run.film.newest);
        said.textContent = part ? `${told} ${say("reverse.saved_part", { t })}` : told;
      } catch (error) {
        said.textContent = say("pieces.failed", { reason: /** @type {Error} */ (error).message });
      }
      button.disabled = false;
    });
    return button;
  };
  const strip =
    (format) =>
    async (run, { fileOf, save, stripOf }) => {
      const style = getComputedStyle(document.body),
        look = { ground: "#ffffff", ink: "#181c24", muted: "#555b66", font: style.fontFamily.replaceAll('"', "'") };
      const wanted = Math.max(2, Math.min(20, Math.round(+count.value) || 8)),
        { svg, count: shown } = stripOf(run, wanted, spacing.value, look);
      save(`ddpm_strip.${format}`, await fileOf(svg, format));
      return say("player.saved_strip", { count: shown });
    };
  const video = deed("video", async (run, { save, videoOf }) => {
    const blob = await videoOf(run, (share) => {
      said.textContent = say("player.saving_video", { percent: Math.round(100 * share) });
    });
    save(`ddpm_run.${kind[0]}`, blob);
    return say("player.saved_video", { kind: `${kind[0].toUpperCase()} (${kind[2]})`, mb: number(blob.size / 1e6, 2) });
  });
  video.disabled = !kind;
  const name = (key, input) => make("label", "", ...typeset(say(`player.${key}`)), " ", input);
  const box = make(
    "details",
    "save-run",
    make("summary", "", say("player.save_run")),
    make(
      "div",
      "",
      video,
      make(
        "span",
        "kind",
        kind ? say("player.video_kind", { kind: `${kind[0].toUpperCase()}, ${kind[2]}` }) : say("player.no_video"),
      ),
    ),
    make(
      "div",
      "",
      name("strip_count", count),
      name("strip_spacing", spacing),
      deed("strip_png", strip("png")),
      deed("strip_svg", strip("svg")),
    ),
    said,
  );
  // The player's own keys are not for who types here.
  box.addEventListener("keydown", (event) => event.stopPropagation());
  player.append(box);
};
