import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { BuildError } from '../build/errors.ts';
import { DEFAULT_ACCURACY_BUDGET } from '../build/plan-model.ts';
import { withExternalData } from '../build/external-data.ts';
import { BUDGETS } from '../plan/budgets.ts';
import { MODE_CHOICES } from '../plan/cost/cost-of.ts';
import { DEFAULT_PROVERS, PLAN_TARGETS } from '../plan/cost/target.ts';

/** The flags that `model build` and `model plan` share. */
export const calibrateOption = () =>
  new Option(
    '--calibrate <samples>',
    'inputs that scales and bit widths are chosen on',
  ).makeOptionMandatory();

export const budgetOption = () =>
  new Option(
    '--budget <constraints>',
    `most constraints of one slice (default: ${BUDGETS[0]}, or as much as a model of so few slices needs, up to ${BUDGETS.at(-1)})`,
  ).argParser(positive);

export const minSlicesOption = () =>
  new Option(
    '--min-slices <number>',
    'fewest slices, where the model has so many parts (default: as many as are cheapest under --target)',
  ).argParser(positive);

export const targetOption = () =>
  new Option('--target <what>', 'what the slices are to be cheapest in')
    .choices(PLAN_TARGETS)
    .default('constraints' as const);

export const proversOption = () =>
  new Option('--provers <number>', 'provers that are thought to share a job, for its latency')
    .argParser(positive)
    .default(DEFAULT_PROVERS);

export const modeOption = () =>
  new Option(
    '--mode <mode>',
    'how circuits prove ranges and functions; auto: whatever is faster, slice by slice',
  )
    .choices(MODE_CHOICES)
    .default('auto' as const);

export const budgetAccuracyOption = () =>
  new Option(
    '--budget-accuracy <points>',
    'points that may be lost: of top-1 accuracy, or of mean error in hundredths of the output’s range',
  )
    .argParser(points)
    .default(DEFAULT_ACCURACY_BUDGET);

export const bitsOption = () =>
  new Option(
    '--bits <number>',
    'this many bits for all weights and activations, instead of a search',
  ).argParser(bitCount);

export const dimensionOption = () =>
  new Option(
    '--dimension <name=size...>',
    'size of a dimension that the model leaves open, by its name or input.axis; a leading one is 1 by default',
  ).argParser(dimension);

function dimension(text: string, before: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [, name, size] = /^(.+)=([1-9]\d{0,8})$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('Expected name=size, e.g. batch=1.');
  return { ...before, [name]: Number(size) };
}

/** A whole number from 1. */
export function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1.');
  return Number(text);
}

function points(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 100)) throw new InvalidArgumentError('Expected points above 0, at most 100.');
  return value;
}

function bitCount(text: string): number {
  const value = positive(text);
  if (value < 2 || value > 16) throw new InvalidArgumentError('Expected 2 to 16 bits.');
  return value;
}

/** The same bits for weights and activations, where a number was given. */
export function bitsEverywhere(bits: number | undefined) {
  return bits === undefined ? undefined : { weights: bits, activations: bits };
}

/** The bytes of the model's file, with what it keeps in files beside it. */
export function readModelFile(place: string): Promise<Uint8Array> {
  return reading(place, async () => withExternalData(await readFile(place), path.dirname(place)));
}

/** Turns what the file system says of a place that a user named into an error of ours. */
export async function reading<T>(place: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
    throw new BuildError('BUILD_FILE', `${place} can't be read: ${cause.message}`, { cause });
  }
}
