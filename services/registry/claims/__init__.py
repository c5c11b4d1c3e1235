"""Claims: somebody says that they are the person in a seat, and the manager of the organisation says whether that is so."""
