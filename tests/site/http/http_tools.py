"""Starts the probe, and nginx before it, and speaks raw HTTP to them."""
import contextlib
import functools
import os
import pathlib
import re
import select
import shutil
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


@functools.lru_cache(maxsize=None)
def program(name="http_probe"):
    """The program of that name, brought up to date in the build under test, else in the newest one."""
    if "ESSAIM_BINARY" in os.environ:
        build = pathlib.Path(os.environ["ESSAIM_BINARY"]).resolve().parent
    else:
        builds = [path.parent for path in ROOT.glob("build/*/build.ninja")]
        assert builds, "nothing is built yet: ./dev build"
        build = max(builds, key=lambda path: path.stat().st_mtime)
    target = f"{HERE.relative_to(ROOT)}/{name}"
    done = subprocess.run(["ninja", "-C", build, target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return build / target


class Probe:
    """A running http_probe; settings are its words, e.g. head_ms=300."""

    def __init__(self, **settings):
        words = [f"{key}={value}" for key, values in settings.items()
                 for value in (values if isinstance(values, list) else [values])]
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([program(), *words], stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline().decode()
        assert line.startswith("listening "), line
        self.port = int(line.split()[1])

    def logged(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        log = self.logged()
        self.log.close()
        assert self.process.returncode == 0, f"exit {self.process.returncode}: {log[-4000:]}"
        assert "runtime error" not in log and "Sanitizer" not in log, log[-4000:]


@contextlib.contextmanager
def probe(**settings):
    running = Probe(**settings)
    try:
        yield running
    finally:
        running.stop()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream probe {{ server 127.0.0.1:{upstream}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 20m;
        location / {{
            proxy_pass http://probe; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header Host $http_host; proxy_request_buffering off;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto https;
        }}
    }}
}}
"""


@contextlib.contextmanager
def nginx_before(upstream):
    """Yields the port of an nginx that hands everything on to `upstream`, or None without nginx."""
    binary = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not binary:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="essaim-nginx-") as folder:
        port = free_port()
        pathlib.Path(folder, "conf").write_text(NGINX.format(folder=folder, port=port, upstream=upstream))
        server = subprocess.Popen([binary, "-p", folder, "-c", f"{folder}/conf", "-e", f"{folder}/error.log"])
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield port
        finally:
            server.terminate()
            server.wait(10)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return ", ".join(value for key, value in self.headers if key == name.lower())

    @property
    def text(self):
        return self.body.decode()


class Client:
    """One connection. Reads answers by the rules, so that a wrong length shows."""

    def __init__(self, port, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def more(self):
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.held += piece
        return piece

    def read_answer(self, head_only=False):
        """The next answer, or None where the server closes instead."""
        while b"\r\n\r\n" not in self.held:
            if not self.more():
                assert not self.held, self.held
                return None
        head, self.held = self.held.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        assert re.fullmatch(r"HTTP/1\.1 \d{3} [A-Za-z ]+", lines[0]), lines[0]
        status = int(lines[0].split()[1])
        headers = [(line.split(": ", 1)[0].lower(), line.split(": ", 1)[1]) for line in lines[1:]]
        answer = Answer(status, headers, b"")
        if status < 200 or status in (204, 304) or head_only:
            return answer
        if answer.header("transfer-encoding") == "chunked":
            answer.body = self.read_chunks()
            return answer
        length = int(answer.header("content-length"))
        while len(self.held) < length:
            assert self.more(), f"cut off: {len(self.held)} of {length}"
        answer.body, self.held = self.held[:length], self.held[length:]
        return answer

    def read_chunks(self):
        body = b""
        while True:
            while b"\r\n" not in self.held:
                assert self.more()
            size, self.held = self.held.split(b"\r\n", 1)
            length = int(size, 16)
            while len(self.held) < length + 2:
                assert self.more()
            body, self.held = body + self.held[:length], self.held[length + 2:]
            if length == 0:
                return body

    def is_closed(self, within=3):
        """True once the server has closed, False when it keeps the connection for that long."""
        ready, _, _ = select.select([self.socket], [], [], within)
        return bool(ready) and not self.more()


def request(method="GET", target="/hello", headers=(), body=b"", version="HTTP/1.1", host="localhost"):
    lines = [f"{method} {target} {version}"] + ([f"Host: {host}"] if host else []) + list(headers)
    if body and not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def ask(port, *arguments, timeout=10, **settings):
    with Client(port, timeout) as client:
        client.send(request(*arguments, **settings))
        method = arguments[0] if arguments else settings.get("method", "GET")
        return client.read_answer(head_only=method == "HEAD")
