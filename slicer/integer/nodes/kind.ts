import { MOST_SHIFT } from '../expect.ts';
import { z } from 'zod';
import type { TensorInterval } from '../interval.ts';
import { PROGRAM_LIMITS } from '../limits.ts';
import type { ProgramTensor, TensorValues } from '../tensor.ts';

/**
 * One kind of node of the integer program: what it is in a file, what makes it valid, what it computes and
 * what its results can be. Circuit, ONNX and quantiser have a table of kinds each of their own.
 */
export interface NodeKind<Node, File> {
  /** A node in a program's file. */
  readonly schema: z.ZodType<File>;
  /** The node as the schema has it, keys in one fixed order. */
  encode(node: Node): File;
  /** @throws IntegerProgramError PROGRAM_MALFORMED */
  decode(file: File): Node;
  /** @throws IntegerProgramError PROGRAM_INVALID: shapes or constants do not go together */
  validate(node: Node, tensors: readonly ProgramTensor[]): void;
  /**
   * What the node's results can be, given the intervals of the tensors before it.
   * @throws IntegerProgramError INTEGER_TOO_WIDE, PROGRAM_RANGE_MISSING
   */
  interval(
    node: Node,
    tensors: readonly ProgramTensor[],
    intervals: readonly TensorInterval[],
  ): TensorInterval;
  /** The node's results, given the values of the tensors before it. */
  evaluate(node: Node, tensors: readonly ProgramTensor[], values: readonly TensorValues[]): TensorValues;
  /**
   * The same integers by sample, at least one, where there is a quicker way for several at once.
   * @returns undefined where it can't be known to be exact
   */
  evaluateAll?(
    node: Node,
    tensors: readonly ProgramTensor[],
    samples: readonly (readonly TensorValues[])[],
  ): TensorValues[] | undefined;
}

/** A tensor's index in a file. */
export const tensorIndex = z.int().min(0).max(PROGRAM_LIMITS.tensors);
export const nodeName = z.string().max(4096);
/** A power of two that something is multiplied or divided by. */
export const shiftBits = z.int().min(0).max(MOST_SHIFT);

/** Fields of a node that reads one tensor. */
export const unaryFields = { name: nodeName, input: tensorIndex, output: tensorIndex };

/** Fields of a node that reads two tensors. */
export const binaryFields = {
  name: nodeName,
  inputs: z.tuple([tensorIndex, tensorIndex]),
  output: tensorIndex,
};
