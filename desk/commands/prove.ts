import { availableParallelism } from 'node:os';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { openDraft, type Draft } from '../../protocol/files/write-whole.ts';
import { jobInputs, readInputs } from '../../protocol/inputs/read-inputs.ts';
import { sliceIndices, wholeNumber } from '../../protocol/terminal/arguments.ts';
import { printJson, printTable, standardOutput, type Output } from '../../protocol/terminal/output.ts';
import { showProgress } from '../../protocol/terminal/progress.ts';
import { readManifest } from '../../slicer/build/folder.ts';
import {
  layoutOption,
  meanOption,
  preprocessingOf,
  scaleOption,
  stdOption,
} from '../../slicer/commands/sample-options.ts';
import { DeskError } from '../errors.ts';
import { encodeInferenceProof, manifestDigestOf } from '../inference-proof.ts';
import { proveInferences } from '../prove.ts';
import { shownResult } from '../verify.ts';

/** `sliceproof prove` */
export function proveCommand(): Command {
  return new Command('prove')
    .summary('run a built model and prove it: no chain, no store')
    .description(
      'Runs a built model on an input and proves its slices. The file that is written holds commitments, proofs and the ' +
        'output, and is all that `sliceproof verify` needs; the input stays secret unless --public-input is given.',
    )
    .argument('<model>', 'folder that `sliceproof model build` wrote')
    .requiredOption(
      '--input <files...>',
      'images (PNG, JPEG), .npy, .npz, .csv or .json files, one proof each; for a model of several inputs name=file of ' +
        'each, or one .json or .npz file with all of them',
    )
    .option('--out <file>', 'where the proof goes; of several inputs a folder', 'proof.json')
    .option(
      '--slices <indices>',
      'slices to prove, separated by commas; left out: every one that has keys',
      sliceIndices,
    )
    .option('--public-input', 'show the input in the file too')
    .addOption(layoutOption())
    .addOption(scaleOption())
    .addOption(meanOption())
    .addOption(stdOption())
    .option('--workers <number>', 'processes that prove; default: one a core', wholeNumber(1, 9999))
    .option(
      '--threads <number>',
      'cores that share the work of one proof, for few slices that are large',
      wholeNumber(1, 64),
      1,
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ sliceproof prove build/digits --input examples/digits/images/7-0.png --out proof.json
  $ sliceproof verify proof.json --model build/digits
  $ sliceproof prove build/digits --input *.png --out proofs --slices 0,2 --json`,
    )
    .action(async (folder, options) => {
      const output = standardOutput(options.json === true);
      const manifest = await readManifest(folder);
      const jobs = jobInputs(manifest, options.input);
      const { workers = Math.ceil(availableParallelism() / options.threads) } = options;
      const preprocessing = preprocessingOf(options);
      const inputs = [];
      for (const { files } of jobs) inputs.push(await readInputs(manifest, files, preprocessing));
      const files = jobs.map((_, i) =>
        jobs.length === 1 ? options.out : path.join(options.out, proofName(jobs, i)),
      );
      // Before there is work that would be lost.
      const drafts: Draft[] = [];
      try {
        for (const file of files) drafts.push(await openProof(file));
        const began = performance.now();
        const progress = showProgress(`proving ${manifest.name}`);
        const proofs = await proveInferences({
          folder,
          inputs,
          workers,
          threads: options.threads,
          ...(options.slices === undefined ? {} : { slices: options.slices }),
          publicInput: options.publicInput === true,
          onProgress: ({ done, of, slice }) =>
            progress.update(slice === undefined ? 'running the model' : `${done} of ${of} proofs, ${slice}`),
        }).finally(() => progress.end());
        const seconds = (performance.now() - began) / 1000;
        const written = [];
        for (const [i, proof] of proofs.entries()) {
          const bytes = encodeInferenceProof(proof);
          await drafts[i].write(bytes);
          await drafts[i].keep();
          const { outputs, top } = shownResult(proof);
          written.push({
            input: jobs[i].label,
            result:
              outputs[0].values.length > 1
                ? (top.label ?? `class ${top.index}`)
                : String(outputs[0].values[0]),
            outputs: outputs.map(({ name, shape, values }) => ({ name, shape, values })),
            file: files[i],
            bytes: bytes.length,
            proved: proof.proved.length,
            slices: manifest.slices.length,
          });
        }
        printProofs(output, { manifestDigest: manifestDigestOf(manifest), seconds, proofs: written });
      } finally {
        for (const draft of drafts) await draft.discard();
      }
    }) as unknown as Command;
}

interface WrittenProofs {
  readonly manifestDigest: string;
  readonly seconds: number;
  readonly proofs: readonly {
    readonly input: string;
    readonly result: string;
    readonly file: string;
    readonly bytes: number;
    readonly proved: number;
    readonly slices: number;
  }[];
}

function printProofs(output: Output, written: WrittenProofs): void {
  if (output.json) return printJson(output, written);
  printTable(
    output,
    ['input', 'result', 'slices proved', 'proof', 'KiB'],
    written.proofs.map(({ input, result, file, bytes, proved, slices }) => [
      input,
      result,
      `${proved} of ${slices}`,
      file,
      Math.ceil(bytes / 1024),
    ]),
  );
  output.write(`made and verified in ${written.seconds.toFixed(1)} s; check with \`sliceproof verify\`\n`);
}

/** @throws DeskError DESK_FILE: no file can be put there */
async function openProof(file: string): Promise<Draft> {
  const refuse = (why: string, cause?: unknown): DeskError =>
    new DeskError('DESK_FILE', `could not write ${file}: ${why}`, { cause });
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) throw refuse('it is a folder');
  return openDraft(file, { mode: 0o644 }).catch((cause: Error) => {
    throw refuse(cause.message, cause);
  });
}

/** Called as the input's file; a number sets files of one name apart. */
function proofName(jobs: readonly { readonly files: readonly string[] }[], job: number): string {
  const stem = ({ files }: { readonly files: readonly string[] }): string =>
    path.basename(files[0]).replace(/\.[^.]*$/, '');
  const same = jobs.filter((other) => stem(other) === stem(jobs[job]));
  return `${stem(jobs[job])}${same.length > 1 ? `-${same.indexOf(jobs[job])}` : ''}.proof.json`;
}
