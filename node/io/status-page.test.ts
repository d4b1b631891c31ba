import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from './fixture.ts';
import { freeAddresses } from './free-addresses.ts';
import { readStatus } from './status-page.ts';

const page = {
  schemaVersion: 3,
  runId: 'run-1',
  id: 'n1',
  protocol: 'raft',
  members: ['n1', 'n2', 'n3'],
  group: { voters: ['n1', 'n2'], learners: ['n3'] },
  role: 'candidate',
  epoch: 2,
  leader: null,
  commitIndex: 0,
  lastIndex: 0,
  appliedIndex: 0,
  uptimeMs: 0,
  refused: { invalid: 0 },
};
const json = JSON.stringify(page);
const limitBytes = 64 * 1024;
/** In which nothing of these tests fails to answer. */
const longMs = 20_000;

const sockets = new Set<Socket>();
let server: Server | undefined;
afterEach(() => {
  server?.close();
  for (const socket of sockets) socket.destroy();
});

async function listening(next: Server): Promise<string> {
  server = next;
  next.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  next.listen(0, '127.0.0.1');
  await once(next, 'listening');
  return `127.0.0.1:${(next.address() as AddressInfo).port}`;
}

const answering = (answer: RequestListener) => listening(createHttpServer(answer));
const answeringWith = (body: string, code = 200) =>
  answering((_, response) => response.writeHead(code, { location: '/elsewhere' }).end(body));

const saying = (sentence: string) => expect.objectContaining({ message: sentence });
const allClosed = () => eventually(() => sockets.size === 0, 'the connection is closed', 2000);

