import path from 'node:path';
import { readFile } from 'node:fs/promises';
import type { Manifest } from '../../protocol/manifest.ts';
import type { Sample } from '../../protocol/samples.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { readManifest, SOURCE_FILE } from '../build/folder.ts';
import { auditBuild } from './build.ts';
import { auditCircuit } from './circuit.ts';
import { openNotes, type Finding, type Notes, differs } from './finding.ts';
import { auditKeys, type KeyAuditOptions } from './keys.ts';

export interface AuditOptions extends KeyAuditOptions {
  /** The float model that it should come from; left out: `model.onnx` in the folder, if it is there. */
  readonly onnx?: Uint8Array;
  /** The calibration samples, with which the build is done again up to the circuits. */
  readonly calibration?: readonly Sample[];
  /** Derive from each circuit's rows alone that they leave one witness for each input. */
  readonly unique?: boolean;
}

export interface AuditReport {
  readonly manifest: Manifest;
  /** Nothing that was checked fails. */
  readonly holds: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Does a build's deterministic steps again and compares every digest: float model and samples to programs, program to
 * ONNX and circuit, circuit to keys. What is wrong is in the report; only a folder without a manifest is an error.
 * @throws BuildError BUILD_FILE; BadInputError MANIFEST_MALFORMED; CeremonyError PHASE1_*
 */
export async function auditModel(options: AuditOptions): Promise<AuditReport> {
  const { folder, onProgress = () => undefined } = options;
  const manifest = await readManifest(folder);
  const notes = openNotes();
  const source = options.onnx ?? (await readFile(path.join(folder, SOURCE_FILE)).catch(() => undefined));
  auditSource(manifest, source, notes);
  onProgress('the build');
  await auditBuild(manifest, source, options.calibration, notes);
  for (const slice of manifest.slices) {
    onProgress(`slice ${slice.id} of ${manifest.slices.length}`);
    await auditCircuit(folder, manifest, slice, notes, options.unique === true);
  }
  onProgress('the keys');
  await auditKeys(manifest, options, notes);
  const { findings } = notes;
  return { manifest, findings, holds: findings.every(({ state }) => state !== 'fails') };
}

function auditSource({ source }: Manifest, onnx: Uint8Array | undefined, notes: Notes): void {
  const check = 'float model';
  if (onnx === undefined) notes.unchecked(check, 'give the file with --onnx');
  else notes.note(check, differs(source.sha256, artifactOf(onnx).sha256));
}
