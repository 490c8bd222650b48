import path from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';
import type { Cpu } from './cpu.setup.ts';

const SHOWN = 10;

const seconds = (ms: number): string => (ms / 1000).toFixed(1);
const total = (cpu: Cpu): number => cpu.user + cpu.system;

/** Says in the end which files took the most CPU time. */
export class CpuReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules
      .flatMap((module) => {
        const { cpu } = module.meta();
        return cpu ? [{ name: path.relative(process.cwd(), module.moduleId), cpu }] : [];
      })
      .sort((a, b) => total(b.cpu) - total(a.cpu));
    const user = files.reduce((sum, { cpu }) => sum + cpu.user, 0);
    const system = files.reduce((sum, { cpu }) => sum + cpu.system, 0);
    const own = process.cpuUsage();
    process.stdout.write(
      `\nCPU seconds: ${seconds(user)} + ${seconds(system)} of the system in ${files.length} files, ` +
        `${seconds((own.user + own.system) / 1000)} of Vitest itself\n` +
        files
          .slice(0, SHOWN)
          .map(
            ({ name, cpu }) =>
              `${seconds(total(cpu)).padStart(8)}  (${seconds(cpu.user)} + ${seconds(cpu.system)})  ${name}\n`,
          )
          .join(''),
    );
  }
}
