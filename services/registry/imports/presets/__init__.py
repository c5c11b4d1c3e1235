"""Presets: how the files of others become rows of an import. A preset is data, one TOML file of this folder, and no Python.

    title, about, source, licence   what the file is, for people
    makes = "ties"                  or domains, identifiers; actors, unless said
    shared = ["geonames"]           schemes whose identifiers are left out where two actors claim the same one
    once = true                     a row whose key an earlier row has is left aside; without it, it is a problem
    rows = {when = …, unless = …}   which rows it reads; the others are left aside
    each = {column = "c", by = ";"} what the column lists makes a row each
    [fields]                        our columns; for each a text that is always the same, or a list of choices

The first choice whose conditions hold and that gives something fills the cell. A choice has

    when = {column = ["a", "b"]}    all of these columns hold one of their texts; [""] is an empty cell, ["*"] one that is not
    from = "column"                 that cell, or
    text = "{one} of {another}"     a text with cells in it; it gives nothing when one of them is empty
    match = "^a/(.+)$"              only what the first group of this expression finds in it
    map = {theirs = "ours"}         a value that is not in the map is a problem, unless
    other = "ours"                  says what it becomes
    upper, lower = true             its letters
    before = "US-"                  what stands before what was found

and `unless`, which is the opposite of `when`.
"""

from services.registry.imports.presets.language import Preset
from services.registry.imports.presets.layouts import Layout, layout
from services.registry.imports.presets.shelf import DOCUMENTED, NAMES, NATIVE, SHELF, keeps_first, makes_of, shared_schemes

__all__ = ["DOCUMENTED", "NAMES", "NATIVE", "SHELF", "Layout", "Preset", "keeps_first", "layout", "makes_of", "shared_schemes"]
