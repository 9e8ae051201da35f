"""What programs may ask for: one table of functions with typed arguments, for REST, the Python client and MCP alike."""
