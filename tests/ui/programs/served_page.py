"""The page with MCP, whose workers are warmed first. `python -m tests.ui.programs.served_page` serves it."""

from ddpm_playground.ui import app
from ddpm_playground.ui.serving.deeds import WORKERS

if __name__ == "__main__":
    app.warm, app.WARM_AFTER_S = WORKERS.start, 0.0
    try:
        app.launch(app.build())
    finally:
        WORKERS.stop()
