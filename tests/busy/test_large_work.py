"""One work of as many files as a torrent may have, asked for by several people at once."""
import hashlib
import threading
from pathlib import Path

import libtorrent

from server import WORDS, Made

FILES = 200_000
MIB = 1 << 20


def make_large():
    info = libtorrent.bencode({b'files': [{b'length': 1, b'path': [b'd"\\', b'%x' % i]} for i in range(FILES)],
                               b'name': b'large', b'piece length': MIB, b'pieces': b'\0' * 20})
    return Made(b'd4:info' + info + b'e', None, 'large', hashlib.sha1(info).hexdigest())


def highest_bytes(server):
    status = Path(f'/proc/{server.process.pid}/status').read_text(encoding='ascii')
    return int(status.split('VmHWM:')[1].split()[0]) * 1024


def is_sanitized(server):
    maps = Path(f'/proc/{server.process.pid}/maps').read_text(encoding='ascii', errors='replace')
    return 'libasan' in maps or 'libtsan' in maps


def test_the_file_list_of_a_large_work_is_whole_and_cheap(server):
    member = server.sign_up()
    made = make_large()
    sent = server.api('POST', '/torrents', headers={'Authorization': f'Bearer {member.token}'},
                      data={**WORDS, 'title': 'A large work'}, files={'torrent': ('large.torrent', made.content)})
    assert sent.status_code == 201, sent.text
    address = f'/torrents/{sent.json()["id"]}'
    work = server.api('GET', address).json()
    assert work['files'] == len(work['file_list']) == FILES
    assert {'path': 'd"_/30d3f', 'size_bytes': 1} in work['file_list']

    # Somebody with a session is never answered from the cache.
    askers = [threading.Thread(target=server.api, args=('GET', f'{address}'),
                               kwargs={'headers': {'Cookie': 'session=x'}})
              for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    if not is_sanitized(server):
        assert highest_bytes(server) < 450 * MIB
