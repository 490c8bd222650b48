import { readFileSync } from 'node:fs';
import { Argument, Command } from '@commander-js/extra-typings';
import { fileBeside } from '../protocol/beside.ts';
import { completionOf, SHELLS } from '../protocol/terminal/completion.ts';
import { nameUsageErrors } from '../protocol/terminal/usage.ts';

/**
 * The command line of every side. A side's module is loaded only when one of its commands is called, so that
 * `--help` is quick and a node never loads GraphQL.
 */
const sides: Readonly<Record<string, { summary: string; load(): Promise<Command> }>> = {
  model: { summary: 'build a sliced model from ONNX, publish it, audit it', load: loadModel },
  setup: {
    summary: 'a ceremony for the keys of a built model',
    load: async () => (await import('../slicer/commands/setup/command.ts')).setupCommand(),
  },
  prove: {
    summary: 'run a built model and prove it: no chain, no store',
    load: async () => (await import('../desk/commands/prove.ts')).proveCommand(),
  },
  verify: {
    summary: 'check a proof that `sliceproof prove` wrote',
    load: async () => (await import('../desk/commands/verify.ts')).verifyCommand(),
  },
  contract: {
    summary: 'write a Solidity verifier for a built model',
    load: async () => (await import('../desk/commands/contract.ts')).contractCommand(),
  },
  job: {
    summary: 'post an inference job, follow it, check its receipt',
    load: loadJob,
  },
  account: {
    summary: 'the ledger of an account: deposit, withdraw, balance',
    load: async () => (await import('../client/commands/account.ts')).accountCommand(),
  },
  config: {
    summary: 'the settings of `job`, `account` and `model`, and where they come from',
    load: async () => (await import('../client/commands/config.ts')).clientConfigCommand(),
  },
  node: {
    summary: 'execute and prove slices for pay',
    load: async () => (await import('../prover-node/command.ts')).nodeCommand(),
  },
  worker: {
    summary: 'prove for nodes of other machines',
    load: async () => (await import('../prover-node/workers/command.ts')).workerCommand(),
  },
  aggregator: {
    summary: 'gather proofs and settle them in batches',
    load: async () => (await import('../verifier/aggregator/command.ts')).aggregatorCommand(),
  },
  indexer: {
    summary: 'follow the chain and answer GraphQL',
    load: async () => (await import('../indexer/command.ts')).indexerCommand(),
  },
  store: {
    summary: 'serve a folder of artifacts over HTTP',
    load: async () => (await import('../protocol/store/command.ts')).storeCommand(),
  },
  completion: { summary: 'a script that completes commands and flags in a shell', load: loadCompletion },
};

/** `model build` is the slicer's, `model publish` and `model audit` are the client's. */
async function loadModel(): Promise<Command> {
  const [slicer, publish, audit] = await Promise.all([
    import('../slicer/command.ts'),
    import('../client/commands/publish.ts'),
    import('../client/commands/audit.ts'),
  ]);
  return slicer.modelCommand().addCommand(publish.publishCommand()).addCommand(audit.auditCommand());
}

/** `job verify` is the verifier's, the other verbs are the client's. */
async function loadJob(): Promise<Command> {
  const [client, verifier] = await Promise.all([
    import('../client/commands/job.ts'),
    import('../verifier/job/command.ts'),
  ]);
  return client.jobCommand().addCommand(verifier.verifyCommand());
}

async function loadCompletion(): Promise<Command> {
  return new Command('completion')
    .description('Prints a script that completes commands and flags, made from this very program.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n  $ eval "$(sliceproof completion bash)"\n  $ sliceproof completion fish | source',
    )
    .action(async (shell) => {
      const whole = await loadProgram();
      process.stdout.write(completionOf(whole as never, shell));
    }) as unknown as Command;
}

const { version } = JSON.parse(readFileSync(fileBeside(import.meta.url, '../package.json'), 'utf8')) as {
  readonly version: string;
};

/** @param wanted the side whose commands are loaded, of the others names alone; left out: all of them */
export async function loadProgram(wanted?: { readonly side: string | undefined }): Promise<Command> {
  const program = new Command('sliceproof')
    .description('An open market where nodes are paid to prove slices of neural networks.')
    .version(version)
    .addHelpText(
      'after',
      `
Examples:
  $ sliceproof model build examples/digits/model.onnx --help
  $ sliceproof job post --help
  $ sliceproof node start --config node.toml`,
    );
  for (const [name, side] of Object.entries(sides)) {
    const load = wanted === undefined || wanted.side === name;
    // A summary of its own would be shown in one place and not in the other.
    if (load) program.addCommand((await side.load()).summary(side.summary));
    else program.command(name).summary(side.summary).description(side.summary);
  }
  nameUsageErrors(program as never);
  return program;
}
