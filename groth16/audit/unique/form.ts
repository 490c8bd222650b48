/** Σ factor · wire + constant over the field. Factors are signed, nearest to zero; a wire occurs once. */
export interface Form {
  readonly wires: readonly number[];
  readonly factors: readonly bigint[];
  readonly constant: bigint;
}

export const NOTHING: Form = { wires: [], factors: [], constant: 0n };

/** The residue of `value` nearest to zero. */
export function signed(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  if (2n * rest > modulus) return rest - modulus;
  return 2n * rest < -modulus ? rest + modulus : rest;
}

/** Σ scale · form, terms of one wire added up. */
export function sumOf(parts: readonly (readonly [form: Form, scale: bigint])[], modulus: bigint): Form {
  const factors = new Map<number, bigint>();
  let constant = 0n;
  for (const [form, scale] of parts) {
    constant += scale * form.constant;
    for (const [i, wire] of form.wires.entries()) {
      factors.set(wire, (factors.get(wire) ?? 0n) + scale * form.factors[i]);
    }
  }
  const terms = [...factors]
    .map(([wire, factor]) => [wire, signed(factor, modulus)] as const)
    .filter(([, factor]) => factor !== 0n);
  return {
    wires: terms.map(([wire]) => wire),
    factors: terms.map(([, factor]) => factor),
    constant: signed(constant, modulus),
  };
}

/** The factor of a wire; 0 where it doesn't occur. */
export function factorOf({ wires, factors }: Form, wire: number): bigint {
  const at = wires.indexOf(wire);
  return at < 0 ? 0n : factors[at];
}

/** What else a form has. */
export function formWithout({ wires, factors, constant }: Form, wire: number): Form {
  return {
    wires: wires.filter((other) => other !== wire),
    factors: factors.filter((_, i) => wires[i] !== wire),
    constant,
  };
}

export function sameForm(left: Form, right: Form): boolean {
  return (
    left.constant === right.constant &&
    left.wires.length === right.wires.length &&
    left.wires.every((wire, i) => wire === right.wires[i] && left.factors[i] === right.factors[i])
  );
}
