import { ModelError } from '../execute/process/errors.ts';
import { sharedModelProcess } from '../execute/process/model-process.ts';
import { elementCount, formatShape, type OnnxGraph, type OnnxTensor, type OnnxValue } from '../onnx/index.ts';
import { prepareOnnx } from '../onnx/prepare/index.ts';
import { dataOf } from '../onnx/tensor-data.ts';
import { BuildError } from './errors.ts';

/** The float model in ONNX Runtime: the yardstick of the accuracy report. */
export interface FloatRuntime {
  /** Outputs for one sample, in the order of the graph's outputs. */
  run(sample: readonly ArrayLike<number>[]): Promise<readonly Float64Array[]>;
  close(): Promise<void>;
}

/**
 * Loads the float model, in float32 where it has halves.
 * @throws BuildError BUILD_FLOAT_MODEL: ONNX Runtime refuses the file, BUILD_SAMPLE_SHAPE (run); ModelError MODEL_*
 */
export async function openFloatRuntime(onnx: Uint8Array, graph: OnnxGraph): Promise<FloatRuntime> {
  const model = await sharedModelProcess()
    .load(prepareOnnx(onnx), { providers: ['cpu'] })
    .catch((cause: Error) => {
      if (cause instanceof ModelError) throw cause;
      throw new BuildError('BUILD_FLOAT_MODEL', cause.message, { cause });
    });
  return {
    async run(sample) {
      const results = await model.run(
        new Map(graph.inputs.map((input, i) => [input.name, tensorOf(input, sample[i] ?? [])])),
      );
      return graph.outputs.map(({ name }) =>
        Float64Array.from((results.get(name) as OnnxTensor).data as ArrayLike<number | bigint>, Number),
      );
    },
    close: () => model.close(),
  };
}

/** Values as a tensor of an input's type and shape. */
function tensorOf({ name, type, shape }: OnnxValue, values: ArrayLike<number>): OnnxTensor {
  if (values.length !== elementCount(shape)) {
    throw new BuildError(
      'BUILD_SAMPLE_SHAPE',
      `input ${name} of shape ${formatShape(shape)} needs ${elementCount(shape)} values a sample, got ${values.length}`,
    );
  }
  return { type, shape, data: dataOf(type, Array.from(values)) };
}
