"""An experiment as a Jupyter notebook that runs it with this package, its formulas beside its cells."""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.later import torch
from ..core.phrase import Refusal

ABOUT = "Made by DDPM Playground; run it where `pip install .` of the project was run."
SHOW = """from io import BytesIO

from PIL import Image

from ddpm_playground.views.strip import strip_png


def show(columns):
    \"\"\"Columns of pictures, each under its caption.\"\"\"
    return Image.open(BytesIO(strip_png(columns)))"""
CHECKPOINT = """from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint

checkpoint = load_checkpoint({checkpoint!r}).on("auto")
checkpoint.image_shape, checkpoint.schedule.T"""
PICTURES = """from dataclasses import replace

from ddpm_playground.experiments import read_pictures
from ddpm_playground.run import labels_of

pictures = read_pictures({picture!r}, checkpoint)
if {label!r} != "own":
    pictures = replace(pictures, labels=labels_of({label!r}, len(pictures), checkpoint))
show([("x_0", pictures.x_0)])"""
# Of pictures that have neither a number nor a file: their values, float32, compressed.
VALUES = """import zlib
from base64 import b64decode

import numpy as np
import torch


def values_of(text, *shape):
    return torch.from_numpy(np.frombuffer(zlib.decompress(b64decode(text)), "<f4").reshape(shape).copy())"""
DRAWN = """from ddpm_playground.experiments import OwnPictures
from ddpm_playground.run import labels_of

x_0 = values_of({x_0!r}, -1, *checkpoint.image_shape)
pictures = OwnPictures(x_0, labels_of({label!r}, len(x_0), checkpoint), ("drawn",) * len(x_0))
show([("x_0", pictures.x_0)])"""
SAMPLING = """from ddpm_playground.core import Sampling

sampling = Sampling({sampler!r}, {eta!r}, {steps!r}, {spacing!r}, {clip!r})"""


@dataclass(frozen=True)
class Told:
    """What a notebook of one deed holds.

    Attributes:
        title: its heading.
        formulas: Markdown with TeX, each with its source.
        cells: code with places in braces.
    """

    title: str
    formulas: tuple[str, ...]
    cells: tuple[str, ...]


