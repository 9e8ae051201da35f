"""The screens; the only place with gradio."""
