"""The registry as a reconciliation service (W3C Reconciliation Service API 0.2), as OpenRefine and others speak it."""
