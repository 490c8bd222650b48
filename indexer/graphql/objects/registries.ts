import { LARGEST_MODEL } from '../limits.ts';
import type { Relations } from '../relations.ts';

/** What may be proved: circuits, and models as graphs of slices over tensors. */
export function addRegistries({ refs, Node, one, few, place }: Relations) {
  const { slices, tensors, sliceTensors } = LARGEST_MODEL;
  const Circuit = refs.Circuit.implement({
    interfaces: [Node],
    description: 'A verifying key that proofs are checked with, or another contract that checks them.',
    fields: (t) => ({
      id: t.exposeID('id', { description: "The registry's number." }),
      keyDigest: t.expose('keyDigest', {
        type: 'Bytes32',
        description: 'keccak256 of the verifying key, or of what says which contract verifies.',
      }),
      srsId: t.expose('srsId', {
        type: 'Bytes32',
        description: 'Circuits of one phase 1 share it. Zero: another contract verifies.',
      }),
      setupDigest: t.expose('setupDigest', {
        type: 'Bytes32',
        description: 'sha-256 of the description of how the keys were made.',
      }),
      signals: t.exposeInt('signals', { description: 'How many public signals a proof has.' }),
      verifier: t.expose('verifier', {
        type: 'Address',
        nullable: true,
        description: 'The contract that verifies. Absent: the verifying key does.',
      }),
      gasLimit: t.exposeInt('gasLimit', {
        nullable: true,
        description: 'What that contract may take for a proof at most, in gas.',
      }),
      codeHash: t.expose('codeHash', {
        type: 'Bytes32',
        nullable: true,
        description: 'keccak256 of the code that it has to have.',
      }),
      keyStore: t.expose('keyStore', {
        type: 'Address',
        description: 'The contract whose code is the verifying key.',
      }),
      registrant: t.expose('registrant', { type: 'Address', description: 'Who registered it.' }),
      ...place(t, 'it was registered'),
    }),
  });

  const Model = refs.Model.implement({
    interfaces: [Node],
    description: 'A network as a graph of slices over tensors.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Bytes32', description: "The registry's name of it." }),
      publisher: t.expose('publisher', { type: 'Address', description: 'Who registered it.' }),
      manifestDigest: t.expose('manifestDigest', {
        type: 'Bytes32',
        description: 'sha-256 of the manifest, under which it is fetched from the artifact store.',
      }),
      store: t.expose('store', {
        type: 'Address',
        description: 'The contract whose code is the list of slices and tensors.',
      }),
      inputCount: t.exposeInt('inputCount', { description: 'Tensors 0 to inputCount − 1 are the inputs.' }),
      outputs: t.exposeIntList('outputs', {
        description: 'Numbers of the tensors that are the outputs.',
        extensions: { most: tensors },
      }),
      sliceCount: t.exposeInt('sliceCount', { description: 'How many slices it has.' }),
      provableCount: t.exposeInt('provableCount', {
        description: 'How many of them have a circuit; the others are only executed.',
      }),
      jobCount: t.exposeInt('jobCount', { description: 'How many jobs were posted for it.' }),
      slices: few(t, 'ModelSlice', 'modelId', slices, 'Its slices, by their index.'),
      tensors: few(t, 'ModelTensor', 'modelId', tensors, 'Its tensors, by their index.'),
      ...place(t, 'it was registered'),
    }),
  });

  const ModelSlice = refs.ModelSlice.implement({
    interfaces: [Node],
    description: 'A slice as its model defines it.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The model’s id, a colon and the index.' }),
      index: t.exposeInt('index', { description: 'Its number in the model, from 0.' }),
      model: one(t, 'Model', 'modelId', { description: 'The model that it is of.' }),
      circuit: one(t, 'Circuit', 'circuitId', {
        nullable: true,
        description: 'What its proofs are checked with. Absent: executed, not provable.',
      }),
      weight: t.expose('weight', {
        type: 'Amount',
        description: 'The circuit’s constraints, which prices are reckoned by.',
      }),
      inputs: t.exposeIntList('inputs', {
        description: 'Numbers of the tensors that it reads.',
        extensions: { most: sliceTensors },
      }),
      outputs: t.exposeIntList('outputs', {
        description: 'Numbers of the tensors that it writes.',
        extensions: { most: sliceTensors },
      }),
    }),
  });

  refs.ModelTensor.implement({
    interfaces: [Node],
    description: 'The shape of a tensor as its commitment sees it.',
    fields: (t) => ({
      index: t.exposeInt('index', { description: 'Its number in the model, from 0.' }),
      count: t.expose('count', { type: 'Amount', description: 'How many values.' }),
      bits: t.exposeInt('bits', { description: 'Of each value, its sign included.' }),
      signed: t.exposeBoolean('signed', { description: 'Whether values may be negative.' }),
    }),
  });
  return { Circuit, Model, ModelSlice };
}
