import type { TensorInterval } from '../../integer/interval.ts';
import type { IntegerProgram } from '../../integer/program.ts';
import type { Float, GraphWriter, Value } from '../graph-writer.ts';

/** What decides about a node's arithmetic. */
export interface ReachContext {
  readonly program: IntegerProgram;
  /** By tensor. */
  readonly intervals: readonly TensorInterval[];
}

/** How one kind of node becomes ONNX operators. */
export interface ExecuteKind<Node> {
  /**
   * How far the node's arithmetic may go from zero in any order of adding: Σ |weight| · max |x| + |bias| of a
   * linear operator, the half included that a rescale adds. 0 where values are only moved or compared.
   */
  reach(node: Node, context: ReachContext): number;
  /**
   * Writes the node's operators.
   * @param inputs the tensors that it reads
   * @param type the narrowest float that holds its inputs and its arithmetic exactly
   */
  emit(writer: GraphWriter, node: Node, inputs: readonly Value[], type: Float): void;
}
