"""Approach reports: who sought contact with an office. Never public."""
