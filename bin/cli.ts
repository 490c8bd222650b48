import { surviveClosedPipes } from '../protocol/terminal/closed-pipes.ts';
import { leaveWhenWritten } from './leave.ts';
import { runCommandLine } from './run.ts';

surviveClosedPipes();
process.exitCode = await runCommandLine(process.argv.slice(2));
leaveWhenWritten();