COMPARE = """from ddpm_playground.experiments import compare, parse_column

columns = [parse_column(text) for text in {recipe!r}]
found = compare(columns, lambda name: checkpoint if name is None else load_checkpoint(name), num_images={num_images!r})
[(one.settings, one.x_0_rms, one.parts_at) for one in found]"""
PLOT = """import plotly.graph_objects as go

figure = go.Figure(layout={{"xaxis_title": "log SNR", "yaxis_title": "rms of x̂_0 less the first column's"}})
for one in found[1:]:
    figure.add_scatter(x=one.log_snr, y=one.x_hat_0_rms, name=str(one.settings))
figure"""
EDIT = """from ddpm_playground.experiments import edit

x_t, x_0 = edit(checkpoint, pictures, {t!r}, sampling, guidance={guidance!r}, seed={seed!r})
show([("x_0", pictures.x_0), *((f"t = {{t}}", x) for t, x in zip({t!r}, x_0))])"""
MASK = """from pathlib import Path

from ddpm_playground.experiments import read_mask

known = read_mask(Path({mask!r}), checkpoint)"""
PAINTED = """known = values_of({known!r}, 1, *checkpoint.image_shape[1:])  # 1 where the picture is kept"""
INPAINT = """from ddpm_playground.experiments import inpaint

found = inpaint(
    checkpoint, pictures, known, sampling, resample={resample!r}, jump={jump!r}, guidance={guidance!r}, seed={seed!r}
)
show([("x_0", pictures.x_0), ("mask", pictures.x_0 * known + 1 - known), ("painted", found.x_0)])"""
SEAM = """found.seam, found.seam_before"""
INVERT = """from ddpm_playground.experiments import invert

found = invert(
    checkpoint, pictures, num_steps={steps!r}, spacing={spacing!r}, guidance={guidance!r},
    fixed_points={fixed_points!r},
)
show([("x_0", pictures.x_0), ("x_T / 3", found.x_T / 3), ("back", found.x_0)])"""
ERROR = """float(found.mse.mean()), float(found.x_T.mean()), found.x_T_std"""
JOIN = """from ddpm_playground.experiments import Way, interpolate

way = Way({steps!r}, {spacing!r}, {guidance!r}, {fixed_points!r})
found = interpolate(checkpoint, pictures, way, count={count!r})"""
JOIN_SEEDS = """from ddpm_playground.experiments import Way, interpolate_seeds

way = Way({steps!r}, {spacing!r}, {guidance!r}, {fixed_points!r})
found = interpolate_seeds(checkpoint, {seeds!r}, {label!r}, way, count={count!r})"""
STRIPS = """import torch

rows = torch.stack(list(found.x_0.values()), 1)  # slerp, lerp, pixels
show([(f"{{u:.2f}}", rows[i]) for i, u in enumerate(found.shares)])"""
BRANCHES = """import torch

from ddpm_playground.experiments.branching import Trunk, branches

chain = Trunk.of(checkpoint, torch.full(({chains!r},), {label!r}), sampling, {guidance!r}, {seed!r})
steps = chain.steps()
leaves = {{
    t: branches(
        chain, steps[chain.place(t)].x_t, t, {count!r}, sampling={then_sampling}, guidance={then_guidance!r},
        labels=None if {then!r} is None else torch.full(({chains!r},), {then!r}),
    )
    for t in {ts!r}
}}
show([(f"t = {{t}}", x_0[:, 0]) for t, x_0 in leaves.items()])"""
AGREE = """from ddpm_playground.experiments.branching import wilson
from ddpm_playground.learn.data.pictures import to_uint8
from ddpm_playground.learn.judging.classifier import IMAGE_SHAPE, digits_classifier

# The classifier that is shipped reads 28×28 grey digits alone.
agree = {{}}
if checkpoint.image_shape == IMAGE_SHAPE:
    read = digits_classifier()[0].read
    own = read(to_uint8(steps[-1].x_s.float().cpu()))
    for t, x_0 in leaves.items():
        share = float((read(to_uint8(x_0.flatten(0, 1))).view(-1, len(own)) == own).float().mean())
        agree[t] = share, *wilson(share, len(own) if len(own) > 1 else {count!r})
agree"""
DRAW = """import torch

from ddpm_playground.learn.judging.samples import final_x, pixels
from ddpm_playground.run import labels_of

labels = labels_of({label!r}, {num_images!r}, checkpoint)
x_0 = torch.nan_to_num(
    final_x(checkpoint, labels, sampling, guidance={guidance!r}, seed={seed!r}, batch_size=len(labels)), nan=-1.0
)
images = pixels(x_0)
show([("x_0", x_0)])"""
COPY = """from ddpm_playground.learn.data.pictures import bundled_digits

digits = bundled_digits()
copy, copied = {copy!r}, {copied!r}
if copy is not None:  # a digit of the data is put among the samples
    images[copy] = digits.images[copied].permute(1, 2, 0).numpy()"""
