"""The national review: shares over capacity reports, with small cells withheld, beside published surveys."""
