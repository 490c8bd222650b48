import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeProgram, encodeProgram } from '../../../slicer/integer/serialise.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { artifactOf } from '../../../protocol/store/digest.ts';
import { programCases, randomCase } from '../../support/programs.ts';

const small: IntegerProgram = {
  tensors: [
    { name: 'x', shape: [1, 2], scale: 3, range: { signed: true, bits: 4 } },
    { name: 'sum', shape: [1, 1], scale: 5 },
    { name: 'y', shape: [1, 1], scale: 2, range: { signed: false, bits: 3 } },
  ],
  inputs: [0],
  outputs: [2],
  nodes: [
    {
      kind: 'gemm',
      name: 'g',
      input: 0,
      output: 1,
      weights: Int32Array.of(-1, 70_000),
      bias: Float64Array.of(-(2 ** 40)),
    },
    { kind: 'rescale', name: 'r', input: 1, output: 2, shift: 3, relu: true },
  ],
};

/** As much of the JSON form as the edits below touch. */
interface Body {
  format: string;
  tensors: { shape: number[]; range?: { signed: boolean; bits: number } }[];
  outputs: number[];
  nodes: { kind: string; input: number; output: number; weights: string; bias: string; alpha?: number }[];
}

type Edit = (body: Body) => void;

/** The program's bytes after an edit of their JSON. */
function edited(edit: Edit): Uint8Array {
  const body = JSON.parse(new TextDecoder().decode(encodeProgram(small))) as Body;
  edit(body);
  return Buffer.from(JSON.stringify(body));
}

describe('a program as bytes', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(programCases(), ({ program }) => {
        expect(decodeProgram(encodeProgram(program))).toEqual(program);
      }),
      { numRuns: 100 },
    );
  });

  it('is the same bytes for equal programs, however their objects were made', () => {
    const again = decodeProgram(encodeProgram(small));
    const shuffled: IntegerProgram = {
      nodes: again.nodes.map((node) => Object.fromEntries(Object.entries(node).reverse()) as typeof node),
      outputs: again.outputs,
      tensors: again.tensors.map(({ range, scale, shape, name }) => ({
        ...(range ? { range: { bits: range.bits, signed: range.signed } } : {}),
        scale,
        shape,
        name,
      })),
      inputs: again.inputs,
    };
    expect(artifactOf(encodeProgram(shuffled))).toEqual(artifactOf(encodeProgram(small)));
  });

  it('is refused with a name when it is cut off anywhere', () => {
    const bytes = encodeProgram(randomCase(7).program);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (end) => {
        expect(() => decodeProgram(bytes.subarray(0, end))).toThrow(
          expect.objectContaining({ code: 'PROGRAM_MALFORMED' }),
        );
      }),
    );
  });

  it.each<[string, Edit]>([
    ['another format', (body) => (body.format = 'sliceproof-program/0')],
    ['a key that is not known', (body) => (body.nodes[0].alpha = 1)],
    ['weights that are no base64', (body) => (body.nodes[0].weights = '?')],
    ['weights of three bytes', (body) => (body.nodes[0].weights = 'AAAA')],
    ['33 bits', ({ tensors }) => (tensors[0].range = { signed: true, bits: 33 })],
    ['an unknown operator', (body) => (body.nodes[0].kind = 'softmax')],
  ])('is refused with %s', (_, edit) => {
    expect(() => decodeProgram(edited(edit))).toThrow(expect.objectContaining({ code: 'PROGRAM_MALFORMED' }));
  });

  it.each<[string, Edit]>([
    ['a tensor that does not exist', (body) => (body.nodes[0].input = 9)],
    ['a tensor written twice', (body) => (body.nodes[1].output = 1)],
    ['a tensor read before it is written', (body) => body.nodes.reverse()],
    ['an input without a range', (body) => delete body.tensors[0].range],
    ['an output without a range', (body) => (body.outputs = [1])],
    ['no output', (body) => (body.outputs = [])],
    ['a shape that does not follow', (body) => (body.tensors[1].shape = [1, 2])],
    ['too few weights', (body) => (body.nodes[0].weights = body.nodes[0].weights.slice(0, 4) + 'AA==')],
    ['a relu into a signed range', ({ tensors }) => (tensors[2].range = { signed: true, bits: 3 })],
    [
      'a bias that is no integer',
      (body) => (body.nodes[0].bias = Buffer.from(new Float64Array([0.5]).buffer).toString('base64')),
    ],
  ])('is refused with %s', (_, edit) => {
    expect(() => decodeProgram(edited(edit))).toThrow(expect.objectContaining({ code: 'PROGRAM_INVALID' }));
  });
});

