import { randomBytes as cryptoRandomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { BYTES, instantiateBn254 } from '../curve/bn254-wasm.ts';
import type { Bn254 } from '../curve/bn254-wasm.ts';
import type { GroupName } from '../curve/group.ts';
import { writeLittleEndian } from '../formats/bn254.ts';
import { publicSignalCount, rowCount } from '../formats/r1cs.ts';
import type { R1cs, SparseRows } from '../formats/r1cs.ts';
import { r1csDigest } from '../formats/r1cs-file.ts';
import type { VerifyingKeyJson } from '../formats/verifying-key.ts';
import { COEFFICIENT_BYTES, SETUP_LABEL_BYTES, allocateZkey } from '../formats/zkey-file.ts';
import type { ZkeyLayout } from '../formats/zkey-file.ts';
import { domainSizeOf, evaluateAtTau, putTable, sigmaOf } from './evaluate.ts';
import type { KeyScalars, Trapdoor } from './evaluate.ts';
import { BATCH, windowFor } from './fixed-base.ts';
import { aborted, SetupThreads } from './threads.ts';
import type { Batch } from './threads.ts';
import { deriveDelta, deriveSigma, sampleDelta, sampleSigma } from './trapdoor.ts';
import type { DevelopmentPhase1, RandomBytes } from './trapdoor.ts';
import { verifyingKeyOf } from './verifying-key-of.ts';

/** What a development key carries where a ceremony's key has its circuit hash. */
export const DEVELOPMENT_LABEL = 'sliceproof development setup: whoever made it can forge proofs';

/** Points done and to do; called after every batch. */
export type SetupProgress = (progress: { readonly done: number; readonly total: number }) => void;

/** How a setup is run; none of these changes the key. */
export interface SetupOptions {
  /** Threads. Default: as many as the machine runs at a time. */
  readonly workers?: number;
  /** Threads that go on to the next setup; else it has `workers` of its own. */
  readonly threads?: SetupThreads;
  readonly onProgress?: SetupProgress;
  readonly signal?: AbortSignal;
}

/** Settings of {@link developmentSetup}. */
export interface DevelopmentSetupOptions extends SetupOptions {
  /** Shared by all circuits of a build. */
  readonly phase1: DevelopmentPhase1;
  /** Derives δ, and σ where there is one, together with the digest of the R1CS; without it they are sampled. */
  readonly seed?: Uint8Array;
  /** Source of δ and σ when there is no seed. Default: `node:crypto`. */
  readonly randomBytes?: RandomBytes;
}

/** A circuit's keys. */
export interface SetupResult {
  /** The .zkey file. */
  readonly provingKey: Uint8Array<ArrayBuffer>;
  readonly verifyingKey: VerifyingKeyJson;
  /** Wall time of the setup. */
  readonly seconds: number;
  readonly keyBytes: number;
}

/**
 * Makes a circuit's proving and verifying key from secrets that this process knows. For development: the
 * key's file says so, and so must whoever publishes it. Time and memory are linear in the circuit.
 *
 * @throws SetupError SETUP_TOO_LARGE, SETUP_ABORTED, SETUP_THREAD, SETUP_RANDOMNESS, SETUP_WORKERS
 */
export async function developmentSetup(r1cs: R1cs, options: DevelopmentSetupOptions): Promise<SetupResult> {
  const { phase1, seed, randomBytes = cryptoRandomBytes } = options;
  const digest = r1csDigest(r1cs);
  const delta = seed === undefined ? sampleDelta(randomBytes) : deriveDelta(seed, digest);
  if ((r1cs.committed ?? 0) === 0) return setupFromTrapdoor(r1cs, { ...phase1, delta }, options);
  const sigma = seed === undefined ? sampleSigma(randomBytes, delta) : deriveSigma(seed, digest, delta);
  return setupFromTrapdoor(r1cs, { ...phase1, delta, sigma }, options);
}

/** The keys for a trapdoor that is given whole, γ = 1; for tests that must know it, and for {@link developmentSetup}. */
export async function setupFromTrapdoor(
  r1cs: R1cs,
  trapdoor: Trapdoor,
  { workers, threads, ...options }: SetupOptions = {},
): Promise<SetupResult> {
  if (threads !== undefined) return setupOn(threads, r1cs, trapdoor, options);
  const own = new SetupThreads(workers);
  return setupOn(own, r1cs, trapdoor, options).finally(() => own.close());
}

async function setupOn(
  threads: SetupThreads,
  r1cs: R1cs,
  trapdoor: Trapdoor,
  { onProgress, signal }: Pick<SetupOptions, 'onProgress' | 'signal'>,
): Promise<SetupResult> {
  const started = performance.now();
  const turn = async (): Promise<void> => {
    await setImmediate();
    if (signal?.aborted) throw aborted(signal);
  };
  await turn();
  const module = await threads.module;
  const layout = allocateZkey({
    wires: r1cs.wires,
    publicSignals: publicSignalCount(r1cs),
    domainSize: domainSizeOf(r1cs),
    coefficients: r1cs.a.wires.length + r1cs.b.wires.length + publicSignalCount(r1cs) + 1,
    committed: r1cs.committed ?? 0,
  });
  const scalars = await evaluateAtTau(instantiateBn254(module), r1cs, trapdoor, turn);
  const curve = instantiateBn254(module);
  await writeCoefficients(curve, r1cs, layout, turn);
  layout.bytes.set(
    new TextEncoder().encode(DEVELOPMENT_LABEL).subarray(0, SETUP_LABEL_BYTES),
    layout.at.label,
  );

  const jobs = pointJobs(scalars, trapdoor, layout);
  const total = jobs.reduce((sum, job) => sum + job.scalars.length / BYTES.field, 0);
  let done = 0;
  const batches = jobs.flatMap((job) =>
    batchesOf(job, layout.bytes, (count) => {
      done += count;
      onProgress?.({ done, total });
    }),
  );
  const windowBits = {
    g1: windowFor(liveScalars(jobs, 'g1') / threads.count),
    g2: windowFor(liveScalars(jobs, 'g2') / threads.count),
  };
  await threads.run(windowBits, batches, signal);
  return {
    provingKey: layout.bytes,
    verifyingKey: verifyingKeyOf(curve, layout.bytes),
    seconds: (performance.now() - started) / 1_000,
    keyBytes: layout.bytes.length,
  };
}

/** Scalars whose points go to one or more places of the key. */
interface PointJob {
  readonly group: GroupName;
  readonly scalars: Uint8Array;
  readonly at: number;
}

/** G1 first: a thread's code stays fast for the group that it met first, and G1 has the most calls. */
function pointJobs(scalars: KeyScalars, trapdoor: Trapdoor, { at }: ZkeyLayout): readonly PointJob[] {
  const { alpha, beta, delta } = trapdoor;
  return [
    { group: 'g1', scalars: scalars.h, at: at.h },
    { group: 'g1', scalars: scalars.c, at: at.c },
    { group: 'g1', scalars: scalars.a, at: at.a },
    { group: 'g1', scalars: scalars.b, at: at.b1 },
    { group: 'g1', scalars: scalars.ic, at: at.ic },
    { group: 'g1', scalars: encode([alpha, beta]), at: at.alpha1 },
    { group: 'g1', scalars: encode([delta]), at: at.delta1 },
    { group: 'g2', scalars: scalars.b, at: at.b2 },
    { group: 'g2', scalars: encode([beta, 1n]), at: at.beta2 },
    { group: 'g2', scalars: encode([delta]), at: at.delta2 },
    ...(scalars.sigmaIc.length === 0
      ? []
      : ([
          { group: 'g1', scalars: scalars.sigmaIc, at: at.sigmaIc },
          { group: 'g2', scalars: encode([sigmaOf(trapdoor)]), at: at.sigma2 },
        ] as const)),
  ];
}

function encode(values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * BYTES.field);
  values.forEach((value, index) => writeLittleEndian(bytes, index * BYTES.field, value));
  return bytes;
}

