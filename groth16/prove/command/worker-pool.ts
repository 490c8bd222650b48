import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FIELD_BYTES, readLittleEndian } from '../../formats/bn254.ts';
import { witnessBody } from '../../formats/witness-file.ts';
import { withCommitment } from '../../lookups/commitment.ts';
import type { ProvedStatement } from '../backend.ts';
import { ProveError } from '../errors.ts';
import { cpuSecondsOf, peakRssBytesOf } from '../process-usage.ts';
import type { ProverPool } from '../prover-pool.ts';
import type { MeasuredProof } from '../worker-messages.ts';
import type { CommandPoolOptions } from './pool.ts';
import { readProofFile } from './output.ts';
import { Runs } from './runs.ts';
import { WorkerKeys } from './worker-keys.ts';
import type { WorkerKey } from './worker-keys.ts';
import { WorkerProgram } from './worker-program.ts';

/** Rest after a fault, doubled with each that follows, until a proof holds. */
const FIRST_REST_SECONDS = 1;
const LONGEST_REST_SECONDS = 60;

/** Keys beyond those in use whose verifying keys, and files, are kept. */
const SPARE_KEYS = 8;

interface Waiting {
  readonly keyId: string;
  readonly take: (program: WorkerProgram) => void;
}

/**
 * A pool of long-running external programs that are asked line by line and may keep keys between proofs. They are started
 * when they are first needed. Every proof is verified here, under the signals that its witness has; a program that brings a
 * false one, or does anything else that it may not, is killed and started again after a rest.
 *
 * @throws ProveError PROVER_WORKERS, PROVER_COMMAND
 */
export function createWorkerProgramPool({
  workers,
  command,
  timeoutSeconds,
}: CommandPoolOptions): ProverPool {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new ProveError('PROVER_WORKERS', `expected a whole number of programs from 1, got ${workers}`);
  }
  if ((command[0] ?? '') === '') {
    throw new ProveError('PROVER_COMMAND', 'expected the command line of a prover, it is empty');
  }
  const runs = new Runs();
  const folder = mkdtemp(path.join(tmpdir(), 'sliceproof-external-'));
  // Whoever needs it is told.
  folder.catch(() => undefined);
  const keys = new WorkerKeys(folder, workers + SPARE_KEYS);
  const programs = new Set<WorkerProgram>();
  const idle = new Set<WorkerProgram>();
  const waiting: Waiting[] = [];
  let faults = 0;
  let rest: NodeJS.Timeout | undefined;
  let counter = 0;

  const start = (): WorkerProgram => {
    const program = new WorkerProgram(command, timeoutSeconds);
    programs.add(program);
    void program.ended.then((fault) => {
      programs.delete(program);
      idle.delete(program);
      if (fault !== undefined) restAfterFault();
      giveOut();
    });
    return program;
  };

  const restAfterFault = (): void => {
    clearTimeout(rest);
    if (runs.closing.aborted) return;
    const seconds = Math.min(FIRST_REST_SECONDS * 2 ** faults++, LONGEST_REST_SECONDS);
    rest = setTimeout(() => {
      rest = undefined;
      giveOut();
    }, seconds * 1_000);
  };

  const giveOut = (): void => {
    for (;;) {
      const [first] = waiting;
      if (first === undefined) return;
      const free = [...idle];
      const ready = free.find(({ keyId }) => keyId === first.keyId) ?? free[0];
      if (ready === undefined && (programs.size >= workers || rest !== undefined)) return;
      waiting.shift();
      const program = ready ?? start();
      idle.delete(program);
      first.take(program);
    }
  };

  /** Runs `work` when a program is free, one that had the key last before others. */
  const withProgram = async <T>(
    keyId: string,
    signal: AbortSignal,
    work: (program: WorkerProgram) => Promise<T>,
  ): Promise<T> => {
    signal.throwIfAborted();
    const program = await new Promise<WorkerProgram>((resolve, reject) => {
      const turn: Waiting = {
        keyId,
        take(taken) {
          signal.removeEventListener('abort', giveUp);
          resolve(taken);
        },
      };
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(turn), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      waiting.push(turn);
      giveOut();
    });
    const dismiss = (): void => program.dismiss();
    signal.addEventListener('abort', dismiss, { once: true });
    try {
      signal.throwIfAborted();
      return await work(program);
    } finally {
      signal.removeEventListener('abort', dismiss);
      if (program.usable) idle.add(program);
      giveOut();
    }
  };

  const proveWith = async (
    program: WorkerProgram,
    key: WorkerKey,
    witness: Uint8Array,
  ): Promise<MeasuredProof> => {
    const started = performance.now();
    const wires = publicWiresOf(key, witness);
    const place = await mkdtemp(path.join(await folder, 'proof-'));
    try {
      const files = {
        witness: path.join(place, 'witness.wtns'),
        proof: path.join(place, 'proof.json'),
        public: path.join(place, 'public.json'),
      };
      await writeFile(files.witness, witness);
      const cpuBefore = usedBy(program);
      await program.ask({
        format: 'sliceproof-prove/1',
        id: ++counter,
        key: key.id,
        zkey: key.file,
        ...files,
      });
      const cpuSeconds = usedBy(program) - cpuBefore;
      const peakRssBytes = program.pid === undefined ? 0 : peakRssBytesOf(program.pid);
      const made = { proof: await proofOf(program, files.proof), publicSignals: wires };
      const proved = withCommitment(key.commitment, witness, made);
      checkProof(program, key, proved);
      faults = 0;
      return { ...proved, cpuSeconds, peakRssBytes, proveSeconds: (performance.now() - started) / 1_000 };
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  };

  return {
    prove: (job) =>
      runs.run(job.signal, (signal) =>
        keys.use(job.provingKey, (key) =>
          withProgram(key.id, signal, (program) => proveWith(program, key, job.witness)),
        ),
      ),
    get processIds() {
      return [...programs].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    },
    async close() {
      runs.close();
      clearTimeout(rest);
      for (const program of programs) program.dismiss();
      await runs.ended();
      await Promise.all([...programs].map(({ ended }) => ended));
      await folder.then(
        (made) => rm(made, { recursive: true, force: true }),
        () => undefined,
      );
    },
  };
}

