import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Impairment } from '../../contracts/cluster.ts';
import type { LabFact } from '../../contracts/events.ts';
import { randomFor } from '../../random.ts';
import { SimClock } from './clock.ts';
import { SimNetwork, type Weather } from './network.ts';

const calm: Weather = { delayMs: [1, 1], reorderProbability: 0, duplicateProbability: 0 };

function lab(weather: Partial<Weather> = {}, seed = 1) {
  const clock = new SimClock();
  const facts: LabFact[] = [];
  const arrived: string[] = [];
  const network = new SimNetwork(
    clock,
    { ...calm, ...weather },
    (fact) => void facts.push(fact),
    (purpose) => randomFor(seed, purpose),
  );
  /** Sends a message that says where it goes and when it arrives. */
  const send = (from: string, to: string, name = '') =>
    network.send(from, to, () => void arrived.push(`${from}->${to}${name}@${clock.now()}`));
  const impair = (impairment: Impairment, from = 'n1', to = 'n2', strike = 's1') =>
    network.impair(strike, [{ from, to }], impairment);
  return { clock, network, facts, arrived, send, impair };
}

const cut: Impairment = { kind: 'cut' };
const latency = (delayMs: number, jitterMs = 0): Impairment => ({ kind: 'latency', delayMs, jitterMs });

