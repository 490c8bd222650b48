import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../slicer/integer/evaluate.ts';
import { intervalsOf } from '../../../slicer/integer/intervals.ts';
import type {
  IntegerProgram,
  IntegerRange,
  ProgramNode,
  ProgramTensor,
} from '../../../slicer/integer/program.ts';
import { decodeProgram, encodeProgram } from '../../../slicer/integer/serialise.ts';
import { validateProgram } from '../../../slicer/integer/validate.ts';

/** Fields of a node of any kind. */
type Fields = Readonly<Record<string, unknown>>;
type Tensor = readonly [shape: readonly number[], range?: IntegerRange, scale?: number];
/** What is fed, the node, what it writes. */
interface Case {
  readonly inputs: readonly Tensor[];
  readonly node: Fields;
  readonly output: Tensor;
}

const S8: IntegerRange = { signed: true, bits: 8 };
const U8: IntegerRange = { signed: false, bits: 8 };

function program({ inputs, node, output }: Case): IntegerProgram {
  const tensors = [...inputs, output].map(([shape, range, scale = 0], i): ProgramTensor => ({
    name: `t${i}`,
    shape,
    scale,
    ...(range ? { range } : {}),
  }));
  const made = { name: 'the node', output: inputs.length, ...node } as unknown as ProgramNode;
  // What stands at the edge has a range: the first input is one for sure.
  return { tensors, inputs: inputs.map((_, i) => i), outputs: [0], nodes: [made] };
}

const floats = (...values: readonly number[]): Float64Array => Float64Array.from(values);
const ints = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i - 2);

const rank4: Tensor = [[1, 4, 3, 3], S8];
const row: Tensor = [[1, 2, 3], S8];
const unary = { input: 0 };
const binary = { inputs: [0, 1] };
const windows = { kernel: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };

const valid: Readonly<Record<string, Case>> = {
  add: {
    inputs: [row, row],
    node: { kind: 'add', ...binary, shifts: [0, 3], subtract: true },
    output: [row[0]],
  },
  argmax: {
    inputs: [row],
    node: { kind: 'argmax', ...unary, axis: 2, last: false },
    output: [[1, 2, 1], U8],
  },
  'below-max': { inputs: [row], node: { kind: 'below-max', ...unary }, output: [row[0]] },
  concat: {
    inputs: [row, [[1, 1, 3], S8]],
    node: { kind: 'concat', ...binary, axis: 1 },
    output: [[1, 3, 3]],
  },
  constant: { inputs: [row], node: { kind: 'constant', values: floats(1, -2) }, output: [[1, 2]] },
  conv: {
    inputs: [rank4],
    node: {
      kind: 'conv',
      ...unary,
      ...windows,
      groups: 2,
      weights: ints(6 * 2 * 4),
      bias: floats(...ints(6)),
    },
    output: [[1, 6, 2, 2]],
  },
  divide: {
    inputs: [row, row],
    node: { kind: 'divide', ...binary, shift: 3 },
    output: [row[0]],
  },
  foreign: {
    inputs: [row, row],
    node: { kind: 'foreign', ...binary, operator: 'Erf', model: Uint8Array.of(1, 2, 255) },
    output: [row[0], S8],
  },
  gather: {
    inputs: [row],
    node: { kind: 'gather', ...unary, indices: Int32Array.of(5, -1), fill: -128 },
    output: [[2], S8],
  },
  gemm: {
    inputs: [[[2, 3], S8]],
    node: { kind: 'gemm', ...unary, weights: ints(12), bias: floats(...ints(4)) },
    output: [[2, 4]],
  },
  isqrt: { inputs: [[[1, 2, 3], U8]], node: { kind: 'isqrt', ...unary }, output: [row[0]] },
  matmul: {
    inputs: [
      [[2, 3, 4, 5], S8],
      [[2, 3, 5, 2], S8],
    ],
    node: { kind: 'matmul', ...binary },
    output: [[2, 3, 4, 2]],
  },
  'max-pool': { inputs: [rank4], node: { kind: 'max-pool', ...unary, ...windows }, output: [[1, 4, 2, 2]] },
  maximum: { inputs: [row, row], node: { kind: 'maximum', ...binary }, output: [row[0]] },
  mul: { inputs: [row, row], node: { kind: 'mul', ...binary }, output: [row[0]] },
  rescale: {
    inputs: [row],
    node: { kind: 'rescale', ...unary, shift: 2, relu: false, clamp: [-3, 9] },
    output: [row[0], S8],
  },
  reshape: { inputs: [row], node: { kind: 'reshape', ...unary }, output: [[3, 2]] },
  scale: { inputs: [row], node: { kind: 'scale', ...unary, factors: ints(6) }, output: [row[0]] },
  table: {
    inputs: [row],
    node: { kind: 'table', ...unary, first: -128, values: ints(256) },
    output: [row[0]],
  },
};

