import { SliceproofError } from '../../protocol/errors.ts';
import { withoutSecrets } from '../../protocol/secrets.ts';

/** What the doctor found of one thing that a node needs. */
export interface Finding {
  /** The thing: `key`, `rpc localhost:8545`, `ledger`, … */
  readonly what: string;
  /** `ok`; `look`: a node works, not as well as it could; `ill`: it can't do its work, or loses by it. */
  readonly state: 'ok' | 'look' | 'ill';
  /** A sentence with the numbers. */
  readonly found: string;
  /** What to do about it; nothing where all is well. */
  readonly todo?: string;
}

export function ok(what: string, found: string): Finding {
  return { what, state: 'ok', found };
}

export function look(what: string, found: string, todo: string): Finding {
  return { what, state: 'look', found, todo };
}

export function ill(what: string, found: string, todo: string): Finding {
  return { what, state: 'ill', found, todo };
}

/** What a check finds; one that fails has found that. */
export async function examined(
  what: string,
  check: () => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return [await check()].flat();
  } catch (error) {
    if (error instanceof SliceproofError) {
      return [ill(what, `${error.code} ${error.message}`, error.hint ?? 'Mend what it names.')];
    }
    return [
      ill(what, withoutSecrets((error as Error).message), 'See the message; it is none of the known ones.'),
    ];
  }
}
