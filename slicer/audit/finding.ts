/** One thing that an audit looked at. */
export interface Finding {
  /** What was compared, e.g. `circuit from program`. */
  readonly check: string;
  /** Of which slice; absent: of the whole model. */
  readonly slice?: number;
  readonly state: 'holds' | 'fails' | 'unchecked';
  /** What differs, or why it wasn't checked. */
  readonly detail?: string;
}

/** Where an audit says what it found. */
export interface Notes {
  readonly findings: readonly Finding[];
  /** `problem` undefined: it holds. */
  note(check: string, problem: string | undefined, slice?: number): void;
  unchecked(check: string, why: string): void;
}

export function openNotes(): Notes {
  const findings: Finding[] = [];
  return {
    findings,
    note(check, problem, slice) {
      const at = slice === undefined ? {} : { slice };
      findings.push(
        problem === undefined
          ? { check, ...at, state: 'holds' }
          : { check, ...at, state: 'fails', detail: problem },
      );
    },
    unchecked: (check, why) => void findings.push({ check, state: 'unchecked', detail: why }),
  };
}

/** The words for two digests that should be one; undefined: they are. */
export function differs(expected: string, came: string): string | undefined {
  return expected === came ? undefined : `expected ${expected}, it is ${came}`;
}
