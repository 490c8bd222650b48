import { checkInput, evaluateNode } from '../integer/evaluate.ts';
import { nodeInputs, type IntegerProgram, type ProgramNode, type TensorValues } from '../integer/program.ts';
import { executeSlice, openSlice, type SliceSession } from './session.ts';
import { sliceOnnx } from './slice-onnx.ts';

/** Computes programs, operators without a meaning in integers by ONNX Runtime. */
export interface Evaluator {
  /** The values of every tensor. */
  evaluate(program: IntegerProgram, inputs: readonly TensorValues[]): Promise<readonly TensorValues[]>;
  close(): Promise<void>;
}

export function openEvaluator(): Evaluator {
  const sessions = new Map<ProgramNode, Promise<SliceSession>>();
  const run = async (
    program: IntegerProgram,
    node: ProgramNode,
    values: readonly TensorValues[],
  ): Promise<TensorValues> => {
    const session =
      sessions.get(node) ?? openSlice(sliceOnnx(alone(program, node), node.name), { foreign: true });
    sessions.set(node, session);
    const [result] = await executeSlice(
      await session,
      nodeInputs(node).map((id) => values[id]),
    );
    return result;
  };
  return {
    async evaluate(program, inputs) {
      const values = new Array<TensorValues>(program.tensors.length);
      program.inputs.forEach((id, i) => {
        checkInput(program.tensors[id], inputs[i]);
        values[id] = inputs[i];
      });
      for (const node of program.nodes) {
        values[node.output] =
          node.kind === 'foreign' ? await run(program, node, values) : evaluateNode(program, node, values);
      }
      return values;
    },
    async close() {
      for (const session of sessions.values()) await (await session).close();
    },
  };
}

/** One node as a program; what it reads without a range has the least that holds it. */
function alone({ tensors }: IntegerProgram, node: ProgramNode): IntegerProgram {
  const inputs = nodeInputs(node);
  const wide = { signed: true, bits: 24 };
  const ranged = tensors.map((tensor, id) =>
    inputs.includes(id) ? { ...tensor, range: tensor.range ?? wide } : tensor,
  );
  return { tensors: ranged, inputs: [...new Set(inputs)], outputs: [node.output], nodes: [node] };
}
