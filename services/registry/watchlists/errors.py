"""The states in which watch lists are refused."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class WatchlistNotFound(NotFound):
    code, title = "watchlist_not_found", "There is no such watch list that you may see."


class WatchlistVersionNotFound(NotFound):
    code, title = "watchlist_version_not_found", "The watch list has no such version."


class WatchlistExists(Conflict):
    code, title = "watchlist_exists", "A watch list of this name and publisher is kept already."
    mend = "Add a version to that list, or give this one another name."


class WatchlistVersionExists(Conflict):
    code, title = "watchlist_version_exists", "The watch list has a version of this name already."
    mend = "Read the list: if its current version is yours, nothing is left to do; else give the new one another name."


class WatchlistOfAnother(Forbidden):
    code, title = "watchlist_of_another", "The watch list is kept by another organisation."


class WatchlistWithdrawn(Conflict):
    code, title = "watchlist_withdrawn", "The watch list was withdrawn."
    mend = "Its versions stay to be read. Begin a list of another name if there is one to keep again."


class WatchlistEntriesWrong(Invalid):
    code, title = "watchlist_entries_wrong", "The version has faults; nothing of it was taken."
