"""How the server reads HTTP/1.1: as uvicorn does, and bounded. Of what is no body it keeps a bounded part, and trailers are no headers."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST = 262_144  # bytes that may come without a head or a part of a body being complete


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A head, or trailers, that do not end are answered with 400 before they fill the memory.

    The fields after a chunked body would come to stand among the headers when all arrives at once, so that a client could say there
    what somebody before this server lets nobody say.
    """

    _headed = False
    _fruitless = 0

    def data_received(self, data: bytes) -> None:
        self._fruitless += len(data)
        super().data_received(data)
        if self._fruitless > LARGEST and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        self._headed = False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._headed:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._headed, self._fruitless = True, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._fruitless = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._fruitless = 0
        super().on_message_complete()
