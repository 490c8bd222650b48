import type { Command as TypedCommand } from '@commander-js/extra-typings';
import { Command } from 'commander';
import { configCommand } from '../protocol/terminal/service-settings.ts';
import { doctorCommand } from './commands/doctor.ts';
import { earningsCommand } from './commands/earnings.ts';
import { explainCommand } from './commands/explain.ts';
import { initCommand } from './commands/init.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { nodeService } from './settings.ts';

/** `sliceproof node …` */
export function nodeCommand(): TypedCommand {
  return new Command('node')
    .description('Executes and proves slices for pay.')
    .addCommand(initCommand())
    .addCommand(startCommand())
    .addCommand(statusCommand())
    .addCommand(explainCommand())
    .addCommand(earningsCommand())
    .addCommand(doctorCommand())
    .addCommand(configCommand(nodeService)) as unknown as TypedCommand;
}
