import { IntegerProgramError } from './errors.ts';

/** Refuses a program. @throws IntegerProgramError PROGRAM_INVALID */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new IntegerProgramError('PROGRAM_INVALID', message);
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
