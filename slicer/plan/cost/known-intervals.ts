import { inputInterval, intervalOf, type TensorInterval } from '../../integer/intervals.ts';
import {
  nodeInputs,
  type IntegerProgram,
  type ProgramNode,
  type ProgramTensor,
} from '../../integer/program.ts';

/**
 * Intervals of a program that is rewritten again and again: those of nodes that stayed as they were, with what they read, are known.
 * Nodes and tensors are known by identity, which rewriting keeps.
 */
export class KnownIntervals {
  readonly #inputs = new WeakMap<ProgramTensor, TensorInterval>();
  readonly #nodes = new WeakMap<
    ProgramNode,
    {
      readonly read: readonly TensorInterval[];
      readonly output: ProgramTensor;
      readonly interval: TensorInterval;
    }
  >();

  /** As `intervalsOf`, and of the same errors. */
  of({ tensors, inputs, nodes }: IntegerProgram): readonly TensorInterval[] {
    const intervals = new Array<TensorInterval>(tensors.length);
    for (const id of inputs) intervals[id] = this.#ofInput(tensors[id]);
    for (const node of nodes) {
      const read = nodeInputs(node).map((id) => intervals[id]);
      const known = this.#nodes.get(node);
      const output = tensors[node.output];
      const isSame = known?.output === output && known.read.every((interval, i) => interval === read[i]);
      const interval = isSame ? known.interval : intervalOf(node, tensors, intervals);
      if (!isSame) this.#nodes.set(node, { read, output, interval });
      intervals[node.output] = interval;
    }
    return intervals;
  }

  #ofInput(tensor: ProgramTensor): TensorInterval {
    const known = this.#inputs.get(tensor);
    if (known) return known;
    const interval = inputInterval(tensor);
    this.#inputs.set(tensor, interval);
    return interval;
  }
}
