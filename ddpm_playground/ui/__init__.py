"""The screens; the only place with gradio."""

from .. import offline as offline  # before anything of the Hub's is imported
