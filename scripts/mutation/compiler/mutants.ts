import { createHash } from 'node:crypto';
import path from 'node:path';
import ts from 'typescript';
import { oneLine, type SmallChange } from '../small-change.ts';
import { changesOf } from './typescript-changes.ts';

/** One small change of a source of ours. */
export interface Mutant extends SmallChange {
  /** The whole file with the change made. */
  readonly text: string;
  /** Where in the source the changed node starts. */
  readonly start: number;
}

/** Functions that say how many rows and lookups something takes, and make none; `publicRows` makes them. */
const COUNTS =
  /^(?!public).*Rows$|^rows$|^demand|^(slotWidths|repeated|argmaxSlots|poolSteps|elementsRead|directCost)$|^(table|cap|divide|isqrt)Slot$/;

/** Members and variables that only decide which of several ways to say the same is taken: what is long gets a wire first. */
const CHOOSES = /^(multiplies|looksUp|directTerms|cost)$/;

/** Constants of that kind, where they are set: each use of one may be needed to agree with the others. */
const CHOSEN_BY =
  /_ROWS$|_A_(ROW|VALUE)$|^MOST_(VALUES_IN_A_FORM|BOOLEANS|LOOKED_UP_TERMS|TERMS_MULTIPLIED|DIGIT_BITS|KEPT|EXACT_ELEMENTS)$|^FEWEST_DIGIT_BITS$/;

const EXACT = '__exact';
const EXACT_FILE = 'slicer/integer/exact.ts';

/** Every change of a source. */
export function mutantsOf(file: string, source: ts.SourceFile, checker: ts.TypeChecker): readonly Mutant[] {
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (isLeftAlone(node)) return;
    ts.forEachChild(node, visit);
    const start = node.getStart(source);
    for (const { operator, to } of changesOf(node, checker, EXACT)) {
      const made = to === undefined ? '{}' : `(${to})`;
      const text = source.text.slice(0, start) + made + source.text.slice(node.end);
      mutants.push({
        id: createHash('sha256').update([file, start, operator, text].join('\0')).digest('hex').slice(0, 16),
        file,
        start,
        line: source.getLineAndCharacterOfPosition(start).line + 1,
        operator,
        from: oneLine(node.getText(source)),
        to: to === undefined ? '(nothing)' : oneLine(to),
        text: made.includes(`${EXACT}.`) ? `${importOfExact(file)}\n${text}` : text,
      });
    }
  };
  ts.forEachChild(source, visit);
  return mutants;
}

function importOfExact(file: string): string {
  const relative = path.posix.relative(path.posix.dirname(file), EXACT_FILE);
  return `import * as ${EXACT} from '${relative.startsWith('.') ? relative : `./${relative}`}';`;
}

/** What says nothing while the program runs, or only what an error says, how many rows something would take, or which way is taken. */
function isLeftAlone(node: ts.Node): boolean {
  const isFunction =
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    (ts.isPropertyAssignment(node) && ts.isArrowFunction(node.initializer));
  if (isFunction && COUNTS.test(node.name?.getText() ?? '')) return true;
  const isSet = ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node);
  if (isSet && (CHOOSES.test(node.name.getText()) || CHOSEN_BY.test(node.name.getText()))) return true;
  return (
    ts.isTypeNode(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isThrowStatement(node)
  );
}
