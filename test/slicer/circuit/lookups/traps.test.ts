import { exact, type Exact } from '../../../../slicer/integer/exact.ts';
import { describe, expect, it } from 'vitest';
import { constrainDigits } from '../../../../slicer/circuit/lookups/digits.ts';
import { constrainPair, functionTable } from '../../../../slicer/circuit/lookups/pair.ts';
import { pairTable, rangeTable } from '../../../../slicer/circuit/lookups/table.ts';
import type { LookupArgument } from '../../../../slicer/circuit/lookups/argument.ts';
import type { R1csBuilder } from '../../../../slicer/circuit/rows/builder.ts';
import { LinearForms } from '../../../../slicer/circuit/rows/linear.ts';
import { invert } from '../../../../slicer/circuit/poseidon/field.ts';
import {
  completed,
  equalRow,
  FIRST_COMMITTED,
  formOf,
  holds,
  lint,
  multiplicityWires,
  SIGNAL,
  tinyCircuit,
  unsafeCircuit,
  withFittingMultiplicity,
  type TinyCircuit,
} from './tiny.ts';

// Each trap of lookups as an attack: on a circuit without the safeguard it works, and the lint refuses that circuit; on
// one with it, it doesn't. Traps 1, 6 and 7, which are of keys and proofs, are in forgeries.test.ts.

const X = 2n ** 251n + 12345n;
const refused = /proves too little/;

/** The signal is a number of four bits. */
const nibble = tinyCircuit((builder, lookups, signal) => {
  const value = lookups.commit();
  equalRow(builder, signal, value);
  constrainDigits(lookups, formOf({ [value]: 1 }), 0, [4]);
});

/** What an honest prover commits to: one value, and how often each entry occurs. */
function honest(circuit: TinyCircuit, value: number): Record<number, bigint> {
  return {
    [SIGNAL]: BigInt(value),
    [FIRST_COMMITTED]: BigInt(value),
    ...Object.fromEntries(multiplicityWires(circuit).map((wire, i) => [wire, i === value ? 1n : 0n])),
  };
}

describe('lookups', () => {
  it('let an honest witness pass at any challenge, and lint', () => {
    for (const challenge of [X, 99n]) {
      expect(holds(nibble, completed(nibble, honest(nibble, 7), challenge))).toBe(true);
    }
    expect(lint(nibble)).not.toThrow();
  });
});

describe('trap 2: what is looked up after the challenge', () => {
  it('passes with one multiplicity that is not committed', () => {
    const circuit = unsafeCircuit(
      (builder, commit, look) => {
        const value = commit();
        equalRow(builder, SIGNAL, value);
        look(rangeTable(4), formOf({ [value]: 1 }));
      },
      { freeMultiplicities: true },
    );
    const [free] = multiplicityWires(circuit);
    const forged = withFittingMultiplicity(circuit, { [SIGNAL]: 300n, [FIRST_COMMITTED]: 300n }, X, free);
    expect(holds(circuit, completed(circuit, forged, X))).toBe(true);
    expect(lint(circuit)).toThrow(refused);
  });

  it('does not with all committed: the multiplicity that fits one challenge fits no other', () => {
    const [first] = multiplicityWires(nibble);
    const forged = withFittingMultiplicity(nibble, { [SIGNAL]: 300n, [FIRST_COMMITTED]: 300n }, X, first);
    expect(holds(nibble, completed(nibble, forged, X))).toBe(true);
    // Committing to it gives another challenge.
    for (const challenge of [X + 1n, 5n, X * 2n]) {
      expect(holds(nibble, completed(nibble, forged, challenge))).toBe(false);
    }
  });

  it('passes with a value that nothing fixes', () => {
    const circuit = tinyCircuit((builder, lookups, signal) => {
      // signal = 3 · value + rest, the rest looked up and both private.
      const [value, rest] = [builder.newWires(1), builder.newWires(1)];
      builder.c.push(signal, builder.scaled(1));
      builder.c.push(value, builder.scaled(exact(-3)));
      builder.c.push(rest, builder.scaled(-1));
      builder.endRow();
      lookups.look(rangeTable(4), formOf({ [rest]: 1 }), 0);
    });
    expect(lint(circuit)).toThrow(refused);
    // Multiplicities say "a one"; the rest is chosen by the challenge so that the sum is right: 1/(X − rest) = 1/(X − 1).
    const [, one] = multiplicityWires(circuit);
    const rest = FIRST_COMMITTED + 16 + 2;
    const value = rest - 1;
    for (const signal of [5n, 123456789n]) {
      const early = { [SIGNAL]: signal, [rest]: 1n, [value]: (signal - 1n) * invert(3n), [one]: 1n };
      expect(holds(circuit, completed(circuit, early, X))).toBe(true);
    }
  });

  it('passes with a product of what is not fixed, and not with one of what is', () => {
    const circuit = (fixed: boolean): TinyCircuit =>
      tinyCircuit((builder, lookups, signal) => {
        const factor = fixed ? lookups.commit() : builder.newWires(1);
        const product = builder.newWires(1);
        builder.product(factor, signal, product);
        if (fixed) constrainDigits(lookups, formOf({ [factor]: 1 }), 0, [4]);
        lookups.look(rangeTable(4), formOf({ [product]: 1 }), 0);
      });
    expect(lint(circuit(true))).not.toThrow();
    expect(lint(circuit(false))).toThrow(refused);
  });
});