interface Change {
  readonly node?: Fields;
  readonly inputs?: readonly Tensor[];
  readonly output?: Tensor;
}

function changed(kind: string, { node, inputs, output }: Change): IntegerProgram {
  const from = valid[kind];
  return program({
    node: { ...from.node, ...node },
    inputs: inputs ?? from.inputs,
    output: output ?? from.output,
  });
}

/** The same tensors, one side of one of them one more, or another dimension behind. */
function* reshaped(kind: string): Generator<readonly [string, Change]> {
  const { inputs, output } = valid[kind];
  const others = (shape: readonly number[]): readonly (readonly number[])[] => [
    ...shape.map((side, i) => shape.with(i, side + 1)),
    [...shape, 1],
  ];
  for (const shape of others(output[0])) {
    yield [`writes ${shape.join('×')}`, { output: [shape, output[1]] }];
  }
  for (const [i, [from, range]] of inputs.entries()) {
    for (const shape of others(from)) {
      yield [`reads ${shape.join('×')} as its input ${i}`, { inputs: inputs.with(i, [shape, range]) }];
    }
  }
}

/** Kinds whose shapes follow from each other in every dimension. */
const SHAPED = Object.keys(valid).filter(
  (kind) => !['argmax', 'constant', 'foreign', 'gather', 'reshape'].includes(kind),
);

const refusedNode = (kind: string, node: Fields): readonly [string, Change] => [
  Object.entries(node)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ')
    .slice(0, 60),
  { node: { ...node, kind } },
];

