import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlicerError } from '../../../slicer/errors.ts';
import { readOnnx, writeOnnx } from '../../../slicer/onnx/index.ts';
import {
  ATTRIBUTE_TYPE,
  modelCodec,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from '../../../slicer/onnx/schema.ts';
import { floats, graphOf, node } from './graphs.ts';

const float32 = { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }, { dimValue: 4 }] } } };
const relu: NodeProto = { name: 'act', opType: 'Relu', input: ['x'], output: ['y'] };

/** The bytes of a one-node model [1, 4] → [1, 4], with parts of it replaced. */
function modelWith(graph: Partial<GraphProto>, model: Partial<ModelProto> = {}): Uint8Array {
  return modelCodec.encode({
    irVersion: 8,
    opsetImport: [{ version: 13 }],
    graph: {
      name: 'g',
      node: [relu],
      input: [{ name: 'x', type: float32 }],
      output: [{ name: 'y', type: float32 }],
      ...graph,
    },
    ...model,
  });
}

const shaped = (...dim: readonly { dimValue?: number; dimParam?: string }[]) => ({
  tensorType: { elemType: 1, shape: { dim } },
});

function refusal(bytes: Uint8Array): SlicerError {
  try {
    readOnnx(bytes);
  } catch (error) {
    if (error instanceof SlicerError) return error;
    throw error;
  }
  throw new Error('the model was read');
}

