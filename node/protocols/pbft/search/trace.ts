/** Tells steps of the model in words. */
import type { Certificate, SlotReport, ViewChange } from '../messages.ts';
import { type Evidence, names } from './evidence.ts';
import type { Group, Model, Step } from './model.ts';
import { selections } from './new-views.ts';
import type { Batch } from './replica.ts';

interface Line {
  readonly who: string;
  readonly what: string;
}

interface Proposal {
  readonly view: number;
  readonly batch: Batch;
}

/** A line for what several replicas do alike, and one before and after it for how a view begins and for what is decided. */
export function tell(model: Model, steps: readonly Step[]): string[] {
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
  let group = model.initial;
  for (const step of steps) {
    const evidence = model.evidence(group);
    if (step.kind === 'share' && step.view > 0) addOnce(opening(model, step, group, evidence));
    add({ who: nameOf(step), what: deed(step) });
    group = following(model, step, group, evidence);
    for (const proof of model.evidence(group).decided) addOnce({ who: '=>', what: decision(proof) });
  }
  return lines.map(({ who, what }) => `${who}: ${what}`);
}

/** The state that a step leads to. */
export function following(model: Model, step: Step, group: Group, evidence: Evidence): Group {
  let found: Group | undefined;
  const text = JSON.stringify(step);
  model.eachStep(group, evidence, (other, after) => {
    if (JSON.stringify(other) === text) found = after;
  });
  if (found === undefined) throw new Error(`This cannot happen here: ${nameOf(step)} ${deed(step)}.`);
  return found;
}

function nameOf({ by }: Step): string {
  return [by]
    .flat()
    .map((at) => names.honest[at])
    .join(', ');
}

function deed(step: Step): string {
  if (step.kind === 'leave') return `leave view ${step.view}`;
  return `${step.kind} ${step.batch} in view ${step.view}`;
}

function decision({ kind, view, digest }: Certificate): string {
  return `${digest} is decided in view ${view}, by ${kind === 'fast' ? 'shares' : 'commits'}`;
}

function opening(model: Model, { view, batch }: Proposal, group: Group, evidence: Evidence): Line {
  const changes = selections(view, group, evidence, model.rules).get(batch) ?? [];
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
