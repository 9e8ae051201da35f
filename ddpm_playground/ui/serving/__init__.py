"""Who may ask the server for what: hosts and owners, requests, turns, files, and work that can be ended."""
