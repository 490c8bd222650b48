import { sharedModelProcess, type LoadedModel } from '../execute/process/model-process.ts';
import type { ModelPort } from '../execute/process/messages.ts';
import type { OnnxTensor } from '../onnx/index.ts';
import { dataOf } from '../onnx/tensor-data.ts';
import type { RunOperator } from '../quantise/quantise.ts';

/** Operators without a proof in ONNX Runtime, each loaded once and kept until all are closed. */
export function openOperators(): { readonly run: RunOperator; close(): Promise<void> } {
  const loaded = new Map<Uint8Array, Promise<LoadedModel>>();
  return {
    async run({ model }, samples) {
      const opened = loaded.get(model) ?? sharedModelProcess().load(model, { providers: ['cpu'] });
      loaded.set(model, opened);
      const loadedModel = await opened;
      const results = await Promise.all(
        samples.map((reals) =>
          loadedModel.run(new Map(loadedModel.inputs.map((port, i) => [port.name, tensorOf(port, reals[i])] as const))),
        ),
      );
      return results.map((result) => {
        const [{ data }] = result.values();
        return Float64Array.from(data as ArrayLike<number | bigint>, Number);
      });
    },
    async close() {
      const opened = [...loaded.values()];
      loaded.clear();
      for (const each of opened) await (await each.catch(() => undefined))?.close();
    },
  };
}

/** The operator alone was written with the sizes of its inputs. */
function tensorOf({ type, shape }: ModelPort, reals: Float64Array): OnnxTensor {
  return { type: type ?? 'float32', shape: shape.map(Number), data: dataOf(type ?? 'float32', Array.from(reals)) };
}