describe('a node in a file', () => {
  const tensor = (shape: readonly number[]) => ({
    name: 't',
    shape: [...shape],
    scale: 0,
    range: { signed: true, bits: 8 },
  });
  const base64 = (bytes: number): string => Buffer.alloc(bytes).toString('base64');
  /** A file of one node between two tensors. */
  const bytesOf = (
    node: Readonly<Record<string, unknown>>,
    from: readonly number[],
    to: readonly number[],
  ): Uint8Array =>
    Buffer.from(
      JSON.stringify({
        format: 'sliceproof-program/1',
        tensors: [tensor(from), tensor(to)],
        inputs: [0],
        outputs: [1],
        nodes: [{ name: 'n', output: 1, ...node }],
      }),
    );
  const argmax = { kind: 'argmax', input: 0, axis: 0, last: false };
  const concat = (count: number) => ({ kind: 'concat', inputs: new Array<number>(count).fill(0), axis: 0 });
  const foreign = (count: number) => ({
    kind: 'foreign',
    inputs: new Array<number>(count).fill(0),
    operator: 'Erf',
    model: '',
  });
  const divide = (shift: number) => ({ kind: 'rescale', input: 0, shift, relu: false });
  const table = (values: number) => ({ kind: 'table', input: 0, first: -128, values: base64(4 * values) });

  it.each([
    ['a position along the first axis', bytesOf(argmax, [3, 2], [1, 2])],
    ['a name of 4,096 characters', bytesOf({ ...argmax, name: 'n'.repeat(4096) }, [3, 2], [1, 2])],
    ['1,024 inputs joined', bytesOf(concat(1024), [1, 1], [1024, 1])],
    ['one input joined', bytesOf(concat(1), [1, 1], [1, 1])],
    ['one input of a foreign operator', bytesOf(foreign(1), [1], [1])],
    ['1,024 inputs of a foreign operator', bytesOf(foreign(1024), [1], [1])],
    ['a shift by 52', bytesOf(divide(52), [1], [1])],
    ['a table of 4,096 values', bytesOf(table(4096), [1], [1])],
  ])('is read at the bounds of what it may be: %s', (_, bytes) => {
    expect(() => decodeProgram(bytes)).not.toThrow();
  });

  it.each([
    ['a name of 4,097 characters', bytesOf({ ...argmax, name: 'n'.repeat(4097) }, [3, 2], [1, 2])],
    ['an axis before the first', bytesOf({ ...argmax, axis: -1 }, [3, 2], [1, 2])],
    ['1,025 inputs joined', bytesOf(concat(1025), [1, 1], [1025, 1])],
    ['no input joined', bytesOf(concat(0), [1, 1], [1, 1])],
    ['no input of a foreign operator', bytesOf(foreign(0), [1], [1])],
    ['1,025 inputs of a foreign operator', bytesOf(foreign(1025), [1], [1])],
    ['a shift by 53', bytesOf(divide(53), [1], [1])],
    ['a table of 4,097 values', bytesOf(table(4097), [1], [1])],
  ])('is refused as malformed one past them: %s', (_, bytes) => {
    expect(() => decodeProgram(bytes)).toThrow(expect.objectContaining({ code: 'PROGRAM_MALFORMED' }));
  });
});
