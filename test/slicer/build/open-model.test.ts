import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withExternalData } from '../../../slicer/build/external-data.ts';
import { openModel } from '../../../slicer/build/open-model.ts';
import { evaluateFloat } from '../../../slicer/quantise/evaluate-float.ts';
import { lowerGraph } from '../../../slicer/quantise/lower.ts';
import { openFloatRuntime } from '../../../slicer/build/float-runtime.ts';
import type { TensorProto } from '../../../slicer/onnx/schema.ts';
import { call, graphOf, onnxFile, tensor, type FileParts } from '../../../scripts/bench/networks/onnx-file.ts';

const row = Float64Array.of(0.5, -1, 2, 0.25);

/** What is left of a file, which must be provable and give what ONNX Runtime gives for the file. */
async function expectProvable(parts: FileParts, digits: number): Promise<void> {
  const file = onnxFile(parts);
  const graph = await openModel(file);
  const model = lowerGraph(graph);
  expect(model.nodes.filter(({ kind }) => kind === 'foreign')).toEqual([]);
  const sample = graph.inputs.map(({ shape }) =>
    Float64Array.from({ length: shape.reduce((all, size) => all * size, 1) }, (_, i) => row[i % 4] + i / 8),
  );
  const float = await openFloatRuntime(file, graph);
  const expected = await float.run(sample).finally(() => float.close());
  const values = evaluateFloat(model, sample);
  model.outputs.forEach((id, o) => {
    expect(values[id].length).toBe(expected[o].length);
    values[id].forEach((value, i) => expect(value).toBeCloseTo(expected[o][i], digits));
  });
}

const io = { inputs: [['x', [1, 4]]], outputs: [['y', undefined]] } as const;
const matrix = tensor('w', [4, 4], Array.from({ length: 16 }, (_, i) => (i % 5) / 4 - 0.5));
const product = call('MatMul', ['x', 'v'], ['y']);

const provable: Readonly<Record<string, FileParts>> = {
  'weights out of Dequantize': {
    ...io,
    constants: [
      tensor('q', [4, 4], Array.from({ length: 16 }, (_, i) => 100 + 3 * i), 'uint8'),
      tensor('s', [], [0.02]),
      tensor('z', [], [128], 'uint8'),
    ],
    nodes: [call('DequantizeLinear', ['q', 's', 'z'], ['v']), product],
  },
  'a triangle of weights': {
    ...io,
    constants: [matrix],
    nodes: [call('Trilu', ['w'], ['v'], { upper: 0 }), product],
  },
  'weights where a comparison of constants holds': {
    ...io,
    constants: [matrix, tensor('zero', [], [0])],
    nodes: [
      call('GreaterOrEqual', ['w', 'zero'], ['a']),
      call('Not', ['a'], ['b']),
      call('Where', ['b', 'zero', 'w'], ['v']),
      product,
    ],
  },
  'weight normalisation': {
    ...io,
    constants: [matrix, tensor('axes', [1], [1], 'int64'), tensor('two', [], [2])],
    nodes: [
      call('Pow', ['w', 'two'], ['a']),
      call('ReduceSum', ['a', 'axes'], ['b']),
      call('Sqrt', ['b'], ['c']),
      call('Div', ['w', 'c'], ['v']),
      product,
    ],
  },
  'a shape through NonZero, Loop and ConstantOfShape': {
    ...io,
    constants: [matrix],
    nodes: [
      call('Shape', ['x'], ['s']),
      call('ConstantOfShape', ['s'], ['ones'], { value: { type: 4, t: tensor('', [1], [1]) } }),
      call('NonZero', ['ones'], ['places']),
      call('Shape', ['places'], ['counts']),
      call('ReduceProd', ['counts'], ['eight'], { keepdims: 1 }),
      call('ConstantOfShape', ['eight'], ['zeros'], { value: { type: 4, t: tensor('', [1], [0.5]) } }),
      call('ReduceSum', ['zeros'], ['four'], { keepdims: 0 }),
      call('Mul', ['w', 'four'], ['v']),
      product,
    ],
  },
  'Dropout of a constant': {
    ...io,
    constants: [matrix],
    nodes: [call('Dropout', ['w'], ['v', 'mask']), product],
  },
  'the branch of an If that is known to be taken': {
    ...io,
    constants: [matrix, tensor('c', [], [0], 'bool')],
    nodes: [
      call('If', ['c'], ['h'], {
        then_branch: {
          type: 5,
          g: graphOf({ inputs: [], outputs: [['a', undefined]], nodes: [call('Neg', ['x'], ['a'])] }),
        },
        else_branch: {
          type: 5,
          g: graphOf({ inputs: [], outputs: [['a', undefined]], nodes: [call('Relu', ['x'], ['a'])] }),
        },
      }),
      call('MatMul', ['h', 'w'], ['y']),
    ],
  },
  'a Slice of operator set 9 to where there is no more': {
    ...io,
    opset: 9,
    nodes: [
      call('Slice', ['x'], ['y'], {
        axes: [1],
        starts: [1],
        ends: { type: 7, ints: [{ low: -1, high: 0x7fffffff, unsigned: false } as unknown as number] },
      }),
    ],
  },
  'a Concat with nothing': {
    ...io,
    constants: [
      tensor('from', [1], [4], 'int64'),
      tensor('to', [1], [9], 'int64'),
      tensor('axis', [1], [1], 'int64'),
    ],
    nodes: [call('Slice', ['x', 'from', 'to', 'axis'], ['none']), call('Concat', ['none', 'x'], ['y'], { axis: 1 })],
  },
  'a Concat with constants': {
    ...io,
    constants: [tensor('c', [1, 2], [0.5, -2])],
    nodes: [call('Concat', ['c', 'x'], ['y'], { axis: 1 })],
  },
  'float16': {
    inputs: [['x', [1, 4], 'float16']],
    outputs: [['y', undefined, 'float16']],
    constants: [half([0x3c00, 0xb800, 0x0001, 0x4900])],
    nodes: [call('Mul', ['x', 'h'], ['p']), call('Cast', ['p'], ['y'], { to: 10 })],
  },
  'bfloat16': {
    inputs: [['x', [1, 4], 'bfloat16']],
    outputs: [['y', undefined, 'bfloat16']],
    constants: [half([0x3f80, 0xbf00, 0x3e00, 0x4120], 16)],
    nodes: [call('Mul', ['x', 'h'], ['y'])],
  },
  'float64': {
    inputs: [['x', [1, 4], 'float64']],
    outputs: [['y', undefined, 'float64']],
    constants: [tensor('w', [4, 1], [1, 2, 3, 4], 'float64')],
    nodes: [call('MatMul', ['x', 'w'], ['y'])],
  },
};

