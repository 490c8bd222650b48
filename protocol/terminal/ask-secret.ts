import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Terminal } from './confirm.ts';
import { endsByInterrupt } from './interrupted.ts';

/** Asks a person, and shows nothing of what is typed. Undefined where there is no terminal, or no more input. */
export async function askSecret(
  question: string,
  input: Terminal['input'] = process.stdin,
): Promise<string | undefined> {
  if (input.isTTY !== true) return undefined;
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  endsByInterrupt(lines);
  try {
    // Ctrl-D ends what could be an answer.
    return await lines.question('').catch(() => undefined);
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
