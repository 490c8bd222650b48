import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { writeWhole } from '../../../protocol/files/write-whole.ts';
import { colour } from '../../../protocol/terminal/colour.ts';
import { standardOutput } from '../../../protocol/terminal/output.ts';
import { showProgress } from '../../../protocol/terminal/progress.ts';
import { initCeremony } from '../../build/ceremony/init.ts';
import { MAX_REHEARSAL_POWER, rehearsalPhase1 } from '../../../groth16/setup/ceremony/rehearsal.ts';
import { sampleDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { ALLOW_UNPUBLISHED, printTranscript } from './print.ts';

/** `sliceproof setup init` */
export function initCommand(): Command {
  return new Command('init')
    .summary('start a ceremony for a built model')
    .description(
      'Makes the first keys of all provable slices of a built model, which nobody has contributed to yet, ' +
        'and a folder that goes from contributor to contributor.',
    )
    .argument('<folder>', 'what `sliceproof model build` wrote')
    .requiredOption('--phase1 <file>', 'a published phase-1 file, e.g. powersOfTau28_hez_final_14.ptau')
    .requiredOption('--out <folder>', 'the folder that the ceremony becomes')
    .option(...ALLOW_UNPUBLISHED)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof setup init build/digits --phase1 powersOfTau28_hez_final_14.ptau --out ceremony',
    )
    .action(async (model, { phase1, out, allowUnpublishedPhase1, json }) => {
      const progress = showProgress('first keys');
      const transcript = await initCeremony({
        model,
        phase1,
        out,
        allowUnpublished: allowUnpublishedPhase1 === true,
        onProgress: (done, total) => progress.update(`${done} of ${total}`),
      }).finally(() => progress.end());
      printTranscript(standardOutput(json === true), transcript);
    }) as unknown as Command;
}

/** `sliceproof setup rehearse` */
export function rehearseCommand(): Command {
  return new Command('rehearse')
    .summary('make a phase-1 file to rehearse with')
    .description(
      'Makes a phase-1 file in seconds, from secrets that this machine knew. Ceremonies that start from it prove nothing.',
    )
    .option('--power <number>', 'for circuits of up to 2^power rows', powerOf, 14)
    .requiredOption('--out <file>', 'where it goes')
    .addHelpText('after', '\nExample:\n  $ sliceproof setup rehearse --power 12 --out rehearsal.ptau')
    .action(async ({ power, out }) => {
      const bytes = await rehearsalPhase1(sampleDevelopmentPhase1(randomBytes), power);
      await writeWhole(out, bytes, { mode: 0o644 });
      standardOutput(false).write(
        `written to ${out}\n${colour.red('for rehearsals: whoever made it can forge proofs')}\n`,
      );
    });
}

function powerOf(text: string): number {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > MAX_REHEARSAL_POWER) {
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_REHEARSAL_POWER}.`);
  }
  return value;
}
