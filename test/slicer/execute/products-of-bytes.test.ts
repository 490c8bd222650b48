import { afterAll, describe, expect, it } from 'vitest';
import { ModelProcess } from '../../../slicer/execute/process/model-process.ts';
import type { OnnxTensor } from '../../../slicer/onnx/graph.ts';
import { call, onnxFile, tensor } from '../../../scripts/bench/networks/onnx-file.ts';

const models = new ModelProcess();
afterAll(() => models.close());

const LENGTH = 64;
const WIDTH = 4;
type Byte = 'uint8' | 'int8';
/** Two products of the largest of them are more than 16 bits hold. */
const LARGEST = { uint8: 255, int8: 127 } as const;
const SMALLEST = { uint8: 0, int8: -128 } as const;

const shapes = {
  MatMulInteger: { a: [1, LENGTH], b: [LENGTH, WIDTH], y: [1, WIDTH] },
  ConvInteger: { a: [1, LENGTH, 1, 1], b: [WIDTH, LENGTH, 1, 1], y: [1, WIDTH, 1, 1] },
} as const;
type Product = keyof typeof shapes;

function filled(type: Byte, shape: readonly number[], value: number): OnnxTensor {
  const length = shape.reduce((product, size) => product * size);
  const data = type === 'uint8' ? new Uint8Array(length).fill(value) : new Int8Array(length).fill(value);
  return { type, shape, data };
}

async function product(
  operator: Product,
  [a, aValue]: readonly [Byte, number],
  [b, bValue]: readonly [Byte, number],
  constant: boolean,
): Promise<readonly number[]> {
  const { a: aShape, b: bShape, y } = shapes[operator];
  const right = filled(b, bShape, bValue);
  const onnx = onnxFile({
    inputs: [['a', aShape, a], ...(constant ? [] : [['b', bShape, b] as const])],
    outputs: [['y', y, 'int32']],
    nodes: [call(operator, ['a', 'b'], ['y'])],
    constants: constant ? [tensor('b', bShape, Array.from(right.data, Number), b)] : [],
  });
  const model = await models.load(onnx, { threads: 1, providers: ['cpu'] });
  const given = new Map([['a', filled(a, aShape, aValue)]]);
  if (!constant) given.set('b', right);
  const [output] = (await model.run(given)).values();
  await model.close();
  return Array.from(output.data, Number);
}

/** Whatever the processor is: with some of them, sums of pairs saturate unless ONNX Runtime is told that they may not. */
describe.each(['MatMulInteger', 'ConvInteger'] as const)('%s', (operator) => {
  it.each<[Byte, Byte]>([
    ['uint8', 'uint8'],
    ['uint8', 'int8'],
    ['int8', 'int8'],
    ['int8', 'uint8'],
  ])('of %s by a constant of %s is exact at every end', async (a, b) => {
    // ONNX Runtime convolves unsigned ones alone.
    if (operator === 'ConvInteger' && a === 'int8') return;
    for (const left of [LARGEST[a], SMALLEST[a]]) {
      for (const right of [LARGEST[b], SMALLEST[b]]) {
        const sums = await product(operator, [a, left], [b, right], true);
        expect(sums, `${left} · ${right}`).toEqual(new Array(WIDTH).fill(LENGTH * left * right + 0));
      }
    }
  });

  // By a computed int8 it saturates all the same where the processor does: docs/slicer.md says so.
  it('of two that are computed is exact', async () => {
    const sums = await product(operator, ['uint8', 255], ['uint8', 255], false);
    expect(sums).toEqual(new Array(WIDTH).fill(LENGTH * 255 * 255));
  });
});
