"""The routes of the canvas on a real server: cold, from six threads at once, and quick."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

import builder
from builder.project import Project
from tests.graphs import long
from tests.server import Server


def request(server: Server, path: str, content: Any = None) -> Any:
    """What a real server answers."""
    body = None if content is None else json.dumps(content).encode()
    headers = {"content-type": "application/json", "origin": server.url}
    asked = urllib.request.Request(f"{server.url}{path}", body, headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.loads(answer.read())


def test_six_at_once_on_a_real_server(server: Server) -> None:
    """A cold server answers at once, without shapes; nothing of what six threads send is lost."""
    (server.home / "projects").mkdir(parents=True, exist_ok=True)
    builder.save(Project(graphs={"model": long(20)}), server.home / "projects/busy.json")
    began = time.monotonic()
    seen = request(server, "/api/projects/busy/scene")
    assert len(seen["nodes"]) == 20 and (time.monotonic() - began < 1.5 or not seen["pending"])

    def work(number: int) -> None:
        for n in range(1, 9):
            edit = {"edit": "config", "node": f"n{2 * number + 1}", "config": {"units": 100 + n}}
            wishes = {"tab": f"t{number}", "edits": [{"n": n, "do": "edit", "edit": edit}]}
            request(server, "/api/projects/busy/edits", wishes)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    graph = builder.load(server.home / "projects/busy.json").graph
    assert [graph[f"n{2 * number + 1}"].config["units"] for number in range(6)] == [108] * 6
    end = time.monotonic() + 30
    while (seen := request(server, "/api/projects/busy/scene"))["pending"]:
        assert time.monotonic() < end
        time.sleep(0.3)
    assert seen["revision"] == 48 and seen["totals"]["errors"] == 0
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(
            urllib.request.Request(
                f"{server.url}/api/projects/busy/edits", b"{}", {"origin": "http://evil.example"}
            )
        )


def test_answers_do_not_wait_for_the_browser(server: Server) -> None:
    """Headers and body go out at once; the system would hold the body back until the headers are confirmed (40 ms)."""
    one = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    took = []
    for _ in range(20):
        began = time.perf_counter()
        one.request("GET", "/_stcore/health")
        one.getresponse().read()
        took.append(time.perf_counter() - began)
    assert sorted(took)[5] < 0.035
