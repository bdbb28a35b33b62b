"""libtorrent as seeder and as leecher over UDP: they know each other from our tracker alone."""
import os
import time

import pytest

from probe import Probe

lt = pytest.importorskip('libtorrent')

DEADLINE_S = 30


def keep_key(folder):
    """libtorrent keeps one connection id per tracker address for a minute, whatever the port: trackers that
    follow one another on 127.0.0.1 must share their key, as one tracker does with itself after a restart."""
    (folder / 'tracker.key').touch(0o600)
    (folder / 'tracker.key').write_bytes(b'one key for all.')


def session():
    return lt.session({'listen_interfaces': '127.0.0.1:0', 'enable_dht': False, 'enable_lsd': False,
                       'enable_upnp': False, 'enable_natpmp': False, 'allow_multiple_connections_per_ip': True,
                       'alert_mask': 0})


def make_torrent(folder, tracker, flags):
    storage = lt.file_storage()
    lt.add_files(storage, str(folder / 'work.bin'))
    maker = lt.create_torrent(storage, 0, flags)
    maker.add_tracker(tracker)
    lt.set_piece_hashes(maker, str(folder))
    return lt.torrent_info(lt.bdecode(lt.bencode(maker.generate())))


@pytest.mark.parametrize('kind', ['v1', 'v2', 'hybrid'])
def test_bep15_libtorrent_seeder_and_leecher_meet(tmp_path, kind):
    flags = {'v1': lt.create_torrent.v1_only, 'v2': lt.create_torrent.v2_only, 'hybrid': 0}[kind]
    seeds, wants = tmp_path / 'seeds', tmp_path / 'wants'
    seeds.mkdir()
    wants.mkdir()
    (seeds / 'work.bin').write_bytes(os.urandom(200000))
    keep_key(tmp_path)
    with Probe('bogons', f'folder={tmp_path}') as probe:
        torrent = make_torrent(seeds, f'udp://127.0.0.1:{probe.port}/announce', flags)
        hashes = torrent.info_hashes()
        probe.allow(hashes.v1.to_bytes() if hashes.has_v1() else None,
                    hashes.v2.to_bytes() if hashes.has_v2() else None)
        seeder, leecher = session(), session()
        seeder.add_torrent({'ti': torrent, 'save_path': str(seeds), 'flags': lt.torrent_flags.seed_mode})
        deadline = time.monotonic() + DEADLINE_S
        while probe.totals()['seeders'] < 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        handle = leecher.add_torrent({'ti': torrent, 'save_path': str(wants)})
        while not handle.status().is_seeding and time.monotonic() < deadline:
            time.sleep(0.1)
        assert handle.status().is_seeding, probe.totals()
        assert (wants / 'work.bin').read_bytes() == (seeds / 'work.bin').read_bytes()
        while probe.totals()['completed'] < 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        totals = probe.totals()
        assert (totals['torrents'], totals['seeders'], totals['leechers'], totals['completed']) == (1, 2, 0, 1)
        del seeder, leecher, handle
