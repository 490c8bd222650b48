import type { CheckForm, CheckMachine, CheckSum } from './machine.ts';

const NOTHING: CheckForm = { length: 0 };
const ONE_TERM: CheckForm = { length: 1 };

/** Counts the rows of a check without making any. */
export class CountMachine implements CheckMachine<CheckForm> {
  rows = 0;
  readonly nothing = NOTHING;
  readonly countsRows = true;

  constant(): CheckForm {
    return ONE_TERM;
  }

  value(): CheckForm {
    return ONE_TERM;
  }

  sum(parts: CheckSum<CheckForm>): CheckForm {
    return { length: lengthOf(parts) };
  }

  product(): CheckForm {
    this.rows++;
    return ONE_TERM;
  }

  wire(): CheckForm {
    this.rows++;
    return ONE_TERM;
  }

  equal(): void {
    this.rows++;
  }
}

/** The length of a sum; parts with factor zero are nothing. */
export function lengthOf(parts: CheckSum<CheckForm>): number {
  return parts.reduce((sum, [{ length }, factor]) => (factor === 0n ? sum : sum + length), 0);
}
