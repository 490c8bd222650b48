import { readFile } from 'node:fs/promises';
import { Contract, type ContractRunner } from 'ethers';
import { describe, expect, it } from 'vitest';
import { SliceproofError } from '../../../protocol/errors.ts';
import { describeError, errorAsJson, exitCodeOf } from '../../../protocol/terminal/fail.ts';

describe('how a command ends', () => {
  it('with 1 and a code for what is the user’s or the world’s fault', async () => {
    const error = new SliceproofError('A_CODE', 'no', { hint: 'do that', details: { n: 1n } });
    expect([exitCodeOf(error), describeError(error)]).toEqual([
      1,
      expect.stringMatching(/A_CODE.*\n {2}do that\n$/),
    ]);
    expect(errorAsJson(error)).toEqual({
      error: { code: 'A_CODE', message: 'no', hint: 'do that', details: { n: 1n } },
    });
    const missing: unknown = await readFile('/nonexistent/x').catch((cause: unknown) => cause);
    expect(exitCodeOf(missing)).toBe(1);
    expect(describeError(missing)).toMatch(/SYSTEM_ENOENT.*no such file/);
    expect(describeError(missing)).not.toContain('at ');
    expect(errorAsJson(missing)).toMatchObject({ error: { code: 'SYSTEM_ENOENT' } });
  });

  it('with 1 for what another contract answered, which ethers can’t read', async () => {
    const abi = ['function symbol() view returns (string)'];
    const empty = { call: () => Promise.resolve('0x') } as unknown as ContractRunner;
    const asked = new Contract(`0x${'12'.repeat(20)}`, abi, empty).getFunction(
      'symbol',
    )() as Promise<unknown>;
    const error: unknown = await asked.catch((cause: unknown) => cause);
    expect([exitCodeOf(error), describeError(error)]).toEqual([
      1,
      expect.stringMatching(/^error CHAIN_ANSWER_MALFORMED .*could not decode/),
    ]);
    expect(describeError(error)).not.toContain(' at ');
  });

  it('with 75 for what may pass, and with 70 and where it was for a bug', () => {
    expect(exitCodeOf(new SliceproofError('A_CODE', 'no', { retryable: true }))).toBe(75);
    const bug = new TypeError('x is not a function');
    expect(exitCodeOf(bug)).toBe(70);
    expect(describeError(bug)).toMatch(/\n\s+at /);
    expect(errorAsJson(bug)).toMatchObject({ error: { code: 'INTERNAL', message: 'x is not a function' } });
  });
});
