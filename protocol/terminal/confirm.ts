import { createInterface } from 'node:readline/promises';
import { endsByInterrupt } from './interrupted.ts';

/** Who is asked, and whether anybody is there: both ends have to be a terminal. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Questions go to standard error, so that standard output stays the command's result. */
export const terminal: Terminal = { input: process.stdin, output: process.stderr };

export function isInteractive({ input, output }: Terminal): boolean {
  return input.isTTY === true && output.isTTY === true;
}

/** What a person answers, without blanks around it; nothing at the end of the input. */
export async function askLine({ input, output }: Terminal, question: string): Promise<string> {
  const lines = createInterface({ input, output });
  const interrupted = endsByInterrupt(lines);
  const closed = new Promise<string>((resolve) => {
    lines.once('close', () => {
      if (!interrupted()) resolve('');
    });
  });
  try {
    return (await Promise.race([lines.question(question), closed])).trim();
  } finally {
    lines.close();
  }
}

/** Asks until there is a line; anything but `y` or `yes` is no, and so is the end of the input. */
export async function confirm(place: Terminal, question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await askLine(place, `${question} [y/N] `));
}
