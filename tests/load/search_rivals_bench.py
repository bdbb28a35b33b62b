"""Search beside SQLite FTS5 and PostgreSQL full text, on the same works, in the same run.

    ./dev bench search_rivals [works] [questions]

Starts a PostgreSQL cluster of its own in a temporary folder, without a network address, and takes it
away again. 300,000 works unless told otherwise; with 3000000 the rivals' indexes take half an hour and
15 GB of disk to build (ESSAIM_BENCH_FOLDER says where)."""
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

SETTINGS = {
    'listen_addresses': "''",
    'shared_buffers': '3GB',
    'maintenance_work_mem': '1GB',
    'effective_cache_size': '12GB',
    'max_wal_size': '8GB',
    'fsync': 'off',
    'wal_level': 'minimal',
    'max_wal_senders': '0',
    'jit': 'off',
    'autovacuum': 'off',
}


def newest_postgres():
    homes = sorted(Path('/usr/lib/postgresql').glob('*/bin/initdb'), key=lambda path: int(path.parent.parent.name))
    if not homes:
        sys.exit('PostgreSQL is not installed: apt-get install postgresql')
    return homes[-1].parent


def as_server(command, folder):
    """PostgreSQL refuses to run as root."""
    if os.getuid() == 0:
        command = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', *command]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)


@contextmanager
def cluster(folder):
    home = newest_postgres()
    if os.getuid() == 0:
        shutil.chown(folder, 'nobody', 'nogroup')
    data = folder / 'cluster'
    as_server([home / 'initdb', '-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'], folder)
    with open(data / 'postgresql.conf', 'a', encoding='utf-8') as conf:
        conf.writelines(f'{name} = {value}\n' for name, value in SETTINGS.items())
        conf.write(f"unix_socket_directories = '{folder}'\n")
    as_server([home / 'pg_ctl', '-D', data, '-w', '-l', data / 'log', 'start'], folder)
    try:
        yield f'host={folder} user=bench dbname=postgres'
    finally:
        as_server([home / 'pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop'], folder)


def main():
    program = Path(os.environ['ESSAIM_BINARY']).parent / 'tests/load/search_rivals'
    with tempfile.TemporaryDirectory(prefix='essaim-rivals-', dir=os.environ.get('ESSAIM_BENCH_FOLDER')) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with cluster(folder) as connection:
            subprocess.run([program, folder, connection, *(sys.argv[1:] or ['300000'])], check=True)


if __name__ == '__main__':
    main()
