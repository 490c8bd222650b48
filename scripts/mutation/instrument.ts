import { createHash } from 'node:crypto';
import type { Place } from './change.ts';
import { ASK, ASK_FILE, SWITCH, type Mutant } from './mutant.ts';
import { oneLine } from './small-change.ts';
import { changesOfSolidity } from './solidity-changes.ts';
import { childrenOf, rangeOf, type Node } from './syntax-tree.ts';
import { changesOfYul } from './yul-changes.ts';

interface Instrumented {
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

const SEMICOLON = 0x3b;

/** Marks a mutant's place in the instrumented text, so that a compiler's complaint finds it. */
const mark = (number: number): string => `/*m${number}*/`;

/** The mutants whose marks lie in or around a piece of instrumented text. */
export function marksAround(text: string, start: number, end: number): number[] {
  const bytes = Buffer.from(text);
  const within = bytes.subarray(start, end).toString();
  const found = [...within.matchAll(/\/\*m(\d+)\*\//g)].map(([, number]) => Number(number));
  if (found.length > 0) return found;
  const before = [
    ...bytes
      .subarray(0, start)
      .toString()
      .matchAll(/\/\*m(\d+)\*\//g),
  ].at(-1);
  return before ? [Number(before[1])] : [];
}

/**
 * A source with all its changes under switches.
 * @param first the number of the first mutant
 * @param leftOut ids of changes that don't compile
 */
export function instrument(
  file: string,
  source: string,
  tree: Node,
  first: number,
  leftOut: ReadonlySet<string>,
): Instrumented {
  const bytes = Buffer.from(source);
  const mutants: Mutant[] = [];
  // The tree leaves the semicolon out of a statement's text.
  const spanOf = (node: Node): { start: number; end: number } => {
    const { start, end } = rangeOf(node);
    const ends = /Statement$/.test(node.nodeType) && bytes[end] === SEMICOLON;
    return { start, end: ends ? end + 1 : end };
  };
  const textOf = (node: Node): string => {
    const { start, end } = spanOf(node);
    return bytes.subarray(start, end).toString();
  };

  const render = (node: Node, parents: readonly Node[], inYul: boolean): string => {
    const { start, end } = spanOf(node);
    let text = '';
    let position = start;
    const yul = inYul || node.nodeType === 'InlineAssembly';
    for (const child of childrenOf(node)) {
      const range = spanOf(child);
      // Some members repeat a part of the tree, or lie elsewhere.
      if (range.start < position || range.end > end) continue;
      text += bytes.subarray(position, range.start).toString() + render(child, [...parents, node], yul);
      position = range.end;
    }
    text += bytes.subarray(position, end).toString();
    const place: Place = { node, parents, textOf };
    for (const change of yul ? changesOfYul(place) : changesOfSolidity(place)) {
      const id = createHash('sha256')
        .update([file, start, end, change.operator, change.to, source].join('\0'))
        .digest('hex')
        .slice(0, 16);
      if (leftOut.has(id)) continue;
      const number = first + mutants.length;
      const on = yul ? `eq(extcodesize(${SWITCH}), ${number})` : `${ASK}(${number})`;
      mutants.push({
        number,
        id,
        file,
        line: bytes.subarray(0, start).toString().split('\n').length,
        operator: change.operator,
        from: oneLine(textOf(node)),
        to: oneLine(change.to) || '(nothing)',
      });
      text = mark(number) + change.wrap(text, on);
    }
    return text;
  };

  const { end } = rangeOf(tree);
  const rendered = bytes.subarray(0, rangeOf(tree).start).toString() + render(tree, [], false);
  const body = rendered + bytes.subarray(end).toString();
  return { text: mutants.length === 0 ? body : withImport(file, body), mutants };
}

/** Mutants' switches read the state: what was pure no longer is. */
export const withoutPure = (source: string): string => source.replaceAll(/\bpure\b/g, 'view');

function withImport(file: string, source: string): string {
  const up = '../'.repeat(file.split('/').length - 2) || './';
  const statement = `import {${ASK}} from "${up}${ASK_FILE.replace('contracts/', '')}";`;
  return source.replace(/^pragma [^;]*;/m, (pragma) => `${pragma} ${statement}`);
}
