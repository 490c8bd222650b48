import { Command } from '@commander-js/extra-typings';
import { specOf, type Manifest } from '../../protocol/manifest.ts';
import { printJson, standardOutput } from '../../protocol/terminal/output.ts';
import { showProgress } from '../../protocol/terminal/progress.ts';
import { readManifest } from '../../slicer/build/folder.ts';
import { openEmpty, writeContractProject } from '../contract/write-project.ts';
import { manifestDigestOf, type InferenceProof } from '../inference-proof.ts';
import { proveInferences } from '../prove.ts';
import { verifyInference } from '../verify.ts';
import { readProof } from './read-proof.ts';

/** `sliceproof contract` */
export function contractCommand(): Command {
  const command = new Command('contract');
  command
    .summary('write a Solidity verifier for a built model')
    .description(
      'Writes a Hardhat project: a contract that checks all proofs of one inference of this model in one call, a small ' +
        'contract that acts on it, and a test of both that runs by itself.',
    )
    .argument('<model>', 'folder that `sliceproof model build` wrote')
    .requiredOption('--out <folder>', 'where the project goes: a new or an empty folder')
    .option(
      '--proof <file>',
      'what the project’s test checks, a file of `sliceproof prove`; left out: an inference of zeros is proved for it',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ sliceproof contract build/digits --out digits-verifier
  $ sliceproof contract build/digits --proof proof.json --out digits-verifier
  $ cd digits-verifier && npm install && npm test`,
    )
    .action(async (folder, { out, proof: file, json }) => {
      const output = standardOutput(json === true);
      const manifest = await readManifest(folder);
      // Before an inference is proved for it.
      await openEmpty(out);
      const proof = file === undefined ? await proveZeros(folder, manifest) : await proofOf(file, manifest);
      const written = await writeContractProject({ folder, manifest, proof, out });
      if (output.json) return printJson(output, { ...written, folder: out });
      output.write(
        `${written.verifier} and ${written.consumer} are in ${out} (${written.files} files)\n` +
          `next: cd ${out} && npm install && npm test\n`,
      );
    });
  return command;
}

async function proveZeros(folder: string, manifest: Manifest): Promise<InferenceProof> {
  const zeros = manifest.tensors
    .slice(0, manifest.inputCount)
    .map((tensor) => new Float64Array(specOf(tensor).count));
  const progress = showProgress('proving an inference for the test');
  const [proof] = await proveInferences({
    folder,
    inputs: [zeros],
    workers: 1,
    onProgress: ({ done, of }) => progress.update(`${done} of ${of} proofs`),
  }).finally(() => progress.end());
  return proof;
}

/** @throws DeskError DESK_FILE, DESK_FILE_MALFORMED, DESK_OTHER_MODEL, DESK_PROOF_FALSE */
async function proofOf(file: string, manifest: Manifest): Promise<InferenceProof> {
  const proof = await readProof(file);
  await verifyInference(proof, manifestDigestOf(manifest));
  return proof;
}
