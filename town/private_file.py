"""Files with secrets in them: for their owner alone, and there whole or not at all."""

import os
from pathlib import Path


def write_private(path: Path, content: str | bytes) -> None:
    """A file that only its owner may read, there whole or not at all, with the owner of its folder when we are root."""
    new = path.with_name(f".{path.name}.new")
    data = content.encode() if isinstance(content, str) else content
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(new, folder.st_uid, folder.st_gid)
    new.replace(path)
