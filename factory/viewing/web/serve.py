"""The server of the viewer: on the loopback address alone, until it is told to end."""

import socket
import threading
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from factory.errors import DatasetError, DependencyError, RecipeError

HOST = "127.0.0.1"
PORT = 8765
"""Where nothing else is said and it is free, so that addresses stay the same from day to day."""
_PATIENCE_S = 2


def serve(folders: Sequence[Path], port: int | None, announce: Callable[[str], None], *, browser: bool) -> None:
    """Show these datasets until a signal comes.

    Args:
        folders: one dataset, or two.
        port: 0 for any free one; None for the usual one, or a free one where that is taken.
        announce: is told the address once it answers.
        browser: open it there.

    Raises:
        DatasetError: a folder is no dataset.
        DependencyError: a library is missing.
        RecipeError: the port is taken.
    """
    try:
        import starlette  # noqa: F401 - what the app is made of
        import uvicorn
    except ImportError as error:
        raise DependencyError(
            f"factory view needs {error.name}, which is not installed; run: pip install 'post-training-factory[view]'"
        ) from error
    from factory.viewing.frugal import frugal
    from factory.viewing.web.app import app
    from factory.viewing.web.shown import shown

    frugal()
    found = shown(folders)
    for one in found:
        threading.Thread(target=_warm, args=(one.dataset.warm,), daemon=True).start()
    with _listening(port) as listener:
        address = f"http://{HOST}:{listener.getsockname()[1]}/"
        settings = uvicorn.Config(
            app(found),
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_PATIENCE_S,
        )
        announce(address)
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        uvicorn.Server(settings).run(sockets=[listener])


def _warm(read_ahead: Callable[[], None]) -> None:
    """Read ahead what the first filters need; what can't be read is said to who asks for it."""
    with suppress(DatasetError):
        read_ahead()


def _listening(port: int | None) -> socket.socket:
    """A socket that listens already: who reads the address can ask at once."""
    for tried in (port,) if port is not None else (PORT, 0):
        try:
            return socket.create_server((HOST, tried))
        except OSError as error:
            failed = error
    raise RecipeError(f"port {port} can't be had: {failed.strerror}; give another with --port, or 0 for a free one")
