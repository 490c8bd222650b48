import type { Command } from '@commander-js/extra-typings';
import { printJson, printTable } from '../../protocol/terminal/output.ts';
import { showProgress } from '../../protocol/terminal/progress.ts';
import { readExternals } from '../models/externals.ts';
import { publishModel } from '../models/publish-model.ts';
import { marketCommand, withClient } from './common.ts';

/** `sliceproof model publish` */
export function publishCommand(): Command {
  return marketCommand('publish', 'put a built model into store and registries')
    .description(
      'Rehearses a built model on random and extreme inputs, puts its artifacts into the store and registers its circuits ' +
        'and the model on chain. Repeating it sends nothing twice.',
    )
    .argument('<folder>', 'what `sliceproof model build` wrote')
    .option(
      '--externals <file>',
      'slices that other proof systems prove: their verifiers, gas limits and weights, as JSON',
    )
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ sliceproof model publish build/digits --store http://127.0.0.1:8600\n' +
        '  $ sliceproof model publish build/digits --externals externals.json',
    )
    .action(async (folder, options) =>
      withClient(options, async (client, output) => {
        const externals = options.externals === undefined ? [] : await readExternals(options.externals);
        const progress = showProgress('publishing');
        const published = await publishModel(
          client,
          folder,
          (now) =>
            progress.update(now.step === 'model' ? 'model' : `${now.step} ${now.done} of ${now.total}`),
          externals,
        ).finally(() => progress.end());
        const verifiers = new Map(externals.map(({ slice, verifier }) => [slice, verifier]));
        if (output.json) return printJson(output, published);
        printTable(
          output,
          ['slice', 'circuit', 'verified'],
          published.circuits.map((circuit, slice) => [
            slice,
            circuit === 0 ? 'not provable' : String(circuit),
            circuit === 0 ? '–' : (verifiers.get(slice) ?? 'under its key'),
          ]),
        );
        output.write(`model     ${published.modelId}\nmanifest  ${published.manifestDigest}\n`);
      }),
    ) as unknown as Command;
}
