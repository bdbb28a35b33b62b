"""Packages of the npm registry that tests use as data, as clients or as judges; no part of the program.

Single ones are fetched once into build/npm/ without npm itself, and taken only when their digest is the one written
here; those that need others are installed by npm into a folder of their own, and none of their scripts is run.
"""
import base64
import hashlib
import shutil
import subprocess
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


def install(name, packages):
    """Where `packages`, each name@version, are installed with all they need: build/NAME."""
    folder, wanted = ROOT / 'build' / name, ' '.join(packages)
    stamp = folder / 'complete'
    if not shutil.which('node') or not shutil.which('npm'):
        pytest.skip(f'node and npm, which would fetch and run {wanted}, are not installed')
    if not stamp.exists() or stamp.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', str(folder),
                               *packages], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            pytest.skip(f'{wanted} cannot be fetched: {done.stderr[-300:]}')
        stamp.write_text(wanted)
    return folder
