import { describe, expect, it } from 'vitest';
import { wasmApi } from '../../../groth16/curve/bn254-wasm.ts';
import { BASE_FIELD, SCALAR_FIELD, readLittleEndian } from '../../../groth16/formats/bn254.ts';
import { add, sub } from '../../../groth16/kernel/arithmetic.ts';
import { createModuleWriter } from '../../../groth16/kernel/assembler.ts';
import { availableKernels } from '../../../groth16/kernel/bn254-kernel.ts';
import { defineField, slotOf } from '../../../groth16/kernel/field.ts';
import { radixOf } from '../../../groth16/kernel/kernel.ts';
import type { Kernel } from '../../../groth16/kernel/kernel.ts';
import { balancedLimbs, inverseMod, mod } from '../../../groth16/kernel/modulus.ts';

const RANDOM = 20_000;

/** A generator of numbers that look random and are the same in every run (xorshift). */
function numbers(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    let value = 0n;
    for (let word = 0; word < 4; word++) {
      state ^= BigInt.asUintN(64, state << 13n);
      state ^= state >> 7n;
      state ^= BigInt.asUintN(64, state << 17n);
      value = (value << 64n) | state;
    }
    return value;
  };
}

interface Field {
  readonly kernel: Kernel;
  readonly p: bigint;
  /** Two operands a lane, limb by limb; gives the values of what each function makes, and packed. */
  run(
    name: 'mul' | 'square' | 'add' | 'sub',
    a: readonly (readonly bigint[])[],
    b: readonly (readonly bigint[])[],
  ): { readonly values: readonly bigint[]; readonly canonical: readonly bigint[] };
}

const ROOM = { a: 1_024, b: 2_048, out: 3_072, packed: 4_096 };

function open<L, S>(kernel: Kernel<L, S>, p: bigint): Field {
  const module = createModuleWriter();
  const field = defineField(module, 'f', kernel, p, 1);
  for (const [name, combine] of [
    ['add', add],
    ['sub', sub],
  ] as const) {
    module.define(`f_${name}`, ['i32', 'i32', 'i32'], undefined, (writer, a, b, out) => {
      const machine = kernel.machine(writer);
      const [x, y] = [field.load(machine, slotOf(a))[0], field.load(machine, slotOf(b))[0]];
      field.store(machine, slotOf(out), [combine(machine, x, y)]);
    });
  }
  module.define('pack', ['i32', 'i32'], undefined, (writer, from, to) => {
    const machine = kernel.machine(writer);
    const lanes = Array.from({ length: kernel.lanes }, (_, lane) =>
      writer.op('i32', [0x6a], slotOf(to), 32 * lane),
    );
    field.pack(machine, lanes, field.load(machine, slotOf(from)));
  });
  const memory = new (wasmApi().Memory)({ initial: 1, maximum: 1 });
  const functions = module.instantiate(module.compile(), memory);
  const view = new DataView(memory.buffer);
  const { bits, limbs } = kernel.shape;
  const valueAt = (at: number, lane: number): bigint => {
    let value = 0n;
    for (let j = limbs - 1; j >= 0; j--) {
      value = (value << BigInt(bits)) + kernel.getLimb(view, at + j * kernel.limbBytes, lane);
    }
    return value;
  };
  return {
    kernel: kernel,
    p,
    run(name, a, b) {
      a.forEach((limbsOf, lane) =>
        limbsOf.forEach((limb, j) => kernel.putLimb(view, ROOM.a + j * kernel.limbBytes, limb, lane)),
      );
      b.forEach((limbsOf, lane) =>
        limbsOf.forEach((limb, j) => kernel.putLimb(view, ROOM.b + j * kernel.limbBytes, limb, lane)),
      );
      functions[`f_${name}`](ROOM.a, ...(name === 'square' ? [] : [ROOM.b]), ROOM.out);
      functions.pack(ROOM.out, ROOM.packed);
      const lanes = a.map((_, lane) => lane);
      return {
        values: lanes.map((lane) => valueAt(ROOM.out, lane)),
        canonical: lanes.map((lane) =>
          readLittleEndian(new Uint8Array(memory.buffer), ROOM.packed + 32 * lane),
        ),
      };
    },
  };
}

const fields = availableKernels().flatMap((kernel) =>
  [BASE_FIELD, SCALAR_FIELD].map((p) => ({
    name: kernel.name,
    field: p === BASE_FIELD ? 'q' : 'r',
    kernel,
    p,
  })),
);

