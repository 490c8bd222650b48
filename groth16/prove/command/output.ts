import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { BadInputError } from '../../../protocol/errors.ts';
import { parseProof, parsePublicWires } from '../../formats/proof.ts';
import type { ProofJson, PublicSignals } from '../../formats/proof.ts';
import { ProveError } from '../errors.ts';

/** Above what a proof with the most public wires takes, the small values that most committed ones have. */
const MOST_OUTPUT_BYTES = 1 << 24;

/**
 * The proof that a program left in a file.
 *
 * @throws ProveError PROVE_COMMAND_OUTPUT
 */
export async function readProofFile(file: string): Promise<ProofJson> {
  const proof = await readJson(file);
  // Some provers leave the curve out; a .zkey of another one is not ours.
  const named = typeof proof === 'object' ? { curve: 'bn128', ...proof } : proof;
  return parsed(() => parseProof(named));
}

/**
 * The public wires that it left.
 *
 * @throws ProveError PROVE_COMMAND_OUTPUT
 */
export async function readPublicFile(file: string): Promise<PublicSignals> {
  const wires = await readJson(file);
  return parsed(() => parsePublicWires(wires));
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof BadInputError)) throw cause;
    throw badOutput(cause.message, cause);
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    // Whatever the program left there: to open a pipe that nobody writes to would wait for ever.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw badOutput('no file');
      if (stats.size > MOST_OUTPUT_BYTES) throw badOutput(`more than ${MOST_OUTPUT_BYTES} bytes`);
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(stats.size) });
      return JSON.parse(buffer.toString('utf8', 0, bytesRead)) as unknown;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof ProveError) throw cause;
    throw badOutput(String(cause), cause);
  }
}

function badOutput(what: string, cause?: unknown): ProveError {
  return new ProveError(
    'PROVE_COMMAND_OUTPUT',
    `the prover did not leave a proof that can be read: ${what}`,
    {
      hint: 'it should write JSON as snarkjs does to the files that it is told',
      cause,
    },
  );
}
