import { Command } from '@commander-js/extra-typings';
import { colour } from '../../protocol/terminal/colour.ts';
import { printJson, printTable, standardOutput, type Output } from '../../protocol/terminal/output.ts';
import type { OpenedWhole } from '../../protocol/wholes.ts';
import { readManifest } from '../../slicer/build/folder.ts';
import { manifestDigestOf } from '../inference-proof.ts';
import { verifyInference, type InferenceReport } from '../verify.ts';
import { readProof } from './read-proof.ts';

/** `sliceproof verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .summary('check a proof that `sliceproof prove` wrote')
    .description(
      'Checks an inference’s proof: every proved slice under its key, the chain of commitments from input to output, and ' +
        'the output. Which model it is about is said by the manifest’s digest: name the model that you expect.',
    )
    .argument('<file>', 'the proof')
    .option(
      '--model <place>',
      'folder of the built model, or the sha-256 of its manifest, that it has to be about',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Ends with 1 if the proof does not hold.

Examples:
  $ sliceproof verify proof.json --model build/digits
  $ sliceproof verify proof.json --json`,
    )
    .action(async (file, { model, json }) => {
      const output = standardOutput(json === true);
      const proof = await readProof(file);
      const expected =
        model === undefined || /^0x[0-9a-f]{64}$/i.test(model)
          ? model?.toLowerCase()
          : manifestDigestOf(await readManifest(model));
      const report = await verifyInference(proof, expected);
      if (output.json) printJson(output, { holds: true, ...report });
      else printReport(output, report);
    }) as unknown as Command;
}

function printReport(
  output: Output,
  { model, slices, fullyProved, commitments, inputs, outputs, top }: InferenceReport,
): void {
  const isClass = outputs[0].integers.length > 1;
  if (isClass) output.write(`result    ${colour.bold(top.label ?? `class ${top.index}`)}\n`);
  output.write(`model     ${model.name} ${colour.dim(model.manifestDigest)}\n`);
  for (const commitment of commitments) output.write(`input     ${commitment}\n`);
  for (const input of inputs) output.write(`input     ${describe(input)}\n`);
  for (const shown of outputs) output.write(`output    ${describe(shown)}\n`);
  printTable(
    output,
    ['slice', 'name', 'reads', 'writes', 'state'],
    slices.map(({ slice, name, inputs: read, outputs: written, state }) => [
      slice,
      name,
      read.join(', '),
      written.join(', '),
      state === 'proved' ? colour.green('proved') : colour.yellow('executed only'),
    ]),
  );
  const proved = slices.filter(({ state }) => state === 'proved').length;
  const proofs = `${proved} of ${slices.length} slices are proved`;
  output.write(
    fullyProved
      ? `${colour.green('holds')}     every slice is proved, from the input's commitment to the output\n`
      : proved === 0
        ? `${colour.yellow('claimed')}   no slice is proved: all of it rests on the word of whoever made the file\n`
        : `${colour.green('holds')}     ${proofs}, the others rest on the word of whoever made the file\n`,
  );
  output.write(
    model.known
      ? 'keys      those of the model that was named\n'
      : `keys      ${colour.yellow('claimed')}, and so are name, labels and scales: they are what the file brings. Name the model with --model, or compare the digest above\n`,
  );
  output.write(
    model.setup === 'development'
      ? `beware    ${colour.red(colour.bold('development setup'))}: whoever built this model's keys can forge proofs, for trials only\n`
      : `setup     ${colour.yellow('claimed')}: of a ceremony, says the manifest; \`sliceproof setup verify\` checks it\n`,
  );
}

/** Values that fit a line, else the first of them. */
function describe({ name, shape, values }: OpenedWhole): string {
  const shown = values.slice(0, 16).map((value) => Number(value.toPrecision(6)));
  return `${name} ${colour.dim(shape.join('×'))} ${shown.join(' ')}${values.length > shown.length ? ' …' : ''}`;
}
