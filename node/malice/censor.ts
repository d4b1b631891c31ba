import type { Input } from '../contract/inputs.ts';
import type { Behaviour, Deceit, Malice } from './kit/behaviour.ts';
import { sessionsIn, withoutSessions } from './kit/tampering.ts';

/** Every second client, by its session. */
const isCensored = (session: number): boolean => session % 2 === 1;

function censoring<M, R>({ forgery, view, config }: Malice<M, R>): Deceit<M, R> {
  const concernsCensored = (batch: Uint8Array | undefined): boolean =>
    batch !== undefined && [...sessionsIn(batch, config)].some(isCensored);
  /** As leader, what others hand to it for a client. What others propose it takes like anybody: else it would be found out at once. */
  const isHandedOver = (input: Input<M, R>): boolean =>
    input.kind === 'message' &&
    input.from !== config.id &&
    view().leader === config.id &&
    concernsCensored(forgery.valueIn?.(input.msg));
  return {
    hear: (input) => {
      if (input.kind !== 'request') return isHandedOver(input) ? [] : [input];
      if (!concernsCensored(input.payload)) return [input];
      const payload = withoutSessions(input.payload, isCensored, config);
      return payload.length === 0 ? [] : [{ ...input, payload }];
    },
  };
}

/** Others see to it that what a client has asked for is done, and a leader that does not do it is replaced. */
const behaviour: Behaviour = {
  summary: 'takes no notice of what every second client asks for',
  needs: ['valueIn'],
  leavesProof: false,
  deceive: censoring,
};

export default behaviour;
