import path from 'node:path';
import { Command } from 'commander';
import type { Settings } from '../../protocol/config.ts';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import { printJson, standardOutput } from '../../protocol/terminal/output.ts';
import { settingsOf, withSettings, type SettingsFlags } from '../../protocol/terminal/service-settings.ts';
import { NodeError } from '../errors.ts';
import { nodeService, type NodeSettings } from '../settings.ts';

/** `sliceproof node init` */
export function initCommand(): Command {
  return withSettings(new Command('init'), nodeService)
    .summary('make a node’s settings file, and a key for it')
    .description(
      'Writes what flags and environment name into a settings file, and asks at a terminal for what a node can’t do without. Without a key named it makes one, encrypted, beside the file. Writes over nothing. Look at the result with `sliceproof node doctor`.',
    )
    .option('--out <file>', 'the settings file to be made', 'node.toml')
    .option('--json', 'print JSON: file, account, keystore')
    .addHelpText(
      'after',
      `
Examples:
  $ sliceproof node init
  $ sliceproof node init --out north.toml --name north --rpc https://rpc.example --roles execute,prove \\
      --keystore-password-file north.password`,
    )
    .action(async ({ json, out = 'node.toml', config: _, ...flags }: SettingsFlags) => {
      const { expectNew } = await import('../init/new-key.ts');
      expectNew(out);
      const { answersOf } = await import('../init/ask.ts');
      const asked = await answersOf(flags);
      const key = await keyOf(asked, out);
      const settings = settingsOf(nodeService, { ...asked, ...key.flags });
      const { settingsFile } = await import('../init/settings-file.ts');
      await writeWhole(out, settingsFile(settings, key.account));
      const output = standardOutput(json !== undefined);
      const { account, flags: { keystore } = {} } = key;
      if (output.json) return printJson(output, { file: out, account, keystore: keystore ?? null });
      output.write(
        `${out} is written${keystore === undefined ? '' : `, and the key in ${keystore}: keep a copy of it and its password`}.\n` +
          `Send the chain's coins and the market's asset to ${account}, then:\n` +
          `  sliceproof node doctor --config ${out}\n  sliceproof node start --config ${out}\n`,
      );
    });
}

interface NodeKey {
  readonly account: string;
  /** What the settings say of a key that was made. */
  readonly flags?: { readonly keystore: string };
}

/** The key that the settings name, or a new one. @throws ConfigError, NodeError NODE_INIT_EXISTS, NODE_INIT_PASSWORD */
async function keyOf(flags: SettingsFlags, out: string): Promise<NodeKey> {
  const { values }: Settings<NodeSettings> = settingsOf(nodeService, flags);
  const { privateKey, privateKeyFile, privateKeyEnv, keystore } = values;
  if (privateKey !== undefined) {
    throw new NodeError('NODE_INIT_KEY', 'a private key is not written into a settings file', {
      hint: 'Name a file (private-key-file), a variable (private-key-env) or a keystore, or none: then one is made.',
    });
  }
  if ([privateKeyFile, privateKeyEnv, keystore].some((named) => named !== undefined)) {
    const [{ readPrivateKey }, { Wallet }] = await Promise.all([
      import('../../protocol/private-key.ts'),
      import('ethers'),
    ]);
    return { account: new Wallet(await readPrivateKey(values, process.env)).address };
  }
  const file = path.join(path.dirname(out), `${values.name}.keystore.json`);
  const [{ makeKey }, { passwordOf }, { askNewPassword }] = await Promise.all([
    import('../init/new-key.ts'),
    import('../../protocol/keystore.ts'),
    import('../init/ask.ts'),
  ]);
  const password =
    (await passwordOf({ ...values, keystore: file }, process.env)) ?? (await askNewPassword(file));
  if (!password) {
    throw new NodeError(
      'NODE_INIT_PASSWORD',
      `a password is needed for the new key in ${file}, none was given`,
      {
        hint: 'Set keystore-password-file or keystore-password-env, or type the same twice at a terminal; or name a key that there is.',
      },
    );
  }
  return { account: await makeKey(file, password), flags: { keystore: file } };
}
