"""/metrics as Prometheus reads it, judged by its own parsers, and counting what really happened."""
import os
import re
import time
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from server import make_torrent, wait_for
from tracker_client import http_announce, udp_announce

OPENMETRICS = 'application/openmetrics-text; version=1.0.0; q=0.9, text/plain; version=0.0.4; q=0.5'


def families(server, accept=None):
    answer = server.get('/metrics', headers={'Accept': accept} if accept else {})
    assert answer.status_code == 200, answer.text
    parse = parse_openmetrics if 'openmetrics' in answer.headers['Content-Type'] else parse_text
    return {family.name: family for family in parse(answer.text)}, answer


def value(server, name, **labels):
    for family in families(server)[0].values():
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    raise AssertionError(f'no {name} {labels}')


@pytest.fixture(scope='module')
def counting(make_session_server):
    """A server that nobody else asks."""
    return make_session_server()


@pytest.mark.parametrize('accept, wanted', [
    (None, 'text/plain; version=0.0.4; charset=utf-8'), ('text/plain', 'text/plain; version=0.0.4; charset=utf-8'),
    (OPENMETRICS, 'application/openmetrics-text; version=1.0.0; charset=utf-8')])
def test_both_formats_are_well_formed_and_say_the_same(counting, accept, wanted):
    found, answer = families(counting, accept)
    assert answer.headers['Content-Type'] == wanted
    assert answer.text.endswith('# EOF\n') == ('openmetrics' in wanted)
    seen = set()
    for family in found.values():
        assert family.documentation and family.type in ('counter', 'gauge', 'histogram'), family
        assert re.fullmatch(r'(essaim|process)_[a-z0-9_]+', family.name), family.name
        assert not re.search(r'_(ms|milliseconds|kb|mb|minutes)(_|$)', family.name), 'base units'
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in seen, f'{key} stands there twice'
            seen.add(key)
            if family.type == 'counter':
                assert sample.name.endswith('_total') and sample.value >= 0
    assert {'essaim_announces', 'essaim_build_info', 'process_resident_memory_bytes',
            'essaim_http_request_duration_seconds'} <= set(found)


def test_histograms_add_up(counting):
    counting.get('/en/')
    found, _ = families(counting)
    for name in ('essaim_http_request_duration_seconds', 'essaim_store_write_duration_seconds'):
        rows = {}
        for sample in found[name].samples:
            labels = tuple(sorted((k, v) for k, v in sample.labels.items() if k != 'le'))
            rows.setdefault(labels, []).append(sample)
        for labels, samples in rows.items():
            counts = [sample.value for sample in samples if sample.name.endswith('_bucket')]
            bounds = [float(sample.labels['le']) for sample in samples if sample.name.endswith('_bucket')]
            assert counts == sorted(counts) and bounds == sorted(bounds) and bounds[-1] == float('inf')
            assert [sample.value for sample in samples if sample.name.endswith('_count')] == [counts[-1]], labels
    before = value(counting, 'essaim_http_request_duration_seconds_count', **{'class': 'pages'})
    for _ in range(5):
        assert counting.get('/en/licences').status_code == 200
    assert value(counting, 'essaim_http_request_duration_seconds_count', **{'class': 'pages'}) >= before + 5


def test_announces_are_counted_by_protocol_family_and_event(counting):
    def announces(**labels):
        return value(counting, 'essaim_announces_total', **labels)

    work = counting.sign_up().publish(make_torrent(counting.works))
    udp = {'protocol': 'udp', 'family': 'ipv4', 'event': 'started'}
    http = {'protocol': 'http', 'family': 'ipv4', 'event': 'completed'}
    before = announces(**udp), announces(**http)
    for port in (7301, 7302, 7303):
        udp_announce(counting, work, port=port)
    http_announce(counting, work, port=7304, event='completed')
    wait_for(lambda: (announces(**udp), announces(**http)) == (before[0] + 3, before[1] + 1), 'all are counted', 10)
    assert announces(protocol='udp', family='ipv6', event='started') == 0
    assert value(counting, 'essaim_peers', role='seeder') == 4
    assert value(counting, 'essaim_completed_total') == 1
    assert value(counting, 'essaim_works') == 1
    refused = value(counting, 'essaim_announces_refused_total', protocol='udp_http')
    udp_announce(counting, b'not listed anywhere!', port=7305)
    wait_for(lambda: value(counting, 'essaim_announces_refused_total', protocol='udp_http') == refused + 1,
             'a refusal', 10)


def test_the_process_is_as_the_system_sees_it(counting):
    process = Path('/proc') / str(counting.process.pid)
    status = (process / 'status').read_text()
    resident = int(re.search(r'VmRSS:\s+(\d+) kB', status)[1]) * 1024
    assert abs(value(counting, 'process_resident_memory_bytes') - resident) < 64 << 20
    assert abs(value(counting, 'process_open_fds') - len(os.listdir(process / 'fd'))) < 20
    assert value(counting, 'process_max_fds') >= 1024
    assert abs(value(counting, 'process_start_time_seconds') - time.time()) < 600
    assert value(counting, 'process_cpu_seconds_total') > 0
    assert value(counting, 'essaim_udp_receive_buffer_bytes') > 0
    assert value(counting, 'essaim_build_info') == 1


def test_metrics_name_no_work_no_member_and_no_address(counting):
    person = counting.sign_up()
    work = person.publish(make_torrent(counting.works))
    udp_announce(counting, work, port=7306)
    text = families(counting)[1].text
    for secret in (person.name, work['infohash_v1'], work['title'], '127.0.0.1', '7306'):
        assert secret not in text, secret


def test_only_the_allowed_addresses_are_answered_and_that_changes_by_a_reload(make_server):
    server = make_server({'proxy.trusted': '127.0.0.1'})
    monitor, other = {'X-Forwarded-For': '192.0.2.7'}, {'X-Forwarded-For': '192.0.2.99'}
    assert server.get('/metrics').status_code == 200
    assert server.get('/metrics', headers=monitor).status_code == 403
    (server.data / 'essaim.conf').write_text('[metrics]\nallowed = 192.0.2.0/28\n')
    server.reload()
    wait_for(lambda: server.get('/metrics', headers=monitor).status_code == 200, 'allowed', 10)
    assert server.get('/metrics', headers=other).status_code == 403
    assert server.get('/metrics').status_code == 403
    assert server.get('/metrics', headers={'X-Forwarded-For': '192.0.2.7', 'Accept': OPENMETRICS}).status_code == 200


def test_a_proxy_nobody_trusts_opens_nothing(make_server):
    server = make_server()
    assert server.get('/metrics', headers={'X-Forwarded-For': '192.0.2.7'}).status_code == 403
    assert server.get('/metrics', headers={'Via': '1.1 proxy'}).status_code == 403


def test_being_asked_often_costs_no_memory(make_server):
    many = ' '.join(f'192.0.{number}.0/24' for number in range(256))
    server = make_server({'proxy.trusted': '127.0.0.1', 'metrics.allowed': many})

    def resident_bytes():
        status = (Path('/proc') / str(server.process.pid) / 'status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+) kB', status)[1]) * 1024

    def ask(times):
        for _ in range(times):
            assert server.get('/metrics', headers={'X-Forwarded-For': '198.51.100.7'}).status_code == 403

    ask(200)
    before = resident_bytes()
    ask(2000)
    assert resident_bytes() - before < 8 << 20
