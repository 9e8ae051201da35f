"""The commands of `python -m ddpm_playground`: each module has add_arguments(parser) and run(arguments)."""

from .. import offline as offline  # before anything of the Hub's is imported
