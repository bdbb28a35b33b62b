"""What an idle connection costs: at most 2 KiB of the process. 10,000 of them with ESSAIM_LONG, else 800."""
import os
import resource
import time

import pytest
from http_tools import Client, ask, probe, request


def memory(process):
    lines = dict(line.split(":", 1) for line in open(f"/proc/{process.pid}/status").read().splitlines())
    return int(lines["VmRSS"].split()[0]), int(lines["VmSize"].split()[0])


def test_an_idle_connection_is_small():
    count = 10000 if os.environ.get("ESSAIM_LONG") else 800
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 100:
        pytest.skip(f"only {hard} file descriptors allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, hard))
    try:
        with probe(loops=2, idle_ms=120000) as server:
            assert all(ask(server.port).status == 200 for _ in range(50))
            before, virtual = memory(server.process)
            clients = [Client(server.port) for _ in range(count)]
            for client in clients:
                client.send(request())
            for client in clients:
                assert client.read_answer().status == 200
            time.sleep(0.2)
            each = (memory(server.process)[0] - before) * 1024 / count
            print(f"{count} idle connections: {each:.0f} bytes each")
            if virtual < 1 << 30:  # a sanitizer's shadow is no measure
                assert each <= 2048
            start = time.monotonic()
            for _ in range(100):
                assert ask(server.port).status == 200
            print(f"100 requests beside them: {time.monotonic() - start:.3f} s")
            for client in clients:
                client.socket.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
