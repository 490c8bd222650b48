import { SCALAR_FIELD } from '../../groth16/formats/bn254.ts';
import { constant, minus, NOTHING, ONE, times, valueOf, type Form, type ReferenceSystem } from './system.ts';

/**
 * Bits that hold any difference of two integers of a program: whatever a program that compiles computes is below 2^53 in
 * size, twice that is below 2^54. A sum of a few such, by a factor of at most 2^53, stays far below the field's order.
 */
const WIDE = 55;

/** A wire that is 0 or 1: b · (b − 1) = 0. */
export function bit(
  system: ReferenceSystem,
  name: string,
  value: (wires: readonly bigint[]) => bigint,
): Form {
  const wire = system.wire(name, value);
  system.row(wire, minus(wire, ONE), NOTHING);
  return wire;
}

/** 0 ≤ form < 2^bits: it is Σ 2^i · bit_i. */
export function inBits(system: ReferenceSystem, name: string, form: Form, bits: number): void {
  const sum: Form = Array.from({ length: bits }, (_, i) => {
    const wire = bit(system, `${name}.${i}`, (wires) => (valueOf(form, wires) >> BigInt(i)) & 1n);
    return times(wire, 1n << BigInt(i));
  }).flat();
  system.equal(sum, form);
}

/** form ≥ 0, for any integer of a program. */
export function atLeastZero(system: ReferenceSystem, name: string, form: Form): void {
  inBits(system, name, form, WIDE);
}

/** −2^53 ≤ form. */
function anySign(system: ReferenceSystem, name: string, form: Form): void {
  atLeastZero(system, `${name} of either sign`, [...form, ...constant(1n << 53n)]);
}

/** The larger of two: not below either, and equal to one of them. */
export function larger(system: ReferenceSystem, name: string, left: Form, right: Form): Form {
  const wire = system.wire(name, (wires) => {
    const [x, y] = [valueOf(left, wires), valueOf(right, wires)];
    return x > y ? x : y;
  });
  atLeastZero(system, `${name} − left`, minus(wire, left));
  atLeastZero(system, `${name} − right`, minus(wire, right));
  system.row(minus(wire, left), minus(wire, right), NOTHING);
  return wire;
}

/** The largest of one or more. */
export function largest(system: ReferenceSystem, name: string, forms: readonly Form[]): Form {
  return forms.reduce((most, form, i) => larger(system, `${name} of ${i + 1}`, most, form));
}

/**
 * 1 where a form is zero, else 0: form · inverse = 1 − e is e = 1 where it is zero, and form · e = 0 is e = 0 where it isn't.
 * e · inverse = 0 leaves one inverse where any would do.
 */
export function isZero(system: ReferenceSystem, name: string, form: Form): Form {
  const wire = system.wire(name, (wires) => (valueOf(form, wires) === 0n ? 1n : 0n));
  const inverse = system.wire(`${name}, inverse`, (wires) => inverseOf(valueOf(form, wires)));
  system.row(form, inverse, minus(ONE, wire));
  system.row(form, wire, NOTHING);
  system.row(wire, inverse, NOTHING);
  return wire;
}

/** ⌊form / 2^shift⌋: form = 2^shift · quotient + rest, 0 ≤ rest < 2^shift, the quotient of either sign. */
export function shifted(system: ReferenceSystem, name: string, form: Form, shift: number): Form {
  const wire = system.wire(name, (wires) => valueOf(form, wires) >> BigInt(shift));
  anySign(system, name, wire);
  inBits(system, `${name}'s rest`, minus(form, times(wire, 1n << BigInt(shift))), shift);
  return wire;
}

/** ⌊num / den⌋ of den > 0: num = quotient · den + rest, 0 ≤ rest ≤ den − 1, the quotient of either sign. */
export function quotient(system: ReferenceSystem, name: string, num: Form, den: Form): Form {
  const wire = system.wire(name, (wires) => floor(valueOf(num, wires), valueOf(den, wires)));
  anySign(system, name, wire);
  const rest = system.wire(
    `${name}'s rest`,
    (wires) => valueOf(num, wires) - valueOf(wire, wires) * valueOf(den, wires),
  );
  system.row(wire, den, minus(num, rest));
  atLeastZero(system, `${name}'s rest`, rest);
  atLeastZero(system, `${name}'s rest below`, minus(minus(den, ONE), rest));
  return wire;
}

/** ⌊√form⌋: form = root² + rest, 0 ≤ rest ≤ 2 · root, the root not below zero. */
export function root(system: ReferenceSystem, name: string, form: Form): Form {
  const wire = system.wire(name, (wires) => integerRoot(valueOf(form, wires)));
  const rest = system.wire(
    `${name}'s rest`,
    (wires) => valueOf(form, wires) - valueOf(wire, wires) * valueOf(wire, wires),
  );
  system.row(wire, wire, minus(form, rest));
  atLeastZero(system, name, wire);
  atLeastZero(system, `${name}'s rest`, rest);
  atLeastZero(system, `${name}'s rest below`, minus(times(wire, 2n), rest));
  return wire;
}

/** low ≤ … ≤ high: the smaller of high and the larger of low and a form. */
export function clamp(
  system: ReferenceSystem,
  name: string,
  form: Form,
  { low, high }: { readonly low: bigint; readonly high: bigint },
): Form {
  const raised = larger(system, `${name}, raised`, form, constant(low));
  // min(x, h) = −max(−x, −h)
  return times(larger(system, `${name}, lowered`, times(raised, -1n), constant(-high)), -1n);
}

/** The floor for either sign of the dividend, of a divisor above zero; 0 of none, for which no row holds. */
function floor(num: bigint, den: bigint): bigint {
  if (den <= 0n) return 0n;
  const rest = ((num % den) + den) % den;
  return (num - rest) / den;
}

/** ⌊√value⌋ by Newton's steps from above; 0 of what is below zero, for which no row holds. */
function integerRoot(value: bigint): bigint {
  if (value <= 0n) return 0n;
  let near = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (let next = (near + value / near) >> 1n; next < near; next = (near + value / near) >> 1n) near = next;
  return near;
}

/** 1 / value in the field, 0 for 0, by Euclid's algorithm. */
function inverseOf(value: bigint): bigint {
  let [rest, next] = [((value % SCALAR_FIELD) + SCALAR_FIELD) % SCALAR_FIELD, SCALAR_FIELD];
  let [factor, nextFactor] = [1n, 0n];
  if (rest === 0n) return 0n;
  while (next !== 0n) {
    const times = rest / next;
    [rest, next] = [next, rest - times * next];
    [factor, nextFactor] = [nextFactor, factor - times * nextFactor];
  }
  return factor;
}
