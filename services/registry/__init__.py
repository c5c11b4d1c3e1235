"""Registry: who exists, who belongs to whom, who speaks for whom."""
