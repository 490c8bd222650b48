import { describe, expect, it } from 'vitest';
import { checkWitness } from '../../../slicer/circuit/witness/check.ts';
import { countConstraints } from '../../../slicer/circuit/count/count.ts';
import { compileSlice } from '../../../slicer/circuit/compile.ts';
import { Powers } from '../../../slicer/circuit/products/powers.ts';
import { equalPolynomial } from '../../../slicer/circuit/products/horner.ts';
import type { CheckForm, CheckMachine } from '../../../slicer/circuit/products/machine.ts';
import { evaluateOutputs } from '../../../slicer/integer/evaluate.ts';
import { NonlinearBuilder } from '../../support/nonlinear-programs.ts';

/** One value by many filters, whose accumulators are so wide that four share a number. */
function manyFilters(filters: number, weight = (i: number): number => 2 ** 19 + 3 * i) {
  const build = new NonlinearBuilder();
  const x = build.input([1, 1, 1, 1], { signed: true, bits: 32 });
  const windows = { kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] } as const;
  const weights = Array.from({ length: filters }, (_, i) => weight(i));
  const bias = weights.map((_, i) => i - 5);
  const acc = build.convImage(x, { ...windows, groups: 1 }, weights, bias);
  return build.program([build.rescale(acc, 20, { signed: true, bits: 32 })]);
}

describe('a product check whose weights are as long a form as one may be, or longer, has a witness', () => {
  it.each([248, 252, 256, 257, 260, 264])('of %i filters', (filters) => {
    const program = manyFilters(filters);
    const { r1cs, roles, computeWitness } = compileSlice(program, { products: 'wherever possible' });
    expect(roles.hashed).toBeDefined();
    for (const value of [-(2 ** 31), 2 ** 31 - 1, 12_345]) {
      const inputs = [Float64Array.of(value)];
      const { values, outputs } = computeWitness({ inputs, inputSalts: [1n], outputSalts: [2n], tag: 3n });
      expect(outputs).toEqual(evaluateOutputs(program, inputs));
      expect(checkWitness(r1cs, values)).toBeUndefined();
    }
  });
});

describe('the rows of a product check are counted as they are made', () => {
  it.each<readonly [string, (i: number) => number]>([
    ['where one of the weights that share a number is zero', (i) => (i % 16 === 5 ? 0 : 2 ** 19 + i)],
    ['where all of them are', (i) => (i % 64 > 31 ? 0 : -(2 ** 19) - i)],
    ['where only one of them is not', (i) => (i < 64 ? 0 : 2 ** 19 + i)],
    ['where one is what the other lacks', (i) => (i % 2 === 0 ? 1 : -1) * 2 ** 20],
    ['where none is anything', () => 0],
  ])('%s', (_, weight) => {
    for (const products of ['wherever possible', 'by cost'] as const) {
      for (const mode of ['bits', 'lookups'] as const) {
        const program = manyFilters(128, weight);
        expect(countConstraints(program, { products, mode })).toBe(
          compileSlice(program, { products, mode }).r1cs.constraints,
        );
      }
    }
  });
});

interface Value extends CheckForm {
  readonly value: bigint;
}

/** Plain integers in place of wires; each equation that it is given is kept as what is wrong with it. */
class Integers implements CheckMachine<Value> {
  readonly nothing: Value = { length: 0, value: 0n };
  readonly wrong: bigint[] = [];
  products = 0;

  constant(value: bigint): Value {
    return { length: 1, value };
  }

  value(): Value {
    throw new Error('no tensors here');
  }

  sum(parts: readonly (readonly [Value, bigint])[]): Value {
    return this.constant(parts.reduce((sum, [{ value }, factor]) => sum + value * factor, 0n));
  }

  product(left: Value, right: Value, plus: Value): Value {
    this.products++;
    return this.constant(left.value * right.value + plus.value);
  }

  wire(form: Value): Value {
    return form;
  }

  equal(left: Value, right: Value, result: Value): void {
    this.wrong.push(left.value * right.value - result.value);
  }
}

describe('powers of a challenge', () => {
  it('are what they are called in whatever order they are asked for', () => {
    for (const order of [[1, 2, 3, 4, 5], [7, 3, 12, 12, 1, 0], [33, 32, 31], [100], [3]]) {
      const machine = new Integers();
      const powers = new Powers(machine, machine.constant(3n));
      for (const exponent of order) expect(powers.of(exponent).value).toBe(3n ** BigInt(exponent));
    }
  });

  it('cost no more rows than doubling takes', () => {
    const rows = (...exponents: readonly number[]): number => {
      const machine = new Integers();
      const powers = new Powers(machine, machine.constant(3n));
      for (const exponent of exponents) powers.of(exponent);
      return machine.products;
    };
    expect(rows(64)).toBe(6);
    expect(rows(63)).toBe(5 + 5);
    expect(rows(2, 3, 4, 5, 6, 7)).toBe(6);
    expect(rows(9, 9, 9)).toBe(4);
  });
});

describe('two polynomials at the challenge', () => {
  it('are equal as they are, and differ where one coefficient does', () => {
    for (let count = 1; count <= 5; count++) {
      const coefficients = Array.from({ length: count }, (_, exponent) => BigInt(7 * exponent - 9));
      const difference = (changed?: number): readonly bigint[] => {
        const machine = new Integers();
        const right = coefficients.reduce(
          (sum, coefficient, exponent) => sum + coefficient * 5n ** BigInt(exponent),
          0n,
        );
        equalPolynomial(
          machine,
          machine.constant(5n),
          count,
          (exponent) => machine.constant(coefficients[exponent] + (exponent === changed ? 1n : 0n)),
          machine.constant(right),
        );
        return machine.wrong;
      };
      expect(difference()).toEqual([0n]);
      for (let exponent = 0; exponent < count; exponent++) {
        const [wrong, ...further] = difference(exponent);
        expect(further).toEqual([]);
        expect(wrong < 0n ? -wrong : wrong).toBe(5n ** BigInt(exponent));
      }
    }
  });
});
