import { ExecuteError } from '../execute/errors.ts';
import { defaultLimits } from '../execute/process/limits.ts';
import { ModelProcess, type LoadedModel } from '../execute/process/model-process.ts';
import { ModelError } from '../execute/process/errors.ts';
import { namesRead } from '../onnx/foreign-call.ts';
import { elementCount, type OnnxNode, type OnnxTensor, type TensorType } from '../onnx/graph.ts';
import { ONNX_LIMITS } from '../onnx/limits.ts';
import { nameNode, refuseNode } from '../onnx/refuse.ts';
import { rawModelCodec, type RawModelProto, type RawNodeProto } from '../onnx/schema.ts';
import { dataOf } from '../onnx/tensor-data.ts';
import { toTensorProto } from '../onnx/tensor-proto.ts';
import type { Unknowns } from '../onnx/unknowns.ts';
import { toValueInfo } from '../onnx/write.ts';
import { BuildError } from './errors.ts';

/** Processor seconds of one answer: a loop need not end on values that nobody chose for it. */
const CPU_SECONDS = 60;

let shared: ModelProcess | undefined;

/** A process of its own, since it may take long enough to be ended for it. */
function asked(): ModelProcess {
  return (shared ??= new ModelProcess({ ...defaultLimits(), cpuSeconds: CPU_SECONDS }));
}

/** A part of a file as a model of its own. */
class Part {
  readonly #model: RawModelProto;
  readonly #unknowns: Unknowns;
  readonly #nodes: ReadonlyMap<string, RawNodeProto>;

  constructor(file: Uint8Array, unknowns: Unknowns) {
    this.#model = rawModelCodec.decode(file);
    this.#unknowns = unknowns;
    this.#nodes = new Map(
      (this.#model.graph?.node ?? []).flatMap((node) =>
        (node.output ?? []).filter((name) => name !== '').map((name) => [name, node] as const),
      ),
    );
  }

  /** These nodes of the file, reading what is known, giving these tensors. */
  modelOf(nodes: readonly OnnxNode[], outputs: readonly string[]): Uint8Array {
    const { tensors, constants } = this.#unknowns;
    const raws = nodes.map((node) => this.#nodes.get(node.outputs.find((name) => name !== '') ?? '')!);
    const written = new Set(raws.flatMap(({ output = [] }) => output));
    const read = [...new Set(raws.flatMap(namesRead))].filter((name) => !written.has(name));
    return rawModelCodec.encode({
      ...this.#model,
      graph: {
        name: 'part',
        node: raws,
        initializer: read.flatMap((name) => {
          const constant = constants.get(name);
          return constant ? [toTensorProto(name, constant)] : [];
        }),
        input: read.flatMap((name) => {
          const type = constants.has(name) ? undefined : tensors.get(name);
          return type ? [toValueInfo({ name, ...type })] : [];
        }),
        output: outputs.map((name) => ({ name })),
      },
    });
  }

  /** What these nodes read of what is known and no constant. */
  inputsOf(nodes: readonly OnnxNode[]): readonly (readonly [name: string, type: TensorType])[] {
    const { tensors, constants } = this.#unknowns;
    const names = new Set(nodes.flatMap(({ inputs }) => inputs).filter((name) => !constants.has(name)));
    return [...names].flatMap((name) => {
      const type = tensors.get(name);
      return type ? [[name, type] as const] : [];
    });
  }
}

/**
 * What operators give that read constants alone, of what others read of it.
 * @throws BuildError BUILD_FLOAT_MODEL, BUILD_FOLD: it is too large; ModelError MODEL_*
 */
export async function foldedByRuntime(
  file: Uint8Array,
  unknowns: Unknowns,
): Promise<ReadonlyMap<string, OnnxTensor>> {
  const { constant: nodes, wanted } = unknowns;
  const written = nodes.flatMap(({ outputs }) => outputs);
  const outputs = written.filter((name) => wanted.has(name));
  if (outputs.length === 0) return new Map();
  const names = nodes.slice(0, 5).map(nameNode).join(', ');
  const part = new Part(file, unknowns).modelOf(nodes, outputs);
  const model = await load(part, names);
  try {
    const results = await model.run(new Map()).catch((error: unknown) => refused(error, names));
    for (const [name, { shape }] of results) {
      if (elementCount(shape) > ONNX_LIMITS.elements) {
        throw new BuildError(
          'BUILD_FOLD',
          `the constant "${name}" would have ${elementCount(shape)} values, at most ${ONNX_LIMITS.elements} are read`,
        );
      }
    }
    return results;
  } finally {
    await model.close();
  }
}

