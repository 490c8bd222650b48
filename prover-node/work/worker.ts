import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { SliceproofError } from '../../protocol/errors.ts';
import { checkWitness } from '../../slicer/circuit/witness/check.ts';
import { compileSlice, type CompiledSlice } from '../../slicer/circuit/compile.ts';
import type { CircuitMode } from '../../slicer/circuit/mode.ts';
import { provedRows } from '../../groth16/formats/r1cs.ts';
import { r1csDigest } from '../../groth16/formats/r1cs-file.ts';
import { writeWitness } from '../../groth16/formats/witness-file.ts';
import { evaluateOutputs } from '../../slicer/integer/evaluate.ts';
import { decodeProgram } from '../../slicer/integer/serialise.ts';
import { openChallenger, type Challenger } from '../../groth16/lookups/challenge.ts';
import { NodeError } from '../errors.ts';
import type { Answers, Failure, Reply, Request, Task } from './messages.ts';
import type { CheckedWitness, CompiledCircuit, WitnessRequest } from './workshop.ts';

// The workshop's thread: compiles circuits, computes and checks witnesses, evaluates programs.

/** Circuits that are kept compiled: some megabytes each. */
const MOST_KEPT = 32;

const kept = new Map<string, CompiledSlice>();

function compiled(program: Uint8Array, mode: CircuitMode): CompiledSlice {
  const digest = `${mode} ${createHash('sha256').update(program).digest('hex')}`;
  const slice = kept.get(digest) ?? compileSlice(decodeProgram(program), { mode });
  // The most recently used is last, so the first is the one to let go.
  kept.delete(digest);
  kept.set(digest, slice);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
  return slice;
}

function compile(program: Uint8Array, mode: CircuitMode): CompiledCircuit {
  const { r1cs } = compiled(program, mode);
  return {
    r1csDigest: `0x${Buffer.from(r1csDigest(r1cs)).toString('hex')}`,
    constraints: provedRows(r1cs),
  };
}

async function witness(request: WitnessRequest): Promise<CheckedWitness> {
  const { program, mode, provingKey, inputs, outputSalts, tag } = request;
  const { r1cs, computeWitness } = compiled(program, mode);
  const challenger = mode === 'lookups' ? await challengerOf(provingKey) : undefined;
  const { values, publicSignals } = computeWitness({
    inputs: inputs.map((input) => input.values),
    inputSalts: inputs.map(({ salt }) => salt),
    outputSalts,
    tag,
    ...(challenger === undefined ? {} : { challenge: challenger.source(randomBytes) }),
  });
  const broken = checkWitness(r1cs, values);
  if (broken !== undefined) {
    throw new NodeError('NODE_WITNESS_REFUSED', `the witness breaks constraint ${broken} of the circuit`);
  }
  return { witness: writeWitness(values), signals: publicSignals };
}

/** What commits is a small part of a key and is kept: reading the file takes longer than the witness. */
const challengers = new Map<string, Promise<Challenger>>();

async function challengerOf(provingKey: string): Promise<Challenger> {
  const known = challengers.get(provingKey);
  if (known !== undefined) return known;
  for (const oldest of challengers.keys()) {
    if (challengers.size < MOST_KEPT) break;
    challengers.delete(oldest);
  }
  const opened = readFile(provingKey)
    .then(openChallenger)
    .then((challenger) => {
      if (challenger !== undefined) return challenger;
      throw new NodeError(
        'NODE_KEY_MISMATCH',
        `the proving key ${provingKey} commits to nothing, its circuit does`,
      );
    });
  challengers.set(provingKey, opened);
  opened.catch(() => challengers.delete(provingKey));
  return opened;
}

async function answer(task: Task): Promise<Answers[keyof Answers]> {
  switch (task.kind) {
    case 'compile':
      return compile(task.program, task.mode);
    case 'witness':
      return witness(task);
    case 'evaluate':
      return evaluateOutputs(
        decodeProgram(task.program),
        task.inputs.map((values) => values),
      );
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof SliceproofError) {
    const { code, message, hint, retryable } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }), retryable };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'NODE_WORKSHOP_FAILED', message, retryable: false };
}

const port = parentPort;
port?.on('message', ({ id, task }: Request) => {
  const reply = (message: Reply): void => port.postMessage(message);
  answer(task).then(
    (answered) => reply({ id, answer: answered }),
    (error: unknown) => reply({ id, failure: failureOf(error) }),
  );
});
