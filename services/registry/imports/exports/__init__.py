"""The registry as files that an import takes back: for each thing that a file may make, the statement that writes such a file.

What is exported are the records as they were made, in columns of an import and in the order of their keys, so that a file read into
another registry is exported from there as the same bytes. Identity that follows from judgements is not in it: whoever was merged is named
as it was recorded.
"""
