import type { Comparison } from '../contracts.ts';

/** The command that compares the same again. Every choice is a flag, whether or not it is the default: defaults may change. */
export function rerunCommand({ settings, measured }: Comparison): string {
  const { seed, slots, payloadBytes, hopMs, slownessHops } = settings;
  const protocols = [...new Set(measured.map(({ protocol }) => protocol))].join(',');
  // Each is there with the fewest replicas that stand so many.
  const faults = Math.min(...measured.map(({ tolerated }) => tolerated));
  return [
    `npx splitbrain compare --protocols ${protocols} --faults ${faults} --slots ${slots}`,
    `--payload ${payloadBytes} --hop ${hopMs} --slow ${slownessHops} --seed ${seed}`,
  ].join(' ');
}
