"""Starting a wider network where a narrower one stands (Net2WiderNet: Chen, Goodfellow & Shlens 2016, section 3.2)."""

import re
from collections.abc import Mapping

import torch
from diffusers import UNet2DModel
from diffusers.configuration_utils import FrozenDict

from ...core import stream_seed
from ...core.phrase import Refusal

Segments = tuple[tuple[int, int], ...]  # (width before, width after) of what stands side by side on one channel axis

_HEADS = re.compile(r"attentions\.\d+\.to_(q|k|v)\.")
_HEADS_IN = re.compile(r"attentions\.\d+\.to_out\.0\.weight$")


def widen(before: UNet2DModel, after: UNet2DModel, seed: int) -> dict[str, torch.Tensor]:
    """Weights with which `after` says nearly what `before` says: each new channel is a copy of an old one.

    Whatever reads a channel that was copied shares its weight out at random among the copies, so that the sum
    stays and the copies learn different things. A copy stays in its group of GroupNorm; the output differs only
    where a group spans the seam between a skip connection and what it joins. Attention that is new adds 0 at first.

    Args:
        before: the narrower network.
        after: the wider one, as initialised: as many levels and layers, attention where `before` has it or more,
            the same time embedding (the first width decides it) and classes.
        seed: what copies and shares are drawn from.

    Raises:
        ValueError: `after` is not `before`, wider.
    """
    widths = _segments(before.config, after.config)
    groups, head = after.config["norm_num_groups"], after.config["attention_head_dim"]
    old, new = before.state_dict(), after.state_dict()
    lacking = sorted(name for name in old if name not in new)
    if lacking:
        raise Refusal("it has no {lacking}", lacking=lacking[0])
    weights = {}
    for name, fresh in new.items():
        if name not in old:
            weights[name] = _silent(name, fresh)
            continue
        value, generator = old[name], torch.Generator().manual_seed(stream_seed(seed, "widen", name))
        for axis in range(min(2, value.ndim)):
            pair = (value.shape[axis], fresh.shape[axis])
            if pair[0] == pair[1]:
                continue
            if pair not in widths:
                raise Refusal("{name} has size {pair} there and {pair_2} here", name=name, pair=pair[0], pair_2=pair[1])
            by_head = _HEADS.search(name) if axis == 0 else _HEADS_IN.search(name)
            source = _sources(widths[pair], head if by_head else None, groups)
            value = value.index_select(axis, source)
            if axis == 1:
                value = value * _shares(source, value.shape, generator)
        if value.shape != fresh.shape:
            raise Refusal(
                "{name} has shape {shape} there and {shape_2} here",
                name=name,
                shape=tuple(value.shape),
                shape_2=tuple(fresh.shape),
            )
        weights[name] = value.to(fresh.dtype)
    return weights


def _segments(before: Mapping | FrozenDict, after: Mapping | FrozenDict) -> dict[tuple[int, int], Segments]:
    """(size before, size after) of an axis → what stands on it: one level's channels, or two joined in the up path."""
    levels = list(zip(before["block_out_channels"], after["block_out_channels"], strict=False))
    if len(before["block_out_channels"]) != len(after["block_out_channels"]):
        raise Refusal("it has another number of levels")
    if levels[0][0] != levels[0][1]:
        raise Refusal(
            "its first width is {levels} and not {levels_2}, which decides the time embedding",
            levels=levels[0][1],
            levels_2=levels[0][0],
        )
    joined = [(deep, shallow) for i, deep in enumerate(levels) for shallow in levels[max(0, i - 1) : i + 1]]
    found: dict[tuple[int, int], Segments] = {}
    for segments in (*((level,) for level in levels), *joined):
        size, wider = sum(a for a, _ in segments), sum(b for _, b in segments)
        if size != wider and found.setdefault((size, wider), segments) != segments:
            raise Refusal("a width of {size} there and {wider} here can be read in two ways", size=size, wider=wider)
    return found


def _sources(segments: Segments, head: int | None, groups: int) -> torch.Tensor:
    """For each new channel the old one that it is or copies, group by group (or head by head)."""
    parts, start = [], 0
    for before, after in segments:
        if after < before:
            raise Refusal("it is narrower ({before} → {after})", before=before, after=after)
        if head:
            order = torch.arange(after) % before
        else:
            small, large = before // groups, after // groups
            inside = torch.arange(large) % small
            order = (torch.arange(groups)[:, None] * small + inside).flatten()
        parts.append(start + order)
        start += before
    return torch.cat(parts)


def _shares(source: torch.Tensor, shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
    """What each reader, along axis 0, takes from each channel, along axis 1: the copies of one sum to 1."""
    share = torch.randn(shape, generator=generator) * 0.5
    totals = torch.zeros(shape[0], int(source.max()) + 1, *shape[2:])
    count = torch.zeros(len(totals[0])).index_add(0, source, torch.ones(len(source)))[source]
    mean = totals.index_add(1, source, share).index_select(1, source)
    count = count.view(1, -1, *[1] * (len(shape) - 2))
    return (share - mean / count).where(count > 1, torch.zeros(())) + 1 / count


def _silent(name: str, fresh: torch.Tensor) -> torch.Tensor:
    """The weights of an attention that `before` lacks: as initialised, but adding 0."""
    if ".attentions." not in name:
        raise Refusal("it lacks {name}", name=name)
    return torch.zeros_like(fresh) if ".to_out.0." in name else fresh.clone()
