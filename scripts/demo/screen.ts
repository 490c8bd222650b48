import { stripVTControlCharacters } from 'node:util';

/** Where the demo shows itself: a part that changes in place on a terminal, lines that stay everywhere. */
export interface Screen {
  readonly live: boolean;
  /** A line that stays. */
  say(text: string): void;
  /** Replaces the changing part; nothing without a terminal. */
  show(text: string): void;
  /** Leaves the changing part as it is and goes on below it. */
  settle(): void;
  /** Takes the changing part away. */
  clear(): void;
}

/** Where no terminal is. @param say takes each line */
export function linesOnly(say: (text: string) => void): Screen {
  return { live: false, say, show: () => undefined, settle: () => undefined, clear: () => undefined };
}

/** @param output standard output, as a rule */
export function openScreen(output: NodeJS.WriteStream): Screen {
  if (!output.isTTY) return linesOnly((text) => void output.write(`${text}\n`));
  let shown = '';
  const erase = (): string => (shown === '' ? '' : `\u001b[${rowsOf(shown, output.columns)}A\r\u001b[J`);
  return {
    live: true,
    say: (text) => {
      output.write(`${erase()}${text}\n${shown}`);
    },
    show: (text) => {
      output.write(`${erase()}${text}\n`);
      shown = `${text}\n`;
    },
    settle: () => {
      shown = '';
    },
    clear: () => {
      output.write(erase());
      shown = '';
    },
  };
}

/** Rows of a terminal that a text takes: a line longer than the terminal is wide takes several. */
function rowsOf(text: string, columns: number): number {
  const lines = stripVTControlCharacters(text).split('\n').slice(0, -1);
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / columns)), 0);
}
