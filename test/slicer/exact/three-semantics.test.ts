import { describe, expect, it } from 'vitest';
import { SliceproofError } from '../../../protocol/errors.ts';
import { differenceAt } from '../../../slicer/audit/rehearse.ts';
import { extremeInputs, randomInputs } from '../../../slicer/audit/trial-inputs.ts';
import { compileSlice, type CompiledSlice } from '../../../slicer/circuit/compile.ts';
import { openSlice } from '../../../slicer/execute/session.ts';
import { sliceOnnx } from '../../../slicer/execute/slice-onnx.ts';
import { nodeKinds } from '../../../slicer/integer/nodes/index.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { edgeBetween } from '../../support/edges.ts';
import { extremeProgram, refusalOf } from '../../support/extreme-programs.ts';
import { seededNumbers } from '../../support/programs.ts';

/** Forty times as many with SLICEPROOF_FUZZ=40: twenty thousand. */
const PROGRAMS = 500 * Number(process.env.SLICEPROOF_FUZZ ?? 1);
const SHARDS = 10;

/** What may be said of a program that arithmetic does not hold, and nothing else. */
const REFUSALS = ['INTEGER_TOO_WIDE', 'INTEGER_NEGATIVE_ROOT', 'INTEGER_TABLE_DOMAIN', 'INTEGER_DIVISOR'];
const UNEXECUTED = ['EXECUTE_TOO_WIDE'];
const UNPROVED = ['CIRCUIT_TOO_WIDE'];

function orCode<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    if (error instanceof SliceproofError) return error.code;
    throw error;
  }
}

/** The first difference of the three on some inputs, and what was refused. */
async function tryProgram(seed: number): Promise<{ readonly outcome: string; readonly problem?: string }> {
  const program: IntegerProgram = extremeProgram(seed);
  const refusal = refusalOf(program);
  if (refusal !== undefined) return { outcome: refusal };
  const mode = seed % 2 === 0 ? 'bits' : 'lookups';
  const products = seed % 4 < 2 ? 'by cost' : 'wherever possible';
  const circuit = orCode<CompiledSlice>(() => compileSlice(program, { mode, products }));
  const onnx = orCode(() => sliceOnnx(program, 'extreme'));
  if (typeof onnx === 'string') return { outcome: onnx };
  const session = await openSlice(onnx);
  const draw = seededNumbers(seed + 1);
  const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => draw(0, 255));
  try {
    const proved = typeof circuit === 'string' ? undefined : circuit;
    const ends = [0, 1, 2, 3, 4].map((turn) => extremeInputs(program, turn, bytes));
    const random = randomInputs(program, bytes);
    const edges = [ends[draw(0, 1)], ends[draw(2, 4)]].map((end) => edgeBetween(program, end, random) ?? []);
    for (const [turn, inputs] of [...ends, random, ...edges.flat()].entries()) {
      // A witness takes longer than the other two together.
      const tried = { program, session, circuit: turn < 3 || turn >= 5 ? proved : undefined };
      const problem = await differenceAt(tried, inputs);
      if (problem !== undefined)
        return { outcome: 'differs', problem: `seed ${seed}, ${mode}, products ${products}: ${problem}` };
    }
  } finally {
    await session.close();
  }
  return { outcome: typeof circuit === 'string' ? circuit : 'agrees' };
}

describe('evaluator, ONNX Runtime and witness', () => {
  const seen = new Map<string, number>();
  /** Of nodes in programs on which they agree. */
  const kinds = new Set<string>();

  it.each(Array.from({ length: SHARDS }, (_, shard) => shard))(
    'agree on programs of extreme constants, or refuse them by name (part %i)',
    async (shard) => {
      for (let seed = shard; seed < PROGRAMS; seed += SHARDS) {
        const { outcome, problem } = await tryProgram(seed);
        expect(problem).toBeUndefined();
        if (outcome === 'agrees') for (const { kind } of extremeProgram(seed).nodes) kinds.add(kind);
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      }
    },
  );

  it('are asked about every kind of node that is proved', () => {
    const proved = Object.keys(nodeKinds).filter((kind) => kind !== 'foreign');
    expect([...kinds].toSorted()).toEqual(proved.toSorted());
  });

  it('take most of the programs, and know a name for every other', () => {
    expect([...seen.keys()].filter((code) => code !== 'agrees').toSorted()).toEqual(
      [...REFUSALS, ...UNEXECUTED, ...UNPROVED].filter((code) => seen.has(code)).toSorted(),
    );
    expect(seen.get('agrees')).toBeGreaterThan(PROGRAMS / 3);
    for (const code of ['INTEGER_TOO_WIDE', 'CIRCUIT_TOO_WIDE']) expect(seen.has(code)).toBe(true);
  });
});
