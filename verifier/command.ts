export { aggregatorCommand } from './aggregator/command.ts';
export { verifyCommand } from './job/command.ts';
