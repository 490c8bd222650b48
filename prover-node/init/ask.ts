import { asWritten, resolveSettings } from '../../protocol/config.ts';
import { ConfigError } from '../../protocol/errors.ts';
import { askSecret } from '../../protocol/terminal/ask-secret.ts';
import { askLine, isInteractive, terminal, type Terminal } from '../../protocol/terminal/confirm.ts';
import { settingsOf, type SettingsFlags } from '../../protocol/terminal/service-settings.ts';
import { nodeService, nodeSettings } from '../settings.ts';

/** What a new node is asked about, in this order, if nothing names it; all else has a default that will do. */
const QUESTIONS = [
  ['rpc', 'RPC addresses of the chain, with commas between'],
  ['deployment', 'deployment file of the market'],
  ['store', 'artifact stores, with commas between'],
  ['roles', 'what it does: prove, execute, or both with a comma between'],
  ['costPerSecond', 'what a second of one worker costs, of the market’s asset'],
  ['depositTarget', 'what its ledger is kept at, of the market’s asset'],
  ['dataDir', 'folder of its data'],
] as const;

/** A new password, typed twice; undefined where nobody can be asked, or the two differ. */
export async function askNewPassword(file: string): Promise<string | undefined> {
  const first = await askSecret(`new password of ${file}: `);
  if (first === undefined || first === '') return undefined;
  return (await askSecret('the same again: ')) === first ? first : undefined;
}

/** The flags, and from a terminal what nothing names: asked again while it can't be used. */
export async function answersOf(flags: SettingsFlags, place: Terminal = terminal): Promise<SettingsFlags> {
  const { values, origins } = settingsOf(nodeService, flags);
  if (!isInteractive(place)) return flags;
  let known = flags;
  for (const [key, text] of QUESTIONS.filter(([name]) => origins[name] === 'default')) {
    for (;;) {
      const byDefault = [asWritten(nodeSettings.shape[key], values[key])].flat().join(',');
      const answer = await askLine(place, `${text} [${byDefault}]: `);
      // The default is taken.
      if (answer === '') break;
      const next = { ...known, [key]: answer };
      const problem = problemOf(next);
      if (problem === undefined) {
        known = next;
        break;
      }
      place.output.write(`${problem}\n`);
    }
  }
  return known;
}

function problemOf(flags: SettingsFlags): string | undefined {
  try {
    resolveSettings(nodeSettings, { service: 'node', flags });
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