describe('a calm link', () => {
  test('delivers after its delay, both ways', async () => {
    const { clock, arrived, send } = lab({ delayMs: [2, 2] });
    send('n1', 'n2');
    send('n2', 'n1');
    await clock.sleep(1.9);
    expect(arrived).toEqual([]);
    await clock.sleep(1);
    expect(arrived).toEqual(['n1->n2@2', 'n2->n1@2']);
  });

  test('is a stream: later messages do not overtake, whatever their delays', async () => {
    const { clock, network } = lab({ delayMs: [0, 50] });
    const order: number[] = [];
    for (let i = 0; i < 200; i += 1) {
      network.send('n1', 'n2', () => void order.push(i));
      await clock.sleep(0.3);
    }
    await clock.sleep(100);
    expect(order).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  // The first of the steps as an example: a latency ends, and two messages wait for the one that it held up.
  const late = { waitUs: 482, slow: true };
  const afterIt = [
    { waitUs: 1857, slow: false },
    { waitUs: 0, slow: false },
  ];
  const steps = fc.array(fc.record({ waitUs: fc.nat(3000), slow: fc.boolean() }), { maxLength: 60 });

  test('nor when a latency ends between them', async () => {
    const inOrder = async (sent: readonly { waitUs: number; slow: boolean }[]) => {
      const { clock, network, impair } = lab();
      const order: number[] = [];
      for (const [at, { waitUs, slow }] of sent.entries()) {
        const heal = slow ? impair(latency(7.3)) : undefined;
        network.send('n1', 'n2', () => void order.push(at));
        await heal?.();
        await clock.sleep(waitUs / 1000);
      }
      await clock.sleep(100);
      expect(order).toEqual(sent.map((_, at) => at));
    };
    await fc.assert(fc.asyncProperty(steps, inOrder), { examples: [[[late, ...afterIt]]] });
  });
});

describe('unruly weather', () => {
  test('lets some messages be overtaken, and some arrive twice; none is lost', async () => {
    const { clock, network } = lab({ reorderProbability: 0.2, duplicateProbability: 0.2 });
    const order: number[] = [];
    const sent = Array.from({ length: 300 }, (_, i) => i);
    for (const i of sent) network.send('n1', 'n2', () => void order.push(i));
    await clock.sleep(1000);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
    expect(order.length).toBeGreaterThan(sent.length);
    expect([...new Set(order)].sort((a, b) => a - b)).toEqual(sent);
  });

  test('does not touch what clients and replicas send each other', async () => {
    const { clock, network } = lab({ reorderProbability: 1, duplicateProbability: 1, delayMs: [0, 9] });
    const order: number[] = [];
    const sent = Array.from({ length: 100 }, (_, i) => i);
    for (const i of sent) network.sendInOrder('c1', 'n1', () => void order.push(i));
    await clock.sleep(100);
    expect(order).toEqual(sent);
  });

  test('is the same for the same seed, and another one for another', async () => {
    const play = async (seed: number) => {
      const { clock, arrived, send } = lab(
        { reorderProbability: 0.3, duplicateProbability: 0.3, delayMs: [0, 5] },
        seed,
      );
      for (let i = 0; i < 50; i += 1) send('n1', 'n2', ` ${i}`);
      await clock.sleep(100);
      return arrived;
    };
    expect(await play(1)).toEqual(await play(1));
    expect(await play(1)).not.toEqual(await play(2));
  });
});

describe('a cut', () => {
  test('drops what is sent and what was on its way, and says so once', async () => {
    const { clock, arrived, facts, send, impair } = lab();
    send('n1', 'n2', ' in flight');
    impair(cut);
    send('n1', 'n2', ' after');
    await clock.sleep(10);
    expect(arrived).toEqual([]);
    expect(facts).toEqual([{ type: 'link-dropped', from: 'n1', to: 'n2', strike: 's1' }]);
  });

  test('is one-way: the other direction and other links go on', async () => {
    const { clock, arrived, send, impair } = lab();
    impair(cut);
    send('n2', 'n1');
    send('n1', 'n3');
    await clock.sleep(10);
    expect(arrived).toEqual(['n2->n1@1', 'n1->n3@1']);
  });

  test('does not touch clients', async () => {
    const { clock, network, impair } = lab();
    impair(cut, 'n1', 'n2');
    let came = false;
    network.sendInOrder('c1', 'n2', () => {
      came = true;
    });
    await clock.sleep(10);
    expect(came).toBe(true);
  });

  test('that nothing was sent into has shown nothing', async () => {
    const { clock, facts, impair } = lab();
    impair(cut);
    await clock.sleep(10);
    expect(facts).toEqual([]);
  });
});

describe('latency', () => {
  test('is added to the delay, within its jitter, and seen once', async () => {
    const { clock, network, facts, impair } = lab();
    impair(latency(100, 20));
    const atMs: number[] = [];
    for (let i = 0; i < 50; i += 1) {
      const sentMs = clock.now();
      network.send('n1', 'n2', () => void atMs.push(clock.now() - sentMs));
      await clock.sleep(500);
    }
    expect(Math.min(...atMs)).toBeGreaterThanOrEqual(81);
    expect(Math.max(...atMs)).toBeLessThanOrEqual(121.001);
    expect(Math.max(...atMs) - Math.min(...atMs)).toBeGreaterThan(20);
    expect(facts).toEqual([{ type: 'link-delayed', from: 'n1', to: 'n2', strike: 's1' }]);
  });

  test('of two strikes adds up; what is on its way is not made slower', async () => {
    const { clock, arrived, facts, send, impair } = lab();
    send('n1', 'n2', ' before');
    impair(latency(10));
    impair(latency(5), 'n1', 'n2', 's2');
    send('n1', 'n2', ' after');
    await clock.sleep(50);
    expect(arrived).toEqual(['n1->n2 before@1', 'n1->n2 after@16']);
    expect(facts.map((fact) => 'strike' in fact && fact.strike)).toEqual(['s1', 's2']);
  });
});

describe('loss', () => {
  test.each([0, 0.3, 1])('of %f takes that part of the messages', async (probability) => {
    const { clock, arrived, facts, send, impair } = lab();
    impair({ kind: 'loss', probability });
    for (let i = 0; i < 1000; i += 1) send('n1', 'n2');
    await clock.sleep(10);
    expect(arrived.length / 1000).toBeGreaterThan(1 - probability - 0.06);
    expect(arrived.length / 1000).toBeLessThanOrEqual(Math.min(1, 1 - probability + 0.06));
    expect(facts).toHaveLength(probability === 0 ? 0 : 1);
  });
});

describe('healing', () => {
  test('takes off its own impairment only, however often it is called', async () => {
    const { clock, arrived, send, impair } = lab();
    const healCut = impair(cut);
    impair(latency(10), 'n1', 'n2', 's2');
    impair(cut, 'n2', 'n1', 's3');
    await healCut();
    await healCut();
    send('n1', 'n2');
    send('n2', 'n1');
    await clock.sleep(50);
    expect(arrived).toEqual(['n1->n2@11']);
  });

  test('of one of two equal strikes leaves the other', async () => {
    const { clock, arrived, send, impair } = lab();
    const heal = impair(cut);
    const healOther = impair(cut, 'n1', 'n2', 's2');
    await heal();
    send('n1', 'n2');
    await clock.sleep(5);
    expect(arrived).toEqual([]);
    await healOther();
    send('n1', 'n2');
    await clock.sleep(5);
    expect(arrived).toEqual(['n1->n2@6']);
  });

  test('everything heals everything', async () => {
    const { clock, network, arrived, send, impair } = lab();
    impair(cut);
    impair(latency(50), 'n2', 'n3');
    network.healAll();
    send('n1', 'n2');
    send('n2', 'n3');
    await clock.sleep(5);
    expect(arrived).toEqual(['n1->n2@1', 'n2->n3@1']);
  });
});
