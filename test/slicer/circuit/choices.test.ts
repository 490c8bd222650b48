import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CircuitError } from '../../../slicer/circuit/errors.ts';
import { inNode } from '../../../slicer/circuit/in-node.ts';
import { exactWidths, roundedWidths, sumOf } from '../../../slicer/circuit/lookups/digits.ts';
import { LookupDemand } from '../../../slicer/circuit/lookups/demand.ts';
import { formLengths } from '../../../slicer/circuit/lookups/length.ts';
import { MOST_ENTRIES, pairTable, rangeTable } from '../../../slicer/circuit/lookups/table.ts';
import { functionTable } from '../../../slicer/circuit/lookups/pair.ts';
import { byEntry } from '../../../slicer/circuit/nodes/by-entry.ts';
import { cheapest } from '../../../slicer/circuit/nodes/cheapest.ts';
import {
  linearCircuit,
  ofLookups,
  type NodeCircuit,
  type PlanContext,
} from '../../../slicer/circuit/nodes/kind.ts';
import { countedOnce, perNode } from '../../../slicer/circuit/nodes/per-node.ts';
import { exact, exacts } from '../../../slicer/integer/exact.ts';
import { IntegerProgramError } from '../../../slicer/integer/errors.ts';
import type { ProgramNode } from '../../../slicer/integer/program.ts';
import { NonlinearBuilder } from '../../support/nonlinear-programs.ts';
import { ProgramBuilder } from './programs.ts';

function circuitOf(rows: number, demand?: NodeCircuit['demand']): NodeCircuit {
  return {
    ...linearCircuit(() => {
      throw new Error('made');
    }),
    rows: () => rows,
    ...(demand ? { demand } : {}),
  };
}

describe('the cheapest circuit of a node', () => {
  const pairs = pairTable('some', 5, () => exact(1));

  it('is the one that takes least, with what it commits, looks up and tabulates', () => {
    // Each commits a blinding, so that all have one more.
    const alternatives: readonly (readonly [cost: number, circuit: NodeCircuit])[] = [
      [20, circuitOf(20)],
      [7 + 12, circuitOf(7, (demand) => demand.commit(12))],
      // A looked-up value, a table's sum, and two for each entry.
      [3 + 4 + 1 + 2 * 5, circuitOf(3, (demand) => demand.look(pairs, 4))],
      // The entries of digits are everybody's.
      [6 + 10 + 1, circuitOf(6, (demand) => demand.look(rangeTable(4), 10))],
      [5 + 10 + 1, circuitOf(5, (demand) => demand.look(rangeTable(6), 10))],
      [14 + 2, circuitOf(14, (demand) => demand.boolean(3))],
      [12 + 4, circuitOf(12, (demand) => demand.boolean(254))],
    ];
    for (const [leftCost, left] of alternatives) {
      for (const [rightCost, right] of alternatives) {
        expect(cheapest([left, right])).toBe(leftCost <= rightCost ? left : right);
        const more = circuitOf(Math.max(0, leftCost - 1));
        expect(cheapest([left, more])).toBe(more);
        const most = circuitOf(leftCost + 1);
        expect(cheapest([most, left])).toBe(left);
      }
    }
  });

  it('is told by a demand that joins what is asked of one table, and asks nothing of one without a value', () => {
    const demand = new LookupDemand();
    expect([demand.rows, demand.committed, demand.inverses, demand.rangeEntries]).toEqual([0, 1, 0, 0]);
    demand.look(pairs, 0);
    expect(demand.rows).toBe(0);
    demand.look(pairs, 3);
    demand.look(
      pairTable('some', 5, () => exact(1)),
      4,
    );
    demand.look(rangeTable(4), 2);
    demand.commit(6);
    demand.commit(1);
    demand.boolean(253);
    expect(demand.committed).toBe(7 + 1 + (5 + 16) + 1);
    demand.boolean(1);
    expect(demand.committed).toBe(7 + 2 + (5 + 16) + 1);
    expect(demand.rows).toBe(2 + (3 + 4 + 2) + (5 + 16) + 2);
    expect(demand.inverses).toBe(3 + 4 + 2 + 5 + 16);
    expect(demand.rangeEntries).toBe(16);
  });
});

