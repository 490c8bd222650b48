import { Command } from '@commander-js/extra-typings';
import { buildCommand } from './commands/build.ts';
import { planCommand } from './commands/plan.ts';

/** `sliceproof model …`; publishing is the requester's side and added there. */
export function modelCommand(): Command {
  return new Command('model')
    .description('Sliced models.')
    .addCommand(buildCommand())
    .addCommand(planCommand());
}
