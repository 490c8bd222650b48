import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { standardOutput } from '../../../protocol/terminal/output.ts';
import { showProgress } from '../../../protocol/terminal/progress.ts';
import { applyBeacon, contribute } from '../../../groth16/setup/ceremony/round.ts';
import { printTranscript } from './print.ts';

/** `sliceproof setup contribute` */
export function contributeCommand(): Command {
  return new Command('contribute')
    .summary('add fresh randomness to every key')
    .description(
      'Adds randomness that is forgotten at once to every key of a ceremony. If it is cut off, the same command goes on ' +
        'where it stopped. Publish the hashes that it prints: they are how others see that your contribution is in.',
    )
    .argument('<ceremony>', 'the ceremony’s folder, as the contributor before left it')
    .requiredOption('--name <name>', 'who contributes; printable ASCII')
    .option('--entropy <text>', 'mixed with the system’s randomness; nothing rests on it')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ sliceproof setup contribute ceremony --name "Ada Lovelace"')
    .action(async (folder, { name, entropy, json }) => {
      const progress = showProgress('contributing');
      const transcript = await contribute({
        folder,
        name,
        ...(entropy === undefined ? {} : { entropy }),
        onProgress: (done, total) => progress.update(`${done} of ${total} keys`),
      }).finally(() => progress.end());
      printTranscript(standardOutput(json === true), transcript);
    }) as unknown as Command;
}

/** `sliceproof setup beacon` */
export function beaconCommand(): Command {
  return new Command('beacon')
    .summary('end a ceremony with public randomness')
    .description(
      'Adds public randomness that nobody could know before the last contribution, such as the hash of a block that was ' +
        'announced before it was mined. Nothing can follow it.',
    )
    .argument('<ceremony>', 'the ceremony’s folder')
    .requiredOption('--hash <hex>', 'the randomness, 32 bytes or more')
    .option('--iterations <exponent>', 'hash it 2^this times, 10 to 30', exponent, 10)
    .option('--name <name>', 'what it is', 'beacon')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof setup beacon ceremony --hash 0x… --name "Ethereum block 25000000"',
    )
    .action(async (folder, { hash, iterations, name, json }) => {
      const progress = showProgress('beacon');
      const transcript = await applyBeacon({
        folder,
        beacon: hash,
        iterationsExponent: iterations,
        name,
        onProgress: (done, total) => progress.update(`${done} of ${total} keys`),
      }).finally(() => progress.end());
      printTranscript(standardOutput(json === true), transcript);
    }) as unknown as Command;
}

function exponent(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 10 to 30.');
  return Number(text);
}
