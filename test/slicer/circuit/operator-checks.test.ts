import { describe, expect, it } from 'vitest';
import type { AssignedForm } from '../../../slicer/circuit/products/assign-machine.ts';
import { operatorCheck, type CheckedNode } from '../../../slicer/circuit/products/checks.ts';
import { evaluate } from '../../../slicer/integer/evaluate.ts';
import { sizeOf, type IntegerProgram } from '../../../slicer/integer/program.ts';
import { NonlinearBuilder, inputsOf } from '../../support/nonlinear-programs.ts';
import { equationDifferences } from './equation-differences.ts';

const CHALLENGE = 2n ** 200n + 12345n;
/** Of an accumulator. */
const BITS = 50;
const signed4 = { signed: true, bits: 4 };

function built(make: (build: NonlinearBuilder) => number): IntegerProgram {
  const build = new NonlinearBuilder();
  return build.program([build.rescale(make(build), 1, { signed: true, bits: 8 })]);
}

/** Each with places by what is ranged as a whole: a filter, or a matrix. */
const operators: Readonly<Record<string, readonly [IntegerProgram, (place: number) => number]>> = {
  'two filters over two groups and two places': [
    built((build) => {
      const x = build.input([1, 2, 2, 2], signed4);
      const image = {
        kernel: [1, 1],
        strides: [1, 1],
        pads: [0, 0, 0, 0],
        dilations: [1, 1],
        groups: 2,
      } as const;
      return build.convImage(x, image, [3, -5], [1, -2]);
    }),
    (place) => Math.floor(place / 4),
  ],
  'three rows by a matrix of two columns': [
    built((build) => build.gemmRows(build.input([3, 2], signed4), [5, -7, 3, 2], [1, -2])),
    (place) => place % 2,
  ],
  'two matrices by two': [
    built((build) => build.matmul(build.input([1, 2, 2, 2], signed4), build.input([1, 2, 2, 2], signed4))),
    (place) => Math.floor(place / 4),
  ],
};

describe.each(Object.entries(operators))('the check of %s', (_name, [program, partOf]) => {
  const node = program.nodes[0] as CheckedNode;
  const values = evaluate(program, inputsOf(program, 5));
  const truth = values[node.output];
  const places = sizeOf(program.tensors[node.output].shape);

  /** Left side less right side of each equation, of accumulators that are wrong by these errors. */
  function differences(
    check: NonNullable<ReturnType<typeof operatorCheck>>,
    asked: Set<number>,
    errors: ReadonlyMap<number, bigint> = new Map(),
  ) {
    const accumulator = (index: number): AssignedForm => {
      asked.add(index);
      return { length: 1, value: BigInt(truth[index]) + (errors.get(index) ?? 0n) };
    };
    return equationDifferences(values, CHALLENGE, (machine, powers) => {
      check.run(machine, powers, accumulator, 1n);
    });
  }

  it.each([1, 4])('is of what is live, as a whole or not at all, %i to a number', (slots) => {
    for (let live = 0; live < 2 ** places; live++) {
      const isLive = (place: number): boolean => ((live >> place) & 1) === 1;
      const all = Array.from({ length: places }, (_, place) => place);
      const isMixed = all.some((place) =>
        all.some((o) => partOf(o) === partOf(place) && isLive(o) !== isLive(place)),
      );
      const check = operatorCheck(program, node, isLive, BITS, slots);
      expect(check === undefined).toBe(isMixed);
      if (check === undefined) continue;
      const asked = new Set<number>();
      expect(differences(check, asked).every((difference) => difference === 0n)).toBe(true);
      expect([...asked].sort((a, b) => a - b)).toEqual(all.filter(isLive));
      for (const wrong of asked)
        expect(
          differences(check, asked, new Map([[wrong, 1n]])).some((difference) => difference !== 0n),
          `${wrong}`,
        ).toBe(true);
    }
  });

  it.each([1, 4])('puts digits just as far apart as they are wide, %i to a number', (slots) => {
    const check = operatorCheck(program, node, () => true, BITS, slots)!;
    const all = Array.from({ length: places }, (_, place) => place);
    // What only their ranges keep a prover from: 2^bits more of a digit is one less of the next.
    const pairs = all.flatMap((lower) =>
      all.filter((higher) => higher !== lower).map((higher) => [lower, higher]),
    );
    const moved = pairs.filter(([lower, higher]) =>
      differences(
        check,
        new Set(),
        new Map([
          [lower, 1n << BigInt(BITS)],
          [higher, -1n],
        ]),
      ).every((one) => one === 0n),
    );
    expect(moved.length > 0).toBe(slots > 1);
  });
});
