import type { FloatTensor } from '../float-model.ts';
import type { Quantiser } from '../quantiser.ts';

/** How one kind of node of the float model is computed, and what it becomes in integers. */
export interface FloatKind<Node> {
  /** The node's results, given the values of the tensors before it. */
  evaluate(node: Node, tensors: readonly FloatTensor[], values: readonly Float64Array[]): Float64Array;
  /** Adds the node to the integer program. */
  quantise(quantiser: Quantiser, node: Node, weightBits: number): void;
}
