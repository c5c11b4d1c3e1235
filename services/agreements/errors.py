"""The states in which this service refuses, each with its problem type."""
