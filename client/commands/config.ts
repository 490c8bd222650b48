import type { Command } from '@commander-js/extra-typings';
import { configCommand } from '../../protocol/terminal/service-settings.ts';
import { clientService } from '../settings.ts';

/** `sliceproof config …`: of the commands that a requester uses. */
export function clientConfigCommand(): Command {
  return configCommand(clientService, 'config') as unknown as Command;
}
