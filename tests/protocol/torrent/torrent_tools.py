"""Finds the two small programs built beside these tests, and speaks their language."""
import functools
import os
import pathlib
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


@functools.lru_cache(maxsize=None)
def program(name):
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


def magnet_judgement(link):
    """What libtorrent says of a magnet link: ("ok" or its words, v1, v2)."""
    import libtorrent
    try:
        read = libtorrent.parse_magnet_uri(link.decode("latin-1"))
    except RuntimeError as error:
        return (str(error), None, None)
    hashes = read.info_hashes
    return ("ok", str(hashes.v1) if hashes.has_v1() else None, str(hashes.v2) if hashes.has_v2() else None)


def difference(ours, theirs):
    """The name of a disagreement, or None. Only what both accept has hashes to compare."""
    if (ours[0] == "ok") == (theirs[0] == "ok"):
        return "hashes differ" if ours[1:3] != theirs[1:3] else None
    return f"only essaim refuses, {ours[0]}" if theirs[0] == "ok" else f"only libtorrent refuses, {theirs[0]}"


def explanations(name):
    """{class of difference: why}, from a list beside the tests."""
    lines = (HERE / name).read_text().splitlines()
    rows = [line.split(":", 1) for line in lines if line and not line.startswith("#")]
    return {name.strip(): why.strip() for name, why in rows}


def check_explained(found, known):
    """found: {class of difference: [inputs]}. All must be known, and all known must be found."""
    unexplained = [f"{name}: {len(some)} times, as in {min(some, key=len)[:600]}" for name, some in found.items()
                   if name not in known]
    assert not unexplained, "\n".join(unexplained)
    assert not set(known) - set(found), "explained, but it no longer happens"
