import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ICircuitRegistry__factory,
  IGroth16BatchVerifier__factory,
  IInferenceVerifier__factory,
  IModelRegistry__factory,
  ISliceMarket__factory,
  ITensorHasher__factory,
} from '../../protocol/contracts/generated/index.ts';
import { ERROR_TABLE_FILE, errorTable } from '../../scripts/error-table.ts';

describe('the table of errors', () => {
  it('is what the contracts say now', () => {
    expect(readFileSync(ERROR_TABLE_FILE, 'utf8'), 'run scripts/error-table.ts').toBe(errorTable());
  });

  it('has every error of every interface under the selector that its ABI gives', () => {
    const rows = [...errorTable().matchAll(/^\| `(0x\w{8})` \| `(\w+)\(/gm)].map(
      ([, selector, name]) => `${name} ${selector}`,
    );
    const interfaces = [
      ISliceMarket__factory,
      IInferenceVerifier__factory,
      IModelRegistry__factory,
      ICircuitRegistry__factory,
      IGroth16BatchVerifier__factory,
      ITensorHasher__factory,
    ].map((factory) => factory.createInterface());
    let count = 0;
    for (const abi of interfaces) {
      abi.forEachError(({ name, selector }) => {
        count++;
        expect(rows).toContain(`${name} ${selector}`);
      });
    }
    expect(count).toBeGreaterThan(80);
  });
});
