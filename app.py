"""DDPM Playground: build the page and serve it. Also the entry of the Hugging Face Space."""

from ddpm_playground.ui.serving.address import address_or_exit

if __name__ == "__main__":
    address_or_exit()  # gradio reads the port as soon as it is imported, and fails on one that is none

from ddpm_playground.ui.app import build, launch  # noqa: E402

demo = build()

if __name__ == "__main__":
    launch(demo)
