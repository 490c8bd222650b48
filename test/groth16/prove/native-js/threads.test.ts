// One proof by several threads.
import { randomBytes } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BYTES } from '../../../../groth16/curve/bn254-wasm.ts';
import { SCALAR_FIELD, FIELD_BYTES, writeLittleEndian } from '../../../../groth16/formats/bn254.ts';
import { writeWitness } from '../../../../groth16/formats/witness-file.ts';
import { readZkey } from '../../../../groth16/formats/zkey-file.ts';
import { createNativeJsBackend } from '../../../../groth16/prove/native-js/backend.ts';
import { groupOfSum, SUMS } from '../../../../groth16/prove/native-js/sums.ts';
import { sharesOf } from '../../../../groth16/prove/native-js/threads/shares.ts';
import { createProverPool } from '../../../../groth16/prove/pool.ts';
import { developmentSetup } from '../../../../groth16/setup/development-setup.ts';
import type { SetupResult } from '../../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../../groth16/setup/trapdoor.ts';
import { verifyProof } from '../../../../groth16/verify/verify.ts';
import { sliceCircuit } from '../../../../scripts/bench/slice-circuit.ts';
import { anyExample, squarings } from '../../formats/circuits.ts';
import type { Example } from '../../formats/circuits.ts';

const seed = new TextEncoder().encode('threads');
const phase1 = deriveDevelopmentPhase1(seed);
const setup = ({ r1cs }: Pick<Example, 'r1cs'>): Promise<SetupResult> =>
  developmentSetup(r1cs, { phase1, seed, workers: 1 });

// Large enough that the least number of points a thread takes up leaves nothing uneven.
const { r1cs, makeWitness } = sliceCircuit(12);
const witness = makeWitness();
const keys = await setup({ r1cs });

/** The threads of the backends made here. */
const started: Worker[] = [];
const onThread = (thread: Worker): unknown => started.push(thread);
process.on('worker', onThread);
afterAll(async () => {
  process.off('worker', onThread);
  await Promise.all(started.map((thread) => thread.terminate()));
});

