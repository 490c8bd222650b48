import type { OnnxNode, OnnxTensor, TensorType } from './graph.ts';

/** What reading a file found that only ONNX Runtime can say. Nodes are in topological order. */
export interface Unknowns {
  /** They read constants, and what others of them write, and nothing else. */
  readonly constant: OnnxNode[];
  /** Nothing says what they write, though all that they read is known. */
  readonly untyped: OnnxNode[];
  /** They read what an untyped one writes. */
  readonly after: OnnxNode[];
  /** By the first output of an If whose condition is known: whether it holds. */
  readonly branches: Map<string, boolean>;
  /** Of those constants that something else reads. */
  readonly wanted: Set<string>;
  /** What is known at that point. */
  tensors: ReadonlyMap<string, TensorType>;
  constants: ReadonlyMap<string, OnnxTensor>;
}

export function noUnknowns(): Unknowns {
  return {
    constant: [],
    untyped: [],
    after: [],
    branches: new Map(),
    wanted: new Set(),
    tensors: new Map(),
    constants: new Map(),
  };
}
