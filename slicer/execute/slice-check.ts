import { SlicerError } from '../errors.ts';
import { bareSize } from '../onnx/bare-size.ts';
import { strangeField } from '../onnx/known-fields.ts';
import { OPSETS, ONNX_LIMITS, WRITTEN_IR_VERSION } from '../onnx/limits.ts';
import { graphsOf } from '../onnx/prepare/names.ts';
import { readOnnx } from '../onnx/read.ts';
import {
  ATTRIBUTE_TYPE,
  modelCodec,
  modelType,
  ownModelCodec,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from '../onnx/schema.ts';
import { elementTypeCode } from '../onnx/tensor-proto.ts';
import { ExecuteError } from './errors.ts';

/** Bytes besides the values of constants: some thousands of operators, decoded in a fraction of a second. */
const MAX_BARE_BYTES = 2 ** 22;

const WINDOWS = { kernel_shape: 'ints', strides: 'ints', pads: 'ints', dilations: 'ints' } as const;

/** What slices/nodes/ writes for programs: operators of ONNX's own domain, and of each its attributes. A test compares. */
export const OWN_OPERATORS: Readonly<Record<string, Readonly<Record<string, keyof typeof ATTRIBUTE_TYPE>>>> =
  {
    Add: {},
    ArgMax: { axis: 'int', keepdims: 'int', select_last_index: 'int' },
    Cast: { to: 'int' },
    Clip: {},
    Concat: { axis: 'int' },
    Conv: { ...WINDOWS, group: 'int' },
    Div: {},
    Floor: {},
    Gather: { axis: 'int' },
    Gemm: { transB: 'int' },
    MatMul: {},
    Max: {},
    MaxPool: WINDOWS,
    Mul: {},
    ReduceMax: { axes: 'ints', keepdims: 'int' },
    Reshape: {},
    Sqrt: {},
    Sub: {},
  };

const OWN_CASTS: ReadonlySet<number> = new Set(
  (['float32', 'float64', 'int64'] as const).map(elementTypeCode),
);

/** Whose operators a slice may have that no circuit proves. */
const DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft']);

/**
 * Refuses the ONNX model of a slice that has more than slices have: every byte must be of a field that this project knows,
 * so there are no graphs in graphs, functions, sparse tensors or files beside it; each node has one of the operators that our own
 * writer writes, their attributes alone, and names all that it reads and writes. Shapes must follow, in bounds.
 *
 * A slice that no circuit proves (`foreign`) may have other operators, with whatever attributes and graphs in them ONNX knows, but
 * not leave out what they write, and no functions, sparse tensors or files beside it either; the process that it runs in has to
 * bear the rest.
 * @throws ExecuteError EXECUTE_FOREIGN naming node and operator, EXECUTE_NOT_A_SLICE; SlicerError ONNX_*
 */
export function expectSliceOnnx(onnx: Uint8Array, { foreign }: { readonly foreign: boolean }): void {
  const model = foreign ? decodeOthers(onnx) : decode(onnx);
  if (Number(model.irVersion) !== WRITTEN_IR_VERSION) {
    throw notASlice(
      `expected version ${WRITTEN_IR_VERSION} of the format, it has ${String(model.irVersion)}`,
    );
  }
  const imports = model.opsetImport ?? [];
  for (const { domain = '', version } of imports) {
    const known = foreign ? DOMAINS.has(domain) : domain === '' && Number(version) === OPSETS.oldestGraph;
    if (!known) throw notASlice(`it uses version ${String(version)} of the operators of "${domain}"`);
  }
  const nodes = model.graph?.node ?? [];
  if (nodes.length > ONNX_LIMITS.nodes) throw notASlice(`it has ${nodes.length} nodes`);
  for (const node of nodes) checkNode(node, foreign);
  if (foreign && model.graph) expectNothingBeside(model.graph);
  // Shapes, types and the order of nodes; of other operators nothing is known.
  if (!foreign) readOnnx(onnx);
}

function expectDecodable(onnx: Uint8Array): void {
  if (onnx.length > ONNX_LIMITS.fileBytes) throw notASlice(`it has ${onnx.length} bytes`);
  const bare = bareSize(onnx);
  if (bare > MAX_BARE_BYTES)
    throw notASlice(`${bare} of its bytes are no values of constants, at most ${MAX_BARE_BYTES} are read`);
}

/** The messages of a slice that has operators of others: they stand in it as their file had them. */
function decodeOthers(onnx: Uint8Array): ModelProto {
  try {
    expectDecodable(onnx);
    const strange = strangeField(onnx, modelType);
    if (strange !== undefined) throw notASlice(`it has ${strange}`);
    const model = modelCodec.decode(onnx);
    if ((model.functions?.length ?? 0) > 0) throw notASlice('it has functions of its own');
    return model;
  } catch (error) {
    if (error instanceof SlicerError) throw error;
    throw notASlice((error as Error).message);
  }
}

/** Refuses what has values in other files or in no dense form, and operators of unknown domains, in graphs within graphs too. */
function expectNothingBeside(graph: GraphProto): void {
  const checkTensor = (tensor: TensorProto | null | undefined): void => {
    if (!tensor) return;
    if ((tensor.externalData?.length ?? 0) > 0 || tensor.dataLocation)
      throw notASlice(`the values of "${tensor.name ?? ''}" are in another file`);
  };
  graph.initializer?.forEach(checkTensor);
  if ((graph.sparseInitializer?.length ?? 0) > 0) throw notASlice('it has sparse tensors');
  for (const node of graph.node ?? []) {
    if (!DOMAINS.has(node.domain ?? '')) throw refused(node, `its operator is one of "${node.domain ?? ''}"`);
    for (const attribute of node.attribute ?? []) {
      checkTensor(attribute.t);
      attribute.tensors?.forEach(checkTensor);
      if (attribute.sparseTensor || (attribute.sparseTensors?.length ?? 0) > 0)
        throw refused(node, `attribute ${attribute.name ?? ''} is a sparse tensor`);
      if (attribute.refAttrName) throw refused(node, `attribute ${attribute.name ?? ''} is a function's`);
      graphsOf(attribute).forEach(expectNothingBeside);
    }
  }
}

function decode(onnx: Uint8Array): ModelProto {
  try {
    expectDecodable(onnx);
    const model = ownModelCodec.decode(onnx);
    // What the schema doesn't know is left out here, and what is there twice is there once.
    const again = ownModelCodec.encode(model);
    if (again.length === onnx.length && again.every((byte, i) => byte === onnx[i])) return model;
  } catch (error) {
    if (error instanceof SlicerError) throw error;
    throw notASlice((error as Error).message);
  }
  throw notASlice('it has fields that no slice has');
}

function checkNode(node: NodeProto, foreign: boolean): void {
  const { opType = '', domain = '', input = [], output = [], attribute = [] } = node;
  const left = [...output, ...(foreign ? [] : input)].includes('') || output.length === 0;
  if (left) throw refused(node, 'it leaves out something that it reads or writes');
  const own = domain === '' && Object.hasOwn(OWN_OPERATORS, opType) ? OWN_OPERATORS[opType] : undefined;
  if (foreign) return;
  if (!own) throw refused(node, 'no slice has this operator');
  if (output.length > 1) throw refused(node, `it writes ${output.length} tensors, expected one`);
  const names = new Set<string>();
  for (const given of attribute) {
    const { name = '' } = given;
    const kind = Object.hasOwn(own, name) ? own[name] : undefined;
    if (
      kind === undefined ||
      names.has(name) ||
      given.type !== ATTRIBUTE_TYPE[kind] ||
      !isOnly(given, kind)
    ) {
      throw refused(node, `attribute ${name} is not as slices have it`);
    }
    names.add(name);
    if (opType === 'Cast' && !OWN_CASTS.has(Number(given.i)))
      throw refused(node, `it casts to type ${String(given.i)}`);
  }
}

/** The field of AttributeProto that holds each kind of value. */
const FIELD = { float: 'f', int: 'i', string: 's', tensor: 't', floats: 'floats', ints: 'ints' } as const;

/** Whether an attribute has no value of another kind besides. */
function isOnly(attribute: AttributeProto, kind: keyof typeof FIELD): boolean {
  return Object.entries(FIELD).every(
    ([other, field]) => other === kind || !Object.hasOwn(attribute, field) || isEmpty(attribute[field]),
  );
}

function isEmpty(value: AttributeProto[(typeof FIELD)[keyof typeof FIELD]]): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function refused({ opType, name, output }: NodeProto, problem: string): ExecuteError {
  return new ExecuteError(
    'EXECUTE_FOREIGN',
    `${opType ?? ''} node "${name || output?.[0] || ''}": ${problem}`,
    {
      hint: `Slices have these operators: ${Object.keys(OWN_OPERATORS).join(', ')}.`,
      details: { operator: opType, node: name },
    },
  );
}

function notASlice(problem: string): ExecuteError {
  return new ExecuteError('EXECUTE_NOT_A_SLICE', `the ONNX model is none that a slice has: ${problem}`, {
    hint: 'A slice’s model is the one that `sliceproof model build` wrote.',
  });
}
