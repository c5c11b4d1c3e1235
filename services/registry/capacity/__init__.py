"""Capacity reports: what governments say of their own means for international work."""
