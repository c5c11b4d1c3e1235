"""What happened to a record, from its events: who changed what, when and why, and how it stood at any instant."""