const refused: Readonly<Record<string, readonly (readonly [string, Change])[]>> = {
  add: [{ shifts: [-1, 0] }, { shifts: [0, 53] }, { shifts: [0.5, 0] }].map((node) =>
    refusedNode('add', node),
  ),
  argmax: [
    refusedNode('argmax', { axis: 3 }),
    ['two positions a row', { output: [[1, 2, 2], U8] }],
    ['another row', { output: [[1, 3, 1], U8] }],
    ['no axis left', { output: [[1, 2], U8] }],
  ],
  concat: [
    refusedNode('concat', { axis: 3 }),
    refusedNode('concat', { axis: 2 }),
    ['of another scale', { inputs: [row, [[1, 1, 3], S8, 2]] }],
  ],
  constant: [
    refusedNode('constant', { values: floats(1) }),
    refusedNode('constant', { values: floats(1, 2, 3) }),
    refusedNode('constant', { values: floats(1, 0.5) }),
    refusedNode('constant', { values: floats(2 ** 53, 1) }),
  ],
  conv: [
    refusedNode('conv', { weights: ints(47) }),
    refusedNode('conv', { weights: ints(49) }),
    refusedNode('conv', { groups: 3, weights: ints(32) }),
    ['groups that divide its channels alone', { node: { groups: 4, weights: ints(24) } }],
    refusedNode('conv', { bias: floats(0, 1, 2, 3, 4, 0.5) }),
    refusedNode('conv', { bias: floats(2 ** 53, 1, 2, 3, 4, 5) }),
  ],
  divide: [{ shift: -1 }, { shift: 53 }, { shift: 1.5 }].map((node) => refusedNode('divide', node)),
  foreign: [['no range behind it', { output: [row[0]] }]],
  gather: [
    refusedNode('gather', { indices: Int32Array.of(6, 0) }),
    refusedNode('gather', { indices: Int32Array.of(0, -2) }),
    refusedNode('gather', { indices: Int32Array.of(0) }),
    refusedNode('gather', { indices: Int32Array.of(0, 1, 2) }),
    refusedNode('gather', { fill: -129 }),
    refusedNode('gather', { fill: 128 }),
    refusedNode('gather', { fill: 0.5 }),
  ],
  gemm: [
    refusedNode('gemm', { weights: ints(11) }),
    refusedNode('gemm', { weights: ints(13) }),
    refusedNode('gemm', { bias: floats(1, 2, 3, 0.5) }),
    refusedNode('gemm', { bias: floats(1, 2, 3, -(2 ** 53)) }),
  ],
  matmul: [
    [
      'one dimension',
      {
        inputs: [
          [[3], S8],
          [[3], S8],
        ],
        output: [[3]],
      },
    ],
  ],
  'max-pool': [0, 1, 2, 3].map((side) => {
    // Each window has a tap inside all the same.
    const pads = [0, 0, 0, 0].with(side, 2);
    const sides = [1, 1].with(side % 2, 3);
    return [
      `padding ${pads.join(' ')}`,
      { node: { pads, dilations: [2, 2] }, output: [[1, 4, ...sides]] },
    ] as const;
  }),
  rescale: [
    refusedNode('rescale', { shift: -1 }),
    refusedNode('rescale', { shift: 53 }),
    refusedNode('rescale', { relu: true }),
    refusedNode('rescale', { clamp: [-129, 9] }),
    refusedNode('rescale', { clamp: [-3, 128] }),
    refusedNode('rescale', { clamp: [9, 8] }),
    refusedNode('rescale', { clamp: [-2.5, 9] }),
    refusedNode('rescale', { clamp: [-3, 9.5] }),
    ['no range behind it', { output: [row[0]] }],
  ],
  reshape: [
    ['a value less', { output: [[5]] }],
    ['a value more', { output: [[1, 7]] }],
  ],
  scale: [refusedNode('scale', { factors: ints(5) }), refusedNode('scale', { factors: ints(7) })],
  table: [
    refusedNode('table', { values: ints(0) }),
    refusedNode('table', { values: ints(4097) }),
    refusedNode('table', { first: 0.5 }),
    refusedNode('table', { first: -(2 ** 53) }),
    refusedNode('table', { first: 2 ** 53 - 256 + 1 }),
  ],
};

/** At the very bounds of what is refused above. */
const taken: Readonly<Record<string, readonly (readonly [string, Change])[]>> = {
  add: [refusedNode('add', { shifts: [52, 0] })],
  concat: [['axis 0', { node: { axis: 0 }, inputs: [row, row], output: [[2, 2, 3]] }]],
  constant: [refusedNode('constant', { values: floats(2 ** 53 - 1, 1 - 2 ** 53) })],
  conv: [
    refusedNode('conv', { bias: floats(2 ** 53 - 1, 1, 2, 3, 4, 5) }),
    ['as much padding as its kernel', { node: { pads: [2, 2, 2, 2] }, output: [[1, 6, 6, 6]] }],
  ],
  divide: [refusedNode('divide', { shift: 52 }), refusedNode('divide', { shift: 0 })],
  gather: [refusedNode('gather', { fill: 127 }), refusedNode('gather', { indices: Int32Array.of(0, 0) })],
  gemm: [refusedNode('gemm', { bias: floats(1, 2, 3, 2 ** 53 - 1) })],
  matmul: [
    [
      'of matrices alone',
      {
        inputs: [
          [[4, 5], S8],
          [[5, 2], S8],
        ],
        output: [[4, 2]],
      },
    ],
  ],
  'max-pool': [
    ['padding', { node: { pads: [1, 1, 1, 1] }, output: [[1, 4, 4, 4]] }],
    ['padding and dilation', { node: { pads: [1, 1, 1, 1], dilations: [2, 2] }, output: [[1, 4, 3, 3]] }],
  ],
  rescale: [
    refusedNode('rescale', { shift: 52 }),
    refusedNode('rescale', { shift: 0 }),
    refusedNode('rescale', { clamp: [-128, 127] }),
    refusedNode('rescale', { clamp: [7, 7] }),
    ['a relu', { node: { relu: true, clamp: [0, 255] }, output: [row[0], U8] }],
  ],
  table: [
    refusedNode('table', { values: ints(1) }),
    refusedNode('table', { values: ints(4096) }),
    refusedNode('table', { first: 1 - 2 ** 53 }),
    refusedNode('table', { first: 2 ** 53 - 256 }),
  ],
};

