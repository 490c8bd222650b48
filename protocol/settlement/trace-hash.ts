import { concat, keccak256 } from 'ethers';
import { maskOf } from '../contracts/masks.ts';

/** Commitments of a chunk; TraceHash of the contracts. */
const CHUNK = 16;

/** The hash of a trace: keccak256 of the hashes of its chunks of 16 commitments, the last one shorter. */
export function hashTrace(trace: readonly string[]): string {
  return keccak256(concat(chunksOf(trace).map(hashOf)));
}

/** As much of a trace as shows some of its tensors; part of a JobBatch of the contracts. */
export interface ShownTrace {
  /** Bit c says that chunk c is given by its commitments, not by its hash. */
  readonly shown: bigint;
  readonly trace: readonly string[];
}

/** The chunks that these tensors are in, and the hashes of the others. */
export function showTrace(trace: readonly string[], tensors: Iterable<number>): ShownTrace {
  const wanted = new Set(Array.from(tensors, (id) => Math.floor(id / CHUNK)));
  return {
    shown: maskOf([...wanted]),
    trace: chunksOf(trace).flatMap((chunk, i) => (wanted.has(i) ? chunk : [hashOf(chunk)])),
  };
}

function chunksOf(trace: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(trace.length / CHUNK) }, (_, i) =>
    trace.slice(i * CHUNK, (i + 1) * CHUNK),
  );
}

function hashOf(commitments: readonly string[]): string {
  return keccak256(concat(commitments));
}