describe('shares of a proof', () => {
  const point = (group: 'g1' | 'g2', isInfinity: boolean): Uint8Array =>
    new Uint8Array(BYTES[group]).fill(isInfinity ? 0 : 1);

  it('cover every point of every section once, but for some at infinity', () => {
    const section = fc.array(fc.boolean(), { maxLength: 3_000 });
    fc.assert(
      fc.property(
        fc.record({ a: section, b1: section, b2: section, c: section, h: section }),
        fc.integer({ min: 1, max: 9 }),
        (infinities, threads) => {
          const sections = Object.fromEntries(
            SUMS.map((name) => [
              name,
              Uint8Array.from(infinities[name].flatMap((zero) => [...point(groupOfSum(name), zero)])),
            ]),
          ) as Record<(typeof SUMS)[number], Uint8Array>;
          const shares = sharesOf({ ...sections, domainSize: infinities.h.length }, threads);
          expect(shares).toHaveLength(threads);
          for (const name of SUMS) {
            const taken = infinities[name].map(() => 0);
            for (const share of shares) {
              const [from, to] = share[name] ?? [0, 0];
              for (let i = from; i < to; i++) taken[i]++;
            }
            const wrong = taken.filter((times, i) => times !== 1 && !(times === 0 && infinities[name][i]));
            expect(wrong).toEqual([]);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('give each of several threads something to do, and none of them much more than another', () => {
    const key = readZkey(keys.provingKey);
    for (const threads of [2, 3, 4]) {
      const loads = sharesOf(key, threads).map((share) =>
        Object.entries(share).reduce(
          (sum, [name, [from, to]]) => sum + (name === 'h' ? 100 : name === 'b2' ? 38 : 12) * (to - from),
          0,
        ),
      );
      loads[0] += 28 * key.domainSize;
      const even = loads.reduce((sum, load) => sum + load, 0) / threads;
      for (const load of loads) expect(Math.abs(load - even) / even).toBeLessThan(0.3);
    }
  });
});

describe('a proof by several threads', () => {
  it('is the very proof that one thread makes of the same randomness', async () => {
    const sevens = (count: number): Uint8Array => new Uint8Array(count).fill(7);
    const alone = await createNativeJsBackend({ randomBytes: sevens }).prove({
      provingKey: keys.provingKey,
      witness,
    });
    for (const threads of [2, 3, 5]) {
      const backend = createNativeJsBackend({ randomBytes: sevens, threads });
      const opened = await backend.open(keys.provingKey);
      // Again, since threads keep what they were given.
      for (let i = 0; i < 2; i++) expect(await opened.prove(witness)).toEqual(alone);
    }
  });

  it('holds for any circuit, also where a thread has nothing to add up, and where keys follow each other', async () => {
    const backend = createNativeJsBackend({ threads: 3 });
    await fc.assert(
      fc.asyncProperty(anyExample, async (example) => {
        const { provingKey, verifyingKey } = await setup(example);
        const proved = await backend.prove({ provingKey, witness: writeWitness(example.witness) });
        expect(await verifyProof(verifyingKey, proved.publicSignals, proved.proof)).toEqual({ ok: true });
      }),
      { numRuns: 15 },
    );
  });

  it('that is refused leaves nothing behind: the next one holds', async () => {
    const { provingKey, verifyingKey } = await setup(squarings(50, 7n));
    const right = squarings(50, 7n).witness;
    const opened = await createNativeJsBackend({ threads: 2 }).open(provingKey);
    const high = writeWitness(right).slice();
    writeLittleEndian(high, high.length - FIELD_BYTES, SCALAR_FIELD);
    await expect(opened.prove(high)).rejects.toMatchObject({ code: 'PROVE_SCALAR_RANGE' });
    await expect(opened.prove(writeWitness(right.slice(1)))).rejects.toMatchObject({
      code: 'PROVE_WITNESS_LENGTH',
    });
    const { proof, publicSignals } = await opened.prove(writeWitness(right));
    expect(await verifyProof(verifyingKey, publicSignals, proof)).toEqual({ ok: true });
  });

  it('whose thread dies fails by its name, can be tried again, and is made once the key is opened anew', async () => {
    const before = started.length;
    const backend = createNativeJsBackend({ threads: 2 });
    const opened = await backend.open(keys.provingKey);
    const thread = started[before];
    const proving = opened.prove(witness);
    const refused = expect(proving).rejects.toMatchObject({ code: 'PROVE_THREAD', retryable: true });
    await thread.terminate();
    await refused;
    await expect(opened.prove(witness)).rejects.toMatchObject({ code: 'PROVE_THREAD' });
    const again = await backend.prove({ provingKey: keys.provingKey, witness });
    expect(await verifyProof(keys.verifyingKey, again.publicSignals, again.proof)).toEqual({ ok: true });
  });
});

describe('a pool whose processes have several threads', () => {
  it('proves, one key after the other', async () => {
    const pool = createProverPool({ workers: 1, threads: 2 });
    try {
      const small = squarings(50, 7n);
      const other = await setup(small);
      for (const [{ provingKey, verifyingKey }, wtns] of [
        [keys, witness],
        [other, writeWitness(small.witness)],
        [keys, witness],
      ] as const) {
        const { proof, publicSignals } = await pool.prove({ provingKey, witness: wtns });
        expect(await verifyProof(verifyingKey, publicSignals, proof)).toEqual({ ok: true });
      }
    } finally {
      await pool.close();
    }
  });

  it('is refused for what has none, and for numbers that are none', () => {
    for (const threads of [0, 1.5, -1, 65, Number.NaN]) {
      expect(() => createProverPool({ workers: 1, threads })).toThrow(/threads a process/);
    }
    expect(() => createProverPool({ workers: 1, threads: 2, backend: 'snarkjs' })).toThrow(/snarkjs/);
  });
});

it('blinds each proof anew', async () => {
  const opened = await createNativeJsBackend({ threads: 2, randomBytes }).open(keys.provingKey);
  const [one, other] = [await opened.prove(witness), await opened.prove(witness)];
  for (const part of ['pi_a', 'pi_b', 'pi_c'] as const) {
    expect(one.proof[part]).not.toEqual(other.proof[part]);
  }
});