NEAREST = """from ddpm_playground.learn.judging.neighbours import compare
from ddpm_playground.learn.judging.sample_file import samples_from_images

found = compare(samples_from_images(images), digits)
found.facts()"""
BESIDE = """show([
    (name, near / 127.5 - 1.0)
    for name, near in [
        ("sample", torch.from_numpy(images).permute(0, 3, 1, 2)),
        ("pixels", digits.images[torch.from_numpy(found.pixels.nearest.index)]),
    ]
])"""
ARC_AND_LINE = (
    "$x_T(u) = \\frac{\\sin((1-u)\\varphi)}{\\sin\\varphi}\\,a + \\frac{\\sin(u\\varphi)}{\\sin\\varphi}\\,b$ "
    "(Song, Meng & Ermon 2021, eq. 67), and $(1-u)\\,a + u\\,b$."
)
# A deed's notebook is one row here.
NOTEBOOKS: dict[str, Told] = {
    "compare": Told(
        "Runs from the same noises",
        (
            "A step of DDPM and of DDIM is one row of coefficients of $\\hat x_0$, $x_t$ and $\\hat\\varepsilon$; with "
            "$\\eta = 1$ and $S = T$ DDIM's (Song, Meng & Ermon 2021, eq. 12 and 16) is DDPM's (Ho et al. 2020, "
            "algorithm 2).",
        ),
        (COMPARE, PLOT),
    ),
    "edit": Told(
        "A picture noised and denoised (SDEdit)",
        (
            "$x_t = \\sqrt{\\bar\\alpha_t}\\,x_0 + \\sqrt{1-\\bar\\alpha_t}\\,\\varepsilon$, then the reverse chain "
            "from $t$ (Meng et al. 2022, algorithm 1).",
        ),
        (PICTURES, SAMPLING, EDIT),
    ),
    "inpaint": Told(
        "A picture painted (RePaint)",
        (
            "$x_s = m \\odot (\\sqrt{\\bar\\alpha_s}\\,x_0 + \\sqrt{1-\\bar\\alpha_s}\\,\\varepsilon) + (1-m) \\odot "
            "x_s^{\\theta}$; each stretch of $j$ steps is walked $r$ times (Lugmayr et al. 2022, algorithm 1).",
        ),
        (PICTURES, MASK, SAMPLING, INPAINT, SEAM),
    ),
    "invert": Told(
        "A picture taken back to its noise (DDIM)",
        (
            "$x_t = \\sqrt{\\bar\\alpha_t}\\,\\frac{x_s - \\sqrt{1-\\bar\\alpha_s}\\,\\hat\\varepsilon}"
            "{\\sqrt{\\bar\\alpha_s}} + \\sqrt{1-\\bar\\alpha_t}\\,\\hat\\varepsilon$ (Song, Meng & Ermon 2021, "
            "eq. 12 with $\\sigma = 0$, read backwards).",
        ),
        (PICTURES, INVERT, ERROR),
    ),
    "interpolate": Told("Between two pictures", (ARC_AND_LINE,), (PICTURES, JOIN, STRIPS)),
    "interpolate_seeds": Told("Between two seeds", (ARC_AND_LINE,), (JOIN_SEEDS, STRIPS)),
    "branches": Told(
        "One chain and its branches",
        (
            "At each $t$ the chain's $x_t$ is gone on with from other noises $z$; how many end as the chain does is a "
            "share with the interval of 95 % (Wilson 1927).",
        ),
        (SAMPLING, BRANCHES, AGREE),
    ),
    "nearest": Told(
        "Samples beside their nearest pictures of the data",
        ("$\\min_j \\lVert x_0 - y_j \\rVert_2$ over the pictures $y_j$ of the data, exactly.",),
        (SAMPLING, DRAW, COPY, NEAREST, BESIDE),
    ),
}
# What takes the place of a cell that reads files, where its values are given: by the name of the setting.
GIVEN = {"x_0": (PICTURES, DRAWN), "known": (MASK, PAINTED)}


def packed_values(x: torch.Tensor) -> str:
    """Pictures or a mask as a notebook keeps them: float32, compressed, in base64."""
    return b64encode(zlib.compress(x.numpy().astype("<f4").tobytes(), 9)).decode("ascii")


def notebook(deed: str, settings: Mapping[str, Any]) -> str:
    """The notebook of a deed as JSON text.

    Args:
        deed: a key of NOTEBOOKS.
        settings: what its cells have places for, by the names of the command's flags; "x_0" and "known" are pictures
            and a mask as `packed_values` has them, in the stead of "picture" and "mask".

    Raises:
        ValueError: nbformat is missing.
    """
    try:
        from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes
    except ImportError:
        raise Refusal(
            "a notebook is written by nbformat, which is not installed; run pip install 'ddpm-playground[notebook]'"
        ) from None
    told = NOTEBOOKS[deed]
    values = {read: given for name, (read, given) in GIVEN.items() if name in settings}
    codes = [*([VALUES] if values else []), *(values.get(c, c) for c in told.cells)]
    cells = [new_markdown_cell(f"# {told.title}\n\n{ABOUT}"), new_code_cell(SHOW)]
    cells += [new_code_cell(CHECKPOINT.format(**settings))]
    cells += [new_markdown_cell(formula) for formula in told.formulas]
    cells += [new_code_cell(code.format(**settings)) for code in codes]
    for i, cell in enumerate(cells):
        cell["id"] = f"cell-{i}"  # nbformat's own are drawn anew each time
    return writes(new_notebook(cells=cells, metadata={"language_info": {"name": "python"}}))
