import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount, readOnnx, writeOnnx, type AttributeValue } from '../../../slicer/onnx/index.ts';
import { runOnnx } from '../../support/run-onnx.ts';
import { floats, graphOf, int64, node, type SmallGraph } from './graphs.ts';

const scalar = (value: number) => floats([], [value]);

/** One small graph for every operator, each with the result that ONNX's definition gives for some value of it. */
const GRAPHS: Readonly<Record<string, SmallGraph>> = {
  'Conv with stride, padding, dilation and groups': {
    constants: { w: floats([4, 1, 3, 2]), b: floats([4]) },
    nodes: [
      node('Conv', ['x', 'w', 'b'], 'y', {
        group: 2,
        strides: [2, 1],
        pads: [1, 0, 2, 1],
        dilations: [1, 2],
      }),
    ],
  },
  'Conv with auto_pad': {
    constants: { w: floats([3, 2, 3, 4]) },
    nodes: [node('Conv', ['x', 'w'], 'y', { auto_pad: 'SAME_LOWER', strides: [2, 2] })],
  },
  'MaxPool with padding': {
    nodes: [node('MaxPool', ['x'], 'y', { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1] })],
  },
  'AveragePool that counts its padding': {
    nodes: [
      node('AveragePool', ['x'], 'y', { kernel_shape: [2, 2], pads: [1, 1, 0, 0], count_include_pad: 1 }),
    ],
  },
  GlobalAveragePool: { nodes: [node('GlobalAveragePool', ['x'], 'y')] },
  'Relu and Floor': {
    constants: { s: scalar(0.5) },
    nodes: [node('Mul', ['x', 's'], 'h'), node('Floor', ['h'], 'r'), node('Relu', ['r'], 'y')],
  },
  'Add and Sub that broadcast': {
    constants: { c: floats([2, 1, 1]), d: floats([6]) },
    nodes: [node('Add', ['x', 'c'], 'a'), node('Sub', ['d', 'a'], 'y')],
  },
  'Clip with bounds as inputs': {
    constants: { low: scalar(-2), high: scalar(3) },
    nodes: [node('Clip', ['x', 'low', 'high'], 'y')],
  },
  'Clip without a lower bound': {
    constants: { high: scalar(3) },
    nodes: [node('Clip', ['x', '', 'high'], 'y')],
  },
  'Flatten and Gemm': {
    constants: { w: floats([5, 72]), b: floats([5]) },
    nodes: [
      node('Flatten', ['x'], 'f'),
      node('Gemm', ['f', 'w', 'b'], 'y', { transB: 1, alpha: 2, beta: 0.5 }),
    ],
  },
  'Reshape and MatMul': {
    constants: { shape: int64(0, -1, 3), w: floats([3, 4]) },
    nodes: [node('Reshape', ['x', 'shape'], 'r'), node('MatMul', ['r', 'w'], 'y')],
  },
  'Slice and Concat': {
    constants: { s1: int64(1), e1: int64(-1), a1: int64(2), s2: int64(-2), e2: int64(1000), two: int64(2) },
    nodes: [
      node('Slice', ['x', 's1', 'e1', 'a1', 'two'], 'a'),
      node('Slice', ['x', 's2', 'e2', 'a1'], 'b'),
      node('Concat', ['a', 'b'], 'y', { axis: -2 }),
    ],
  },
  'Squeeze and Unsqueeze': {
    constants: { zero: int64(0), places: int64(1, -1) },
    nodes: [node('Squeeze', ['x', 'zero'], 's'), node('Unsqueeze', ['s', 'places'], 'y')],
  },
  'Cast to float64': { nodes: [node('Cast', ['x'], 'y', { to: 11 })] },
};

describe('writeOnnx', () => {
  it.each(Object.entries(GRAPHS))(
    '%s: reads back equal, and ONNX Runtime agrees on type and shape',
    async (_, small) => {
      const graph = graphOf(small);
      const { source, ...read } = readOnnx(writeOnnx(graph));
      expect(read).toEqual(graph);
      expect(source?.imports).toMatchObject([{ domain: '' }]);

      const { shape, data } = floats([1, 2, 6, 6]);
      const [y] = await runOnnx(graph, [data]);
      expect(y.shape).toEqual(graph.outputs[0].shape);
      expect(y.data.constructor.name).toBe(
        { float32: 'Float32Array', float64: 'Float64Array' }[graph.outputs[0].type as 'float32'],
      );
      expect(y.data.length).toBe(elementCount(y.shape));
      expect(shape).toEqual(graph.inputs[0].shape);
    },
  );

  it('gives the same bytes for the same graph', () => {
    const graph = graphOf(GRAPHS['Flatten and Gemm']);
    expect(writeOnnx(graph)).toEqual(writeOnnx(readOnnx(writeOnnx(graph))));
  });

  it('keeps every constant bit for bit, in every element type', () => {
    const constants = {
      a: floats([4], [Math.fround(0.1), -0, Infinity, 1e-45]),
      b: { type: 'float64', shape: [2], data: Float64Array.of(0.1, 5e-324) },
      c: { type: 'int64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
      d: { type: 'int32', shape: [1, 2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
      e: { type: 'uint8', shape: [2], data: Uint8Array.of(0, 255) },
      f: { type: 'int8', shape: [2], data: Int8Array.of(-128, 127) },
      g: { type: 'bool', shape: [2], data: Uint8Array.of(0, 1) },
      h: floats([0], []),
    } as const;
    const graph = graphOf({ constants, nodes: [node('Relu', ['x'], 'y')] });
    const read = readOnnx(writeOnnx(graph));
    for (const [name, tensor] of Object.entries(constants))
      expect(read.constants.get(name)).toStrictEqual(tensor);
  });

  it('works out the shapes of any window as ONNX Runtime does', async () => {
    const size = fc.integer({ min: 1, max: 9 });
    const small = fc.integer({ min: 1, max: 3 });
    const padding = fc.integer({ min: 0, max: 2 });
    const pair = <T>(item: fc.Arbitrary<T>) => fc.tuple(item, item);
    await fc.assert(
      fc.asyncProperty(
        pair(size),
        pair(small),
        pair(small),
        pair(small),
        fc.tuple(padding, padding, padding, padding),
        fc.constantFrom('NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
        async (sizes, kernel, strides, dilations, pads, autoPad) => {
          const extent = (i: number) => (kernel[i] - 1) * dilations[i] + 1;
          fc.pre(autoPad !== 'NOTSET' || [0, 1].every((i) => sizes[i] + pads[i] + pads[i + 2] >= extent(i)));
          fc.pre(autoPad !== 'VALID' || [0, 1].every((i) => sizes[i] >= extent(i)));
          // ONNX Runtime has no SAME padding with dilation.
          fc.pre(!autoPad.startsWith('SAME') || dilations.every((dilation) => dilation === 1));
          const padded: Readonly<Record<string, AttributeValue>> =
            autoPad === 'NOTSET' ? { pads } : { auto_pad: autoPad };
          const graph = graphOf({
            input: [1, 1, ...sizes],
            constants: { w: floats([2, 1, ...kernel]) },
            nodes: [node('Conv', ['x', 'w'], 'y', { strides, dilations, ...padded })],
          });
          const [y] = await runOnnx(graph, [floats([1, 1, ...sizes]).data]);
          expect(y.shape).toEqual(graph.outputs[0].shape);
        },
      ),
      { numRuns: 60 },
    );
  });
});