describe('the status of a replica', () => {
  test('is asked for at /status with GET', async () => {
    const asked: unknown[] = [];
    const address = await answering((request, response) => {
      asked.push([request.method, request.url]);
      response.end(json);
    });
    expect(await readStatus(address, longMs)).toEqual(page);
    expect(asked).toEqual([['GET', '/status']]);
  });

  test('has no group where that cannot change', async () => {
    const fixed = { ...page, group: null };
    expect(await readStatus(await answeringWith(JSON.stringify(fixed)), longMs)).toEqual(fixed);
  });

  test('is read in as many pieces as it comes in, and up to 64 KiB', async () => {
    const whole = json.padEnd(limitBytes);
    const address = await answering((_, response) => {
      response.write(whole.slice(0, 100));
      setTimeout(() => response.end(whole.slice(100)), 30);
    });
    expect(await readStatus(address, longMs)).toEqual(page);
  });

  test.each([
    ['one byte too much', (whole: string) => whole],
    ['no end', null],
  ])('is refused where it has %s, and the connection is closed', async (_, body) => {
    const address = await answering((_, response) => {
      if (body !== null) {
        response.end(body(json.padEnd(limitBytes + 1)));
        return;
      }
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    await expect(readStatus(address, longMs)).rejects.toEqual(
      saying('not the status of a replica: it is longer than 64 KiB'),
    );
    await allClosed();
  });

  test.each([
    ['nothing', ''],
    ['half a page', json.slice(0, 40)],
    ['text', 'ok\n'],
    ['bytes', '\u0000\ufffd'],
  ])('is not JSON: %s', async (_, body) => {
    await expect(readStatus(await answeringWith(body), longMs)).rejects.toEqual(
      saying('not the status of a replica: it is not JSON'),
    );
  });

  test.each([
    ['null', null, /: Invalid input/],
    ['a list', [page], /: Invalid input/],
    ['nothing in it', {}, /: schemaVersion: /],
    ['a later version', { ...page, schemaVersion: 4, more: 1 }, /: schemaVersion: Invalid input: expected 3$/],
    ['an earlier version', { ...page, schemaVersion: 2, refused: undefined }, /: schemaVersion: /],
    ['more than there is', { ...page, ['\u001b[2J']: 1 }, /: there is more in it than a status has$/],
    ['no leader at all', { ...page, leader: undefined }, /: leader: /],
    ['a long leader', { ...page, leader: 'n'.repeat(65) }, /: leader: /],
    ['a long id', { ...page, id: 'n'.repeat(65) }, /: id: /],
    ['an empty id', { ...page, id: '' }, /: id: must be printable ASCII$/],
    ['a long run', { ...page, runId: 'r'.repeat(129) }, /: runId: /],
    ['a long protocol', { ...page, protocol: 'p'.repeat(61) }, /: protocol: /],
    ['what a terminal obeys', { ...page, role: '\u001b[2J' }, /: role: must be printable ASCII$/],
    ['a line break at the end', { ...page, role: 'leader\n' }, /: role: must be printable ASCII$/],
    ['a long role', { ...page, role: 'r'.repeat(65) }, /: role: /],
    ['no members', { ...page, members: [] }, /: members: /],
    ['too many members', { ...page, members: Array(101).fill('n1') }, /: members: /],
    ['a member with a long name', { ...page, members: ['n1', 'n'.repeat(65)] }, /: members\.1: /],
    ['no word on the group', { ...page, group: undefined }, /: group: /],
    ['half a group', { ...page, group: { voters: ['n1'] } }, /: group\.learners: /],
    [
      'more in the group',
      { ...page, group: { ...page.group, x: 1 } },
      /: group: there is more in it than a status has$/,
    ],
    ['too many voters', { ...page, group: { voters: Array(101).fill('n1'), learners: [] } }, /: group\.voters: /],
    [
      'a learner with a long name',
      { ...page, group: { voters: [], learners: ['n'.repeat(65)] } },
      /: group\.learners\.0: /,
    ],
    ['a negative epoch', { ...page, epoch: -1 }, /: epoch: /],
    ['half a commit', { ...page, commitIndex: 0.5 }, /: commitIndex: /],
    ['a last index in words', { ...page, lastIndex: '3' }, /: lastIndex: /],
    ['an index beyond all counting', { ...page, appliedIndex: 2 ** 53 }, /: appliedIndex: /],
    ['a broken uptime', { ...page, uptimeMs: 1.5 }, /: uptimeMs: /],
  ])('is JSON of another shape: %s', async (_, body, what) => {
    const reading = readStatus(await answeringWith(JSON.stringify(body)), longMs);
    const { message } = (await reading.catch((error: unknown) => error)) as Error;
    expect(message).toMatch(/^not the status of a replica: [\x20-\x7e]{1,100}$/);
    expect(message).toMatch(what);
  });

  test.each([500, 503, 404, 204, 302])('is refused with HTTP %i, whatever the body is', async (code) => {
    await expect(readStatus(await answeringWith(json, code), longMs)).rejects.toEqual(saying(`HTTP ${code}`));
  });

  test('is refused with HTTP 503 before the end of a body without end', async () => {
    const address = await answering((_, response) => response.writeHead(503).write('and'));
    await expect(readStatus(address, longMs)).rejects.toEqual(saying('HTTP 503'));
    await allClosed();
  });
});

describe('a replica that does not answer', () => {
  test.each<[string, RequestListener]>([
    ['never answers', () => {}],
    ['never ends its answer', (_, response) => response.write(json)],
    [
      'answers a byte at a time',
      (_, response) => {
        const drip = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(drip));
      },
    ],
  ])('is given up at the deadline where it %s', async (_, answer) => {
    const address = await answering(answer);
    const startMs = performance.now();
    await expect(readStatus(address, 200)).rejects.toEqual(saying('no answer in 200 ms'));
    expect(performance.now() - startMs).toBeGreaterThan(190);
    expect(performance.now() - startMs).toBeLessThan(5000);
    await allClosed();
  });

  test('is told from one that is slow', async () => {
    const address = await answering((_, response) => void setTimeout(() => response.end(json), 200));
    expect(await readStatus(address, longMs)).toEqual(page);
  });

  test('is told at once where nobody listens', async () => {
    const [address] = (await freeAddresses(1)) as [string];
    await expect(readStatus(address, longMs)).rejects.toEqual(saying(`no answer: connect ECONNREFUSED ${address}`));
  });

  test.each([
    ['speaks something else', 'SSH-2.0-OpenSSH_9.9\r\n', /^no answer: .*HTTP/],
    ['hangs up', '', /^no answer: ./],
    ['hangs up in its answer', `HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n${json}`, /^no answer: ./],
  ])('is told where it %s', async (_, bytes, sentence) => {
    const address = await listening(createTcpServer((socket) => socket.once('data', () => socket.end(bytes))));
    await expect(readStatus(address, longMs)).rejects.toThrow(sentence);
  });

  test('is told where the address is none', async () => {
    await expect(readStatus('n1', 1)).rejects.toThrow(/^no answer/);
    await expect(readStatus('::bad', longMs)).rejects.toEqual(saying('no answer: Invalid URL'));
  });
});
