"""DDPM Playground: build the page and serve it. Also the entry of the Hugging Face Space."""

import os

# Nothing leaves the machine: set before gradio and diffusers are imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from ddpm_playground.ui.app import build, launch  # noqa: E402

demo = build()

if __name__ == "__main__":
    launch(demo)