function liveScalars(jobs: readonly PointJob[], group: GroupName): number {
  let live = 0;
  for (const job of jobs) {
    if (job.group !== group) continue;
    const words = new BigUint64Array(job.scalars.buffer, job.scalars.byteOffset, job.scalars.length / 8);
    for (let at = 0; at < words.length; at += 4) if (words[at] !== 0n || words[at + 1] !== 0n) live++;
  }
  return live;
}

function batchesOf(job: PointJob, key: Uint8Array, finished: (count: number) => void): readonly Batch[] {
  const count = job.scalars.length / BYTES.field;
  const pointBytes = BYTES[job.group];
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, index): Batch => {
    const first = index * BATCH;
    const end = Math.min(first + BATCH, count);
    return {
      group: job.group,
      scalars: () => job.scalars.slice(first * BYTES.field, end * BYTES.field),
      take: (points) => {
        key.set(points, job.at + first * pointBytes);
        finished(end - first);
      },
    };
  });
}

const TERMS_A_TURN = 200_000;

/** Section 4: of every constraint the terms of A, then of B; the rows for the constant and the signals last. */
async function writeCoefficients(
  curve: Bn254,
  r1cs: R1cs,
  layout: ZkeyLayout,
  turn: () => Promise<void>,
): Promise<void> {
  const view = new DataView(layout.bytes.buffer);
  let at = layout.at.coefficients;
  const write = (matrix: number, constraint: number, wire: number, value: Uint8Array): void => {
    view.setUint32(at, matrix, true);
    view.setUint32(at + 4, constraint, true);
    view.setUint32(at + 8, wire, true);
    layout.bytes.set(value, at + 12);
    at += COEFFICIENT_BYTES;
  };
  const matrices = [r1cs.a, r1cs.b].map((rows) => ({ rows, values: doubledMontgomery(curve, rows.table) }));
  let untilTurn = TERMS_A_TURN;
  for (let constraint = 0; constraint < r1cs.constraints; constraint++) {
    for (let matrix = 0; matrix < matrices.length; matrix++) {
      const { rows, values } = matrices[matrix];
      for (let term = rows.offsets[constraint]; term < rows.offsets[constraint + 1]; term++) {
        write(matrix, constraint, rows.wires[term], values[rows.coefficients[term]]);
        if (--untilTurn === 0) {
          untilTurn = TERMS_A_TURN;
          await turn();
        }
      }
    }
  }
  const [one] = doubledMontgomery(curve, [1n]);
  for (let wire = 0; wire <= publicSignalCount(r1cs); wire++) write(0, rowCount(r1cs) + wire, wire, one);
}

/** value · R² mod r, R = 2^256: what snarkjs multiplies a plain witness with to get a product in Montgomery form. */
function doubledMontgomery(curve: Bn254, table: SparseRows['table']): readonly Uint8Array[] {
  return curve.scratch(() => {
    const at = putTable(curve, table);
    curve.fn.frm_batchToMontgomery(at, table.length, at);
    return table.map((_, index) => curve.bytes(at + index * BYTES.field, BYTES.field).slice());
  });
}
