"""Finds the two small programs built beside these tests, and speaks their language."""
import os
import pathlib
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def program(name):
    """The program of that name: from the build that runs this test, else from the newest build."""
    if "TORRENT_TOOLS" in os.environ:
        return pathlib.Path(os.environ["TORRENT_TOOLS"]) / name
    built = list(ROOT.glob(f"build/*/tests/torrent_judge/{name}"))
    assert built, f"{name} is not built: run ninja first"
    return max(built, key=lambda path: path.stat().st_mtime)


def verdicts(torrents):
    """What essaim says of each: (code or "ok", v1 hex or None, v2 hex or None, files, bytes)."""
    stream = b"".join(struct.pack(">I", len(torrent)) + torrent for torrent in torrents)
    done = subprocess.run([program("torrent_verdict")], input=stream, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    said = []
    for line in done.stdout.decode().splitlines():
        code, v1, v2, files, size = line.split()
        said.append((code, None if v1 == "-" else v1, None if v2 == "-" else v2, int(files), int(size)))
    assert len(said) == len(torrents)
    return said


def judgement(torrent):
    """What libtorrent says of one: ("ok" or its words, v1, v2, files, bytes)."""
    import libtorrent
    try:
        read = libtorrent.torrent_info(torrent)
    except RuntimeError as error:
        return (str(error), None, None, 0, 0)
    hashes = read.info_hashes()
    return ("ok", str(hashes.v1) if hashes.has_v1() else None, str(hashes.v2) if hashes.has_v2() else None,
            read.num_files(), read.total_size())
