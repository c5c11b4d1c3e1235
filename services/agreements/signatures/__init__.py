"""Signatures over the hashes of every authentic text."""