function* casesOf(
  changes: Readonly<Record<string, readonly (readonly [string, Change])[]>>,
): Generator<readonly [kind: string, what: string, change: Change]> {
  for (const [kind, list] of Object.entries(changes))
    for (const [what, change] of list) yield [kind, what, change];
}

describe('a node is taken', () => {
  it.each(Object.keys(valid))('as it should be: %s; and its bytes say all of it', (kind) => {
    const given = changed(kind, {});
    expect(() => validateProgram(given)).not.toThrow();
    // Only a divisor's interval can't be had here: the right side may be zero.
    if (kind === 'divide') return;
    expect(decodeProgram(encodeProgram(given))).toEqual(given);
  });

  it.each([...casesOf(taken)])('at the bounds of what it may be: %s, %s', (kind, _, change) => {
    expect(() => validateProgram(changed(kind, change))).not.toThrow();
  });
});

describe('a node is refused', () => {
  const shaped = SHAPED.flatMap((kind) => [...reshaped(kind)].map((one) => [kind, ...one] as const));
  it.each([...shaped, ...casesOf(refused)])('%s: %s', (kind, _, change) => {
    expect(() => validateProgram(changed(kind, change))).toThrow(
      expect.objectContaining({
        code: 'PROGRAM_INVALID',
        message: expect.stringContaining('the node') as string,
      }),
    );
  });
});

describe('a zero has no sign', () => {
  it.each([
    ['constant', { node: { values: floats(-0, 0) } }],
    ['scale', { node: { factors: new Int32Array(6) } }],
    ['mul', {}],
    ['divide', { inputs: [row, row] }],
  ] as const)('%s', (kind, change) => {
    const given = changed(kind, change);
    const negative = new Float64Array(6).fill(-1);
    const inputs = given.inputs.map((_, i) =>
      i === 0 ? negative : new Float64Array(6).fill(kind === 'divide' ? 100 : 0),
    );
    const values = evaluate(given, inputs)[given.nodes[0].output];
    expect([...values].filter((value) => Object.is(value, -0))).toEqual([]);
  });
});

describe('what would not be exact is refused', () => {
  it('a root of 2^52', () => {
    const made = (bits: number): IntegerProgram => ({
      ...program(valid.isqrt),
      tensors: [
        { name: 'x', shape: [1, 1], scale: 0, range: { signed: false, bits: 32 } },
        { name: 'acc', shape: [1, 1], scale: 0 },
        { name: 'root', shape: [1, 1], scale: 0 },
      ],
      nodes: [
        { kind: 'gemm', name: 'g', input: 0, output: 1, weights: Int32Array.of(2 ** 20), bias: floats(bits) },
        { kind: 'isqrt', name: 'the node', input: 1, output: 2 },
      ],
    });
    // 2^20 · (2^32 − 1) + 2^20 = 2^52
    expect(intervalsOf(made(2 ** 20 - 1))[2].high[0]).toBe(2 ** 26 - 1);
    expect(() => intervalsOf(made(2 ** 20))).toThrow(
      expect.objectContaining({
        code: 'INTEGER_TOO_WIDE',
        message: expect.stringMatching(/^the node: channel 0 /) as string,
        details: { node: 'the node' },
      }),
    );
  });

  it('a fill that no double says, in place of values without a range', () => {
    const made = (fill: number): IntegerProgram => ({
      tensors: [
        { name: 'x', shape: [1, 1], scale: 0, range: S8 },
        { name: 'acc', shape: [1, 1], scale: 0 },
        { name: 'out', shape: [2], scale: 0 },
      ],
      inputs: [0],
      outputs: [0],
      nodes: [
        { kind: 'gemm', name: 'g', input: 0, output: 1, weights: Int32Array.of(1), bias: floats(0) },
        { kind: 'gather', name: 'the node', input: 1, output: 2, indices: Int32Array.of(0, -1), fill },
      ],
    });
    expect(() => validateProgram(made(2 ** 53 - 1))).not.toThrow();
    expect(() => validateProgram(made(2 ** 53))).toThrow(/the node: its fill is not a safe integer/);
  });
});
