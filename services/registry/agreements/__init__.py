"""What the registry knows of agreements: who is party to one that is, or was, in force. Public facts, kept by following the agreements' feed."""
