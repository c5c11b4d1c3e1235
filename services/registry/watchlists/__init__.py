"""Watch lists of intermediaries: kept by version, matched with an explanation."""
