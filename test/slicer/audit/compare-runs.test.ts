import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { firstDifference, trialInputs } from '../../../slicer/audit/compare-runs.ts';

describe('two runs of a slice', () => {
  const outputs = [Float64Array.of(1, -2), Float64Array.of(0)];

  it('are the same when every integer is', () => {
    expect(firstDifference(outputs, [Float64Array.of(1, -2), Float64Array.of(0)])).toBeUndefined();
    expect(firstDifference([], [])).toBeUndefined();
    expect(firstDifference([new Float64Array()], [new Float64Array()])).toBeUndefined();
  });

  it('differ from the first value on that is another, is no number, is missing or too much', () => {
    const differing = [
      [[Float64Array.of(1, -3), Float64Array.of(5)], { output: 0, index: 1, expected: -2, given: -3 }],
      [[Float64Array.of(NaN, -2), Float64Array.of(0)], { output: 0, index: 0, expected: 1, given: NaN }],
      [[Float64Array.of(1), Float64Array.of(0)], { output: 0, index: 1, expected: -2, given: undefined }],
      [
        [Float64Array.of(1, -2, 3), Float64Array.of(0)],
        { output: 0, index: 2, expected: undefined, given: 3 },
      ],
      [[Float64Array.of(1, -2)], { output: 1, index: 0, expected: 0, given: undefined }],
      [[...outputs, new Float64Array()], { output: 2, index: 0, expected: undefined, given: undefined }],
    ] as const;
    for (const [given, difference] of differing) expect(firstDifference(outputs, given)).toEqual(difference);
  });
});

describe('inputs to try a slice with', () => {
  it('are the ends of what its tensors may hold, and values between them', () => {
    const specs = [
      { count: 64, signed: true, bits: 4 },
      { count: 3, signed: false, bits: 8 },
    ];
    const inputs = trialInputs(specs, randomBytes);
    expect(inputs.slice(0, 3)).toEqual(
      [
        [-8, 0],
        [7, 255],
        [0, 0],
      ].map(([a, b]) => [new Float64Array(64).fill(a), new Float64Array(3).fill(b)]),
    );
    const held = new Set(inputs.slice(3).flatMap(([first]) => [...first]));
    expect([...held].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i - 8));
  });
});
