"""People: who holds seats and goes where on whose behalf. Their names live here only, and can be erased here."""
