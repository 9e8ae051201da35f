"""Who says so, in Traditional Chinese: names stay, places in a paper and what is remarked are said."""

import re

# A place in a paper, and how it is called.
PLACES = (
    (r", algorithm (\d+), line (\d+)", r"，演算法 \1 第 \2 行"),
    (r", section ([\d.]+) and (table|figure) (\d+)", r"，第 \1 節與 \2 \3"),
    (r", section ([\d.]+) and appendix (\w+)", r"，第 \1 節與附錄 \2"),
    (r", section ([\d.]+) and (\d+)", r"，第 \1 與 \2 節"),
    (r", section ([\d.]+)", r"，第 \1 節"),
    (r", appendix ([\w.]+)", r"，附錄 \1"),
    (r", eq\. (\d+)", r"，式 \1"),
    (r", (table|figure) (\d+)", r"，\1 \2"),
    (r"\btable (\d+)", r"表 \1"),
    (r"\bfigure (\d+)", r"圖 \1"),
)
REMARKS = {
    "the scheduler's own step": "排程器自己的 step",
    "the scheduler's own words": "排程器自己的話",
    "configs": "的設定",
    "measured after set_timesteps": "在 set_timesteps 之後測得",
    "measured in float32": "以 float32 測得",
    "measured in float64": "以 float64 測得",
    "measured on Gaussian data": "以高斯資料測得",
    "measured on this run's scheduler": "以這次執行的排程器測得",
    "measured on this run": "在這次執行中測得",
    "SNR(t) falls strictly": "SNR(t) 嚴格遞減",
    "β so that SNR at T is as small as possible": "β 使 T 時的 SNR 盡可能小",
    "log β̃_t is clipped for this reason": "log β̃_t 因此被截斷",
    "a fifth of the linear schedule can be skipped": "線性排程可以略過五分之一",
    "an abrupt loss of information hurts": "資訊驟然流失有害",
    "1 − 2⁻²⁴ rounds to 1 in float32": "1 − 2⁻²⁴ 在 float32 捨入為 1",
    "float32 near 1 is spaced by 6e-8": "float32 在 1 附近的間距是 6e-8",
    "β_t learned, constant or rising": "β_t 學得、不變或遞增",
    " and ": " 與 ",
}


def told(reference: str) -> str:
    """A reference of the English table as it is said here."""
    for place, called in PLACES:
        reference = re.sub(place, called, reference)
    for remark, called in REMARKS.items():
        reference = reference.replace(remark, called)
    return (
        reference.replace("節與 ", "節與").replace("; ", "；").replace(": ", "：").replace("diffusers, ", "diffusers，")
    )
