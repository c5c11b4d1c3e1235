"""Whether a folder can be used, asked by using it: permissions, read-only mounts and full disks all answer the same way."""

import os
import tempfile
from pathlib import Path

from deploy.errors import StartRefused


def check_folder(path: Path, *, setting: str = "COMITY_DATA") -> Path:
    """`path`, made if it is missing and writable; otherwise StartRefused, naming the setting that chooses another."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path, prefix=".writable-") as probe:
            os.write(probe.fileno(), b"\0")
    except OSError as error:
        reason = "there is a file in its place" if isinstance(error, FileExistsError | NotADirectoryError) else (error.strerror or str(error)).lower()
        raise StartRefused(f"The folder {path} cannot be written to: {reason}. Correct that or choose another: {setting}=/path make up") from error
    return path
