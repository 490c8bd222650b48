import { checkInput, evaluateNodeAll } from '../integer/evaluate.ts';
import { nodeInputs, type IntegerProgram, type ProgramNode, type TensorValues } from '../integer/program.ts';
import { executeSlice, openSlice, type SliceSession } from './session.ts';
import { sliceOnnx } from './slice-onnx.ts';

/** Computes programs, operators without a meaning in integers by ONNX Runtime. */
export interface Evaluator {
  /** The values of every tensor. */
  evaluate(program: IntegerProgram, inputs: readonly TensorValues[]): Promise<readonly TensorValues[]>;
  /** The same by sample, in less time than one after the other. */
  evaluateAll(
    program: IntegerProgram,
    samples: readonly (readonly TensorValues[])[],
  ): Promise<readonly (readonly TensorValues[])[]>;
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
  const evaluateAll: Evaluator['evaluateAll'] = async (program, samples) => {
    const all = samples.map((inputs) => {
      const values = new Array<TensorValues>(program.tensors.length);
      program.inputs.forEach((id, i) => {
        checkInput(program.tensors[id], inputs[i]);
        values[id] = inputs[i];
      });
      return values;
    });
    for (const node of program.nodes) {
      if (node.kind === 'foreign') {
        for (const values of all) values[node.output] = await run(program, node, values);
        continue;
      }
      const written = evaluateNodeAll(program, node, all);
      all.forEach((values, sample) => (values[node.output] = written[sample]));
    }
    return all;
  };
  return {
    evaluateAll,
    evaluate: async (program, inputs) => (await evaluateAll(program, [inputs]))[0],
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
