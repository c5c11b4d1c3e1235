"""The texts of agreements: versions in languages, each with its hash."""
