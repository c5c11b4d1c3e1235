"""Whether a port can be listened on, asked before anything else is started."""

import errno
import socket

from deploy.errors import StartRefused


def free_or_explain(host: str, port: int, *, setting: str = "COMITY_PORT") -> None:
    """Returns when `host:port` can be listened on; otherwise StartRefused, naming a port that can."""
    if not 0 <= port <= 65535:
        raise StartRefused(f"{port} is no port. Choose one from 1024 to 65535: {setting}=8000 make up")
    problem = _try(host, port)
    if problem is None:
        return
    if problem.errno == errno.EADDRINUSE:
        other = next((near for near in range(port + 1, min(port + 50, 65536)) if _try(host, near) is None), None)
        choice = f"{setting}={other} make up" if other else f"{setting}=… make up"
        raise StartRefused(f"Port {port} is in use (by another program). Stop it or choose another: {choice}")
    if problem.errno == errno.EACCES:
        raise StartRefused(f"Port {port} needs more rights than this account has. Choose one above 1023: {setting}=8000 make up")
    raise StartRefused(f"Nothing can listen on {host}, port {port}: {(problem.strerror or str(problem)).lower()}. Use an address of this machine.")


def _try(host: str, port: int) -> OSError | None:
    """Why `host:port` cannot be listened on; None when it can. A name stands for several addresses: one is enough, none may be taken."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        return error
    problems = [_try_one(family, address) for family, _, _, _, address in addresses]
    taken = next((problem for problem in problems if problem and problem.errno == errno.EADDRINUSE), None)
    return taken or (None if None in problems else problems[0])


def _try_one(family: int, address: tuple[object, ...]) -> OSError | None:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As the server itself does: connections that were closed a moment ago do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
