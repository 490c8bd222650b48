import { Command } from '@commander-js/extra-typings';
import { beaconCommand, contributeCommand } from './rounds.ts';
import { initCommand, rehearseCommand } from './start.ts';
import { installCommand, verifyCommand } from './end.ts';

/** `sliceproof setup …` */
export function setupCommand(): Command {
  return new Command('setup')
    .description(
      'Keys that nobody can forge under as long as one contributor was honest: docs/ceremony.md says how.',
    )
    .addCommand(initCommand())
    .addCommand(contributeCommand())
    .addCommand(beaconCommand())
    .addCommand(verifyCommand())
    .addCommand(installCommand())
    .addCommand(rehearseCommand());
}
