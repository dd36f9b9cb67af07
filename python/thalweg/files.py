"""Files that have their name when they are complete and on disk, as the program writes its own."""

import contextlib
import os
import pathlib


@contextlib.contextmanager
def complete(path):
    """A file for bytes that replaces `path`, a regular file or nothing, when the block ends without an error."""
    path = pathlib.Path(path)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise OSError(f"'{path}' is no regular file: nothing else is replaced")
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
