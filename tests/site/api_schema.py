"""Holds answers of the API against src/api/openapi.json: status, type and every field."""
import json
import re
from urllib.parse import urlsplit

import jsonschema

from server import ROOT

DOCUMENT = json.loads((ROOT / 'src' / 'api' / 'openapi.json').read_text())
ITEM_FIELDS = {'id', 'title', 'infohash_v1', 'infohash_v2', 'size_bytes', 'files', 'category', 'license', 'language',
               'uploader', 'published_at', 'seeders', 'leechers', 'completed', 'url', 'torrent_url', 'magnet'}
seen = set()  # (method, path as described, status)
# Refusals that come before any address is looked at: no operation of its own describes them.
BEFORE_ANY_OPERATION = {404, 405, 408, 414, 417, 421, 431, 505}


def find_path(address):
    """'/api/v1/torrents/7' as '/api/v1/torrents/{id}', or None."""
    for described in DOCUMENT['paths']:
        if re.fullmatch(re.sub(r'\{[a-z]+\}', '[^/]+', described), address) and \
                (address == described or address not in DOCUMENT['paths']):
            return described
    return None


def resolve(part):
    while '$ref' in part:
        place, part = part['$ref'], DOCUMENT
        for key in place.removeprefix('#/').split('/'):
            part = part[key]
    return part


def schema_of(part):
    """A schema that can be used alone: what it refers to comes along."""
    return {**part, 'components': DOCUMENT['components']}


def check(schema, value, what):
    checker = jsonschema.Draft202012Validator(schema_of(schema), format_checker=jsonschema.FormatChecker())
    faults = [f'{"/".join(map(str, fault.absolute_path))}: {fault.message[:300]}'
              for fault in checker.iter_errors(value)]
    assert not faults, f'{what} is not as openapi.json says:\n' + '\n'.join(faults)


def judge(answer):
    address = urlsplit(answer.request.url).path
    if not address.startswith('/api/v1/') or answer.request.method in ('HEAD', 'OPTIONS'):
        return
    what = f'{answer.request.method} {address} {answer.status_code}'
    path = find_path(address)
    operation = DOCUMENT['paths'].get(path, {}).get(answer.request.method.lower())
    if answer.status_code in (304, 308):  # unchanged; a slash too many
        return
    if operation is None or (str(answer.status_code) not in operation['responses']
                             and answer.status_code in BEFORE_ANY_OPERATION):
        assert answer.status_code in BEFORE_ANY_OPERATION, f'{what}: not described at all'
        check(DOCUMENT['components']['schemas']['Problem'], answer.json(), what)
        return
    described = operation['responses'].get(str(answer.status_code))
    assert described, f'{what} is a status that openapi.json does not know:\n{answer.text[:500]}'
    content = resolve(described)['content']
    kind = answer.headers['Content-Type'].split(';')[0]
    assert kind in content, f'{what}: {kind} is not in {list(content)}'
    check(content[kind]['schema'], answer.json(), what)
    seen.add((answer.request.method, path, answer.status_code))


def problem(answer, status, field=None, code=None):
    """Checks a problem document of RFC 9457; returns the codes of its faults by field."""
    assert answer.status_code == status, answer.text
    assert answer.headers['Content-Type'] == 'application/problem+json'
    assert answer.headers['Cache-Control'] == 'no-store'
    found = answer.json()
    assert found['status'] == status and found['title'] and found['detail'] and found['type'] == 'about:blank'
    assert found['instance'] == answer.headers['X-Request-Id']
    faults = {fault['field']: fault['code'] for fault in found['errors']}
    for fault in found['errors']:
        assert re.fullmatch('[a-z0-9_]+', fault['code']) and fault['detail'], fault
    if field:
        assert field in faults, found
        assert code is None or faults[field] == code, found
    return faults