describe('trap 3: a value that is looked up only times a factor', () => {
  const scaled = tinyCircuit((builder, lookups, signal) => {
    const value = lookups.commit();
    equalRow(builder, signal, value);
    lookups.look(rangeTable(8), formOf({ [value]: 16 }), 0);
  });
  const fraction = invert(16n);

  it('may be a fraction', () => {
    const wires = multiplicityWires(scaled);
    const early = { [SIGNAL]: fraction, [FIRST_COMMITTED]: fraction, [wires[1]]: 1n };
    expect(holds(scaled, completed(scaled, early, X))).toBe(true);
    expect(lint(scaled)).toThrow(refused);
  });

  it('may not with the digits’ widths exact', () => {
    const early = { ...honest(nibble, 1), [SIGNAL]: fraction, [FIRST_COMMITTED]: fraction };
    expect(holds(nibble, completed(nibble, early, X))).toBe(false);
  });
});

describe('trap 4: a pair whose second part has no range', () => {
  const square = (x: number): Exact => exact((x * x) % 13);
  const table = functionTable('square mod 13', { start: exact(0), end: exact(7) }, square, 4)!;
  /** The signal is the square of a committed number of three bits. */
  const build = (ranged: boolean): TinyCircuit =>
    tinyCircuit((builder, lookups, signal) => {
      const x = lookups.commit();
      const argument = formOf({ [x]: 1 });
      constrainDigits(lookups, argument, 0, [3]);
      if (ranged) {
        const [work, target] = [new LinearForms(), new LinearForms()];
        constrainPair(lookups, table, work, () => work.terms(argument, 0, 1), target);
        target.each(0, (wire) => equalRow(builder, signal, wire));
        return;
      }
      const y = lookups.commit();
      equalRow(builder, signal, y);
      lookups.look(table.table, formOf({ [x]: 1, [y]: table.table.factor }), 0, [y]);
    });
  // x = 3, looked up as if it were 5: 3 + 8·y = 5 + 8·f(5).
  const y = BigInt(square(5)) + (5n - 3n) * invert(8n);
  const forgedIn = (circuit: TinyCircuit): Record<number, bigint> => {
    const wires = multiplicityWires(circuit);
    return {
      [SIGNAL]: y,
      [FIRST_COMMITTED]: 3n,
      [FIRST_COMMITTED + 1]: y,
      [wires[3]]: 1n,
      [wires[8 + 5]]: 1n,
    };
  };

  it('may be another’s', () => {
    const circuit = build(false);
    expect(holds(circuit, completed(circuit, forgedIn(circuit), X))).toBe(true);
    expect(lint(circuit)).toThrow(refused);
  });

  it('may not with a range of its own', () => {
    const circuit = build(true);
    expect(lint(circuit)).not.toThrow();
    expect(holds(circuit, completed(circuit, forgedIn(circuit), X))).toBe(false);
    const wires = multiplicityWires(circuit);
    const honestly = {
      [SIGNAL]: BigInt(square(3)),
      [FIRST_COMMITTED]: 3n,
      [FIRST_COMMITTED + 1]: BigInt(square(3)),
      [wires[3]]: 1n,
      [wires[8 + 3]]: 1n,
      [wires[16 + square(3)]]: 1n,
    };
    expect(holds(circuit, completed(circuit, honestly, X))).toBe(true);
  });

  it.each<readonly [string, (builder: R1csBuilder, lookups: LookupArgument, signal: number) => number]>([
    ['pinned to a form', (_, lookups, signal) => lookups.pin(formOf({ [signal]: 1 }), 0)],
    [
      'looked up as the first part of another pair alone',
      (builder, lookups, signal) => {
        const second = lookups.commit();
        const bit = builder.newWires(1);
        lookups.boolean(bit);
        equalRow(builder, signal, second);
        const pairs = pairTable('low bit', 8, (x) => exact(x % 2));
        lookups.look(pairs, formOf({ [second]: 1, [bit]: pairs.factor }), 0, [bit]);
        return second;
      },
    ],
    [
      'proved by a product check',
      (builder, lookups, signal) => {
        const second = lookups.commitChecked(1);
        equalRow(builder, signal, second);
        lookups.later(() => {
          builder.product(lookups.challenge, signal, second);
        });
        return second;
      },
    ],
  ])('is found by the lint where something else binds it: %s', (_, bind) => {
    const circuit = (rangedTimes: number): TinyCircuit =>
      tinyCircuit((builder, lookups, signal) => {
        const second = bind(builder, lookups, signal);
        const x = lookups.commit();
        constrainDigits(lookups, formOf({ [x]: 1 }), 0, [3]);
        const isRight = builder.newWires(1);
        lookups.boolean(isRight);
        if (rangedTimes > 0) lookups.look(rangeTable(4), formOf({ [second]: rangedTimes }), 0);
        const pair = formOf({ [x]: 1, [isRight]: table.table.factor, [second]: 2 * table.table.factor });
        lookups.look(table.table, pair, 0, [isRight, second]);
      });
    expect(lint(circuit(1))).not.toThrow();
    // Times a factor, fractions are in the range as well.
    for (const times of [0, 16]) expect(lint(circuit(times))).toThrow(/has no range of its own/);
  });

  it('is found by the lint too where another wire is said to be the second part', () => {
    const circuit = tinyCircuit((_builder, lookups, signal) => {
      const [x, second] = [lookups.commit(), lookups.pin(formOf({ [signal]: 1 }), 0)];
      constrainDigits(lookups, formOf({ [x]: 1 }), 0, [3]);
      lookups.look(table.table, formOf({ [x]: 1, [second]: table.table.factor }), 0, [x]);
    });
    expect(lint(circuit)).toThrow(/looks up no pair/);
  });

  it('is found by the lint too where the pair is not said to be one', () => {
    const circuit = tinyCircuit((_builder, lookups, signal) => {
      const pairs = pairTable('undeclared', 4, exact);
      lookups.look(pairs, formOf({ [signal]: 1 }), 0);
    });
    expect(lint(circuit)).toThrow(refused);
  });
});

