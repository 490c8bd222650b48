import type { Command as TypedCommand } from '@commander-js/extra-typings';
import { Command } from 'commander';
import { configCommand } from './commands/config.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';

/** `sliceproof node …` */
export function nodeCommand(): TypedCommand {
  return new Command('node')
    .description('Executes and proves slices for pay.')
    .addCommand(startCommand())
    .addCommand(statusCommand())
    .addCommand(configCommand()) as unknown as TypedCommand;
}
