"""Gates: what a rule asks for before a step may be taken, and who answers."""
