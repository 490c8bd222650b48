import pc from 'picocolors';
import type { Asset } from '../../protocol/contracts/asset.ts';
import type { JobReceipt } from '../../protocol/receipt.ts';
import { printTable, type Output } from '../../protocol/terminal/output.ts';

/** A receipt that holds, for people. */
export function printReceipt(output: Output, receipt: JobReceipt, asset: Asset): void {
  const { job, model, slices, trace, inputCount, outputs, top } = receipt;
  const proved = slices.filter(({ state }) => state === 'proved').length;
  output.write(
    `job       ${job.jobId}\n` +
      `model     ${model.name} ${pc.dim(model.modelId)}\n` +
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
      state === 'proved' ? pc.green('proved') : pc.yellow('executed only'),
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
  output.write(`result    ${pc.bold(top.label ?? `class ${top.index}`)}\n`);
  output.write(
    receipt.fullyProved
      ? `${pc.green('holds')}     every slice is proved, from the input's commitment to the output's\n`
      : `${pc.green('holds')}     ${proved} of ${slices.length} slices are proved, the others rest on the executor's word\n`,
  );
  if (receipt.rechecked) output.write('rechecked every slice was computed again, with the same result\n');
  if (model.setup === 'development') {
    output.write(
      `beware    ${pc.red(pc.bold('development setup'))}: whoever built this model's keys can forge proofs, for trials only\n`,
    );
  }
}
