import type { Command } from '@commander-js/extra-typings';
import { printJson, printTable } from '../../protocol/terminal/output.ts';
import { showProgress } from '../../protocol/terminal/progress.ts';
import { publishModel } from '../models/publish-model.ts';
import { marketCommand, withClient } from './common.ts';

/** `sliceproof model publish` */
export function publishCommand(): Command {
  return marketCommand('publish', 'put a built model into store and registries')
    .description(
      'Puts the artifacts of a built model into the store and registers its circuits and the model on chain. ' +
        'Repeating it sends nothing twice.',
    )
    .argument('<folder>', 'what `sliceproof model build` wrote')
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof model publish build/digits --store http://127.0.0.1:8600',
    )
    .action(async (folder, options) =>
      withClient(options, async (client, output) => {
        const progress = showProgress('publishing');
        const published = await publishModel(client, folder, (now) =>
          progress.update(now.step === 'model' ? 'model' : `${now.step} ${now.done} of ${now.total}`),
        ).finally(() => progress.end());
        if (output.json) return printJson(output, published);
        printTable(
          output,
          ['slice', 'circuit'],
          published.circuits.map((circuit, slice) => [
            slice,
            circuit === 0 ? 'not provable' : String(circuit),
          ]),
        );
        output.write(`model     ${published.modelId}\nmanifest  ${published.manifestDigest}\n`);
      }),
    ) as unknown as Command;
}
