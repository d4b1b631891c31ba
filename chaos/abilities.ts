/** What some experiments ask of a protocol, and not every protocol can do. */

import type { ProtocolAbility } from '../node/contract/definition.ts';
import { type Modes, modeFlaw } from '../node/modes.ts';
import { quorumFlaw } from '../node/quorum-sizes.ts';
import { IncapableError, UsageError } from './errors.ts';
import type { Experiment } from './experiment.ts';

/** What a protocol can do that has the ability, in words that follow `can`. */
export const abilityInWords: Readonly<Record<ProtocolAbility, string>> = {
  reconfigure: 'change the members of its group',
  transfer: 'hand over the lead',
  'lease-reads': "answer reads by its leader's clock",
  'quorum-reads': 'answer reads by a quorum, beside its log',
  'flexible-quorums': 'choose the sizes of its quorums',
  'disk-loss': 'take back a replica that lost its disk',
};

/** A protocol by its name, and what it can do. */
export interface NamedProtocol {
  readonly name: string;
  readonly abilities: ReadonlySet<ProtocolAbility>;
  readonly modes?: Modes;
}

/**
 * Refuses what a protocol lacks the abilities for.
 *
 * @param what - needs them; the sentence begins with it
 * @throws IncapableError
 */
export function refuseUnable(protocol: NamedProtocol, asked: readonly ProtocolAbility[], what: string): void {
  const lacking = asked.filter((ability) => !protocol.abilities.has(ability));
  if (lacking.length === 0) return;
  const words = lacking.map((ability) => abilityInWords[ability]).join(' and ');
  throw new IncapableError(
    `${what} needs a protocol that can ${words}, and "${protocol.name}" cannot`,
    'Run it with another --protocol (see: npx splitbrain list protocols), or choose another experiment.',
  );
}

/**
 * Refuses a mode that a person chose for whatever is run, and a protocol has not.
 *
 * @throws UsageError
 */
export function refuseChosenMode(mode: string | undefined, protocol: NamedProtocol): void {
  const flaw = mode === undefined ? undefined : modeFlaw(mode, protocol.modes);
  if (flaw === undefined) return;
  throw new UsageError(
    `the protocol "${protocol.name}" ${flaw}`,
    'Leave --mode out, or choose another one (see: npx splitbrain list protocols).',
  );
}

/**
 * Refuses settings that a protocol can do nothing with, a mode that it has not, and quorums that a group cannot have.
 *
 * @throws IncapableError
 */
export function refuseSettings(
  { settings, members }: Experiment,
  nodes: readonly string[],
  protocol: NamedProtocol,
): void {
  if (settings.leaseReads !== undefined) refuseUnable(protocol, ['lease-reads'], 'settings.leaseReads');
  if (settings.quorumReads === true) refuseUnable(protocol, ['quorum-reads'], 'settings.quorumReads');
  refuseMode(settings.mode, protocol);
  if (settings.quorums === undefined) return;
  refuseUnable(protocol, ['flexible-quorums'], 'settings.quorums');
  const flaw = quorumFlaw(settings.quorums, members ?? nodes.length);
  if (flaw === undefined) return;
  throw new IncapableError(`settings.quorums ${flaw}`, 'Give it other --nodes, or mend the experiment file.');
}

function refuseMode(mode: string | undefined, protocol: NamedProtocol): void {
  const flaw = mode === undefined ? undefined : modeFlaw(mode, protocol.modes);
  if (flaw === undefined) return;
  throw new IncapableError(
    `settings.mode cannot be had: the protocol "${protocol.name}" ${flaw}`,
    'Run it with another --protocol or --mode (see: npx splitbrain list protocols), or mend the experiment file.',
  );
}
