import { describe, expect, it } from 'vitest';
import { checkWitness } from '../../../slicer/circuit/witness/check.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { circuitSize, countConstraints } from '../../../slicer/circuit/count/count.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { seededNumbers } from '../../support/programs.ts';
import { ProgramBuilder } from './programs.ts';

/** Rows `first` to `end` of a 3×3 convolution with ReLU over an image of 32 × 32 with as many channels. */
function tile(channels: number, first: number, end: number): IntegerProgram {
  const draw = seededNumbers(7);
  const build = new ProgramBuilder();
  const [top, bottom] = [first === 0 ? 1 : 0, end === 32 ? 1 : 0];
  const range = { signed: false, bits: 8 };
  const x = build.input([1, channels, end - first + 2 - top - bottom, 32], range);
  const pads = [top, 1, bottom, 1] as const;
  const acc = build.conv(x, channels, { kernel: [3, 3], pads }, () => draw(-127, 127));
  return build.program([build.rescale(acc, 9, range, true)]);
}

describe('a dense convolution', () => {
  it('of 64 → 64 channels over 32 × 32 takes at most 27 rows an activation as tiles, boundaries included', () => {
    let rows = 0;
    for (let first = 0; first < 32; first += 2) {
      rows += circuitSize(tile(64, first, first + 2), { mode: 'lookups' }).qapRows;
    }
    expect(rows / (64 * 32 * 32)).toBeLessThan(27);
  });

  it('has about a tenth of its multiply-adds as terms, since outputs of one position share rows', () => {
    const channels = 16;
    const program = tile(channels, 0, 2);
    const { r1cs, computeWitness } = compileSlice(program);
    expect(r1cs.constraints).toBe(countConstraints(program));
    const multiplyAdds = channels * channels * 9 * 2 * 32;
    const bits = r1cs.a.wires.length;
    expect(r1cs.c.wires.length - bits).toBeLessThan(multiplyAdds / 6);
    const draw = seededNumbers(8);
    const image = Float64Array.from({ length: channels * 3 * 32 }, () => draw(0, 255));
    const request = { inputs: [image], inputSalts: [1n], outputSalts: [2n], tag: 3n };
    expect(checkWitness(r1cs, computeWitness(request).values)).toBeUndefined();
  });
});