/**
 * What operators write that the reader has no rules for: what ONNX Runtime infers of them, else what it gives for inputs of zeros,
 * of ones and of ever larger numbers, which must all have one shape.
 * @throws SlicerError ONNX_UNSUPPORTED_TYPE: no tensor of a type that is read, ONNX_DYNAMIC_SHAPE: its shape depends on values;
 * BuildError BUILD_FLOAT_MODEL; ModelError MODEL_*
 */
export async function typesByRuntime(
  file: Uint8Array,
  unknowns: Unknowns,
): Promise<ReadonlyMap<string, TensorType>> {
  const part = new Part(file, unknowns);
  const { untyped, after, tensors, constants } = unknowns;
  const reached = new Set([...tensors.keys(), ...constants.keys()]);
  const nodes = [...untyped, ...after].filter(({ inputs, outputs }) => {
    const known = inputs.every((name) => name === '' || reached.has(name));
    if (known) for (const name of outputs) reached.add(name);
    return known;
  });
  const outputs = nodes.flatMap((node) => node.outputs.filter((name) => name !== ''));
  const model = await load(part.modelOf(nodes, outputs), untyped.slice(0, 5).map(nameNode).join(', '));
  await model.close();
  const types = new Map<string, TensorType>();
  const ports = new Map(model.outputs.map((port) => [port.name, port]));
  for (const { name, type, shape } of model.outputs) {
    const sizes = shape.filter((size): size is number => typeof size === 'number' && size >= 0);
    // Of what has no known rank it says nothing, as of a single value.
    const isSaid = sizes.length > 0 && sizes.length === shape.length;
    if (type !== null && isSaid) types.set(name, { type, shape: sizes });
  }
  for (const node of untyped) {
    const open = node.outputs.filter((name) => name !== '' && !types.has(name));
    if (open.length === 0) continue;
    const other = open.find((name) => ports.get(name)?.type === null);
    if (other !== undefined) {
      throw refuseNode(
        node,
        'ONNX_UNSUPPORTED_TYPE',
        `what it writes, "${other}", is no tensor of numbers: sequences, optionals, maps and strings are not read`,
      );
    }
    for (const [name, type] of await tried(part, node, open)) types.set(name, type);
  }
  return types;
}

/** What a node gives for a few inputs that nobody chose. */
async function tried(
  part: Part,
  node: OnnxNode,
  outputs: readonly string[],
): Promise<ReadonlyMap<string, TensorType>> {
  const model = await load(part.modelOf([node], outputs), nameNode(node));
  const found: ReadonlyMap<string, OnnxTensor>[] = [];
  let failure: unknown;
  try {
  for (const valueAt of [() => 0, () => 1, (i: number) => i]) {
    const feeds = part.inputsOf([node]).map(([name, { type, shape }]) => {
      const values = Array.from({ length: elementCount(shape) }, (_, i) => valueAt(i));
      return [name, { type, shape, data: dataOf(type, values) }] as const;
    });
    await model.run(new Map(feeds)).then(
      (results) => found.push(results),
      (error: unknown) => (failure = error),
    );
  }
  } finally {
    await model.close();
  }
  const [first] = found;
  if (!first) {
    if (failure instanceof ModelError && failure.code === 'MODEL_TOO_SLOW') {
      throw refuseNode(node, 'ONNX_DYNAMIC_SHAPE', 'it does not end on simple inputs, so that nothing says what it writes');
    }
    return refused(failure, nameNode(node));
  }
  for (const name of outputs) {
    const shapes = new Set(found.map((results) => String(results.get(name)?.shape)));
    if (shapes.size > 1) {
      throw refuseNode(node, 'ONNX_DYNAMIC_SHAPE', `the shape of what it writes, "${name}", depends on values`);
    }
  }
  return new Map(outputs.map((name) => [name, first.get(name)!]));
}

async function load(onnx: Uint8Array, names: string): Promise<LoadedModel> {
  return asked()
    .load(onnx, { providers: ['cpu'] })
    .catch((error: unknown) => refused(error, names));
}

/** What ONNX Runtime itself says of a model is what is wrong with it. */
function refused(error: unknown, names: string): never {
  if (!(error instanceof ExecuteError)) throw error;
  throw new BuildError('BUILD_FLOAT_MODEL', `${error.message.trim()} (${names})`, { cause: error });
}
