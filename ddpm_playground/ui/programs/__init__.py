"""The doors for programs: every deed of `api.offered`, through REST, Gradio's Python client and MCP."""