/** The witness's own, whatever a program says: its proof has to hold for these. */
function publicWiresOf({ wires, publicWires }: WorkerKey, witness: Uint8Array): readonly string[] {
  const values = witnessBody(witness);
  if (values.length !== wires * FIELD_BYTES) {
    throw new ProveError(
      'PROVE_WITNESS_LENGTH',
      `the proving key has ${wires} wires, the witness ${values.length / FIELD_BYTES} values`,
      { hint: 'key and witness belong to different circuits' },
    );
  }
  return Array.from({ length: publicWires }, (_, index) =>
    readLittleEndian(values, (index + 1) * FIELD_BYTES).toString(),
  );
}

/** A program that left no proof where it said so is not asked again. */
async function proofOf(program: WorkerProgram, file: string): Promise<ProvedStatement['proof']> {
  try {
    return await readProofFile(file);
  } catch (error) {
    program.fail(error as ProveError);
    throw error;
  }
}

/** @throws ProveError PROVE_COMMAND_FALSE */
function checkProof(
  program: WorkerProgram,
  { verifier }: WorkerKey,
  { proof, publicSignals }: ProvedStatement,
): void {
  const verdict = verifier.verify(publicSignals, proof);
  if (verdict.ok) return;
  const fault = new ProveError(
    'PROVE_COMMAND_FALSE',
    `the prover's proof does not hold: ${verdict.message}`,
    {
      retryable: true,
      hint: 'if it goes on, the prover keeps a wrong key, proves something else, or its machine is broken',
      details: { reason: verdict.reason },
    },
  );
  program.fail(fault);
  throw fault;
}

function usedBy({ pid }: WorkerProgram): number {
  return pid === undefined ? 0 : (cpuSecondsOf(pid) ?? 0);
}
