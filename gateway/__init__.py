"""Gateway: identity, tokens, roles, routing, one API document, one event feed."""
