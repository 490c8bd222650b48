import { describe, expect, it } from 'vitest';
import { provedRows, type ProvedCase } from '../../support/proved-case.ts';
import { attentionCases } from './attention-cases.ts';
import { conditionCases } from './condition-cases.ts';
import { fusedCases } from './fused-cases.ts';
import { normCases, placeCases, recurrentCases } from './expanded-cases.ts';
import { quantisedCases } from './quantised-cases.ts';
import { computedPlaceCases } from './place-cases.ts';
import { scikitCases } from './scikit-cases.ts';
import { sequenceCases } from './sequence-cases.ts';
import { choiceCases, treeCases } from './tree-cases.ts';

const groups: Readonly<Record<string, Readonly<Record<string, ProvedCase>>>> = {
  attention: attentionCases,
  conditions: conditionCases,
  fused: fusedCases,
  quantised: quantisedCases,
  trees: treeCases,
  choices: choiceCases,
  norms: normCases,
  'computed-places': computedPlaceCases,
  places: placeCases,
  recurrent: recurrentCases,
  scikit: scikitCases,
  sequences: sequenceCases,
};

describe.each(Object.entries(groups))('operators that are made of others: %s', (group, cases) => {
  it('give what ONNX Runtime gives, in slices, witness and evaluator alike, for as many rows as they are known to take', async () => {
    const rows: Record<string, number> = {};
    const failures: string[] = [];
    for (const [name, given] of Object.entries(cases)) {
      try {
        rows[name] = await provedRows(given);
      } catch (error) {
        failures.push(`${name}: ${(error as Error).message.slice(0, 400)}`);
      }
    }
    expect(failures).toEqual([]);
    await expect(JSON.stringify(rows, undefined, 2)).toMatchFileSnapshot(
      `../../../snapshots/operator-rows-${group}.json`,
    );
  });
});
