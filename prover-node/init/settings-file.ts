import { stringify } from 'smol-toml';
import { asWritten, describeSettings, type Settings } from '../../protocol/config.ts';
import { nodeService, type NodeSettings } from '../settings.ts';

/** What is never written into a file that people copy about. */
const NEVER: readonly string[] = ['privateKey', 'storeToken', 'alertUrl'];

/**
 * A node's settings as a file: each that was named, with what it is. What was not named stays out, so that a later version's
 * defaults count.
 * @param account address of the key, for who reads the file
 */
export function settingsFile({ values, origins }: Settings<NodeSettings>, account: string): string {
  const named = describeSettings(nodeService.schema, nodeService.service).filter(
    ({ key }) => ['flag', 'environment'].includes(origins[key]) && !NEVER.includes(key),
  );
  const rows = named.map(({ key, file, description, unit }) => {
    const about = unit === undefined ? description : `${description} (${unit})`;
    return `# ${about}\n${stringify({ [file]: tomlValue(key, values[key as keyof NodeSettings]) })}`;
  });
  const head = [
    `# A node of sliceproof that acts as ${account}: \`sliceproof node start --config …\`.`,
    '# `sliceproof node start --help` has all settings, prover-node/node.example.toml shows them in use.',
  ];
  return [`${head.join('\n')}\n\n[node]`, ...rows].join('\n');
}

/** Amounts are text: TOML's integers end at 2^63. */
function tomlValue(key: string, given: unknown): unknown {
  const value = asWritten(nodeService.schema.shape[key as keyof NodeSettings], given);
  return typeof value === 'bigint' ? value.toString() : value;
}
