import { createHash } from 'node:crypto';
import { BYTES, type Bn254 } from '../../curve/bn254-wasm.ts';
import { CeremonyError } from './errors.ts';

/** One entry of a proving key's contributions section. */
export type Contribution =
  | { readonly kind: 'contribution'; readonly name: string; readonly hash: string }
  | {
      readonly kind: 'beacon';
      readonly name: string;
      readonly hash: string;
      /** Hexadecimal. */
      readonly beacon: string;
      readonly iterationsExponent: number;
    };

/** Everything that a proving key says of its own making. */
export interface ZkeyHistory {
  /** Hash of the key before any contribution, 0x and 128 hexadecimal digits. */
  readonly circuitHash: string;
  readonly contributions: readonly Contribution[];
}

const HASH_BYTES = 64;
/** δ after, s and s·x in G1, x at a point of G2 that the transcript chose, the transcript's hash. */
const G1_POINTS = 3;
const PUBLIC_BYTES = G1_POINTS * BYTES.g1 + BYTES.g2 + HASH_BYTES;
const MAX_CONTRIBUTIONS = 1_000;
const BEACON = 1;
const PARAMETER = { name: 1, iterations: 2, beacon: 3 } as const;

/**
 * Reads section 10 of a .zkey. A contribution's hash is blake2b of its points, uncompressed, and the transcript
 * hash, which covers all contributions before: what snarkjs prints. Whether the points are what they should be
 * is `zkey verify`'s to say.
 * @throws CeremonyError CEREMONY_KEY_HISTORY
 */
export function readHistory(curve: Bn254, section: Uint8Array): ZkeyHistory {
  const view = new DataView(section.buffer, section.byteOffset, section.byteLength);
  const reader = new Reader(section);
  const circuitHash = hex(reader.take(HASH_BYTES));
  const count = view.getUint32(reader.skip(4), true);
  if (count > MAX_CONTRIBUTIONS) throw broken(`${count} contributions are too many`);
  const contributions = Array.from({ length: count }, (): Contribution => {
    const points = reader.take(PUBLIC_BYTES);
    const type = view.getUint32(reader.skip(4), true);
    const parameters = new Reader(reader.take(view.getUint32(reader.skip(4), true)));
    const { name = '', iterations, beacon } = parametersOf(parameters);
    const hash = hashOf(curve, points);
    if (type === BEACON && iterations !== undefined && beacon !== undefined) {
      return { kind: 'beacon', name, hash, beacon, iterationsExponent: iterations };
    }
    if (type !== 0 || iterations !== undefined || beacon !== undefined) {
      throw broken(`a contribution of type ${type} with other parameters than that type has`);
    }
    return { kind: 'contribution', name, hash };
  });
  if (!reader.done) throw broken('bytes follow the last contribution');
  return { circuitHash, contributions };
}

function parametersOf(reader: Reader): {
  readonly name?: string;
  readonly iterations?: number;
  readonly beacon?: string;
} {
  const found: { name?: string; iterations?: number; beacon?: string } = {};
  let last = 0;
  while (!reader.done) {
    const kind = reader.byte();
    if (kind <= last) throw broken('parameters are out of order');
    last = kind;
    if (kind === PARAMETER.name) found.name = new TextDecoder().decode(reader.take(reader.byte()));
    else if (kind === PARAMETER.iterations) found.iterations = reader.byte();
    else if (kind === PARAMETER.beacon)
      found.beacon = Buffer.from(reader.take(reader.byte())).toString('hex');
    else throw broken(`parameter ${kind} is unknown`);
  }
  return found;
}

function hashOf(curve: Bn254, bytes: Uint8Array): string {
  const hash = createHash('blake2b512');
  for (let point = 0; point < G1_POINTS; point++) {
    hash.update(uncompressed(curve, bytes.subarray(point * BYTES.g1, (point + 1) * BYTES.g1), BYTES.g1));
  }
  const g2 = G1_POINTS * BYTES.g1;
  hash.update(uncompressed(curve, bytes.subarray(g2, g2 + BYTES.g2), BYTES.g2));
  hash.update(bytes.subarray(g2 + BYTES.g2));
  return `0x${hash.digest('hex')}`;
}

/** Both coordinates big-endian; of an element of F_q² the imaginary part comes first. */
function uncompressed(curve: Bn254, montgomery: Uint8Array, length: number): Uint8Array {
  return curve.scratch(() => {
    const at = curve.alloc(length);
    curve.bytes(at, length).set(montgomery);
    if (length === BYTES.g1) curve.fn.g1m_fromMontgomeryAffine(at, at);
    else curve.fn.g2m_fromMontgomeryAffine(at, at);
    const bytes = curve.bytes(at, length);
    const half = length / 2;
    return Buffer.concat([bytes.slice(0, half).reverse(), bytes.slice(half).reverse()]);
  });
}

/** Takes bytes in order and refuses to go past the end. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const at = this.skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  byte(): number {
    return this.take(1)[0];
  }

  /** Goes on by `length`; gives where it was. */
  skip(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw broken('it is cut short');
    this.#at += length;
    return at;
  }
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

function broken(reason: string): CeremonyError {
  return new CeremonyError(
    'CEREMONY_KEY_HISTORY',
    `a proving key's record of contributions is broken: ${reason}`,
    {
      hint: 'Fetch the key again from whoever contributed last.',
    },
  );
}
