"""The messages between Python and the page's scripts, as JSON: every record, with what its fields hold.

Numbers are finite; what is not is null. `python -m ddpm_playground.ui.declarations` writes them anew as
ui/web/protocol.d.ts, for the scripts. How the player's messages follow each other stands in docs/protocol.md.
"""
