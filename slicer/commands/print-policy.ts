import { formatUnits, toBeHex } from 'ethers';
import { colour } from '../../protocol/terminal/colour.ts';
import { maskOf } from '../../protocol/contracts/masks.ts';
import { printTable, type Output } from '../../protocol/terminal/output.ts';
import type { ChosenPolicy } from './policy-options.ts';

/** What `--json` prints of a policy; `job post --policy` takes the file. */
export function policyJson({ policy, slices, assessment, unit }: ChosenPolicy) {
  const { required, highest, expected, deterrent, ...rest } = assessment;
  return {
    required: policy.required,
    audits: policy.audits,
    mask: toBeHex(maskOf(policy.required)),
    slices: slices.map(({ id, provable, cost, likelihood, stake }, i) => ({
      slice: id,
      provable,
      cost: amount(cost, unit),
      likelihood,
      stake,
      coverage: assessment.coverage[i],
    })),
    cost: {
      unit,
      required: amount(required, unit),
      highest: amount(highest, unit),
      expected: average(expected, unit),
    },
    weighted: rest.weighted,
    detection: rest.detection,
    best: rest.best,
    // JSON has no infinity.
    deterrent: Number.isFinite(deterrent) ? deterrent : null,
    unprovable: rest.unprovable,
  };
}

/** The policy slice by slice, what it costs, and what it catches. */
export function printPolicy(output: Output, chosen: ChosenPolicy, names: readonly string[]): void {
  const { policy, slices, assessment, unit } = chosen;
  const { coverage, required, highest, expected, detection, best, deterrent, unprovable } = assessment;
  printTable(
    output,
    ['slice', 'layers', 'cost', 'stake', 'proved', ''],
    slices.map(({ id, cost, stake, provable }, i) => [
      id,
      names[i],
      amount(cost, unit),
      stake,
      provable ? percent(coverage[i]) : 'never',
      bar(coverage[i]),
    ]),
  );
  output.write(`required  ${policy.required.join(',')}\naudits    ${policy.audits}\n`);
  output.write(
    `cost      ${amount(required, unit)} required, ${average(expected, unit)} on average, ` +
      `${amount(highest, unit)} at most\n`,
  );
  output.write(`proved    ${percent(assessment.weighted)} of likelihood × stake\n`);
  if (detection.length > 0) {
    const some = detection.slice(0, 4).map((p, i) => `${i + 1}: ${percent(p)}`);
    output.write(`caught    when cheating in so many of the others: ${some.join(', ')}\n`);
  }
  if (best !== undefined) {
    output.write(
      `cheat     best in slice ${best.slice}, which expects ${Number(best.gain.toPrecision(4))}\n`,
    );
    output.write(
      Number.isFinite(deterrent)
        ? `bond      no single cheat pays once being caught costs ${Number(deterrent.toPrecision(4))}\n`
        : `bond      ${colour.yellow('no loss deters: some slices are never proved, and the executor knows which')}\n`,
    );
  }
  if (unprovable.length > 0) {
    output.write(
      `${colour.yellow(`slices that can't be proved rest on the executor: ${unprovable.join(', ')}`)}\n`,
    );
  }
}

function amount(value: bigint, unit: ChosenPolicy['unit']): string {
  return unit === 'money' ? formatUnits(value, 18) : value.toString();
}

/** An average is an estimate: six digits are enough. */
function average(value: number, unit: ChosenPolicy['unit']): string {
  return String(Number((unit === 'money' ? value / 1e18 : value).toPrecision(6)));
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

/** Twenty places of what is proved. */
function bar(share: number): string {
  return '█'.repeat(Math.round(20 * share)).padEnd(20, '░');
}
