import { colour } from '../../protocol/terminal/colour.ts';
import type { Asset } from '../../protocol/contracts/asset.ts';
import { printTable, type Output } from '../../protocol/terminal/output.ts';
import type { SetupReport } from './setup.ts';
import type { VerifiedJob } from './verify-job.ts';

/** A receipt that holds, for people: the result first, and what of it is only claimed marked so. */
export function printReceipt(output: Output, verified: VerifiedJob, asset: Asset): void {
  const { receipt, setup, rechecked, rebuildable, inputOpened } = verified;
  const { job, model, slices, trace, inputCount, outputs, top } = receipt;
  const proved = slices.filter(({ state }) => state === 'proved').length;
  output.write(
    `result    ${colour.bold(top.label ?? `class ${top.index}`)}\n` +
      `job       ${job.jobId}\n` +
      `model     ${model.name} ${colour.dim(model.modelId)}\n` +
      `requester ${job.requester}\n` +
      `executor  ${job.executor}\n` +
      trace
        .slice(0, inputCount)
        .map((commitment) => `input     ${commitment}\n`)
        .join(''),
  );
  printTable(
    output,
    ['slice', 'name', 'reads', 'writes', 'state', 'because', 'prover', 'paid'],
    slices.map(({ slice, name, inputs, outputs: written, state, due, proof }) => [
      slice,
      name,
      inputs.join(', '),
      written.join(', '),
      state === 'proved' ? colour.green('proved') : colour.yellow('executed only'),
      due ?? '–',
      proof?.prover ?? '–',
      proof === null ? '–' : asset.format(BigInt(proof.price)),
    ]),
  );
  for (const { slice, state, verifier } of slices) {
    if (state !== 'proved' || verifier === null) continue;
    output.write(
      `external  slice ${slice} was verified by the contract ${verifier}, and is as good as that\n`,
    );
  }
  for (const { commitment } of outputs) output.write(`output    ${commitment}\n`);
  output.write(
    receipt.fullyProved
      ? `${colour.green('holds')}     every slice is proved, from the input's commitment to the output's\n`
      : `${colour.green('holds')}     ${proved} of ${slices.length} slices are proved, the others rest on the executor's word\n`,
  );
  if (rechecked) output.write('rechecked every slice was computed again, with the same result\n');
  if (rebuildable === false) {
    output.write(
      `beware    ${colour.yellow('salts of its own')}: the executor committed to tensors that nobody else could open; ` +
        'jobs that others shall prove exclude it with --except\n',
    );
  }
  if (!inputOpened) output.write('input     known by its commitment alone: its values were not looked at\n');
  output.write(setupInWords(setup));
}

function setupInWords(setup: SetupReport): string {
  const beware = (what: string, why: string): string =>
    `beware    ${colour.red(colour.bold(what))}: ${why}, for trials only\n`;
  if (setup.kind === 'development') {
    return beware('development setup', "whoever built this model's keys can forge proofs");
  }
  if (setup.phase1 === null) {
    return beware('ceremony on an unpublished phase 1', 'whoever made that file can forge proofs');
  }
  return (
    `setup     ${colour.yellow('claimed')}: a ceremony of ${setup.contributions} contributions on ${setup.phase1}, says the transcript that ` +
    'the keys are registered with; `sliceproof model audit` checks it\n'
  );
}
