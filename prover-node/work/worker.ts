import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { SliceproofError } from '../../protocol/errors.ts';
import { checkWitness } from '../../slicer/circuit/check.ts';
import { compileSlice, type CompiledSlice } from '../../slicer/circuit/compile.ts';
import { r1csDigest } from '../../slicer/formats/r1cs-file.ts';
import { writeWitness } from '../../slicer/formats/witness-file.ts';
import { evaluateOutputs } from '../../slicer/integer/evaluate.ts';
import { decodeProgram } from '../../slicer/integer/serialise.ts';
import { NodeError } from '../errors.ts';
import type { Answers, Failure, Reply, Request, Task } from './messages.ts';
import type { CheckedWitness, CompiledCircuit, WitnessRequest } from './workshop.ts';

// The workshop's thread: compiles circuits, computes and checks witnesses, evaluates programs.

/** Circuits that are kept compiled: some megabytes each. */
const MOST_KEPT = 32;

const kept = new Map<string, CompiledSlice>();

function compiled(program: Uint8Array): CompiledSlice {
  const digest = createHash('sha256').update(program).digest('hex');
  const slice = kept.get(digest) ?? compileSlice(decodeProgram(program));
  // The most recently used is last, so the first is the one to let go.
  kept.delete(digest);
  kept.set(digest, slice);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
  return slice;
}

function compile(program: Uint8Array): CompiledCircuit {
  const { r1cs } = compiled(program);
  return {
    r1csDigest: `0x${Buffer.from(r1csDigest(r1cs)).toString('hex')}`,
    constraints: r1cs.constraints,
  };
}

function witness({ program, inputs, outputSalts, tag }: WitnessRequest): CheckedWitness {
  const { r1cs, computeWitness } = compiled(program);
  const { values, publicSignals } = computeWitness({
    inputs: inputs.map((input) => input.values),
    inputSalts: inputs.map(({ salt }) => salt),
    outputSalts,
    tag,
  });
  const broken = checkWitness(r1cs, values);
  if (broken !== undefined) {
    throw new NodeError('NODE_WITNESS_REFUSED', `the witness breaks constraint ${broken} of the circuit`);
  }
  return { witness: writeWitness(values), signals: publicSignals };
}

function answer(task: Task): Answers[keyof Answers] {
  switch (task.kind) {
    case 'compile':
      return compile(task.program);
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
  let reply: Reply;
  try {
    reply = { id, answer: answer(task) };
  } catch (error) {
    reply = { id, failure: failureOf(error) };
  }
  port.postMessage(reply);
});
