import { execFileSync } from 'node:child_process';
import { chownSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

const programs = '/usr/lib/postgresql/15/bin';

/** Debian's Postgres 15 with a certificate that it signed itself, for localhost. */
export async function startTlsPostgres(): Promise<{ url: string; certificate: string; close(): Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'waymark-tls-'));
  chmodSync(home, 0o755);
  const port = await freePort();
  const data = join(home, 'data');
  const isRoot = process.getuid?.() === 0;
  const [uid, gid] = isRoot
    ? ['-u', '-g'].map((option) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' })))
    : [undefined, undefined];
  // It refuses to run as root.
  const run = (program: string, ...words: string[]) =>
    execFileSync(program, words, {
      cwd: home,
      stdio: 'ignore',
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
      ...(isRoot && { uid, gid }),
    });
  if (uid !== undefined && gid !== undefined) chownSync(home, uid, gid);
  const [key, certificate] = [join(home, 'key.pem'), join(home, 'certificate.pem')];
  run(
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    '-keyout',
    key,
    '-out',
    certificate,
  );
  run(join(programs, 'initdb'), '--pgdata', data, '--username=waymark', '--auth=trust', '--encoding=UTF8');
  writeFileSync(
    join(data, 'postgresql.auto.conf'),
    [
      `port = ${port}`,
      "listen_addresses = '127.0.0.1'",
      "unix_socket_directories = ''",
      'ssl = on',
      `ssl_key_file = '${key}'`,
      `ssl_cert_file = '${certificate}'`,
      'fsync = off',
    ].join('\n'),
  );
  run(join(programs, 'pg_ctl'), '-D', data, '-w', '-t', '120', '-l', join(home, 'log'), 'start');
  return {
    url: `postgres://waymark@localhost:${port}/postgres`,
    certificate,
    async close() {
      run(join(programs, 'pg_ctl'), '-D', data, '-m', 'immediate', 'stop');
      rmSync(home, { recursive: true, force: true });
    },
  };
}
