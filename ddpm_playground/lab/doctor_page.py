"""docs/doctor.md, made of the examinations themselves: `python -m ddpm_playground.lab.doctor_page` prints it."""

import re

from .doctor import EXAMINATIONS
from .examined_schedule import STEPS
from .findings import asked, course, ends, numbers, patches, running, sampled_steps, spread, training
from .gaussian_run import DATA_STD, ERROR
from .proving import CEILING, FLOOR
from .wording import REFERENCES, WORDING

# code → (its severities, when it is told); the numbers are those that the examinations go by.
WHEN: dict[str, tuple[str, str]] = {
    "not-finite": ("error", "always"),
    "beta-out-of-range": ("error", "always"),
    "non-monotone": ("error", "always"),
    "zero-beta": ("error, warning", "error while ᾱ_t = 1, where line 4 of algorithm 2 is 0/0"),
    "eps-with-zero-terminal-snr": (
        "error, warning",
        "ᾱ_t = 0; a warning where what is predicted is not known",
    ),
    "prediction-type": ("error", "always"),
    "cannot-run": (
        "error, note",
        "a refusal that the class's defaults do not meet; a note where more than T steps are asked for",
    ),
    "asked-steps": (
        "error, warning, note",
        f"error where the class takes none, or x_t has another noise than t means (by a factor of {asked.APART:g}); "
        "warning where it takes others",
    ),
    "step-fails": ("error", "measured in float32"),
    "not-finite-step": ("error", "measured in float32"),
    "unclipped-divergence": (
        "error",
        f"{ERROR:.0%} of error in the network's output makes the end more than {spread.DIVERGED:g} times as wide as "
        f"data of standard deviation {DATA_STD:g}",
    ),
    "ignored-key": (
        "warning, note",
        "warning where it changes the training table of a class that takes it, or the steps of two of them",
    ),
    "wrong-previous-timestep": (
        "error, warning, note",
        f"error by more than one t; by rounding a warning where T < {sampled_steps.FINE_T}, else a note",
    ),
    "short-t-unscaled": (
        "warning",
        f"T < {patches.USUAL_T}, every β_t ≤ {ends.USUAL_BETA:g}, SNR(T) > {ends.SNR_HURT:g}, and stretched to "
        f"{patches.USUAL_T} steps SNR(T) < {10 * ends.SNR_HURT:g}",
    ),
    "terminal-snr": (
        "warning, note",
        f"SNR > {ends.SNR_HURT:g}; a note from {ends.SNR_NOTED:g}; of the training table, or of the first σ where "
        "that is taken from elsewhere",
    ),
    "steps-offset": (
        "error, note",
        "error where it leaves 1…T; a note where it shifts every t, or changes none",
    ),
    "clip-on-latents": (
        "warning",
        f"clipping below ±{spread.LATENT_RANGE:g}, or thresholding, of an autoencoder's latents",
    ),
    "clip-hides-divergence": (
        "warning, note",
        "1/√SNR(T) ≥ 2¹¹, or the same walk diverges without clipping; a warning where the clipped one ends beside "
        f"{spread.LOST:g}…{1 / spread.LOST:.2g} of the data's spread",
    ),
    "idle-steps": (
        "warning",
        f"SNR < {running.IDLE_SNR:g} in more than {running.IDLE_SHARE:.0%} of the calls, the first not counted",
    ),
    "repeated-timestep": ("warning, note", f"warning from {running.REPEATED_HURTS:.0%} of the steps on"),
    "residual-noise": (
        "warning, note",
        f"a note up to the σ of the training's t = 1, warning above; less than {running.CLEAN:.0%} of it is rounding",
    ),
    "variance-type": (
        "warning, note",
        f"σ² = β at S ≤ {sampled_steps.FEW:g} T: a warning where such steps were asked for; "
        "a note of a learned variance",
    ),
    "abrupt": (
        "warning",
        f"more than {course.ABRUPT_BITS:g} of at most {course.PIXEL_BITS:g} bits in one step, "
        f"{course.ABRUPT_AT_DATA:g} in the one to clean data; not of latents",
    ),
    "falling-beta": (
        "note",
        f"β_t falls by more than {course.LEAST_FALL:.0%} from one t to the next; not of levels that are said as σ",
    ),
    "resolution-shift": (
        "warning, note",
        "log SNR half-way is 2 log 2 above 2 log(64/side), where the side is known; a note 4 log 2 below; not of "
        "latents",
    ),
    "spacing-skips-t": (
        "warning, note",
        f"warning where ᾱ_T = 0, or SNR > {sampled_steps.BRIGHT:g} at the first visited t",
    ),
    "wasted-steps": (
        "warning, note",
        f"ᾱ_t within {course.NEAR_END:g} of 0 or 1 in more than {course.WASTED_HURT:.0%}; a note from "
        f"{course.WASTED_NOTED:.0%}",
    ),
    "float32-loss": (
        "error, warning, note",
        f"error where it is 0; off by {numbers.DIGITS_HURT:g}; by {numbers.DIGITS_NOTED:g}",
    ),
    "double-shift": (
        "note",
        f"the lowest σ of set_timesteps(T) is off the formula's by a factor of {running.SAME_SIGMA:g}",
    ),
    "spread-lost": (
        "note",
        f"the end has less than {spread.LOST:g} of the data's spread at {spread.FEWEST} steps or more",
    ),
    "trained-otherwise": (
        "error, warning, note",
        f"SNR off by a factor above {training.WRONG:g} at a visited t with SNR in "
        f"{training.SNR_LOW:g}…{training.SNR_HIGH:g}",
    ),
    "not-examined": ("note", "a library is missing, or the class works on other data"),
}

