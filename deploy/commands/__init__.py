"""The commands of `comity`, one module for those that need the same packages; `deploy.cli` loads the one that is asked for."""
