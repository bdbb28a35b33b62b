"""essaim and python3-libtorrent find the same hashes in the same magnet links, 20,000 of them bent.

Where they disagree, magnet_differences.txt says why; see test_torrent_judge.py.
"""
import collections
import random

from torrent_tools import check_explained, difference, explanations, magnet_judgement, verdicts

V1 = b"c12fe1c06bba254a9dc9f519b335aa7c1367a88a"
V1_BASE32 = b"YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK"
V2 = b"caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e"
PARTS = [b"xt=urn:btih:" + V1, b"xt=urn:btih:" + V1.upper(), b"xt=urn:btih:" + V1_BASE32, b"xt=urn:btmh:1220" + V2,
         b"xt.1=urn:btih:" + V1, b"xt=urn%3Abtih%3A" + V1, b"xt=urn:sha1:" + V1_BASE32, b"dn=a+b%20c", b"xl=12",
         b"tr=udp%3A%2F%2Fa%3A1", b"tr.2=http://b/", b"ws=https%3A%2F%2Fc%2F", b"so=0,2,4-6",
         b"x.pe=1.2.3.4:5", b"zz", b""]
BYTES = b"0129abzABZ=&%:.;+-_/? \n"


def bend(rng):
    parts = [rng.choice(PARTS[:6])] if rng.random() < 0.8 else []
    parts += [rng.choice(PARTS) for _ in range(rng.randrange(5))]
    rng.shuffle(parts)
    link = bytearray(b"magnet:?" + b"&".join(parts))
    for _ in range(rng.choice([0, 1, 1, 2, 5])):
        at = rng.randrange(8, len(link) + 1)
        what = rng.randrange(4)
        if what == 0:
            link[at:at + 1] = bytes([rng.choice(BYTES)])
        elif what == 1:
            link[at:at] = bytes([rng.choice(BYTES)])
        elif what == 2:
            del link[at:at + rng.choice([1, 1, 4, 32])]
        else:
            link[at:at] = link[at:at + rng.randrange(1, 60)]
    return bytes(link)


def test_bent_magnets_name_the_same_torrents():
    rng = random.Random(20261123)
    links = [bend(rng) for _ in range(20000)]
    found = collections.defaultdict(list)
    accepted = 0
    for link, ours in zip(links, verdicts(links)):
        theirs = magnet_judgement(link)
        accepted += ours[0] == theirs[0] == "ok"
        name = difference(ours, theirs)
        if name:
            found[name].append(link)
    assert accepted > 5000
    check_explained(found, explanations("magnet_differences.txt"))