HEAD = f"""# The doctor

`python -m ddpm_playground schedule check WHAT`, the Lab tab and `ddpm_playground.lab.doctor.examine` find the same.
Severity: *error*, the sampler gives wrong or non-finite numbers, or stops; *warning*, known to hurt; *note*, worth
knowing. What depends on the number of sampling steps is examined at {", ".join(map(str, STEPS))} steps, or `--steps`.

What is said about sampling is measured on the scheduler that diffusers builds from the config (`from_config`), told its
timesteps as its pipeline tells them (dynamic shifting: with the μ of the picture's size, 1024² where none is known), in
two walks: in float64 from an exact x_t at every step, which says where each step leads; and in float32 from noise to
data, on Gaussian data of standard deviation {DATA_STD:g} whose best network is known, which says whether a step fails,
stays finite, and with what spread it ends, without and with {ERROR:.0%} of error in the network's output. What cannot
be run is `not-examined`, with the reason, and nothing is claimed of it.

A fix that changes keys of a config is a *patch*. It is offered after it was tried: with it the finding is gone, no
error or warning is new, or worse, and each run in float32, with the error and without, ends with {FLOOR:g} to
{CEILING:g} of the spread that is right (where the finding is not about the run: about as near to it as before). Where a
patch does not hold the next is tried, and where none does, that is said.

| code | meaning | severity | when | fix | source |
|---|---|---|---|---|---|
"""

TAIL = """
## The audit

The scheduler's own `step` is called in float64 with an exact x_t and an exact network. A step is linear in x_0, ε and
its own draws, so what comes back says exactly which noise level it leads to. Classes without a table of ᾱ_t are
compared with their own levels only. At 10, 20 and 50 steps of T = 1000 it finds DDIMScheduler with `linspace` 9, 19 and
19 times beside the timestep that it visits next, PNDMScheduler as often, and none with DDPM, Euler, Heun, DPM-Solver++
and UniPC in any spacing.

With diffusers 0.42, 36 of its 49 scheduler classes end in a table with their defaults. The others end in a reason:

| class | why |
|---|---|
| CosineDPMSolverMultistep, DPMSolverSDE | torchsde is not installed with this project |
| Amused, BlockRefinement, DiscreteDDIM, EntropyBound, VQDiffusion | they work on tokens, not on x_t = a x_0 + b ε |
| RFD4Proteina | it needs four options of its own; given them, it works on structures |
| Piflow | its network answers a whole policy, in channels of its own |
| HeliosDMD | its step is handed the timesteps of a whole stage by its pipeline |
| SCM | it takes 2 steps alone, and asks for angles, not timesteps |
| ScoreSdeVe, KarrasVe | no step() (predictor and corrector apart); a placeholder in this diffusers |
"""


def page() -> str:
    """The whole of docs/doctor.md."""
    rows = []
    for code, examination in EXAMINATIONS.items():
        severity, when = WHEN[code]
        meaning = (examination.__doc__ or "").strip().split("\n")[0].rstrip(".")
        rows.append(f"| `{code}` | {meaning} | {severity} | {when} | {_fix(code)} | {_source(code)} |")
    return HEAD + "\n".join(rows) + "\n" + TAIL


def _fix(code: str) -> str:
    texts = [WORDING["en"][key][1] for key in WORDING["en"] if key.partition("/")[0] == code]
    chosen = min(texts, key=lambda text: (text.startswith("Nothing"), "{" in text, texts.index(text)))
    return re.sub(r"{.*?}", "…", chosen)


def _source(code: str) -> str:
    sources = {REFERENCES[key] for key in REFERENCES if key.partition("/")[0] == code}
    return min(sources, key=lambda text: (len(text), text))


if __name__ == "__main__":
    print(page(), end="")
