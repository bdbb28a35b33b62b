#!/usr/bin/env python3
"""The worst torrents: to read or refuse one may cost 200 ms of processor and 64 MB of memory, no more."""
import hashlib
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = "tests/protocol/torrent/torrent_verdict"
MS_MAX, MB_MAX = 200, 64


def write(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, dict):
        return b"d" + b"".join(write(key) + write(item) for key, item in sorted(value.items())) + b"e"
    return b"l" + b"".join(write(item) for item in value) + b"e"


def v1(paths, piece=16384):
    pieces = bytes(20 * (-(-len(paths) // piece)))
    files = [{b"length": 1, b"path": path} for path in paths]
    return write({b"info": {b"files": files, b"name": b"n", b"piece length": piece, b"pieces": pieces}})


def v2(tree, layers=None):
    return write({b"info": {b"file tree": tree, b"meta version": 2, b"name": b"n", b"piece length": 16384},
                  b"piece layers": layers or {}})


def root_of(layer):
    row = [layer[at:at + 32] for at in range(0, len(layer), 32)]
    row += [bytes(32)] * ((1 << (len(row) - 1).bit_length()) - len(row))
    while len(row) > 1:
        row = [hashlib.sha256(row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
    return row[0]


def torrents():
    leaf, empty = {b"": {b"length": 1, b"pieces root": b"x" * 32}}, {b"": {b"length": 0}}
    layer = os.urandom(32 * 310000)
    yield "200,000 files, v1", v1([[b"f%d" % n] for n in range(200000)])
    yield "100,000 files in folders, v1", v1([[b"d%d" % (n % 100), b"file%d" % n] for n in range(100000)])
    yield "130,000 files, v2", v2({b"f%06d" % n: leaf for n in range(130000)})
    yield "310,000 piece hashes, v2", v2({b"a": {b"": {b"length": 310000 * 16384, b"pieces root": root_of(layer)}}},
                                         {root_of(layer): layer})
    yield "250,000 files, v1", v1([[b"%d" % n] for n in range(250000)])
    yield "100,000 files of one name", v1([[b"same"]] * 100000)
    yield "long names of bad bytes", v1([[b"\xff" * 49 + b"%d" % n] for n in range(120000)])
    yield "a long folder of 199,999 files", v2({b"d" * 3800: {b"%d" % n: empty for n in range(199999)}})
    yield "ten million lists", b"l" * 10_000_000
    yield "three million numbers", b"d4:infol" + b"i0e" * 3_300_000 + b"ee"
    yield "900,000 keys out of order", b"d" + b"".join(b"6:%06d0:" % n for n in range(900000, 0, -1)) + b"e"
    yield "nested keys out of order", b"d1:b0:1:a" * 90 + b"l" + b"i0e" * 2_900_000 + b"e" + b"e" * 90


# In a small process of its own: a child's peak of memory counts what its parent held when it was born.
MEASURE = """
import os, subprocess, sys
with open(sys.argv[2], "rb") as stream:
    child = subprocess.Popen([sys.argv[1]], stdin=stream, stdout=subprocess.PIPE)
said = child.stdout.read().split()[0].decode()
usage = os.wait4(child.pid, 0)[2]
print((usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss / 1000, said)
"""


def measure(program, torrent):
    """(milliseconds of processor, megabytes, verdict), the program's own start included."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(struct.pack(">I", len(torrent)) + torrent)
        file.flush()
        words = [sys.executable, "-S", "-c", MEASURE, program, file.name]
        done = subprocess.run(words, check=True, capture_output=True)
    ms, mb, said = done.stdout.decode().split()
    return float(ms), float(mb), said


def main():
    binary = os.environ.get("ESSAIM_BINARY", ROOT / "build" / "release" / "essaim")
    build = pathlib.Path(binary).resolve().parent
    subprocess.run(["ninja", "-C", build, PROGRAM], check=True, stdout=subprocess.DEVNULL)
    bad = 0
    for name, torrent in torrents():
        ms, mb, said = min(measure(build / PROGRAM, torrent) for _ in range(3))
        fine = ms <= MS_MAX and mb <= MB_MAX
        bad += not fine
        words = said if fine else f"{said}: TOO MUCH"
        print(f"{name:<34}{len(torrent) / 1e6:6.1f} MB  {ms:4.0f} ms {mb:4.0f} MB  {words}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