describe('readOnnx', () => {
  it('reads the plain model that the refusals below are made from', () => {
    const graph = readOnnx(modelWith({}));
    expect(graph.nodes).toEqual([
      { name: 'act', operator: 'Relu', inputs: ['x'], outputs: ['y'], attributes: {} },
    ]);
    expect(graph.tensors.get('y')).toEqual({ type: 'float32', shape: [1, 4] });
    expect(graph.opset).toBe(13);
  });

  it('takes an open batch dimension as 1, by name or without', () => {
    for (const open of [{ dimParam: 'batch' }, {}, { dimValue: -1 }]) {
      const type = shaped(open, { dimValue: 4 });
      const graph = readOnnx(modelWith({ input: [{ name: 'x', type }], output: [{ name: 'y', type }] }));
      expect(graph.inputs[0].shape).toEqual([1, 4]);
      expect(graph.outputs[0].shape).toEqual([1, 4]);
    }
  });

  it('turns Constant nodes and copies of constants into constants', () => {
    const t = { dims: [4], dataType: 1, floatData: [1, 2, 3, 4] };
    const graph = readOnnx(
      modelWith({
        node: [
          {
            opType: 'Constant',
            output: ['c'],
            attribute: [{ name: 'value', type: ATTRIBUTE_TYPE.tensor, t }],
          },
          {
            opType: 'Constant',
            output: ['k'],
            attribute: [{ name: 'value_ints', type: ATTRIBUTE_TYPE.ints, ints: [2, -1] }],
          },
          { opType: 'Identity', input: ['c'], output: ['d'] },
          { name: 'sum', opType: 'Add', input: ['x', 'd'], output: ['y'] },
        ],
      }),
    );
    expect(graph.nodes.map(({ name }) => name)).toEqual(['sum']);
    expect(graph.constants.get('d')).toEqual({
      type: 'float32',
      shape: [4],
      data: Float32Array.of(1, 2, 3, 4),
    });
    expect(graph.constants.get('k')).toEqual({ type: 'int64', shape: [2], data: BigInt64Array.of(2n, -1n) });
  });

  it('rewrites what older operator sets wrote otherwise as operator set 13 does', () => {
    const ints = (name: string, ...values: number[]) => ({ name, type: ATTRIBUTE_TYPE.ints, ints: values });
    const float = (name: string, f: number) => ({ name, type: ATTRIBUTE_TYPE.float, f });
    const slicing = [ints('axes', 1), ints('starts', 1), ints('ends', 3)];
    const graph = readOnnx(
      modelWith(
        {
          initializer: [{ name: 'one', dims: [1], dataType: 1, floatData: [1] }],
          node: [
            { opType: 'Clip', input: ['x'], output: ['c'], attribute: [float('max', 2)] },
            { opType: 'Slice', input: ['c'], output: ['s'], attribute: slicing },
            { opType: 'Unsqueeze', input: ['s'], output: ['u'], attribute: [ints('axes', 0)] },
            { opType: 'Squeeze', input: ['u'], output: ['q'], attribute: [ints('axes', 0)] },
            {
              opType: 'Add',
              input: ['q', 'one'],
              output: ['y'],
              attribute: [{ name: 'broadcast', type: 2, i: 1 }],
            },
          ],
          output: [{ name: 'y', type: shaped({ dimValue: 1 }, { dimValue: 2 }) }],
        },
        { opsetImport: [{ version: 6 }] },
      ),
    );
    expect(graph.opset).toBe(13);
    expect(graph.nodes.map(({ inputs, attributes }) => [inputs, attributes])).toEqual([
      [['x', '', 'c:max'], {}],
      [['c', 's:starts', 's:ends', 's:axes'], {}],
      [['s', 'u:axes'], {}],
      [['u', 'q:axes'], {}],
      [['q', 'one'], {}],
    ]);
    expect(graph.constants.get('c:max')?.data).toEqual(Float32Array.of(2));
    expect(graph.constants.get('s:ends')?.data).toEqual(BigInt64Array.of(3n));
    expect(graph.tensors.get('u')?.shape).toEqual([1, 1, 2]);
  });

  it('names a file that ends early, wherever it was cut', () => {
    const whole = writeOnnx(
      graphOf({
        input: [1, 4],
        constants: { w: floats([4, 3]), b: floats([3]) },
        nodes: [node('Gemm', ['x', 'w', 'b'], 'h', { alpha: 0.5 }), node('Relu', ['h'], 'y')],
      }),
    );
    for (let length = 0; length < whole.length; length++) {
      const error = refusal(whole.subarray(0, length));
      expect(error.code, `cut to ${length} of ${whole.length} bytes`).toBe('ONNX_TRUNCATED');
    }
  });

  it('answers any bytes with a graph or a SlicerError, never another error', () => {
    const whole = modelWith({ initializer: [{ name: 'w', dims: [2], dataType: 1, floatData: [1, 2] }] });
    const damaged = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
      .map((edits) => edits.reduce((bytes, [at, value]) => bytes.with(at, value), whole));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
        try {
          readOnnx(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(SlicerError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('names node and operator of what it does not know', () => {
    const error = refusal(modelWith({ node: [{ ...relu, opType: 'Einsum' }], output: [{ name: 'y' }] }));
    expect(error.code).toBe('ONNX_UNKNOWN_OPERATOR');
    expect(error.message).toBe('Einsum node "act": this operator is not supported');
    expect(error.details).toEqual({ node: 'act', operator: 'Einsum' });
    expect(error.hint).toContain('Conv');
  });

  it('keeps what it has no rules for as it is, where the file says what comes of it', () => {
    const nodes: readonly NodeProto[] = [
      { ...relu, opType: 'Einsum' },
      { ...relu, domain: 'com.microsoft' },
      { ...relu, attribute: [{ name: 'alpha', type: ATTRIBUTE_TYPE.float, f: 1 }] },
    ];
    for (const node of nodes) {
      const graph = readOnnx(modelWith({ node: [node] }));
      expect(graph.nodes[0]).toMatchObject({ operator: node.opType, foreign: true });
      expect(graph.tensors.get('y')).toEqual({ type: 'float32', shape: [1, 4] });
      expect(graph.source?.nodes.get('y')?.opType).toBe(node.opType);
    }
  });

  it('fixes open dimensions by their names', () => {
    const type = shaped({ dimParam: 'batch' }, { dimParam: 'n' }, {});
    const bytes = modelWith({ input: [{ name: 'x', type }], output: [{ name: 'y' }] });
    const { inputs } = readOnnx(bytes, { dimensions: { batch: 2, n: 3, 'x.2': 5 } });
    expect(inputs[0].shape).toEqual([2, 3, 5]);
    expect(() => readOnnx(bytes, { dimensions: { n: 3 } })).toThrow(
      expect.objectContaining({
        code: 'ONNX_DYNAMIC_SHAPE',
        hint: expect.stringContaining('x.2=') as string,
      }),
    );
    expect(() => readOnnx(bytes, { dimensions: { batch: 2, n: 3, 'x.2': 5, m: 4 } })).toThrow(
      expect.objectContaining({ code: 'ONNX_UNKNOWN_DIMENSION', hint: 'It leaves open: batch, n, x.2.' }),
    );
  });

  it.each<[string, string, Uint8Array]>([
    [
      'operators of another domain whose results nothing describes',
      'ONNX_UNKNOWN_OPERATOR',
      modelWith({ node: [{ ...relu, domain: 'com.microsoft' }], output: [{ name: 'y' }] }),
    ],
    ['a second output', 'ONNX_UNKNOWN_OPERATOR', modelWith({ node: [{ ...relu, output: ['y', 'z'] }] })],
    [
      'an attribute the operator lacks',
      'ONNX_UNSUPPORTED_ATTRIBUTE',
      modelWith({
        node: [{ ...relu, attribute: [{ name: 'alpha', type: 1, f: 1 }] }],
        output: [{ name: 'y' }],
      }),
    ],
    [
      'an attribute of another type',
      'ONNX_INVALID',
      modelWith({ node: [{ ...relu, opType: 'Flatten', attribute: [{ name: 'axis', type: 1, f: 1.5 }] }] }),
    ],
    ['an input that nothing writes', 'ONNX_INVALID', modelWith({ node: [{ ...relu, input: ['w'] }] })],
    [
      'a node that reads what comes later',
      'ONNX_INVALID',
      modelWith({
        node: [
          { ...relu, input: ['h'] },
          { ...relu, output: ['h'] },
        ],
      }),
    ],
    ['a tensor that is written twice', 'ONNX_INVALID', modelWith({ node: [relu, relu] })],
    ['a missing input', 'ONNX_INVALID', modelWith({ node: [{ ...relu, input: [] }] })],
    ['an output that nothing writes', 'ONNX_INVALID', modelWith({ output: [{ name: 'z', type: float32 }] })],
    ['no outputs', 'ONNX_INVALID', modelWith({ output: [] })],
    [
      'an output of another shape than declared',
      'ONNX_SHAPE_MISMATCH',
      modelWith({ output: [{ name: 'y', type: shaped({ dimValue: 1 }, { dimValue: 5 }) }] }),
    ],
    [
      'an open dimension that is not the batch',
      'ONNX_DYNAMIC_SHAPE',
      modelWith({ input: [{ name: 'x', type: shaped({ dimValue: 1 }, { dimParam: 'n' }) }] }),
    ],
    [
      'an input without a shape',
      'ONNX_DYNAMIC_SHAPE',
      modelWith({ input: [{ name: 'x', type: { tensorType: { elemType: 1 } } }] }),
    ],
    ['an input that is no tensor', 'ONNX_UNSUPPORTED_TYPE', modelWith({ input: [{ name: 'x', type: {} }] })],
    [
      '16-bit floats',
      'ONNX_UNSUPPORTED_TYPE',
      modelWith({ initializer: [{ name: 'w', dims: [1], dataType: 10, rawData: new Uint8Array(2) }] }),
    ],
    [
      'values in another file',
      'ONNX_EXTERNAL_DATA',
      modelWith({ initializer: [{ name: 'w', dims: [1], dataType: 1, dataLocation: 1 }] }),
    ],
    [
      'fewer raw bytes than the shape needs',
      'ONNX_SHAPE_MISMATCH',
      modelWith({ initializer: [{ name: 'w', dims: [3], dataType: 1, rawData: new Uint8Array(8) }] }),
    ],
    [
      'more values than the shape needs',
      'ONNX_SHAPE_MISMATCH',
      modelWith({ initializer: [{ name: 'w', dims: [1], dataType: 1, floatData: [1, 2] }] }),
    ],
    ['a negative size', 'ONNX_INVALID', modelWith({ initializer: [{ name: 'w', dims: [-1], dataType: 1 }] })],
    [
      'more values than fit in memory',
      'ONNX_TOO_LARGE',
      modelWith({ initializer: [{ name: 'w', dims: [2 ** 20, 2 ** 20], dataType: 1 }] }),
    ],
    [
      'too many dimensions',
      'ONNX_TOO_LARGE',
      modelWith({ initializer: [{ name: 'w', dims: new Array(9).fill(1), dataType: 1, floatData: [1] }] }),
    ],
    ['an operator set too old', 'ONNX_UNSUPPORTED_OPSET', modelWith({}, { opsetImport: [{ version: 5 }] })],
    ['an operator set too new', 'ONNX_UNSUPPORTED_OPSET', modelWith({}, { opsetImport: [{ version: 99 }] })],
    ['a PNG file', 'ONNX_TRUNCATED', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
  ])('refuses %s', (_, code, bytes) => {
    expect(refusal(bytes).code).toBe(code);
  });
});

describe('shapes that do not go together', () => {
  const conv = (attributes: Parameters<typeof node>[3], weights: readonly number[]) => () =>
    graphOf({ constants: { w: floats(weights) }, nodes: [node('Conv', ['x', 'w'], 'y', attributes)] });

  it.each<[string, () => unknown]>([
    ['a convolution over other channels', conv({}, [4, 3, 3, 3])],
    ['groups that do not divide the filters', conv({ group: 2 }, [3, 1, 3, 3])],
    ['a window larger than its input', conv({}, [4, 2, 7, 7])],
    ['a kernel_shape other than the weights', conv({ kernel_shape: [2, 2] }, [4, 2, 3, 3])],
    [
      'pooling windows that may lie in the padding alone',
      () => graphOf({ nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: [2, 2], pads: [0, 0, 2, 0] })] }),
    ],
    ['a stride of 0', conv({ strides: [0, 1] }, [4, 2, 3, 3])],
    ['negative padding', conv({ pads: [-1, 0, 0, 0] }, [4, 2, 3, 3])],
    [
      'a bias of another length',
      () =>
        graphOf({
          constants: { w: floats([4, 2, 3, 3]), b: floats([3]) },
          nodes: [node('Conv', ['x', 'w', 'b'], 'y')],
        }),
    ],
    [
      'matrices',
      () =>
        graphOf({ input: [1, 5], constants: { w: floats([4, 5]) }, nodes: [node('Gemm', ['x', 'w'], 'y')] }),
    ],
    [
      'an addend that would widen the product',
      () =>
        graphOf({
          input: [1, 4],
          constants: { w: floats([4, 5]), c: floats([2, 5]) },
          nodes: [node('Gemm', ['x', 'w', 'c'], 'y')],
        }),
    ],
    ['sums', () => graphOf({ constants: { c: floats([5]) }, nodes: [node('Add', ['x', 'c'], 'y')] })],
    [
      'parts of a Concat',
      () =>
        graphOf({
          constants: { c: floats([1, 2, 5, 6]) },
          nodes: [node('Concat', ['x', 'c'], 'y', { axis: 1 })],
        }),
    ],
    ['a Flatten axis outside', () => graphOf({ nodes: [node('Flatten', ['x'], 'y', { axis: 5 })] })],
  ])('%s: ONNX_SHAPE_MISMATCH', (_, build) => {
    expect(build).toThrow(expect.objectContaining({ code: 'ONNX_SHAPE_MISMATCH' }));
  });
});
