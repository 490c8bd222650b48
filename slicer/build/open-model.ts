import { SlicerError } from '../errors.ts';
import { ModelError } from '../execute/process/errors.ts';
import { sharedModelProcess } from '../execute/process/model-process.ts';
import { readOnnx, type OnnxGraph, type TensorType } from '../onnx/index.ts';
import { modelCodec } from '../onnx/schema.ts';
import { dataOf } from '../onnx/tensor-data.ts';
import { elementCount } from '../onnx/graph.ts';
import { BuildError } from './errors.ts';

/**
 * Reads a model. Where it has operators that the reader has no rules for and the file does not say what they
 * write, ONNX Runtime is asked: it runs the model once, on zeros.
 * @throws SlicerError ONNX_*; ModelError MODEL_*
 */
export async function openModel(
  onnx: Uint8Array,
  dimensions?: Readonly<Record<string, number>>,
): Promise<OnnxGraph> {
  try {
    return readOnnx(onnx, { dimensions });
  } catch (error) {
    const unknown = error instanceof SlicerError && ASK_RUNTIME.has(error.code);
    if (!unknown) throw error;
    const types = await typesByRuntime(onnx, dimensions).catch((failed: unknown) => {
      if (failed instanceof ModelError) throw failed;
      return undefined;
    });
    if (types === undefined) throw error;
    return readOnnx(onnx, { dimensions, types });
  }
}

const ASK_RUNTIME: ReadonlySet<string> = new Set([
  'ONNX_UNKNOWN_OPERATOR',
  'ONNX_UNSUPPORTED_ATTRIBUTE',
  'ONNX_DYNAMIC_SHAPE',
]);

/** A model that gives tensors besides its outputs: two messages of one kind, one after the other, are one. */
export function withOutputs(onnx: Uint8Array, names: readonly string[]): Uint8Array {
  const added = modelCodec.encode({ graph: { output: names.map((name) => ({ name })) } });
  return Buffer.concat([onnx, added]);
}

async function typesByRuntime(
  onnx: Uint8Array,
  dimensions: Readonly<Record<string, number>> | undefined,
): Promise<ReadonlyMap<string, TensorType>> {
  const { graph } = modelCodec.decode(onnx);
  const own = new Set(graph?.output?.map(({ name }) => name));
  const names = (graph?.node ?? [])
    .flatMap(({ output }) => output ?? [])
    .filter((name) => name !== '' && !own.has(name));
  const model = await sharedModelProcess().load(withOutputs(onnx, names), { providers: ['cpu'] });
  try {
    const feeds = model.inputs.map(({ name, type, shape: sizes }) => {
      if (type === null)
        throw new BuildError('BUILD_FLOAT_MODEL', `input ${name} is no tensor of a known type`);
      const shape = sizes.map((size, axis) =>
        typeof size === 'number' ? size : (dimensions?.[size] ?? dimensions?.[`${name}.${axis}`] ?? 1),
      );
      const values = new Array<number>(elementCount(shape)).fill(0);
      return [name, { type, shape, data: dataOf(type, values) }] as const;
    });
    return await model.run(new Map(feeds));
  } finally {
    await model.close();
  }
}
