"""What would apply, before anyone drafts."""
