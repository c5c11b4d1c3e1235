"""Audiences: who would receive a briefing, who would not, and why."""