describe('trap 5: two tables in one sum', () => {
  const build = (oneSum: boolean): TinyCircuit =>
    unsafeCircuit(
      (builder, commit, look) => {
        const [short, long] = [commit(), commit()];
        equalRow(builder, SIGNAL, short);
        look(rangeTable(2), formOf({ [short]: 1 }));
        look(rangeTable(4), formOf({ [long]: 1 }));
      },
      { oneSum },
    );
  // 11 where two bits are allowed: its multiplicity is booked on the other table.
  const forgedIn = (circuit: TinyCircuit): Record<number, bigint> => {
    const wires = multiplicityWires(circuit);
    return {
      [SIGNAL]: 11n,
      [FIRST_COMMITTED]: 11n,
      [FIRST_COMMITTED + 1]: 4n,
      [wires[4 + 11]]: 1n,
      [wires[4 + 4]]: 1n,
    };
  };

  it('lend each other their entries', () => {
    const circuit = build(true);
    expect(holds(circuit, completed(circuit, forgedIn(circuit), X))).toBe(true);
    expect(lint(circuit)).toThrow(refused);
  });

  it('do not in two sums', () => {
    const circuit = build(false);
    expect(lint(circuit)).not.toThrow();
    expect(holds(circuit, completed(circuit, forgedIn(circuit), X))).toBe(false);
  });

  it('have no second challenge', () => {
    const { r1cs, layout } = nibble;
    expect(lint({ r1cs, layout: { ...layout, challenge: SIGNAL } })).toThrow(refused);
  });
});
