import ort from 'onnxruntime-node';
import { formatShape, type OnnxGraph } from '../onnx/index.ts';
import { BuildError } from './errors.ts';

/** The float model in ONNX Runtime: the yardstick of the accuracy report. */
export interface FloatRuntime {
  /** Outputs for one sample, in the order of the graph's outputs. */
  run(sample: Float32Array): Promise<readonly Float64Array[]>;
  close(): Promise<void>;
}

/**
 * Loads the float model. A model that was exported for a larger batch gets the sample in every place of it.
 * @throws BuildError BUILD_FLOAT_MODEL: ONNX Runtime refuses the file, BUILD_SAMPLE_SHAPE (run)
 */
export async function openFloatRuntime(onnx: Uint8Array, graph: OnnxGraph): Promise<FloatRuntime> {
  const [input] = graph.inputs;
  const [batch, ...sampleShape] = input.shape;
  const size = sampleShape.reduce((product, dimension) => product * dimension, 1);
  const session = await ort.InferenceSession.create(onnx, { logSeverityLevel: 3 }).catch((cause: Error) => {
    throw new BuildError('BUILD_FLOAT_MODEL', `ONNX Runtime refuses the model: ${cause.message}`, { cause });
  });
  return {
    async run(sample) {
      if (sample.length !== size) {
        throw new BuildError(
          'BUILD_SAMPLE_SHAPE',
          `input ${input.name} of shape ${formatShape(input.shape)} needs ${size} values a sample, got ${sample.length}`,
        );
      }
      const data = new Float32Array(batch * size);
      for (let i = 0; i < batch; i++) data.set(sample, i * size);
      const results = await session.run({ [input.name]: new ort.Tensor('float32', data, [...input.shape]) });
      return graph.outputs.map(({ name }) => {
        const values = results[name].data as Float32Array;
        return Float64Array.from(values.subarray(0, values.length / batch));
      });
    },
    close: () => session.release(),
  };
}
