"""DDPM Playground: denoising diffusion probabilistic models one can see, touch and check."""

import os

__version__ = "0.1.0"

# Nothing leaves the machine unless somebody asks for it. Several libraries report their use to their makers, some as
# soon as they are imported, and native code does so past every Python socket; docs/security.md has what each was seen
# to do. This stands here because whatever starts the package, page, command, library or worker, imports it first.
SILENT = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime looks its maker's host up at import
    "GRADIO_ANALYTICS_ENABLED": "False",  # gradio: version check, launch report, address look-up
    # Of every event it also keeps statistics, computed anew from the last 10,000 whenever one ends.
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
if os.environ.get("DDPM_HUB") != "1":
    SILENT["HF_HUB_OFFLINE"] = "1"  # a Hub id is read only on request
for _name, _value in SILENT.items():
    os.environ.setdefault(_name, _value)
