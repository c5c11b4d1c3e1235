"""The sample data: governments and bodies that exist, each with its source, and two texts written for the demonstration."""
