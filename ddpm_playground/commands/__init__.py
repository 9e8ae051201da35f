"""The commands of `python -m ddpm_playground`: each module has add_arguments(parser) and run(arguments)."""
