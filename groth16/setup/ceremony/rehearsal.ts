import { BYTES } from '../../curve/bn254-wasm.ts';
import type { GroupName } from '../../curve/group.ts';
import { rootOfUnity } from '../../curve/root-of-unity.ts';
import { BASE_FIELD, FIELD_BYTES, SCALAR_FIELD, writeLittleEndian } from '../../formats/bn254.ts';
import { writeFileBytes } from '../../formats/sections.ts';
import { BATCH, windowFor } from '../fixed-base.ts';
import { SetupThreads, type Batch } from '../threads.ts';
import type { DevelopmentPhase1 } from '../trapdoor.ts';

/** Largest power that a rehearsal is made for: 300 MiB. */
export const MAX_REHEARSAL_POWER = 18;

/**
 * A phase-1 file, made ready for phase 2, from secrets that this process knows: to rehearse a ceremony with, in
 * seconds where snarkjs takes many minutes. Whoever made it can forge proofs of every circuit that starts from
 * it, whatever others contribute later.
 *
 * Sections as snarkjs writes them: 2 and 3 powers of τ in G1 and G2, 4 and 5 those times α and β, 6 β in G2;
 * 12 to 15 the Lagrange polynomials of every domain up to 2^power at τ (12 has one domain more, for which the
 * highest power of τ counts as zero, since section 2 lacks it).
 */
export async function rehearsalPhase1(
  { tau, alpha, beta }: DevelopmentPhase1,
  power: number,
  workers?: number,
): Promise<Uint8Array> {
  const size = 2 ** power;
  const powers = powersOf(tau, 2 * size - 1);
  const domains = Array.from({ length: power + 1 }, (_, k) => lagrangeAt(tau, 2 ** k)).flat();
  const next = withoutTop(lagrangeAt(tau, 2 * size), tau);
  const times = (factor: bigint, scalars: readonly bigint[]): readonly bigint[] =>
    scalars.map((scalar) => (scalar * factor) % SCALAR_FIELD);
  const first = powers.slice(0, size);
  const points: readonly (readonly [id: number, group: GroupName, scalars: readonly bigint[]])[] = [
    [2, 'g1', powers],
    [4, 'g1', times(alpha, first)],
    [5, 'g1', times(beta, first)],
    [12, 'g1', [...domains, ...next]],
    [14, 'g1', times(alpha, domains)],
    [15, 'g1', times(beta, domains)],
    [3, 'g2', first],
    [6, 'g2', [beta]],
    [13, 'g2', domains],
  ];
  const sections = points.map(([id, group, scalars]) => ({
    id,
    group,
    scalars,
    bytes: new Uint8Array(scalars.length * BYTES[group]),
  }));
  const count = (group: GroupName): number =>
    sections.reduce((sum, section) => sum + (section.group === group ? section.scalars.length : 0), 0);
  const threads = new SetupThreads(workers);
  const windowBits = {
    g1: windowFor(count('g1') / threads.count),
    g2: windowFor(count('g2') / threads.count),
  };
  await threads.run(windowBits, sections.flatMap(batchesOf)).finally(() => threads.close());
  const files = [
    { id: 1, bytes: headerOf(power) },
    // No contributions.
    { id: 7, bytes: new Uint8Array(4) },
    ...sections,
  ];
  return writeFileBytes(
    { magic: 'ptau', version: 1 },
    files
      .toSorted((a, b) => a.id - b.id)
      .map(({ id, bytes }) => ({ id, length: bytes.length, pieces: [bytes] })),
  );
}

function headerOf(power: number): Uint8Array {
  const header = new Uint8Array(4 + FIELD_BYTES + 8);
  const view = new DataView(header.buffer);
  view.setUint32(0, FIELD_BYTES, true);
  writeLittleEndian(header, 4, BASE_FIELD);
  view.setUint32(4 + FIELD_BYTES, power, true);
  view.setUint32(8 + FIELD_BYTES, power, true);
  return header;
}

function batchesOf({
  group,
  scalars,
  bytes,
}: {
  readonly group: GroupName;
  readonly scalars: readonly bigint[];
  readonly bytes: Uint8Array;
}): readonly Batch[] {
  return Array.from({ length: Math.ceil(scalars.length / BATCH) }, (_, index): Batch => {
    const first = index * BATCH;
    const some = scalars.slice(first, first + BATCH);
    return {
      group,
      scalars: () => {
        const encoded = new Uint8Array(some.length * FIELD_BYTES);
        some.forEach((scalar, i) => writeLittleEndian(encoded, i * FIELD_BYTES, scalar));
        return encoded;
      },
      take: (points) => bytes.set(points, first * BYTES[group]),
    };
  });
}

function powersOf(base: bigint, count: number): readonly bigint[] {
  const powers = [1n];
  while (powers.length < count) powers.push((powers[powers.length - 1] * base) % SCALAR_FIELD);
  return powers;
}

/** L_j(τ) = w^j · (τ^N − 1) / (N · (τ − w^j)) for j = 0 … N − 1, one inversion for all. */
function lagrangeAt(tau: bigint, size: number): readonly bigint[] {
  const roots = powersOf(rootOfUnity(size), size);
  const differences = roots.map((root) => modulo(tau - root));
  const before = [1n];
  for (const difference of differences) before.push((before[before.length - 1] * difference) % SCALAR_FIELD);
  let inverse = power(before[size], SCALAR_FIELD - 2n);
  const scale =
    (modulo(power(tau, BigInt(size)) - 1n) * power(BigInt(size), SCALAR_FIELD - 2n)) % SCALAR_FIELD;
  const values = new Array<bigint>(size);
  for (let j = size - 1; j >= 0; j--) {
    const one = (inverse * before[j]) % SCALAR_FIELD;
    inverse = (inverse * differences[j]) % SCALAR_FIELD;
    values[j] = (((one * roots[j]) % SCALAR_FIELD) * scale) % SCALAR_FIELD;
  }
  return values;
}

/** L_j without its highest term, w^j · τ^(N−1) / N. */
function withoutTop(values: readonly bigint[], tau: bigint): readonly bigint[] {
  const size = values.length;
  const roots = powersOf(rootOfUnity(size), size);
  const top = (power(tau, BigInt(size - 1)) * power(BigInt(size), SCALAR_FIELD - 2n)) % SCALAR_FIELD;
  return values.map((value, j) => modulo(value - ((roots[j] * top) % SCALAR_FIELD)));
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % SCALAR_FIELD;
    square = (square * square) % SCALAR_FIELD;
  }
  return result;
}

function modulo(value: bigint): bigint {
  const rest = value % SCALAR_FIELD;
  return rest < 0n ? rest + SCALAR_FIELD : rest;
}
