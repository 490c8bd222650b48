import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { readFile } from 'node:fs/promises';
import { choosePolicy } from '../policy/choose.ts';
import { assessPolicy, type Assessment } from '../policy/assess.ts';
import { PolicyError } from '../policy/errors.ts';
import { parseMoney } from '../policy/money.ts';
import type { Policy, PolicyChoice, PolicySlice } from '../policy/policy.ts';
import { parseValues, type SliceValues } from '../policy/values.ts';
import { sliceIndices } from '../../protocol/terminal/arguments.ts';
import { positive, reading } from './model-options.ts';

/** A slice as plan or manifest has it. */
export interface SliceToPrice {
  readonly id: number;
  readonly name: string;
  readonly constraints: number;
  readonly provable: boolean;
  /** What its price is reckoned by: see the manifest. */
  readonly weight: number;
}

export interface PolicyFlags {
  readonly policy?: string;
  readonly spend?: string;
  readonly unitPrice?: string;
  readonly settleTip: string;
  readonly detect: number;
  readonly cheated: number;
  readonly require?: readonly number[];
  readonly likelihood: string;
  readonly values?: string;
  readonly loss: number;
}

export const policyOption = () =>
  new Option(
    '--policy <which>',
    'also choose which slices to have proved: all, last:<number>, budget, random or mixed (docs/verification-policy.md)',
  );

export const spendOption = () =>
  new Option(
    '--spend <amount>',
    'for budget and mixed: the most that proofs may cost, in constraints, or in money with --unit-price',
  );

export const unitPriceOption = () =>
  new Option('--unit-price <amount>', 'highest price of a constraint, as `job post --max-unit-price`');

export const settleTipOption = () =>
  new Option('--settle-tip <amount>', 'with --unit-price: the tip a slice').default('0.01');

export const detectOption = () =>
  new Option('--detect <probability>', 'for random: of catching a cheating executor')
    .argParser((text) => finite(text, 'Expected a probability.'))
    .default(0.9);

export const cheatedOption = () =>
  new Option('--cheated <number>', 'for random: in how many slices it is thought to cheat')
    .argParser(positive)
    .default(1);

export const requireOption = () =>
  new Option('--require <slices>', 'for random: slices to prove for certain, e.g. 0,3').argParser(
    sliceIndices,
  );

export const likelihoodOption = () =>
  new Option('--likelihood <of>', 'where a cheat is likely: equally anywhere, or where the work is')
    .choices(['equal', 'work'])
    .default('equal');

export const valuesOption = () =>
  new Option('--values <file>', 'JSON list of {slice, stake, likelihood}; what is left out has a stake of 1');

export const lossOption = () =>
  new Option('--loss <amount>', 'what whoever is caught loses, in the unit of the stakes')
    .argParser((text) => finite(text, 'Expected an amount.'))
    .default(0);

/** A policy, and what it was chosen from and is worth. */
export interface ChosenPolicy {
  readonly policy: Policy;
  readonly slices: readonly PolicySlice[];
  readonly assessment: Assessment;
  /** What costs are in. */
  readonly unit: 'constraints' | 'money';
}

/**
 * The policy that the flags ask for; undefined when they ask for none.
 * @throws PolicyError POLICY_*; BuildError BUILD_FILE
 */
export async function policyOf(
  flags: PolicyFlags,
  slices: readonly SliceToPrice[],
): Promise<ChosenPolicy | undefined> {
  const { policy: which, values: file } = flags;
  if (which === undefined) return undefined;
  const values = file === undefined ? [] : parseValues(await reading(file, () => readFile(file, 'utf8')));
  const unknown = values.find(({ slice }) => !slices.some(({ id }) => id === slice));
  if (unknown) throw new PolicyError('POLICY_VALUES', `the model has no slice ${unknown.slice}`);
  const priced = slices.map((slice) => pricedOf(slice, flags, values));
  const policy = choosePolicy(priced, choiceOf(which, flags));
  const unit = flags.unitPrice === undefined ? 'constraints' : 'money';
  return { policy, slices: priced, assessment: assessPolicy(priced, policy, flags.loss), unit };
}

function pricedOf(
  { id, provable, constraints, weight }: SliceToPrice,
  { unitPrice, settleTip, likelihood }: PolicyFlags,
  values: SliceValues,
): PolicySlice {
  const own = values.find(({ slice }) => slice === id);
  return {
    id,
    provable,
    cost:
      unitPrice === undefined
        ? BigInt(constraints)
        : BigInt(weight) * parseMoney(unitPrice) + parseMoney(settleTip),
    likelihood: own?.likelihood ?? (likelihood === 'work' ? constraints : 1),
    stake: own?.stake ?? 1,
  };
}

function choiceOf(which: string, flags: PolicyFlags): PolicyChoice {
  const last = /^last:(\d{1,3})$/.exec(which);
  if (last) return { kind: 'last', count: Number(last[1]) };
  switch (which) {
    case 'all':
      return { kind: 'all' };
    case 'budget':
      return { kind: 'budget', budget: spendOf(flags) };
    case 'mixed':
      return { kind: 'mixed', budget: spendOf(flags), loss: flags.loss };
    case 'random':
      return {
        kind: 'random',
        detection: flags.detect,
        cheated: flags.cheated,
        require: flags.require ?? [],
      };
    default:
      throw new PolicyError(
        'POLICY_UNKNOWN',
        `expected all, last:<number>, budget, random or mixed, got ${which.slice(0, 80)}`,
      );
  }
}

function spendOf({ spend, unitPrice }: PolicyFlags): bigint {
  if (spend === undefined) {
    throw new PolicyError('POLICY_SPEND', 'this policy needs the most that proofs may cost', {
      hint: 'Give it with --spend, in constraints, or in money together with --unit-price.',
    });
  }
  if (unitPrice !== undefined) return parseMoney(spend);
  if (/^\d{1,15}$/.test(spend)) return BigInt(spend);
  throw new PolicyError('POLICY_SPEND', `expected a number of constraints, got ${spend.slice(0, 80)}`);
}

function finite(text: string, expected: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1e30)) throw new InvalidArgumentError(expected);
  return value;
}
