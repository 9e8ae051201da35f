"""What the package offers in anybody's code: a pipeline watched while it runs, and its own deeds in a notebook.

Its names are attributes of the package itself, each imported when it is first asked for.
"""
