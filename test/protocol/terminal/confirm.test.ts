import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirm, isInteractive } from '../../../protocol/terminal/confirm.ts';

const answered = async (text: string): Promise<boolean> => {
  const input = new PassThrough();
  const asked = confirm({ input, output: new PassThrough() }, 'Post the job?');
  input.end(text);
  return asked;
};

describe('a question before money is spent', () => {
  it.each(['y\n', 'Yes\n', ' YES \n'])('is answered yes by %j', async (text) => {
    expect(await answered(text)).toBe(true);
  });

  it.each(['\n', 'n\n', 'yesterday\n', '', 'o'])('is answered no by %j', async (text) => {
    expect(await answered(text)).toBe(false);
  });

  it('is asked where both ends are a terminal', () => {
    const end = (isTTY?: boolean) => Object.assign(new PassThrough(), { isTTY });
    expect(isInteractive({ input: end(true), output: end(true) })).toBe(true);
    expect(isInteractive({ input: end(), output: end(true) })).toBe(false);
    expect(isInteractive({ input: end(true), output: end() })).toBe(false);
  });
});
