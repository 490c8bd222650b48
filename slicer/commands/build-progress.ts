import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import type { BuildProgress } from '../build/build-model.ts';

const STAGES = [
  'choose scales and bits',
  'measure accuracy',
  'compile slices and make keys',
  'prove once',
] as const;

const STAGE_OF: Readonly<Record<BuildProgress['step'], number>> = {
  quantise: 0,
  plan: 1,
  measure: 1,
  slice: 2,
  prove: 3,
};

/**
 * Runs a build and shows its stages on standard error while it lasts; shows nothing without a terminal.
 * @returns what the build returns
 */
export async function withBuildProgress<T>(
  build: (onProgress?: (progress: BuildProgress) => void) => Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY) return build();
  const stages = STAGES.map((title) => ({
    title,
    ended: Promise.withResolvers<void>(),
    text: '',
    show: () => {},
  }));
  // A build may fail before the list has come to the stage; whoever awaits the build hears of it.
  for (const { ended } of stages) ended.promise.catch(() => undefined);
  let current = 0;
  const endBefore = (stage: number): void => {
    for (; current < stage; current++) stages[current].ended.resolve();
  };
  const building = build((progress) => {
    const stage = STAGE_OF[progress.step];
    endBefore(stage);
    stages[stage].text = describe(progress);
    stages[stage].show();
  });
  building.then(
    () => endBefore(stages.length),
    (error: unknown) => stages[current].ended.reject(error),
  );
  const shown = new Listr(
    stages.map((stage) => ({
      title: stage.title,
      task: (_context: unknown, task: { output: string }): Promise<void> => {
        stage.show = () => (task.output = stage.text);
        stage.show();
        return stage.ended.promise;
      },
    })),
    {
      rendererOptions: {
        // Standard output belongs to the result.
        logger: new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) }),
      },
    },
  );
  const [result] = await Promise.all([building, shown.run()]);
  return result;
}

function describe(progress: BuildProgress): string {
  switch (progress.step) {
    case 'quantise':
      return `${progress.constraints.toLocaleString('en-US')} constraints, ${percent(progress.loss)} lost`;
    case 'plan':
      return `${progress.slices} slices`;
    case 'measure':
      return percent(progress.share);
    case 'slice':
      return `${progress.slice.id + 1} of ${progress.of}: ${progress.slice.name}, ${percent(progress.share)}`;
    case 'prove':
      return progress.slice.name;
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 2 : 0)} %`;
}
