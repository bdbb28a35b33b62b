"""openapi.json: well-made, complete, and what the server really answers.

The comparison of live answers happens in conftest.py, for every answer any test here gets; at the end of this file
stands what must have been seen by then."""
import json
import subprocess

import jsonschema
import pytest

import api_schema
from api_schema import DOCUMENT, resolve
from server import BINARY, WORDS, wait_for
from tracker_client import http_announce

WORD = {'type': 'string', 'minLength': 1}
# OpenAPI 3.1.0, section 4.8, as far as the document uses it; nothing else may stand in it.
SHAPES = {
    'document': {'required': ['openapi', 'info', 'paths'], 'properties': {
        'openapi': {'const': '3.1.0'}, 'info': {'$ref': '#/$defs/info'},
        'servers': {'items': {'$ref': '#/$defs/server'}},
        'paths': {'propertyNames': {'pattern': '^/'}, 'additionalProperties': {'$ref': '#/$defs/path'}},
        'components': {'$ref': '#/$defs/components'}}},
    'info': {'required': ['title', 'version'], 'properties': {
        'title': WORD, 'version': WORD, 'summary': WORD, 'description': WORD,
        'license': {'type': 'object', 'required': ['name'], 'properties': {'name': WORD, 'identifier': WORD},
                    'additionalProperties': False}}},
    'server': {'required': ['url'], 'properties': {'url': WORD, 'description': WORD}},
    'path': {'properties': {'get': {'$ref': '#/$defs/operation'}, 'post': {'$ref': '#/$defs/operation'}}},
    'operation': {'required': ['operationId', 'summary', 'responses'], 'properties': {
        'operationId': {'type': 'string', 'pattern': '^[a-z_]+$'}, 'summary': WORD, 'description': WORD,
        'parameters': {'type': 'array', 'items': {'$ref': '#/$defs/parameter'}},
        'requestBody': {'$ref': '#/$defs/body'},
        'responses': {'type': 'object', 'minProperties': 1, 'propertyNames': {'pattern': '^[1-5][0-9][0-9]$'},
                      'additionalProperties': {'$ref': '#/$defs/response'}},
        'security': {'type': 'array', 'items': {'type': 'object', 'additionalProperties': {'type': 'array',
                                                                                           'items': WORD}}}}},
    'parameter': {'required': ['name', 'in', 'schema'], 'properties': {
        'name': WORD, 'in': {'enum': ['query', 'path', 'header']}, 'description': {'type': 'string'},
        'required': {'type': 'boolean'}, 'schema': {'$ref': '#/$defs/schema'}}},
    'body': {'required': ['content'], 'properties': {'required': {'type': 'boolean'}, 'description': WORD,
                                                     'content': {'$ref': '#/$defs/content'}}},
    'response': {'properties': {'$ref': WORD, 'description': WORD, 'content': {'$ref': '#/$defs/content'},
                                'headers': {'type': 'object'}},
                 'oneOf': [{'required': ['$ref']}, {'required': ['description']}]},
    'content': {'additionalProperties': {'type': 'object', 'required': ['schema'], 'additionalProperties': False,
                                         'properties': {'schema': {'$ref': '#/$defs/schema'}}}},
    'components': {'properties': {
        'schemas': {'additionalProperties': {'$ref': '#/$defs/schema'}},
        'responses': {'additionalProperties': {'$ref': '#/$defs/response'}},
        'securitySchemes': {'additionalProperties': {'type': 'object', 'required': ['type', 'scheme']}}}},
    'schema': {'type': 'object'},
}
OPEN = {'content', 'schema'}
OPENAPI = {'$schema': 'https://json-schema.org/draft/2020-12/schema', '$ref': '#/$defs/document', '$defs': {
    name: {'type': 'object', **({} if name in OPEN else {'additionalProperties': False}), **shape}
    for name, shape in SHAPES.items()}}


