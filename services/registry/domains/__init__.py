"""Official domains: which internet domains a source gives as an actor's own. Evidence for claims; it verifies nobody by itself."""
