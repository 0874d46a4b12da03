/** What a record of a MaxMind DB may hold here. */
export type MmdbValue = string | number | MmdbValue[] | { [key: string]: MmdbValue };

/**
 * Writes a small MaxMind DB (format 2.0), so that tests can have a database of any schema, family and age.
 * @param networks bits of the network's prefix ("" is every address) with its record
 */
export function writeMmdb(
  ipVersion: 4 | 6,
  networks: Record<string, MmdbValue>,
  databaseType = 'Test-City',
  builtAt = new Date('2026-01-02T03:04:05Z'),
): Buffer {
  const nodes: [Branch, Branch][] = [[null, null]];
  const data: Buffer[] = [];
  let dataLength = 0;
  for (const [bits, record] of Object.entries(networks)) {
    const path = bits.split('').map((bit): Side => (bit === '1' ? 1 : 0));
    let node = 0;
    for (const bit of path.slice(0, -1)) {
      const next = nodes[node]?.[bit];
      if (next !== null && next !== undefined && 'node' in next) {
        node = next.node;
        continue;
      }
      nodes.push([null, null]);
      setBranch(nodes, node, bit, { node: nodes.length - 1 });
      node = nodes.length - 1;
    }
    setBranch(nodes, node, path.at(-1) ?? 0, { offset: dataLength });
    const encoded = encode(record);
    data.push(encoded);
    dataLength += encoded.length;
  }

  const tree = Buffer.alloc(nodes.length * 6);
  for (const [index, branches] of nodes.entries()) {
    for (const [side, branch] of branches.entries()) {
      tree.writeUIntBE(pointerOf(branch, nodes.length), index * 6 + side * 3, 3);
    }
  }
  const metadata = encodeMap([
    ['node_count', uint(6, nodes.length)],
    ['record_size', uint(5, 24)],
    ['ip_version', uint(5, ipVersion)],
    ['database_type', encode(databaseType)],
    ['languages', encode(['en'])],
    ['binary_format_major_version', uint(5, 2)],
    ['binary_format_minor_version', uint(5, 0)],
    ['build_epoch', uint(9, builtAt.getTime() / 1000)],
    ['description', encode({ en: 'For tests' })],
  ]);
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

type Side = 0 | 1;
type Branch = { node: number } | { offset: number } | null;

function setBranch(nodes: [Branch, Branch][], node: number, side: Side, branch: Branch) {
  const pair = nodes[node];
  if (pair !== undefined) pair[side] = branch;
}

function pointerOf(branch: Branch, nodeCount: number): number {
  if (branch === null) return nodeCount;
  return 'node' in branch ? branch.node : nodeCount + 16 + branch.offset;
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'number') return uint(6, value);
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  return encodeMap(Object.entries(value).map(([key, inner]) => [key, encode(inner)]));
}

function encodeMap(entries: [string, Buffer][]): Buffer {
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, value]) => [encode(key), value])]);
}

function uint(type: 5 | 6 | 9, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  const start = bytes.findIndex((byte) => byte !== 0);
  const trimmed = start === -1 ? Buffer.alloc(0) : bytes.subarray(start);
  return Buffer.concat([control(type, trimmed.length), trimmed]);
}

function control(type: number, size: number): Buffer {
  const shortSize = Math.min(size, 29);
  const head = type > 7 ? [shortSize, type - 7] : [(type << 5) | shortSize];
  return Buffer.from(size < 29 ? head : [...head, size - 29]);
}

/** The first `length` bits of an IPv4 address; in an IPv6 database they stand behind 96 zeros. */
export function prefixBits(address: string, length: number, ipVersion: 4 | 6 = 4): string {
  const bits = address
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return (ipVersion === 6 ? '0'.repeat(96) : '') + bits.slice(0, length);
}
