import { colour } from '../../../protocol/terminal/colour.ts';
import type { CeremonyTranscript } from '../../../groth16/setup/ceremony/transcript.ts';
import { printJson, printTable, type Output } from '../../../protocol/terminal/output.ts';

export const ALLOW_UNPUBLISHED = [
  '--allow-unpublished-phase1',
  'take a phase-1 file of which no hash is pinned; whoever made it may forge proofs',
] as const;

/** A ceremony as it stands, and the hashes of its last round, which whoever made it publishes. */
export function printTranscript(output: Output, transcript: CeremonyTranscript): void {
  if (output.json) return printJson(output, transcript);
  const { rounds, circuits } = transcript;
  output.write(`${circuits.length} keys, ${rounds.length} rounds\n`);
  rounds.forEach(({ kind, name }, i) => output.write(`  ${i + 1}  ${kind}  ${name}\n`));
  const last = rounds.at(-1);
  if (last !== undefined) {
    printTable(
      output,
      ['slice', `contribution hash of ${last.name}`],
      // 64 bytes, half of them a line.
      circuits.map(({ slice }, i) => [
        slice,
        last.keys[i].contribution.slice(2).replace(/^.{64}/, (half) => `${half}\n`),
      ]),
    );
  }
  warnOfPhase1(output, transcript);
}

/** Says in red when the phase 1 is none of the published ones. */
export function warnOfPhase1(output: Output, { phase1 }: CeremonyTranscript): void {
  if (phase1.published !== null) output.write(`phase 1  ${phase1.published}\n`);
  else
    output.write(
      `${colour.red('phase 1 is none of the published ones: whoever made it can forge proofs')}\n`,
    );
}
