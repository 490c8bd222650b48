import { sharedModelProcess, type LoadedModel } from '../execute/process/model-process.ts';
import { readOnnx, type OnnxTensor, type OnnxValue } from '../onnx/index.ts';
import { dataOf } from '../onnx/tensor-data.ts';
import type { FloatForeign } from '../quantise/float-model.ts';
import type { RunOperator } from '../quantise/quantise.ts';

/** An operator that ONNX Runtime has loaded. */
interface Loaded {
  readonly inputs: readonly OnnxValue[];
  readonly model: LoadedModel;
}

/** Operators without a proof in ONNX Runtime, each loaded once and kept until all are closed. */
export function openOperators(): { readonly run: RunOperator; close(): Promise<void> } {
  const loaded = new Map<Uint8Array, Promise<Loaded>>();
  const load = async ({ model }: FloatForeign): Promise<Loaded> => ({
    inputs: readOnnx(model).inputs,
    model: await sharedModelProcess().load(model, { providers: ['cpu'] }),
  });
  return {
    async run(node, samples) {
      const opened = loaded.get(node.model) ?? load(node);
      loaded.set(node.model, opened);
      const { inputs, model } = await opened;
      const results = samples.map((reals) =>
        model.run(new Map(inputs.map((input, i) => [input.name, tensorOf(input, reals[i])]))),
      );
      return (await Promise.all(results)).map((result) =>
        Float64Array.from((result.get(node.tensor) as OnnxTensor).data as ArrayLike<number | bigint>, Number),
      );
    },
    async close() {
      const opened = [...loaded.values()];
      loaded.clear();
      for (const each of opened) await (await each.catch(() => undefined))?.model.close();
    },
  };
}

function tensorOf({ type, shape }: OnnxValue, reals: Float64Array): OnnxTensor {
  return { type, shape, data: dataOf(type, Array.from(reals)) };
}
