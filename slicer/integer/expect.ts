import { IntegerProgramError } from './errors.ts';

/** Refuses a program. @throws IntegerProgramError PROGRAM_INVALID */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new IntegerProgramError('PROGRAM_INVALID', message);
}

/** Most bits that something is shifted by; past them a power of two is more than all bits of an exact integer. */
export const MOST_SHIFT = 52;

export function expectShifts({ name }: { readonly name: string }, shifts: readonly number[]): void {
  const fits = shifts.every((shift) => Number.isInteger(shift) && shift >= 0 && shift <= MOST_SHIFT);
  expect(fits, `${name}: expected to shift by 0 to ${MOST_SHIFT} bits, got ${shifts.join(' and ')}`);
}

/** Refuses a node whose tensor has not the shape that follows from its operator. */
export function expectShape(
  { name }: { readonly name: string },
  expected: readonly number[],
  shape: readonly number[],
): void {
  expect(
    expected.length === shape.length && expected.every((size, i) => size === shape[i]),
    `${name}: expected shape ${expected.join('×')}, got ${shape.join('×')}`,
  );
}