describe.each(fields)('arithmetic modulo $field in the kernel $name', ({ kernel, p }) => {
  const field = open(kernel, p);
  const { bits, limbs } = kernel.shape;
  const B = 1n << BigInt(bits);
  const inverseR = inverseMod(radixOf(kernel), p);
  const top = p >> BigInt(bits * (limbs - 1));
  const valueOf = (of: readonly bigint[]): bigint =>
    of.reduceRight((value, limb) => (value << BigInt(bits)) + limb, 0n);

  /** All four operations on both operands, each lane against integers. */
  const check = (a: readonly (readonly bigint[])[], b: readonly (readonly bigint[])[]): void => {
    const expected = {
      mul: (x: bigint, y: bigint) => mod(x * y * inverseR, p),
      square: (x: bigint) => mod(x * x * inverseR, p),
      add: (x: bigint, y: bigint) => mod(x + y, p),
      sub: (x: bigint, y: bigint) => mod(x - y, p),
    } as const;
    for (const name of ['mul', 'square', 'add', 'sub'] as const) {
      const { values, canonical } = field.run(name, a, b);
      a.forEach((limbsOf, lane) => {
        const wanted = expected[name](valueOf(limbsOf), valueOf(b[lane]));
        if (mod(values[lane], p) !== wanted || canonical[lane] !== wanted) {
          expect({ name, a: limbsOf, b: b[lane], canonical: canonical[lane] }).toEqual({ canonical: wanted });
        }
        if (name === 'mul' || name === 'square')
          expect(values[lane] < 4n * p && values[lane] > -4n * p).toBe(true);
      });
    }
  };
  const lanesOf = (a: readonly bigint[]): readonly (readonly bigint[])[] =>
    Array.from({ length: kernel.lanes }, () => a);

  it('is that of integers for edge values, in each lane', () => {
    const edges = [
      0n,
      1n,
      2n,
      p - 1n,
      p - 2n,
      (p - 1n) / 2n,
      (p + 1n) / 2n,
      (1n << 253n) - 1n,
      1n << 253n,
      p,
    ];
    const other = balancedLimbs(p - 12_345n, kernel.shape);
    for (const x of edges) {
      for (const y of edges) {
        const [a, b] = [balancedLimbs(x, kernel.shape), balancedLimbs(y, kernel.shape)];
        check(lanesOf(a), lanesOf(b));
        check([a, other].slice(0, kernel.lanes), [b, other].slice(0, kernel.lanes));
        check([other, a].slice(0, kernel.lanes), [other, b].slice(0, kernel.lanes));
      }
    }
  });

  it('is that of integers for limbs at the ends of what they may be', () => {
    // All ones, the least and the greatest of balanced ones, powers of two as small as a denormal's bits, halves.
    const limb = [0n, 1n, -1n, B / 2n - 1n, -B / 2n, B / 2n, B - 1n, -(B - 1n), 1n << 20n];
    const patterns = limb.flatMap((low) =>
      limb.map((high) =>
        Array.from({ length: limbs }, (_, j) =>
          j === limbs - 1 ? mod(high, top) - top / 2n : j % 2 === 0 ? low : high,
        ),
      ),
    );
    const factors = patterns.map((pattern) =>
      // Not both of them: |a · b| stays within B².
      pattern.map((value) => (value > B / 2n ? B / 2n : value < -B / 2n ? -B / 2n : value)),
    );
    for (let i = 0; i < patterns.length; i++) {
      for (let j = 0; j < patterns.length; j += 3) {
        const b = factors[(i + j) % factors.length];
        const { values } = field.run('mul', lanesOf(patterns[i]), lanesOf(b));
        const wanted = mod(valueOf(patterns[i]) * valueOf(b) * inverseR, p);
        for (const value of values) expect(mod(value, p)).toBe(wanted);
      }
    }
    for (const a of factors) check(lanesOf(a), lanesOf(factors[1]));
  });

  it(`is that of integers in ${RANDOM} operations on random numbers`, () => {
    const next = numbers(0x9e3779b97f4a7c15n);
    const one = (): readonly bigint[] => balancedLimbs(next() % p, kernel.shape);
    for (let i = 0; i < RANDOM / 4 / kernel.lanes; i++) {
      const lanes = Array.from({ length: kernel.lanes }, () => [one(), one()] as const);
      check(
        lanes.map(([a]) => a),
        lanes.map(([, b]) => b),
      );
    }
  });
});
