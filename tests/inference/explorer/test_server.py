"""The explorer's page is for the visitor who was given its address, and one visitor cannot harm another."""

import asyncio
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import panel as pn
import pytest
from bokeh.client import ClientSession, pull_session
from tornado.websocket import websocket_connect

from inference.explorer.server import AddressError, page_server, served_hosts

REDRAWS = 200


def page() -> pn.Column:
    """What the explorer's page is made of: a slider, and something drawn twice for every position of it."""
    slider = pn.widgets.IntSlider(label="x", start=0, end=10 * REDRAWS)

    def shown(value: int) -> Iterator[pn.Column]:
        yield pn.Column(pn.pane.Markdown(f"first {value}"))
        yield pn.Column(pn.pane.Markdown(f"then {value}"))

    return pn.Column(slider, pn.bind(shown, slider))


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, object]]:
    """Address and server, running in a thread of its own."""
    started, found = threading.Event(), []

    def run() -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        server, url = page_server(page)
        found.extend([url, server])
        server.start()
        server.io_loop.add_callback(started.set)
        server.io_loop.start()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(60)
    url, server = found
    yield url, server
    server.io_loop.add_callback(server.io_loop.stop)
    thread.join(20)


def asked(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_page_answers_its_own_address_alone(served):
    url, _ = served
    root = f"http://{urlsplit(url).netloc}"
    assert asked(url) == 200
    assert {asked(root), asked(f"{root}/"), asked(f"{root}/guessed"), asked(f"{url}x")} == {403}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Host": "rebound.example:5006"},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_a_request_that_names_another_host_or_comes_from_another_page_is_refused(headers, served):
    assert asked(served[0], **headers) == 403


def test_the_page_listens_on_this_machine_alone(served):
    sockets = served[1]._http._sockets.values()
    assert {s.getsockname()[0] for s in sockets} == {"127.0.0.1"}


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "localhost", "myhost", ""])
def test_an_address_without_a_host_to_check_is_refused_in_one_line(address):
    with pytest.raises(AddressError, match=r"^`address` [^\n]+$"):
        served_hosts(address, 5006)


def test_a_port_that_is_taken_is_refused_in_one_line(served):
    taken = urlsplit(served[0]).port
    with pytest.raises(AddressError, match=rf"`port` {taken}: cannot be listened on"):
        page_server(page, port=taken)


def slider_of(session: ClientSession):
    return next(m for m in session.document.models if type(m).__name__ == "Slider")


def documents(server, url: str) -> list:
    """What the server holds for each visitor."""
    return [s.document for s in server.get_sessions(urlsplit(url).path)]


def texts(document) -> str:
    found = (getattr(m, "text", None) for m in document.models)
    return " ".join(t for t in found if isinstance(t, str))


def settled(server, url: str, text: str) -> bool:
    """Does somebody see this within ten seconds?"""
    for _ in range(100):
        if any(f"{text}&" in texts(d) for d in documents(server, url)):
            return True
        time.sleep(0.1)
    return False


def test_a_visitor_who_redraws_and_one_who_sends_rubbish_leave_the_other_as_it_was(served):
    url, server = served
    busy, quiet = pull_session(url=url), pull_session(url=url)
    sizes = []
    for i in range(1, REDRAWS + 1):
        slider_of(busy).value = i
        busy.force_roundtrip()
        if i in (5, REDRAWS):
            assert settled(server, url, f"then {i}")
            sizes.append(max(len(list(d.models)) for d in documents(server, url)))
    assert sizes[0] == sizes[1], "each redraw leaves something behind"

    async def rubbish() -> None:
        place = urlsplit(url)
        socket = await websocket_connect(
            f"ws://{place.netloc}{place.path}/ws", subprotocols=["bokeh", "none"]
        )
        await socket.write_message("{no message")
        socket.close()

    sender = threading.Thread(target=lambda: asyncio.run(rubbish()))  # a loop of its own
    sender.start()
    sender.join(20)
    slider_of(quiet).value = 7
    quiet.force_roundtrip()
    assert settled(server, url, "then 7")
    assert settled(server, url, f"then {REDRAWS}")
    busy.close()
    quiet.close()
