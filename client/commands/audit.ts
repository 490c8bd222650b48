import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { colour } from '../../protocol/terminal/colour.ts';
import { readSampleSets } from '../../protocol/samples.ts';
import { sampleInputs } from '../../protocol/wholes.ts';
import { expectId } from '../../protocol/terminal/arguments.ts';
import { printJson, printTable, standardOutput, type Output } from '../../protocol/terminal/output.ts';
import { showProgress } from '../../protocol/terminal/progress.ts';
import { auditModel, type AuditOptions, type AuditReport } from '../../slicer/audit/audit-model.ts';
import type { Finding } from '../../slicer/audit/finding.ts';
import { withExternalData } from '../../slicer/build/external-data.ts';
import { readManifest } from '../../slicer/build/folder.ts';
import { ClientError } from '../errors.ts';
import { readPublishedModel } from '../jobs/read-model.ts';
import { auditRegistered } from '../models/audit-registered.ts';
import { fetchModel } from '../models/fetch-model.ts';
import { marketCommand, withClient } from './common.ts';

/** `sliceproof model audit` */
export function auditCommand(): Command {
  return marketCommand('audit', 'build a model again and compare every digest')
    .description(
      'Does all deterministic steps of a build again, from float model and samples to circuits, compares every digest with ' +
        'the manifest, and checks the keys against circuit, ceremony and each other. Of a model on chain the registered ' +
        'keys too. A folder needs neither chain nor store.',
    )
    .argument('<model>', 'folder of a built model, or a model’s id on chain')
    .option('--onnx <file>', 'the float model; left out: model.onnx in the folder')
    .option('--calibrate <samples>', 'the samples that it was built with')
    .option('--phase1 <file>', 'the phase-1 file of its ceremony')
    .option('--unique', 'derive from the rows of each circuit alone that an input has one witness')
    .option('--allow-development', 'take a development setup, under which whoever ran it can forge proofs')
    .option('--allow-unpublished-phase1', 'take a phase-1 file of which no hash is pinned')
    .addHelpText(
      'after',
      `
Examples:
  $ sliceproof model audit build/digits --calibrate examples/digits/calibration --allow-development
  $ sliceproof model audit build/digits --unique --allow-development
  $ sliceproof model audit 0x… --onnx model.onnx --calibrate samples --phase1 powersOfTau28_hez_final_14.ptau`,
    )
    .action(async (model, flags) => {
      const output = standardOutput(flags.json === true);
      const progress = showProgress('auditing');
      const settings = {
        phase1: flags.phase1,
        allowUnpublished: flags.allowUnpublishedPhase1 === true,
        allowDevelopment: flags.allowDevelopment === true,
        unique: flags.unique === true,
        onProgress: (what: string) => progress.update(what),
      };
      const { onnx, calibrate } = flags;
      const report = await (
        model.startsWith('0x')
          ? withClient(flags, async (client) => {
              const published = await readPublishedModel(client, expectId(model));
              return inTemporaryFolder(async (folder) => {
                await fetchModel(client, published.manifest, folder);
                const { manifest, findings } = await audit({ ...settings, folder }, onnx, calibrate);
                return reportOf(manifest, [
                  ...findings,
                  ...(await auditRegistered(client, published, folder)),
                ]);
              });
            })
          : audit({ ...settings, folder: model }, onnx, calibrate)
      ).finally(() => progress.end());
      print(output, report);
      if (report.holds) return;
      const failed = report.findings.filter(({ state }) => state === 'fails');
      throw new ClientError('AUDIT_FAILED', `${failed.length} of ${report.findings.length} checks fail`, {
        details: { failed },
      });
    }) as unknown as Command;
}

async function audit(
  options: AuditOptions,
  onnx: string | undefined,
  samples: string | undefined,
): Promise<AuditReport> {
  const manifest = await readManifest(options.folder);
  return auditModel({
    ...options,
    onnx:
      onnx === undefined
        ? undefined
        : await reading(onnx, async () => withExternalData(await readFile(onnx), path.dirname(onnx))),
    calibration:
      samples === undefined
        ? undefined
        : await reading(samples, () =>
            readSampleSets(samples, sampleInputs(manifest), manifest.preprocessing),
          ),
  });
}

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-audit-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function reportOf(manifest: AuditReport['manifest'], findings: readonly Finding[]): AuditReport {
  return { manifest, findings, holds: findings.every(({ state }) => state !== 'fails') };
}

/** One line for each check, with the slices that it fails for. */
function print(output: Output, { manifest, findings, holds }: AuditReport): void {
  if (output.json) return printJson(output, { model: manifest.name, setup: manifest.setup, holds, findings });
  const words = {
    holds: colour.green('holds'),
    fails: colour.red('fails'),
    unchecked: colour.yellow('not checked'),
  };
  const rows = [...new Set(findings.map(({ check }) => check))].flatMap((check) => {
    const of = findings.filter((finding) => finding.check === check);
    const bad = of.filter(({ state }) => state !== 'holds');
    if (bad.length === 0) return [[check, placesOf(of), words.holds, '']];
    return bad.map(({ slice, state, detail = '' }) => [
      check,
      slice === undefined ? '' : String(slice),
      words[state],
      detail.replaceAll(/(0x[0-9a-f]{64})/g, '\n  $1'),
    ]);
  });
  printTable(output, ['check', 'slices', '', ''], rows);
  const unchecked = findings.filter(({ state }) => state === 'unchecked').map(({ check }) => check);
  if (unchecked.length > 0) output.write(`${colour.yellow(`not checked: ${unchecked.join(', ')}`)}\n`);
  if (manifest.setup === 'development') {
    output.write(`${colour.red('development setup: whoever ran it can forge proofs')}\n`);
  }
  if (holds) output.write(`${manifest.name}: what was checked holds\n`);
}

function placesOf(findings: readonly Finding[]): string {
  const slices = findings.flatMap(({ slice }) => (slice === undefined ? [] : [slice]));
  return slices.length > 1 ? `${slices[0]} … ${slices.at(-1)}` : slices.join('');
}

async function reading<T>(place: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
    throw new ClientError('AUDIT_FILE', `${place} can't be read: ${cause.message}`, { cause });
  }
}
