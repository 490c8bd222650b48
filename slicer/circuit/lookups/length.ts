import type { IntegerProgram, ProgramNode } from '../../integer/program.ts';
import { nodeInputs, sizeOf } from '../../integer/program.ts';

/**
 * Above so many terms a looked-up form gets a wire first: its row costs less than the terms, which stand in the
 * proving key with 44 bytes each and are multiplied out for every proof.
 */
export const MOST_LOOKED_UP_TERMS = 96;

/** By tensor, the most terms that one of its forms has, when those in `wires` have one. */
export function formLengths(program: IntegerProgram, wires: (node: ProgramNode) => boolean): number[] {
  const lengths = program.tensors.map(() => 1);
  for (const node of program.nodes) {
    const read = nodeInputs(node).map((id) => lengths[id]);
    const longest = Math.max(...read);
    if (wires(node)) continue;
    if (node.kind === 'conv') lengths[node.output] = longest * mostWeights(node.weights, node.bias.length);
    else if (node.kind === 'gemm')
      lengths[node.output] = longest * mostWeights(node.weights, node.bias.length);
    else if (node.kind === 'add') lengths[node.output] = read.reduce((sum, length) => sum + length, 0);
    else if (node.kind === 'max-pool') lengths[node.output] = longest + sizeOf(node.kernel);
    else lengths[node.output] = longest;
  }
  return lengths;
}

/** The most weights of one output that aren't zero. */
function mostWeights(weights: Int32Array, outputs: number): number {
  const each = weights.length / outputs;
  let most = 1;
  for (let output = 0; output < outputs; output++) {
    let count = 0;
    for (let i = 0; i < each; i++) if (weights[output * each + i] !== 0) count++;
    most = Math.max(most, count);
  }
  return most;
}
