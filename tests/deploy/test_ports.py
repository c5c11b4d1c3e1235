import socket

import pytest

from deploy.errors import StartRefused
from deploy.ports import free_or_explain


def test_a_free_port_is_no_news() -> None:
    free_or_explain("127.0.0.1", 0)
    free_or_explain("localhost", 0)


def test_a_port_in_use_names_one_that_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartRefused, match=rf"^Port {port} is in use \(by another program\)\. Stop it or choose another: COMITY_PORT=\S+ make up$"):
            free_or_explain("127.0.0.1", port)
        with pytest.raises(StartRefused, match="in use"):
            free_or_explain("0.0.0.0", port)


def test_the_port_is_free_again_afterwards() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    free_or_explain("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port", "said"), [("127.0.0.1", 70000, "is no port"), ("192.0.2.1", 8000, "address of this machine")])
def test_what_cannot_be_listened_on_is_explained(host: str, port: int, said: str) -> None:
    with pytest.raises(StartRefused, match=said):
        free_or_explain(host, port)
