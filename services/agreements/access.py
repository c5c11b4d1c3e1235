"""Who may do what here: the scopes of this service and the aliases its routes use."""
