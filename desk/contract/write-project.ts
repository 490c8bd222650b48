import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileBeside } from '../../protocol/beside.ts';
import { maskOf } from '../../protocol/contracts/masks.ts';
import { codeStoreInit, poseidonTables } from '../../protocol/contracts/poseidon-tables.ts';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import { hasKeys, type Manifest } from '../../protocol/manifest.ts';
import { DeskError } from '../errors.ts';
import { encodeInferenceProof, type InferenceProof } from '../inference-proof.ts';
import { modelContent, type ModelContent } from './content.ts';
import { verifierSources } from './sources.ts';

const TEMPLATE = fileURLToPath(fileBeside(import.meta.url, './template/'));

export interface ProjectToWrite {
  /** A built model. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** An inference of it, which the project's test checks. */
  readonly proof: InferenceProof;
  /** Where the project goes: nothing, or an empty folder. */
  readonly out: string;
}

export interface WrittenProject {
  /** Names of the contracts in it. */
  readonly verifier: string;
  readonly consumer: string;
  readonly files: number;
}

/**
 * Writes a Hardhat project with a verifier of a model's inferences, a consumer, and a test of both.
 * @throws DeskError DESK_FOLDER, DESK_NOTHING_PROVABLE; BadInputError VERIFYING_KEY_MALFORMED; FileError
 */
export async function writeContractProject({
  folder,
  manifest,
  proof,
  out,
}: ProjectToWrite): Promise<WrittenProject> {
  const content = await modelContent(folder, manifest);
  await openEmpty(out);
  const name = contractName(manifest.name);
  const fill = filler(wordsFor(name, manifest, content));
  const texts = new Map<string, string>();
  for (const entry of await readdir(TEMPLATE, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const from = path.join(entry.parentPath, entry.name);
    texts.set(placeOf(path.relative(TEMPLATE, from), name), fill(await readFile(from, 'utf8')));
  }
  for (const [file, text] of await verifierSources()) {
    texts.set(path.join('contracts', 'sliceproof', file), text);
  }
  const model = { verifier: `${name}Verifier`, consumer: `${name}Consumer`, ...content };
  const poseidon = poseidonTables().map(codeStoreInit);
  texts.set(
    path.join('model', 'model.json'),
    `${JSON.stringify({ ...model, poseidonTables: poseidon }, decimal, 2)}\n`,
  );
  texts.set(path.join('model', 'proof.json'), Buffer.from(encodeInferenceProof(proof)).toString());
  for (const [file, text] of texts) {
    const target = path.join(out, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeWhole(target, text, { mode: 0o644 });
  }
  return { verifier: model.verifier, consumer: model.consumer, files: texts.size };
}

/**
 * A folder with nothing in it, made where there is none.
 * @throws DeskError DESK_FOLDER: it holds something, or can't be made
 */
export async function openEmpty(out: string): Promise<void> {
  const found = await mkdir(out, { recursive: true })
    .then(() => readdir(out))
    .catch((cause: Error) => {
      throw new DeskError('DESK_FOLDER', `${out} can't be written to: ${cause.message}`, { cause });
    });
  if (found.length === 0) return;
  throw new DeskError('DESK_FOLDER', `${out} holds ${found[0]}: it is left alone`, {
    hint: 'Name a new or an empty folder.',
  });
}

/** A model's name as the beginning of a contract's: letters and digits, a capital first. */
export function contractName(model: string): string {
  const words = model.normalize('NFKD').match(/[A-Za-z0-9]+/g) ?? [];
  const name = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  const whole = name.replace(/^[0-9]+/, '').slice(0, 60);
  return whole === '' ? 'Model' : whole;
}

function placeOf(file: string, name: string): string {
  return file.replace(/^contracts(.)(Verifier|Consumer)\.sol$/, `contracts$1${name}$2.sol`);
}

function wordsFor(
  name: string,
  manifest: Manifest,
  { manifestDigest, contentDigest }: ModelContent,
): Readonly<Record<string, string>> {
  const proved = manifest.slices.filter(hasKeys);
  const executed = manifest.slices.filter((slice) => !hasKeys(slice)).map(({ id }) => id);
  const required = maskOf(proved.map(({ id }) => id));
  const are = `slice${executed.length === 1 ? '' : 's'} ${executed.join(', ')}`;
  return {
    Name: name,
    name: name.toLowerCase(),
    // Anything may stand in a model's name, and this goes into comments and prose.
    title: manifest.name.replaceAll(/[^A-Za-z0-9 ._+-]/g, '?'),
    manifestDigest,
    contentDigest,
    setup: manifest.setup,
    setupWarning:
      manifest.setup === 'development'
        ? ': whoever built this model can forge proofs. For anything else than development run a ceremony (`sliceproof setup`)'
        : '',
    required: `0x${required.toString(16)}`,
    executedNote:
      executed.length === 0 ? 'That is the whole model.' : `What ${are} did rests on whoever brings it.`,
    executedSentence: executed.length === 0 ? '' : `; what ${are} did rests on whoever made the inference`,
    sliceCount: String(manifest.slices.length),
    provedCount: String(proved.length),
    moreInputs: manifest.inputCount === 1 ? '' : ` to \`trace[${manifest.inputCount - 1}]\``,
  };
}

function filler(words: Readonly<Record<string, string>>): (text: string) => string {
  return (text) => text.replaceAll(/\{\{(\w+)\}\}/g, (_, word: string) => words[word]);
}

function decimal(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
