"""The facts this service records."""