function half(bits: readonly number[], dataType = 10): TensorProto {
  return { name: 'h', dims: [4], dataType, rawData: new Uint8Array(Uint16Array.from(bits).buffer) };
}

describe('a file that says less than the reader needs', () => {
  it.each(Object.entries(provable))('is provable: %s', (name, parts) =>
    // ONNX Runtime itself rounds what it multiplies with quantised weights.
    expectProvable(parts, name.includes('Dequantize') ? 2 : 4),
  );

  it('takes shapes from --dimension through what only ONNX Runtime folds', async () => {
    const parts: FileParts = {
      inputs: [['x', ['n', 4]]],
      outputs: [['y', undefined]],
      constants: [tensor('four', [1], [4], 'int64')],
      nodes: [
        call('Shape', ['x'], ['s']),
        call('ReduceProd', ['s'], ['all'], { keepdims: 1 }),
        call('Div', ['all', 'four'], ['rows']),
        call('Concat', ['four', 'rows'], ['turned'], { axis: 0 }),
        call('Reshape', ['x', 'turned'], ['y']),
      ],
    };
    const graph = await openModel(onnxFile(parts), { n: 3 });
    expect(graph.outputs[0].shape).toEqual([4, 3]);
  });

  it.each([
    [
      'random numbers',
      { ...io, nodes: [call('RandomNormalLike', ['x'], ['r']), call('Add', ['x', 'r'], ['y'])] },
      'ONNX_RANDOM',
      'RandomNormalLike node',
    ],
    [
      'a sequence',
      {
        ...io,
        nodes: [
          call('SplitToSequence', ['x'], ['s'], { axis: 1 }),
          call('ConcatFromSequence', ['s'], ['y'], { axis: 1 }),
        ],
      },
      'ONNX_UNSUPPORTED_TYPE',
      'SplitToSequence node',
    ],
    [
      'a shape that depends on values',
      {
        ...io,
        nodes: [call('NonZero', ['x'], ['n']), call('Cast', ['n'], ['y'], { to: 1 })],
      },
      'ONNX_DYNAMIC_SHAPE',
      'NonZero node',
    ],
    [
      'what ONNX Runtime itself refuses, in its words',
      {
        ...io,
        constants: [tensor('c', [4], [1, 2, 3, 4], 'uint8')],
        nodes: [call('Abs', ['x'], ['a']), call('BitShift', ['a', 'c'], ['y'], { direction: 'LEFT' })],
      },
      'BUILD_FLOAT_MODEL',
      'BitShift',
    ],
  ] as readonly (readonly [string, FileParts, string, string])[])(
    'is refused by name: %s',
    async (_, parts, code, words) => {
      const error: unknown = await openModel(onnxFile(parts)).catch((failed: unknown) => failed);
      expect(error).toMatchObject({ code });
      expect((error as Error).message).toContain(words);
    },
  );
});

describe('values in files beside a model', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-external-'));
    await mkdir(path.join(folder, 'model', 'parts'), { recursive: true });
    const values = Buffer.from(Float32Array.of(9, 1, 2, 3, 4).buffer);
    await writeFile(path.join(folder, 'model', 'parts', 'w.bin'), values);
    await writeFile(path.join(folder, 'secret'), values);
    await symlink(path.join(folder, 'secret'), path.join(folder, 'model', 'link'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const fileWith = (entries: Readonly<Record<string, string>>): Uint8Array =>
    onnxFile({
      ...io,
      constants: [
        {
          name: 'w',
          dims: [4, 1],
          dataType: 1,
          dataLocation: 1,
          externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
        },
      ],
      nodes: [call('MatMul', ['x', 'w'], ['y'])],
    });

  it('are taken into it', async () => {
    const file = fileWith({ location: 'parts/w.bin', offset: '4', length: '16' });
    const whole = await withExternalData(file, path.join(folder, 'model'));
    const graph = await openModel(whole);
    expect([...(graph.constants.get('w')?.data ?? [])]).toEqual([1, 2, 3, 4]);
    expect(await withExternalData(whole, '/nowhere')).toBe(whole);
  });

  it.each([
    { location: '../secret' },
    { location: 'link' },
    { location: '/etc/hostname' },
    { location: 'parts' },
    { location: 'parts/none.bin' },
    { location: 'parts/w.bin', offset: '8', length: '16' },
    { location: 'parts/w.bin', offset: '-4', length: '16' },
    {},
  ] as readonly Readonly<Record<string, string>>[])('are refused where they are not there: %o', async (entries) => {
    await expect(withExternalData(fileWith(entries), path.join(folder, 'model'))).rejects.toMatchObject({
      code: 'ONNX_EXTERNAL_DATA',
    });
  });
});