describe('what is worked out once', () => {
  it('a plan, for entries with the same bounds', () => {
    const made: (readonly [number, number])[] = [];
    const bounds = (...values: readonly number[]) => exacts(values.length).map((_, i) => exact(values[i]));
    const plans = byEntry(bounds(1, 1, 1, 11, 1), bounds(2, 3, 2, 2, 12), (low, high) => {
      made.push([low, high]);
      return made.length;
    });
    expect(plans).toEqual([1, 2, 1, 3, 4]);
    expect(made).toEqual([
      [1, 2],
      [1, 3],
      [11, 2],
      [1, 12],
    ]);
  });

  it('what a node of a program decides, for all widths of digits, and a circuit’s rows', () => {
    let times = 0;
    const make = perNode(() => ++times);
    const [one, two] = [{ kind: 'mul' }, { kind: 'mul' }] as unknown as readonly ProgramNode[];
    const [here, there] = [{ intervals: [] }, { intervals: [] }] as unknown as readonly PlanContext[];
    const places = [
      [one, here],
      [one, { ...here }],
      [two, here],
      [one, there],
      [two, here],
    ] as const;
    expect(places.map(([node, context]) => make(node, context))).toEqual([1, 1, 2, 3, 2]);

    let counted = 0;
    const circuit = countedOnce({ ...circuitOf(0), rows: () => ++counted });
    expect([circuit.rows(), circuit.rows()]).toEqual([1, 1]);
  });

  it('tables of digits and of functions', () => {
    expect(rangeTable(5)).toBe(rangeTable(5));
    const arguments_ = { start: exact(-3), end: exact(4) };
    const asked: number[] = [];
    // What was tabulated is kept as long as the process is.
    const run = randomUUID();
    const table = (name: string) =>
      functionTable(
        `${run} ${name}`,
        arguments_,
        (x) => {
          asked.push(x);
          return exact(x + 3);
        },
        4,
      )!;
    const first = table('once').table;
    expect(table('once').table).toBe(first);
    expect(asked).toEqual([-3, -2, -1, 0, 1, 2, 3, 4]);
    // The oldest is forgotten when there are many.
    for (let i = 0; i < 31; i++) table(`another ${i}`);
    expect(table('once').table).toBe(first);
    table('one too many');
    expect(table('once').table).not.toBe(first);
  });

  it('tables of functions are as large as two rows an entry are worth, and no larger', () => {
    const sized = (count: number, most?: number) =>
      functionTable('sized', { start: exact(5), end: exact(4 + count) }, () => exact(0), 4, most);
    expect(sized(20, 20)?.table.entries.length).toBe(20);
    expect(sized(21, 20)).toBeUndefined();
    expect(sized(MOST_ENTRIES)?.table.entries.length).toBe(MOST_ENTRIES);
    expect(sized(MOST_ENTRIES + 1)).toBeUndefined();
    expect(sized(MOST_ENTRIES + 1, 2 * MOST_ENTRIES)).toBeUndefined();
    // What is always the same is looked up as well: in a digit.
    expect(sized(20)?.result).toEqual([4]);
  });

  it('no table without an entry, or with more than are allowed', () => {
    const refused: unknown = expect.objectContaining({ code: 'CIRCUIT_TABLE' });
    const bits = Math.log2(MOST_ENTRIES);
    expect(rangeTable(bits).entries.length).toBe(MOST_ENTRIES);
    expect(() => rangeTable(bits + 1)).toThrow(refused);
    expect(() => pairTable('none', 0, () => exact(0))).toThrow(refused);
  });
});

describe('digits', () => {
  it('are just as many bits as they are to be, or the fewest whole ones', () => {
    for (let bits = 1; bits <= 52; bits++) {
      for (let most = 2; most <= 14; most++) {
        const exactly = exactWidths(bits, most);
        expect([sumOf(exactly), exactly.length]).toEqual([bits, Math.ceil(bits / most)]);
        expect(exactly.every((width) => width >= 1 && width <= most)).toBe(true);
        expect(roundedWidths(bits, most)).toEqual(exactly.map(() => most));
      }
    }
  });
});

describe('how long a form may be', () => {
  const unsigned4 = { signed: false, bits: 4 };
  const lengthsOf = ({ program }: { program: ReturnType<ProgramBuilder['program']> }) =>
    formLengths(program, ({ kind }) => kind === 'rescale');

  it('follows from weights that aren’t zero, what is added and what is pooled', () => {
    const build = new ProgramBuilder();
    const x = build.input([1, 1, 4, 4], unsigned4);
    // Two filters of 2×2, the second with three weights that aren't zero.
    const weights = [1, 0, 0, 2, 3, 0, -1, 5, 7, 7];
    const conv = build.conv(x, 2, { kernel: [2, 2] }, () => weights.shift() ?? 0);
    const pooled = build.maxPool(conv, [2, 2], [1, 1]);
    const sum = build.add(pooled, pooled, [0, 0]);
    const again = build.conv(sum, 1, {}, () => 1);
    const flat = build.flatten(build.rescale(again, 0, unsigned4));
    const sparse = [0, 2, 0, 1];
    const gemm = build.gemm(build.add(flat, flat, [0, 0]), 2, () => sparse.shift() ?? 0);
    const program = build.program([]);
    const lengths = lengthsOf({ program });
    expect([x, conv, pooled, sum, again].map((id) => lengths[id])).toEqual([1, 3, 7, 14, 28]);
    expect(lengths[flat]).toBe(1);
    expect(lengths[gemm]).toBe(2 * 2);
  });

  it('is one where there is nothing but a constant', () => {
    const build = new NonlinearBuilder();
    const x = build.input([1, 4], unsigned4);
    build.gemm(x, [0, 0, 0, 0], 3);
    expect(lengthsOf({ program: build.program([]) })).toEqual([1, 1]);
  });
});

describe('what is no part of a circuit', () => {
  it('lookups, in one of bits', () => {
    expect(ofLookups(0)).toBe(0);
    expect(() => ofLookups(undefined)).toThrow(expect.objectContaining({ code: 'CIRCUIT_MODE' }));
  });

  it('a number that is too wide is told with the node that it belongs to, and other errors as they are', () => {
    const wide = new IntegerProgramError('INTEGER_TOO_WIDE', 'far');
    const thrown = (error: Error): unknown => {
      try {
        inNode('here', () => {
          throw error;
        });
      } catch (found) {
        return found;
      }
      return undefined;
    };
    const named = thrown(wide);
    expect(named).toBeInstanceOf(CircuitError);
    expect(named).toMatchObject({
      code: 'CIRCUIT_TOO_WIDE',
      message: 'here, as rows: far',
      details: { node: 'here' },
      cause: wide,
    });
    for (const other of [new IntegerProgramError('PROGRAM_INVALID', 'far'), new TypeError('far')]) {
      expect(thrown(other)).toBe(other);
    }
    expect(inNode('here', () => 5)).toBe(5);
  });
});
