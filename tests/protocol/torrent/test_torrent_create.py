"""A torrent made by essaim is byte for byte the one python3-libtorrent makes from the same options."""
import itertools
import subprocess

import libtorrent as lt
import pytest

from torrent_tools import program

PIECE = 32768
BLOCK = 16384
KINDS = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}
EXECUTABLE, HIDDEN = 2, 4


def pattern(size):
    """The bytes torrent_make feeds for a file of that size."""
    period = bytes((at * 7 + at // 251 + size) % 256 for at in range(min(size, 251 * 256)))
    return (period * (size // len(period) + 1))[:size] if size else b""


def make_theirs(folder, kind, name, files, piece, options):
    storage = lt.file_storage()
    for path, size, flags in files:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(pattern(size))
        theirs = (lt.file_flags_t.flag_executable if flags & EXECUTABLE else 0) | (
            lt.file_flags_t.flag_hidden if flags & HIDDEN else 0)
        storage.add_file(path, size, theirs)
    torrent = lt.create_torrent(storage, piece, KINDS[kind])
    for tier, url in enumerate(options.get("trackers", [])):
        torrent.add_tracker(url, tier)
    for url in options.get("web_seeds", []):
        torrent.add_url_seed(url)
    if options.get("comment"):
        torrent.set_comment(options["comment"])
    if options.get("created_by"):
        torrent.set_creator(options["created_by"])
    torrent.set_priv(options.get("private", False))
    lt.set_piece_hashes(torrent, str(folder))
    made = torrent.generate()
    del made[b"creation date"]
    if options.get("date"):
        made[b"creation date"] = options["date"]
    if options.get("source"):
        made[b"info"][b"source"] = options["source"].encode()
    return lt.bencode(made)


def make_ours(kind, name, files, piece, options, is_folder):
    cut = len(name) + 1 if is_folder else 0
    words = [program("torrent_make"), kind, name, "folder" if is_folder else "file", str(piece),
             "1" if options.get("private") else "0", options.get("source", ""), options.get("comment", ""),
             options.get("created_by", ""), str(options.get("date", 0)), ",".join(options.get("trackers", [])),
             ",".join(options.get("web_seeds", []))]
    words += [f"{path[cut:]}:{size}:{flags}" for path, size, flags in files]
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def check(folder, kind, name, files, piece=PIECE, options=None, is_folder=True):
    theirs = make_theirs(folder, kind, name, files, piece, options or {})
    ours = make_ours(kind, name, files, piece, options or {}, is_folder)
    assert lt.bdecode(ours)[b"info"] == lt.bdecode(theirs)[b"info"]
    assert ours == theirs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, BLOCK + 1, PIECE - 1, PIECE, PIECE + 1, PIECE + BLOCK,
                                  2 * PIECE, 3 * PIECE - 1, 5 * PIECE + 1, 8 * PIECE, 700001])
def test_one_file(tmp_path, kind, size):
    check(tmp_path, kind, "song.ogg", [("song.ogg", size, 0)], is_folder=False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("piece", [BLOCK, 2 * PIECE, 1 << 20])
def test_folder_with_sizes_around_borders(tmp_path, kind, piece):
    sizes = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, piece - 1, piece, piece + 1, 3 * piece + BLOCK, 2 * piece, 0]
    files = [(f"work/part {n:02}.bin", size, 0) for n, size in enumerate(sizes)]
    check(tmp_path, kind, "work", files, piece)


@pytest.mark.parametrize("kind", KINDS)
def test_folder_with_one_file(tmp_path, kind):
    check(tmp_path, kind, "work", [("work/only", 100000, 0)])


@pytest.mark.parametrize("kind", KINDS)
def test_empty_files_everywhere(tmp_path, kind):
    for n, sizes in enumerate(itertools.permutations([0, 0, 5, PIECE], 4)):
        files = [(f"w/{place}", size, 0) for place, size in enumerate(sizes)]
        check(tmp_path / str(n), kind, "w", files)


@pytest.mark.parametrize("kind", KINDS)
def test_nested_folders_sort_by_their_parts(tmp_path, kind):
    names = ["a/z", "a!b", "a.b/c", "a/b/c", "a/b/é.txt", "a/b!", "B", "a/Z", "ab", "a b/c", "z/é/ü"]
    files = [(f"w/{name}", 1000 + 7001 * n, 0) for n, name in enumerate(names)]
    check(tmp_path, kind, "w", files)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_files_share_a_layer(tmp_path, kind):
    check(tmp_path, kind, "w", [(f"w/{name}", 4 * PIECE + 5, 0) for name in "abc"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_folder", [False, True])
def test_options(tmp_path, kind, is_folder):
    options = {"trackers": ["udp://a.example:6969/announce", "https://b.example/announce"],
               "web_seeds": ["https://c.example/x/", "http://d.example/"], "comment": "à lire", "date": 1790000000,
               "created_by": "essaim", "private": True, "source": "essaim"}
    files = [("w/run", 70000, EXECUTABLE), ("w/.x", 3, HIDDEN | EXECUTABLE), ("w/y", 9, HIDDEN)]
    if not is_folder:
        files = [("w", 70000, EXECUTABLE)]
    check(tmp_path, kind, "w", files, options=options, is_folder=is_folder)
    options["trackers"], options["web_seeds"] = options["trackers"][:1], options["web_seeds"][:1]
    check(tmp_path, kind, "w", files, options=options, is_folder=is_folder)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [2684355, 2684356, 10737418, 10737419])
def test_piece_length_is_chosen_alike(tmp_path, kind, size):
    check(tmp_path, kind, "big", [("big", size, 0)], piece=0, is_folder=False)


@pytest.mark.parametrize("kind", KINDS)
def test_piece_length_is_chosen_alike_for_huge_files(kind):
    storage = lt.file_storage()
    storage.add_file("w", 43980465112)
    assert lt.create_torrent(storage, 0, KINDS[kind]).piece_length() == 4 << 20
    # 4 MiB is what create_test.c expects for the same size
