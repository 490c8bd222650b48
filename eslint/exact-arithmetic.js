const ROUNDS = new Set(['+', '-', '*', '/', '%', '**', '<<', '>>', '>>>', '&', '|', '^']);

/**
 * `a * b` of two exact integers may round, and says nothing. slicer/integer/exact.ts has the same with a check, and only it
 * may say of a number that it is exact.
 */
export const exactArithmetic = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      operator: "'{{operator}}' of exact integers may round: use the functions of slicer/integer/exact.ts.",
      cast: 'Only slicer/integer/exact.ts says that a number is exact: use exact(), exactsOf() or ints().',
    },
  },
  create(context) {
    const services = context.sourceCode.parserServices;
    const isExact = (node) => {
      const type = services.getTypeAtLocation(node);
      return (type.isUnion() ? type.types : [type]).some(({ aliasSymbol }) => aliasSymbol?.name === 'Exact');
    };
    const check = (node, operator) => {
      if (ROUNDS.has(operator) && (isExact(node.left) || isExact(node.right))) {
        context.report({ node, messageId: 'operator', data: { operator } });
      }
    };
    return {
      BinaryExpression: (node) => check(node, node.operator),
      AssignmentExpression: (node) => check(node, node.operator.slice(0, -1)),
      UpdateExpression(node) {
        if (isExact(node.argument)) {
          context.report({ node, messageId: 'operator', data: { operator: node.operator } });
        }
      },
      TSAsExpression(node) {
        const name = node.typeAnnotation.typeName?.name;
        if (name === 'Exact' || name === 'Operand' || name === 'Exacts' || name === 'WritableExacts') {
          context.report({ node, messageId: 'cast' });
        }
      },
    };
  },
};
