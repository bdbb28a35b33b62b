"""Packages of the npm registry that tests use as data or as another engine's judgement; no part of the program.

Fetched once into build/npm/ without npm itself, and only taken when their digest is the one written here.
"""
import base64
import hashlib
import tarfile

import pytest
import requests

from server import ROOT

FOLDER = ROOT / 'build' / 'npm'
PACKAGES = {  # name: version, integrity (as package-lock.json has it)
    'axe-core':
        ('4.14.1', 'sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=='),
    'webtorrent':
        ('2.8.5', 'sha512-oIjpuBrypApJ+RCZ8RRaHEncVSkt2cd25/I4Trb2sk9nlaEF92Dg1u8BCwqA4eJR7wIZQM95GyO7Wo4QTbrUUA=='),
    'webtorrent-fixtures':
        ('2.0.3', 'sha512-uVOQS1y0TNb9lzxia8paKo11qdAwk88Jbnjdzec+SMGJGZ4XK7lPM8l01gAD88O3fvMPl/e14dXyH7Kia6vWow=='),
}


def integrity(content):
    return 'sha512-' + base64.b64encode(hashlib.sha512(content).digest()).decode()


def fetch(name):
    version, expected = PACKAGES[name]
    path = FOLDER / f'{name}-{version}.tgz'
    if path.exists() and integrity(path.read_bytes()) == expected:
        return path
    try:
        answer = requests.get(f'https://registry.npmjs.org/{name}/-/{path.name}', timeout=60)
        answer.raise_for_status()
    except requests.RequestException as fault:
        pytest.skip(f'{path.name} cannot be fetched here: {fault}')
    assert integrity(answer.content) == expected, f'{path.name} is not what it was'
    FOLDER.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix('.new')
    fresh.write_bytes(answer.content)
    fresh.rename(path)
    return path


def files_of(name, ending=''):
    """The files of a package, by their path in it; only those whose name ends so."""
    with tarfile.open(fetch(name)) as packed:
        return {member.name: packed.extractfile(member).read() for member in packed
                if member.isfile() and member.name.endswith(ending)}
