import { Command } from '@commander-js/extra-typings';
import { colour } from '../../../protocol/terminal/colour.ts';
import { printJson, printTable, standardOutput } from '../../../protocol/terminal/output.ts';
import { showProgress } from '../../../protocol/terminal/progress.ts';
import { readManifest } from '../../build/folder.ts';
import { CeremonyError } from '../../../groth16/setup/ceremony/errors.ts';
import { installCeremony } from '../../build/ceremony/install.ts';
import { expectCircuitsOf } from '../../build/ceremony/circuits.ts';
import { reportProblem, verifyCeremony } from '../../../groth16/setup/ceremony/verify.ts';
import { ALLOW_UNPUBLISHED, warnOfPhase1 } from './print.ts';

/** `sliceproof setup verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .summary('check everything that a ceremony claims')
    .description(
      'Checks the phase-1 file against the published hashes, and every key against circuit, phase 1 and contributions. ' +
        'Works before the beacon too: verify before you contribute.',
    )
    .argument('<ceremony>', 'the ceremony’s folder')
    .requiredOption('--phase1 <file>', 'the phase-1 file that it started from')
    .option('--model <folder>', 'a built model: the circuits must be its circuits')
    .option(...ALLOW_UNPUBLISHED)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof setup verify ceremony --phase1 powersOfTau28_hez_final_14.ptau --model build/digits',
    )
    .action(async (folder, { phase1, model, allowUnpublishedPhase1, json }) => {
      const output = standardOutput(json === true);
      const progress = showProgress('verifying');
      const report = await verifyCeremony({
        folder,
        phase1,
        allowUnpublished: allowUnpublishedPhase1 === true,
        onProgress: (done, total) => progress.update(`${done} of ${total} keys`),
      }).finally(() => progress.end());
      if (model !== undefined) expectCircuitsOf(report.transcript, await readManifest(model));
      const { transcript, finished, circuits } = report;
      if (output.json)
        printJson(output, { finished, phase1: transcript.phase1, rounds: transcript.rounds, circuits });
      else {
        printTable(
          output,
          ['slice', 'key'],
          circuits.map(({ slice, problem }) => [
            slice,
            problem === undefined ? 'holds' : colour.red(problem),
          ]),
        );
        warnOfPhase1(output, transcript);
        output.write(
          finished
            ? 'finished by its beacon\n'
            : `${transcript.rounds.length} contributions, no beacon yet\n`,
        );
      }
      const problem = reportProblem(report);
      if (problem !== undefined) throw new CeremonyError('CEREMONY_INVALID', problem);
    }) as unknown as Command;
}

/** `sliceproof setup install` */
export function installCommand(): Command {
  return new Command('install')
    .summary('put the keys of a finished ceremony into its model')
    .description(
      'Verifies a finished ceremony, then replaces the keys of the built model that it was about; the transcript goes ' +
        'into the model too, and its digest on chain when the model is published.',
    )
    .argument('<ceremony>', 'the ceremony’s folder')
    .requiredOption('--model <folder>', 'the built model')
    .requiredOption('--phase1 <file>', 'the phase-1 file that it started from')
    .option(...ALLOW_UNPUBLISHED)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ sliceproof setup install ceremony --model build/digits --phase1 powersOfTau28_hez_final_14.ptau',
    )
    .action(async (folder, { model, phase1, allowUnpublishedPhase1, json }) => {
      const output = standardOutput(json === true);
      const progress = showProgress('verifying');
      const manifest = await installCeremony({
        folder,
        model,
        phase1,
        allowUnpublished: allowUnpublishedPhase1 === true,
        onProgress: (done, total) => progress.update(`${done} of ${total} keys`),
      }).finally(() => progress.end());
      const { setup, transcript, slices } = manifest;
      if (output.json) return printJson(output, { setup, transcript });
      output.write(`the keys of ${slices.length} slices in ${model} are the ceremony’s\n`);
      output.write(`transcript  ${transcript?.sha256}\n`);
    }) as unknown as Command;
}