def schemas(part):
    """Every schema anywhere in the document."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == 'schema':
                yield value
            elif key == 'schemas':
                yield from value.values()
            yield from schemas(value)
    elif isinstance(part, list):
        for value in part:
            yield from schemas(value)


def operations():
    for path, item in DOCUMENT['paths'].items():
        for method, operation in item.items():
            yield path, method, operation


def test_the_document_is_openapi_3_1():
    checker = jsonschema.Draft202012Validator(OPENAPI)
    faults = [f'{"/".join(map(str, fault.absolute_path))}: {fault.message[:200]}'
              for fault in checker.iter_errors(DOCUMENT)]
    assert not faults, '\n'.join(faults)


def test_every_schema_is_a_schema():
    found = list(schemas(DOCUMENT))
    assert len(found) > 20
    for schema in found:
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere():
    def references(part):
        if isinstance(part, dict):
            if '$ref' in part:
                yield part
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)
    found = list(references(DOCUMENT))
    assert found
    for reference in found:
        resolve(reference)


def test_operations_have_names_of_their_own_and_declare_the_places_of_their_paths():
    names = [operation['operationId'] for _, _, operation in operations()]
    assert len(names) == len(set(names))
    for path, method, operation in operations():
        places = {part[1:-1] for part in path.split('/') if part.startswith('{')}
        declared = {p['name'] for p in operation.get('parameters', []) if p['in'] == 'path'}
        assert places == declared, (method, path)
        assert all(p.get('required') for p in operation.get('parameters', []) if p['in'] == 'path')


def test_every_route_is_described_and_every_description_a_route():
    routes = json.loads(subprocess.run([BINARY, 'routes', '--json'], capture_output=True, check=True).stdout)
    routed = {(route['method'].lower(), route['address']): route for route in routes
              if route['address'].startswith('/api/v1/')}
    described = {(method, path): operation for path, method, operation in operations()}
    assert set(routed) == set(described)
    for key, route in routed.items():
        operation = described[key]
        if route['form'] and key[0] == 'get':
            assert [p['name'] for p in operation['parameters'] if p['in'] == 'query'] == route['form'], key
        if route['form'] and key[0] == 'post':
            content = operation['requestBody']['content']['multipart/form-data']
            assert list(content['schema']['properties']) == route['form'], key
        if route['scope']:
            assert operation['security'] == [{'token': [route['scope']]}], key
        elif key[0] == 'get':
            assert {} in operation['security'], key


def test_errors_are_problem_documents():
    for path, method, operation in operations():
        for status, response in operation['responses'].items():
            kinds = list(resolve(response)['content'])
            assert kinds == (['application/json'] if status < '300' else ['application/problem+json']), (method, path,
                                                                                                         status)


def test_the_server_gives_the_document_with_its_own_address(world):
    answer = world.server.get('/api/v1/openapi.json')
    assert answer.status_code == 200 and answer.headers['Content-Type'] == 'application/json'
    given = answer.json()
    assert given.pop('servers') == [{'url': world.server.url}]
    assert given == {key: value for key, value in DOCUMENT.items() if key != 'servers'}


def test_a_wrong_answer_would_be_noticed(world):
    """The judge itself can fail."""
    answer = world.server.api('GET', '/stats')
    api_schema.judge(answer)
    for change in ({'torrents': 'many'}, {'more': 1}):
        answer._content = json.dumps({**answer.json(), **change}).encode()
        with pytest.raises(AssertionError):
            api_schema.judge(answer)
    answer.status_code = 418
    with pytest.raises(AssertionError):
        api_schema.judge(answer)


def tour_shelves(world):
    """Categories, tags, collections, series, lists."""
    server, member = world.server, world.owner
    tag, slug = world.work['tags'][0], world.collection
    torrent = {'torrent': world.work['id']}
    for address in ('/categories', '/tags', f'/tags/{tag}', '/collections', f'/collections/{slug}', '/series', '/top',
                    '/needs', '/random'):
        server.api('GET', address)
    token = server.token(world.admin.name, scopes=['upload'])

    def post(address, **fields):
        return server.api('POST', address, json=fields, headers={'Authorization': f'Bearer {token}'}).json()
    post(f'/tags/{tag}', description='On tour')
    post(f'/tags/{tag}/undo', id=post(f'/tags/on-tour-{slug[-9:]}/merge', into=tag)['id'])
    own = member.api('POST', '/collections', json={'title': 'On tour'}).json()['slug']
    for deed, fields in (('', {'title': 'On a tour'}), ('/works', torrent), ('/works/remove', torrent),
                         ('/follow', {'follow': '1'}), ('/remove', {})):
        assert member.api('POST', f'/collections/{own}{deed}', json=fields).status_code == 200
    member.api('GET', '/followed')
    series = member.api('POST', '/series', json={'name': 'On tour ' + slug[-9:]}).json()['slug']
    member.api('POST', f'/series/{series}/editions', json={**torrent, 'edition': '1'})
    server.api('GET', f'/series/{series}')


def test_every_described_success_and_the_usual_refusals_have_been_seen(world):
    """A tour, so that this holds when the file is run alone; other tests have seen far more."""
    server, member = world.server, world.owner
    torrent = server.make_torrent()
    server.sign_up()
    server.api('POST', '/accounts', json={})
    server.api('POST', '/tokens', json={'name': 'nobody-at-all', 'password': 'x'})
    member.upload(torrent, dry_run=True)
    member.upload(torrent, 'On tour')
    member.upload(torrent, 'Again')
    member.upload(b'', 'No torrent')
    server.api('POST', '/torrents', files={'torrent': b''}, data=WORDS)
    server.list(facets=1)
    server.api('GET', '/torrents', params={'sort': 'colour'})
    server.api('GET', '/stats')
    server.api('GET', '/openapi.json')
    server.torrent(world.work['id'])
    server.api('GET', '/torrents/999999999')
    tour_shelves(world)
    server.api('GET', '/top')
    server.api('GET', '/needs')
    plan = server.api('POST', '/givings', json={'size': '1 GB'}).json()
    server.api('GET', f'/givings/{plan["code"]}')
    for port in (7301, 7302, 7303):
        http_announce(server, world.work, port=port, event='started')
    wait_for(lambda: server.api('GET', '/random').status_code == 200, 'a work is alive', 20)
    for path, method, operation in operations():
        for status in operation['responses']:
            if status < '300':
                assert (method.upper(), path, int(status)) in api_schema.seen, f'{path} {status} was never seen'
    for refusal in (('POST', '/api/v1/torrents', 401), ('POST', '/api/v1/torrents', 409),
                    ('POST', '/api/v1/torrents', 422), ('GET', '/api/v1/torrents/{id}', 404)):
        assert refusal in api_schema.seen, refusal
