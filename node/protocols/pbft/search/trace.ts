/** Tells in words what happens in the model. */
import type { Certificate, SlotReport, ViewChange } from '../messages.ts';
import { names } from './evidence.ts';
import type { Model, Move, Step } from './model.ts';
import { selections } from './new-views.ts';
import type { Batch, Group } from './replica.ts';

interface Line {
  readonly who: string;
  readonly what: string;
}

interface Proposal {
  readonly view: number;
  readonly batch: Batch;
}

/** A line for what several replicas do alike, and one before and after it for how a view begins and for what is decided. */
export function tell(model: Model, moves: readonly Move[]): string[] {
  const lines: Line[] = [];
  const add = (line: Line) => {
    const last = lines.at(-1);
    if (last?.what === line.what) lines.splice(-1, 1, { who: `${last.who}, ${line.who}`, what: line.what });
    else lines.push(line);
  };
  const told = new Set<string>();
  const addOnce = (line: Line) => {
    if (!told.has(line.what)) lines.push(line);
    told.add(line.what);
  };
  for (const { step, before, after } of moves) {
    if (step.kind === 'share' && step.view > 0) addOnce(opening(model, step, before));
    add({ who: nameOf(step), what: deed(step) });
    for (const proof of model.evidence(after).decided) addOnce({ who: '=>', what: decision(proof) });
  }
  return lines.map(({ who, what }) => `${who}: ${what}`);
}

function nameOf({ by }: Step): string {
  return by.map((at) => names.honest[at]).join(', ');
}

function deed(step: Step): string {
  if (step.kind === 'leave') return `leave view ${step.view}`;
  return `${step.kind} ${step.batch} in view ${step.view}`;
}

function decision({ kind, view, digest }: Certificate): string {
  return `${digest} is decided in view ${view}, by ${kind === 'fast' ? 'shares' : 'commits'}`;
}

function opening(model: Model, { view, batch }: Proposal, group: Group): Line {
  const changes = selections(view, group, model.evidence(group), model.rules).get(batch) ?? [];
  return { who: '->', what: `view ${view} may begin with ${batch}, as ${changes.map(reportOf).join('; ')}` };
}

function reportOf({ signature, slots }: ViewChange): string {
  const [slot] = slots;
  const says = signature.signer === names.malicious ? 'says' : 'reports';
  return `${signature.signer} ${says} ${slot === undefined ? 'nothing' : partsOf(slot).join(' and ')}`;
}

function partsOf({ decided, prepared, share }: SlotReport): string[] {
  return [
    ...(decided === undefined ? [] : [`${decided.digest} decided in view ${decided.view}`]),
    ...(prepared === undefined ? [] : [`${prepared.digest} prepared in view ${prepared.view}`]),
    ...(share === undefined ? [] : [`${share.digest} shared in view ${share.view}`]),
  ];
}
