import type { ReplicaConfig } from '../protocol.ts';
import type { Behaviour } from './kit/behaviour.ts';
import { sessionsIn } from './kit/tampering.ts';

/** Every second client, by its session. */
const isCensored = (session: number): boolean => session % 2 === 1;

function concernsCensored(batch: Uint8Array | undefined, config: ReplicaConfig): boolean {
  return batch !== undefined && [...sessionsIn(batch, config)].some(isCensored);
}

/** Others see to it that what a client has asked for is done, and a leader that does not do it is replaced. */
const behaviour: Behaviour = {
  summary: 'takes no notice of what every second client asks for',
  needs: ['valueIn'],
  leavesProof: false,
  deceive: ({ forgery, view, config }) => ({
    hear: (input) => {
      if (input.kind === 'request') return concernsCensored(input.payload, config) ? [] : [input];
      // What others propose it takes like anybody: else it would be found out at once.
      const leads = view().leader === config.id;
      const asks = input.kind === 'message' && leads && concernsCensored(forgery.valueIn?.(input.msg), config);
      return asks && input.kind === 'message' && input.from !== config.id ? [] : [input];
    },
  }),
};

export default behaviour;
