"""The inbox: what stands in the seats a caller holds."""
