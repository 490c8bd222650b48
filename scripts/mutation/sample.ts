import { createHash } from 'node:crypto';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import type { SmallChange } from './small-change.ts';

/** A whole number from 1 on, of an option. */
export function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('a number from 1 on was expected.');
  return Number(text);
}

/** The options that every run of mutants has: which are tried, and for how long. */
export function mutationCommand(name: string, description: string) {
  return new Command(name)
    .description(description)
    .option('--match <pattern>', 'only sources whose path fits this regular expression', '.')
    .option('--sample <n>', 'so many mutants of all that there are, drawn by the seed', count, 100_000)
    .option('--seed <text>', 'what the sample is drawn by', 'sliceproof')
    .option('--survivors', 'try again what survived before: there may be other tests now')
    .option('--minutes <n>', 'begin nothing after so long', count, 600);
}

/** The order in which a seed draws mutants. */
export function drawnBy(seed: string): (a: SmallChange, b: SmallChange) => number {
  const rank = ({ id }: SmallChange): string => createHash('sha256').update(`${seed} ${id}`).digest('hex');
  return (a, b) => (rank(a) < rank(b) ? -1 : 1);
}

export function say(text: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
}
