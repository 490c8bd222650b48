import { sizeOf } from './bounds.ts';
import type { Form } from './form.ts';
import type { Knowledge } from './knowledge.ts';

/**
 * A sum Σ 2^(s_j) · L_j = 0 over bounded wires as the equations L_j = 0 over the integers, with the s_j given.
 *
 * It holds over the integers if the sum is below the modulus in size. If |L_0| < 2^(s_1), the rest being a multiple of 2^(s_1),
 * L_0 is zero, and so on up.
 *
 * @param cuts the s_j but the first, which is 0; ascending
 * @returns undefined where some L_j may be too large
 */
export function partsOf(form: Form, cuts: readonly number[], known: Knowledge): readonly Form[] | undefined {
  const all = known.bounds.ofForm(form);
  if (all === undefined || sizeOf(all) >= known.modulus) return undefined;
  const parts: Form[] = [];
  let rest = form;
  for (const [i, cut] of cuts.entries()) {
    const width = BigInt(cut - (i === 0 ? 0 : cuts[i - 1]));
    const low = mapped(rest, (value) => BigInt.asIntN(Number(width), value));
    const size = known.bounds.ofForm(low);
    if (size === undefined || sizeOf(size) >> width !== 0n) return undefined;
    parts.push(low);
    rest = mapped(rest, (value) => (value - BigInt.asIntN(Number(width), value)) >> width);
  }
  return [...parts, rest];
}

function mapped({ wires, factors, constant }: Form, map: (value: bigint) => bigint): Form {
  const moved = factors.map(map);
  return {
    wires: wires.filter((_, i) => moved[i] !== 0n),
    factors: moved.filter((factor) => factor !== 0n),
    constant: map(constant),
  };
}
